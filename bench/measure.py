"""Time whole processes, interleaved, so that a busy machine is as unfair to all of them."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """Seconds from start to end, and of the processor's time: a busy machine spoils the first."""

    wall: float
    cpu: float


Measured = dict[str, list[Cost]]
"""The cost of each run, by what was run."""


def run(folder: Path, *command: str) -> Cost:
    """What one snapsync command costs in a folder, as a process of its own."""
    return python(folder, "-m", "snapsync", *command)


def python(folder: Path, *words: str) -> Cost:
    """What the interpreter costs with these arguments in a folder, as a process of its own."""
    before, started = _children(), time.perf_counter()
    subprocess.run([sys.executable, *words], cwd=folder, check=True, capture_output=True)  # noqa: S603 - our own
    return Cost(time.perf_counter() - started, _children() - before)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def interleaved(
    rounds: int, steps: Mapping[str, Callable[[int], Sequence[tuple[str, Cost]]]]
) -> dict[str, Measured]:
    """Run each of the steps once a round; the first round warms the caches and is not counted."""
    found: dict[str, Measured] = {name: {} for name in steps}
    for number in range(rounds + 1):
        for name, step in steps.items():
            for what, cost in step(number):
                if number:
                    found[name].setdefault(what, []).append(cost)
    return found


def median(costs: Sequence[Cost]) -> Cost:
    """The middle one, of each kind."""
    return Cost(*(statistics.median(each) for each in zip(*costs, strict=True)))
