"""A bot in step makes one more trade: ``plan`` and ``apply``, and what is read afterwards."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from bench import disk, imports
from bench.measure import Cost, interleaved
from bench.peers.run import compared
from bench.results import Case, Row, keep, rows
from bench.scene import Scene, scenes

PLAN, APPLY, IN_STEP = "plan, one new fill", "apply, one new fill", "plan, nothing new"
READ, READ_IMPORTS, PLAN_IMPORTS = "polars, reading only", "polars, importing only", "plan, importing only"
FIRST, FIRST_APPLY = "first plan", "first apply"
READERS = {
    "log": ("log",),
    "show": ("show",),
    "status": ("status",),
    "--help": ("--help",),
}
BASE = "python -c 'import click, msgspec'"
STORE_GROWS, HISTORY_GROWS = "store, bytes more per sync", "history, bytes more per sync"
APPENDED = "history is still the same file"


def steady(sizes: Sequence[int], rounds: int) -> Case:
    """As a bot is after its first sync: the last seven days are proven."""
    return _measured("steady", sizes, rounds)


def whole(sizes: Sequence[int], rounds: int) -> Case:
    """As a bot is that has synced for three years: all is proven."""
    since = (datetime.now(UTC) - timedelta(days=1100)).date().isoformat()
    return _measured("whole", sizes, rounds, "--since", since)


def _measured(name: str, sizes: Sequence[int], rounds: int, *more: str) -> Case:
    with scenes(sizes) as found:
        once = [row for scene in found for row in _first(scene, *more)]
        keep(name, once)
        before = {scene.size: scene.history.stat() for scene in found}
        grown: dict[int, list[int]] = {scene.size: [] for scene in found}
        turns = {str(scene.size): partial(_turn, scene, grown[scene.size]) for scene in found}
        costs = interleaved(rounds, turns)
        facts: dict[str, float] = {}
        for scene in found:
            facts |= _grown(scene, before[scene.size], grown[scene.size])
        readers = interleaved(rounds, {str(scene.size): partial(_readers, scene) for scene in found})
    return keep(name, (*once, *rows(costs), *rows(readers)), facts)


def _first(scene: Scene, *more: str) -> Iterator[Row]:
    yield Row(what=FIRST, size=scene.size, cost=scene.measured("plan", *more))
    yield Row(what=FIRST_APPLY, size=scene.size, cost=scene.measured("apply", "--yes"))
    imports.record(scene.folder, scene.folder.parent / "imports.json", "plan")


def _turn(scene: Scene, grown: list[int]) -> Iterator[tuple[str, Cost]]:
    yield IN_STEP, scene.measured("plan")
    scene.door.fill()
    before = disk.size(disk.files(scene.folder / "state"))
    yield PLAN, scene.measured("plan")
    applied = scene.measured("apply", "--yes")
    if not applied.written:
        raise RuntimeError("there was nothing to apply")
    yield APPLY, applied
    grown.append(disk.size(disk.files(scene.folder / "state")) - before)
    yield PLAN_IMPORTS, imports.imported(scene.folder.parent / "imports.json")
    yield READ, compared(READ, scene)
    yield READ_IMPORTS, imports.these("polars", folder=scene.folder)


def _readers(scene: Scene) -> Iterator[tuple[str, Cost]]:
    for name, command in READERS.items():
        yield name, scene.measured(*command)
    yield BASE, imports.these("click", "msgspec", folder=scene.folder)


def _grown(scene: Scene, before: os.stat_result, grown: Sequence[int]) -> dict[str, float]:
    """By how much the store and the history have grown with each sync of one trade."""
    state, history = disk.files(scene.folder / "state"), scene.history.stat()
    found = {
        STORE_GROWS: statistics.mean(grown),
        HISTORY_GROWS: (history.st_size - before.st_size) / len(grown),
        APPENDED: float(history.st_ino == before.st_ino),
        "store, bytes": disk.size(state),
        "store, files": len(state),
        "history, bytes": history.st_size,
    }
    return {f"{name} at {scene.size}": value for name, value in found.items()}
