"""The peers: other programs that compare the same two files, each as a process of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bench.measure import LIMIT, Cost, TooLongError, python, run
from bench.scene import Scene
from snapsync.sandbox import Sandbox

_HERE = Path(__file__).parent
GIT = "git add + commit + diff"
IN_PYTHON = {
    "csv-diff": ("csv_diff_peer.py",),
    "daff": ("daff_peer.py",),
    "DeepDiff": ("deepdiff_peer.py",),
    "pandas, the guide's sync": ("pandas_peer.py",),
    "polars anti-join": ("polars_peer.py",),
    "polars, reading only": ("polars_peer.py", "--read"),
}


class Peers:
    """Runs the peers, but for those that would take longer than the limit."""

    def __init__(self) -> None:
        self._took: dict[str, tuple[int, float]] = {}
        self.left_out: dict[str, int] = {}
        """Peers that were too slow, and the first size that they were not measured at."""

    def turn(self, scene: Scene) -> Iterator[tuple[str, Cost]]:
        """Each peer once, on the book's history and the account's trades."""
        for name in IN_PYTHON:
            yield from self._tried(name, scene, partial(compared, name, scene))
        yield from self._tried(GIT, scene, partial(committed, scene))

    def _tried(self, name: str, scene: Scene, measured: Callable[[], Cost]) -> Iterator[tuple[str, Cost]]:
        if scene.size >= self.left_out.get(name, sys.maxsize):
            return
        size, wall = self._took.get(name, (scene.size, 0.0))
        if scene.size > size and wall * scene.size / size > LIMIT:
            self.left_out[name] = scene.size
            return
        try:
            cost = measured()
        except TooLongError:
            self.left_out[name] = scene.size
            return
        self._took[name] = (scene.size, cost.wall)
        yield name, cost


def compared(name: str, scene: Scene) -> Cost:
    """What one of the Python peers takes."""
    script, *more = IN_PYTHON[name]
    words = (str(_HERE / script), str(scene.history), str(scene.broker), str(scene.broker) + ".out", *more)
    return python(*words, cwd=scene.folder, limit=LIMIT)


def committed(scene: Scene) -> Cost:
    """What git takes to add, commit and show the account's state of the history after the book's."""
    repository = scene.broker.with_suffix(".git-peer")
    shutil.rmtree(repository, ignore_errors=True)
    repository.mkdir()
    file = repository / "history.csv"
    shutil.copyfile(scene.history, file)
    _git(repository, "init", "-q")
    _git(repository, "add", "-A")
    _git(repository, *_COMMIT)
    shutil.copyfile(scene.broker, file)
    cost = run("git", "add", "-A", cwd=repository, limit=LIMIT)
    cost = cost.then(run("git", *_COMMIT, cwd=repository, limit=LIMIT))
    return cost.then(run("git", "diff", "HEAD~1", "HEAD", cwd=repository, limit=LIMIT))


_COMMIT = ("-c", "user.name=b", "-c", "user.email=b@localhost", "-c", "gc.auto=0", "commit", "-qm", "state")


def _git(repository: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=repository, check=True, capture_output=True)  # noqa: S603, S607 - git itself


def alpaca(folder: Path, box: Sandbox, since: str) -> Cost:
    """What it takes to import alpaca-py and to make the requests of a plan."""
    return python(str(_HERE / "alpaca_peer.py"), box.url, box.key, box.secret, since, cwd=folder)
