"""The first plan of a bot with a long history, and the peers on the same two states."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from functools import partial

from bench.measure import Cost, interleaved
from bench.peers.run import Peers
from bench.results import Case, keep, rows
from bench.scene import Scene, scenes

FIRST = "first plan"


def first(sizes: Sequence[int], rounds: int) -> Case:
    """All in one round: the first plan, then each peer, at each size."""
    peers = Peers()
    with scenes(sizes) as found:
        costs = interleaved(rounds, {str(scene.size): partial(_turn, scene, peers) for scene in found})
    notes = [f"{name}: not measured at {size:,}" for name, size in sorted(peers.left_out.items())]
    return keep("first", rows(costs), notes=notes)


def _turn(scene: Scene, peers: Peers) -> Iterator[tuple[str, Cost]]:
    shutil.rmtree(scene.folder / "state", ignore_errors=True)
    yield FIRST, scene.measured("plan")
    yield from peers.turn(scene)
