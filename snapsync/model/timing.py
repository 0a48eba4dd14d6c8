"""Where the time of one command went: seconds by phase, and what was done in them. Values, no clock."""

from __future__ import annotations

from typing import Literal, get_args

from .canon import Record

Phase = Literal["imports", "broker", "book", "diff", "store", "other"]
PHASES: tuple[Phase, ...] = get_args(Phase)


class Spent(Record, frozen=True):
    """The seconds of one phase: by the clock on the wall, and of the processor."""

    phase: Phase
    wall: float
    cpu: float


class Spending(Record, frozen=True):
    """All phases of a command, each once; no moment is in two of them, so they add up to the whole.

    ``put`` are the objects that were new to the store, ``size`` their bytes before they were compressed.
    """

    phases: tuple[Spent, ...]
    requests: int = 0
    got: int = 0
    put: int = 0
    size: int = 0

    @property
    def wall(self) -> float:
        return sum(each.wall for each in self.phases)

    @property
    def cpu(self) -> float:
        return sum(each.cpu for each in self.phases)
