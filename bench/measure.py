"""Measure whole processes, interleaved, so that a busy machine is as unfair to all of them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

LIMIT = 120.0
"""Seconds after which a process is ended: what needs longer is measured at a smaller size."""
ROOT = Path(__file__).parents[1]
_LAUNCH = Path(__file__).with_name("launch.py")
_UNIT = 1 if sys.platform == "darwin" else 1024
"""Of what the system tells of a process's memory."""


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a process took: seconds from start to end and of the processor, and its greatest memory in bytes.

    ``requests`` and ``written`` (bytes) are counted by whoever knows of them.
    """

    wall: float
    cpu: float
    peak: int
    requests: int | None = None
    written: int | None = None

    def then(self, other: Cost) -> Cost:
        """Both, one after the other."""
        return Cost(wall=self.wall + other.wall, cpu=self.cpu + other.cpu, peak=max(self.peak, other.peak))


class TooLongError(Exception):
    """A process was ended at its limit."""


Step = Callable[[], Iterable[tuple[str, Cost]]]
"""One turn of something: what was run, and its cost."""


def run(*words: str, cwd: Path, limit: float = 0) -> Cost:
    """What one process costs.

    Raises:
        TooLongError: it was ended at the limit.
        RuntimeError: it failed.
    """
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile() as said:
        took = Path(home) / "took"
        launch = (sys.executable, "-I", "-S", str(_LAUNCH), str(took), str(round(limit)))
        subprocess.run([*launch, *words], cwd=cwd, env=_environment(), stdout=said, stderr=said, check=True)  # noqa: S603 - our own command lines
        status, wall, cpu, peak = took.read_text().split()
        if limit and float(wall) >= limit:
            raise TooLongError(words)
        if status != "0":
            raise RuntimeError(f"{' '.join(words)}: {status}\n{_end(said)}")
    return Cost(wall=float(wall), cpu=float(cpu), peak=int(peak) * _UNIT)


def snapsync(folder: Path, *command: str) -> Cost:
    """What one snapsync command costs in a folder, as a process of its own."""
    return run(sys.executable, "-m", "snapsync", *command, cwd=folder)


def python(*words: str, cwd: Path, limit: float = 0) -> Cost:
    """What one Python process costs."""
    return run(sys.executable, *words, cwd=cwd, limit=limit)


def _environment() -> dict[str, str]:
    # what is installed has its bytecode; here the first round writes it, which is not counted
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def _end(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode(errors="replace")[-2000:]


def interleaved(rounds: int, steps: Mapping[str, Step]) -> dict[tuple[str, str], list[Cost]]:
    """Run each of the steps once a round; the first round warms the caches and is not counted.

    Returns:
        The costs, by the step's name and by what it ran.
    """
    found: dict[tuple[str, str], list[Cost]] = {}
    for number in range(rounds + 1):
        for name, step in steps.items():
            for what, cost in step():
                if number:
                    found.setdefault((name, what), []).append(cost)
        print(f"  round {number} of {rounds}{'' if number else ' (not counted)'}", file=sys.stderr)
    return found


def median(costs: Sequence[Cost]) -> Cost:
    """The middle one, of each kind."""
    return Cost(
        wall=statistics.median(each.wall for each in costs),
        cpu=statistics.median(each.cpu for each in costs),
        peak=round(statistics.median(each.peak for each in costs)),
        requests=_middle(each.requests for each in costs),
        written=_middle(each.written for each in costs),
    )


def _middle(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return round(statistics.median(known)) if known else None
