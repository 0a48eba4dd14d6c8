"""A thousand syncs of one trade each: what the store takes, and what git takes for the same files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import book, disk
from bench.library import unsynced
from bench.results import Case, keep
from bench.scene import Scene, scenes
from snapsync import Env, apply, gc, plan
from snapsync.model.kept import Keep

SYNCS = 1_000
_MINUTES = 30.0
"""What would take longer is measured at a smaller size."""
_TRIED = 3
_GIT_BYTES = 8e9
"""How much git may read in all: each commit reads the whole file, and packs it in the end."""


def growth(sizes: Sequence[int], _rounds: int) -> Case:
    """At the largest size that can be done; the smallest one is done however long it takes."""
    for size in sorted(sizes, reverse=True):
        with scenes([size]) as (scene,):
            facts = _grown(scene, sys.float_info.max if size == min(sizes) else _MINUTES)
        if facts:
            break
        print(f"  {SYNCS:,} syncs would take too long at {size:,}", file=sys.stderr)
    return keep("growth", (), facts)


def _grown(scene: Scene, minutes: float) -> dict[str, float]:
    """The sizes; nothing if it would take too long."""
    env = Env.open("paper", config=scene.folder / "config.yaml")
    with unsynced():
        plan(env)
        apply(env)
        state = scene.folder / "state"
        before = disk.size(disk.files(state))
        git = _Git(scene)
        took = 0.0
        for number in range(SYNCS):
            if number == _TRIED and took / _TRIED * SYNCS > minutes * 60:
                return {}
            scene.door.fill()
            started = time.monotonic()
            plan(env)
            apply(env)
            took += time.monotonic() - started
            git.commit()
        after = disk.files(state)
        gc(env, Keep(days=90))  # all of it: it is packed, as git packs all
    packed = disk.files(state)
    return {
        "transactions": scene.size,
        "syncs": SYNCS,
        "store, bytes before": before,
        "store, bytes": disk.size(after),
        "store, files": len(after),
        "store after gc, bytes": disk.size(packed),
        "store after gc, files": len(packed),
        "book, bytes": sum((scene.folder / each).stat().st_size for each in _BOOK),
        **git.facts(),
    }


_BOOK = (book.BANKROLL, book.POSITIONS, book.HISTORY)


class _Git:
    """The same files in a git repository, a commit for each sync, or for as many as can be afforded."""

    def __init__(self, scene: Scene) -> None:
        self._folder = scene.folder
        self._repository = scene.folder.parent / f"git-{scene.size}"
        self._repository.mkdir()
        self._run("init", "-q")
        self._commits = 0
        self._most = min(SYNCS, int(_GIT_BYTES / (scene.folder / book.HISTORY).stat().st_size))
        self.commit()
        self._first = self._packed()

    def commit(self) -> None:
        """Commit the book as it is."""
        if self._commits > self._most:
            return
        for name in _BOOK:
            shutil.copyfile(self._folder / name, self._repository / Path(name).name)
        self._run("add", "-A")
        self._run("commit", "-qm", "state")
        self._commits += 1

    def facts(self) -> dict[str, float]:
        """The packed size, and what it would be after all syncs, if only some of them were committed."""
        packed, more = self._packed(), self._commits - 1
        return {
            "git, commits": more,
            "git packed, bytes": packed,
            "git packed after all syncs, bytes": self._first + (packed - self._first) * SYNCS / more,
        }

    def _packed(self) -> int:
        self._run("gc", "-q", "--prune=now")
        return disk.size(disk.files(self._repository / ".git" / "objects"))

    def _run(self, *words: str) -> None:
        who = {
            f"GIT_{role}_{what}": "bench" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        command = ["git", "-c", "gc.auto=0", *words]
        subprocess.run(command, cwd=self._repository, check=True, env=os.environ | who)  # noqa: S603 - git itself
