"""The lock: who has it is told, turns take part, and file systems that cannot lock are refused."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from snapsync.errors import Exit, StoreError
from snapsync.store import mounts
from snapsync.store.local import LocalPlace
from snapsync.store.lock import INSIDE


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalPlace:
    """An empty place, and a process that runs inside of no turn."""
    monkeypatch.delenv(INSIDE, raising=False)
    made = LocalPlace(tmp_path / "place")
    made.create()
    return made


@contextmanager
def held_by(place: LocalPlace, **holder: object) -> Iterator[None]:
    """The lock as another process holds it, with what that has said of itself."""
    path = place.folder / "lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)
    said = {"pid": os.getpid(), "purpose": "apply", "since": time.time() - 12, "host": os.uname().nodename}
    path.write_text(json.dumps(said | holder))
    try:
        yield
    finally:
        os.close(handle)


def refusal(place: LocalPlace, timeout: float = 0) -> StoreError:
    """What somebody is told who wants the lock."""
    with pytest.raises(StoreError) as raised, place.lock("mine", timeout):
        pass
    return raised.value


def dead() -> int:
    """The number of a process that there was."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("holder", "said"),
    [
        (dict, "it is still running"),
        (lambda: {"pid": 1}, "it is still running"),
        (lambda: {"pid": dead()}, "it does not run any more"),
        (lambda: {"host": "elsewhere"}, "it is on host elsewhere: whether it still runs cannot be seen"),
        (lambda: {"pid": "?"}, "has not said who it is"),
    ],
    ids=["lives", "of another user", "dead", "elsewhere", "garbled"],
)
def test_the_loser_is_told_who_has_it(
    place: LocalPlace, holder: Callable[[], dict[str, object]], said: str
) -> None:
    """Who holds the lock, since when, and whether that process still lives, as far as can be seen."""
    with held_by(place, **holder()):
        told = refusal(place)

    assert told.exit == Exit.LOCKED
    assert said in told.detail
    if "who it is" not in said:
        assert "(apply) since 20" in told.detail
        assert "for 12 s" in told.detail
    assert "--lock-timeout" in told.hint


def test_inside_of_a_turn_one_writes_at_a_time(place: LocalPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is started in a turn does not wait for it; two who are exclude each other all the same."""
    with place.turn("with-lock") as turn:
        assert refusal(place).exit == Exit.LOCKED
        monkeypatch.setenv(INSIDE, turn.environment[INSIDE])
        with place.lock("first"):
            assert refusal(place).exit == Exit.LOCKED
        with place.lock("second"):
            pass


def test_a_turn_inside_of_a_turn_is_a_part_of_it(place: LocalPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A nested ``with-lock`` neither waits nor ends the turn that it is in."""
    with place.turn("outer") as outer:
        monkeypatch.setenv(INSIDE, outer.environment[INSIDE])
        with place.turn("inner") as inner:
            assert inner.environment == outer.environment
        monkeypatch.delenv(INSIDE)
        assert refusal(place).exit == Exit.LOCKED


def test_a_turn_that_is_over_lets_nobody_in(place: LocalPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command has left running queues like everybody else, though it still names its turn."""
    with place.turn("with-lock") as turn:
        pass
    monkeypatch.setenv(INSIDE, turn.environment[INSIDE])

    with place.lock("a late one"):
        monkeypatch.delenv(INSIDE)
        assert refusal(place).exit == Exit.LOCKED
        monkeypatch.setenv(INSIDE, turn.environment[INSIDE])
    with held_by(place, turn="another turn"):
        assert refusal(place).exit == Exit.LOCKED


def test_a_turn_of_another_place_is_none_here(
    place: LocalPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside of two envs' turns one writes to both; inside of one, not to the other."""
    other = LocalPlace(tmp_path / "other")
    other.create()
    with place.turn("one") as one:
        monkeypatch.setenv(INSIDE, one.environment[INSIDE])
        with other.turn("two") as two:
            assert refusal(other).exit == Exit.LOCKED
            monkeypatch.setenv(INSIDE, two.environment[INSIDE])
            with place.lock("mine"), other.lock("mine"):
                pass


LINUX = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw
31 22 0:27 / /home rw - nfs4 server:/home rw,vers=4.2
32 31 8:2 / /home/bot/local\\040disk rw - xfs /dev/sdb rw
33 22 0:31 / /mnt/c rw - 9p drvfs rw
34 22 0:32 / /mnt/far rw - fuse.sshfs user@far:/ rw
35 22 0:33 / /mnt/near rw - fuseblk /dev/sdc rw
36 22 8:3 / /over rw - ext4 /dev/sdd rw
37 36 0:40 / /over rw - cifs //server/share rw
garbage
"""
DARWIN = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)
//bot@server/share on /Volumes/share (1) (smbfs, nodev, nosuid, mounted by bot)
server:/export on /net/export (nfs, nodev, nosuid)
map auto_home on /System/Volumes/Data/home (autofs, automounted, nobrowse)
"""


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("/srv/state", None),
        ("/home/bot/state", "nfs4"),
        ("/homestead/state", None),
        ("/home/bot/local disk/state", None),
        ("/mnt/c/bot", "9p"),
        ("/mnt/far/bot", "fuse.sshfs"),
        ("/mnt/near/bot", None),
        ("/over/bot", "cifs"),
    ],
)
def test_network_file_systems_of_linux(folder: str, expected: str | None) -> None:
    """What is mounted nearest above a folder decides; of two at one point the upper."""
    assert mounts.network_type_in(mounts.linux_mounts(LINUX), Path(folder)) == expected


@pytest.mark.parametrize(
    ("folder", "expected"),
    [("/Users/bot", None), ("/Volumes/share (1)/bot", "smbfs"), ("/net/export/bot", "nfs")],
)
def test_network_file_systems_of_macos(folder: str, expected: str | None) -> None:
    """The same from what ``mount`` prints there."""
    assert mounts.network_type_in(mounts.darwin_mounts(DARWIN), Path(folder)) == expected


@pytest.mark.skipif(not mounts.TABLE.exists(), reason="only Linux has this table")
def test_a_network_file_system_is_not_written_to(
    place: LocalPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its locks may keep out nobody: writers are refused, and told what to do; readers read."""
    table = tmp_path / "mountinfo"
    table.write_text(f"22 1 0:27 / {tmp_path.resolve()} rw - nfs4 server:/ rw\n")
    monkeypatch.setattr(mounts, "TABLE", table)

    told = refusal(place)

    assert told.exit == Exit.FAILED
    assert "nfs4" in told.detail
    assert "ALPACA_SYNC_STATE" in told.hint
    assert place.heads() == ()
