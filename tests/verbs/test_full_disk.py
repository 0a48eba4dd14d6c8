"""A disk that is full, or a file that may not grow: an apply writes all of the book, or nothing of it."""

from __future__ import annotations

import errno
import os
import pickle
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from snapsync.errors import Exit
from snapsync.store import files
from snapsync.store.journal import open_journal

from .ward import Doomed, MakeCase, Ward, first_write, journaled, with_history_of

exhaustive = pytest.mark.exhaustive
HOME = Path(__file__).parents[2]
ALONE = ["unshare", "--user", "--map-root-user", "--mount"]


def can_mount() -> bool:
    """Whether this machine lets us have a small disk of our own."""
    if not shutil.which("unshare"):
        return False
    tried = subprocess.run([*ALONE, "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True)
    return tried.returncode == 0


@pytest.mark.parametrize("kind", ["pages", "files"])
@pytest.mark.parametrize("step", [11, pytest.param(1, marks=exhaustive)])
def test_an_apply_that_finds_too_little_room_writes_nothing(
    ward: Ward, tmp_path: Path, kind: str, step: int
) -> None:
    """However much room there is, in bytes or for files: all of the book is written, or nothing."""
    if not can_mount():
        pytest.skip("this machine gives nobody a disk of his own")
    where, prepared = tmp_path / "disk", tmp_path / "prepared"
    where.mkdir()
    prepared.write_bytes(pickle.dumps(ward("appending")))
    given = [str(prepared), str(where), kind, str(step)]

    done = subprocess.run(
        [*ALONE, sys.executable, "-m", "tests.verbs.small_disk", *given],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    too_little, enough = map(int, done.stdout.split())
    assert too_little * step > 30
    assert enough == 3


@pytest.mark.parametrize("lacks", [1, 7, "all"])
def test_a_history_that_may_not_grow_stops_an_apply_before_it_writes(
    ward: Ward, case: MakeCase, doomed: Doomed, folder: Path, lacks: int | str
) -> None:
    """Where the system lets no file be so large, the bankroll and the positions are not written either."""
    long = with_history_of(100_000, ward("appending"), folder / f"long-{lacks}")
    struck = case(long)
    before, after = (len(book["history"] or b"") for book in (long.before, long.after))

    told = doomed.run(struck, "apply", largest=before if lacks == "all" else after - int(lacks))

    assert (told.error, told.exit) == ("StoreError", Exit.FAILED)
    assert f"{struck.path('history').resolve()}: {os.strerror(errno.EFBIG)}" in told.said
    assert open_journal(struck.env().store.folder) is None
    assert struck.book == long.before
    assert struck.droppings() == []
    assert doomed.run(struck, "apply").error is None
    struck.assert_wholly(long.after)


def test_room_that_a_killed_process_held_is_swept(ward: Ward, case: MakeCase, doomed: Doomed) -> None:
    """Killed while it holds room, an apply leaves temporaries only, and a later one takes them away."""
    prepared = ward("appending")
    left = set()
    for at in range(first_write(prepared), journaled(prepared) - 6):
        struck = case(prepared)
        assert doomed.run(struck, "apply", kill=at).killed
        assert struck.book == prepared.before
        found = [path for path in struck.folder.rglob(f"{files.TEMPORARY}*") if "objects" not in path.parts]
        assert {path.name for path in found} >= {Path(each).name for each in struck.droppings()}
        left.add(len(found))

        long_ago = time.time() - 2 * files.ABANDONED_SECONDS
        for path in found:
            os.utime(path, (long_ago, long_ago))
        assert doomed.run(struck, "apply").error is None
        assert not [path for path in found if path.exists()]
        struck.assert_wholly(prepared.after)
    # four for the commit, two files that are replaced, and the rows of the one that is appended to
    assert max(left) == 7
