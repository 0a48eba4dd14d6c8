"""Applies on a disk that has room for so much and no more; run in a mount namespace of its own.

The disk is a small file system in memory. What is wrong is told as a failed assertion.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Literal

from snapsync.errors import Exit
from snapsync.store.journal import open_journal
from tests.verbs.doomed import run
from tests.verbs.ward import APPLIED, Case, Prepared, recovered, with_history_of, write_tree

from .powercut import tree_at

PAGES, FILES = 4096, 4096
"""How large the disk is."""
Kind = Literal["pages", "files"]


class SmallDisk:
    """The disk, with a prepared folder on it."""

    def __init__(self, where: Path, prepared: Prepared) -> None:
        self.where = where
        self.page = os.sysconf("SC_PAGE_SIZE")
        options = f"size={PAGES * self.page},nr_inodes={FILES}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "snapsync", where], check=True)
        write_tree(tree_at(prepared.folder), where / "copied")
        # the history ends just before a page does: what is appended needs one more
        moved = prepared._replace(folder=where / "copied")
        self.prepared = with_history_of(self.page - 20, moved, where / "prepared")

    def free(self, kind: Kind) -> int:
        """How many pages or files there is room for."""
        found = os.statvfs(self.where)
        return found.f_bavail * found.f_frsize // self.page if kind == "pages" else found.f_favail

    def fill(self, kind: Kind, room: int) -> None:
        """Leave room for so many pages or files."""
        ballast = self.where / "ballast"
        ballast.mkdir()
        if kind == "files":
            for number in range(self.free(kind) - room):
                (ballast / str(number)).touch()
        else:
            with (ballast / "pages").open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, (self.free(kind) - room) * self.page)
        assert self.free(kind) == room

    def empty(self) -> None:
        """Take away what filled it."""
        subprocess.run(["rm", "-r", self.where / "ballast"], check=True)

    def applies(self, kind: Kind, room: int) -> bool:
        """Whether an apply finds room; it does all or nothing, and all of it once there is room."""
        case = Case(self.prepared, self.where / "case")
        self.fill(kind, room)
        job = {"verb": "apply", "config": str(case.folder / "config.yaml"), "now": APPLIED.isoformat()}
        told = run(job)
        what = f"room for {room} {kind}: {told['error']} {told.get('said')}"
        self.empty()

        assert open_journal(case.env().store.folder) is None, what
        assert case.droppings() == [], what
        if told["error"]:
            assert (told["error"], told["exit"]) == ("StoreError", Exit.FAILED), what
            assert "No space left" in told["said"], what
        assert case.book == (self.prepared.before if told["error"] else self.prepared.after), what
        recovered(case)
        assert case.book == self.prepared.after
        subprocess.run(["rm", "-r", case.folder], check=True)
        return not told["error"]


def main() -> None:
    """Give every amount of room, in steps, until three times it was enough."""
    prepared, where, named, step = sys.argv[1:]
    kind: Kind = "pages" if named == "pages" else "files"
    disk = SmallDisk(Path(where), pickle.loads(Path(prepared).read_bytes()))  # noqa: S301 - the test's own
    found: list[bool] = []
    while found[-3:] != [True] * 3:
        found.append(disk.applies(kind, len(found) * int(step)))
    sys.stdout.write(f"{found.count(False)} {found.count(True)}")


if __name__ == "__main__":
    main()
