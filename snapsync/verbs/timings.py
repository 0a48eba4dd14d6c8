"""A clock for ``--timings``: which part of a command is at work, told where the layers meet.

Only the part that was entered last is charged, so that the parts add up to the whole. Work that goes on
in other threads (requests to the broker) is charged to the part that waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from snapsync.model.timing import PHASES, Phase, Spending, Spent


class Timings:
    """The clock of one command. What was before it, from the start of the process on, were imports.

    Args:
        age: how many seconds ago the process began.
    """

    def __init__(self, age: float) -> None:
        self.requests = self.got = self.put = self.size = 0
        self._spent = {phase: Spent(phase=phase, wall=0, cpu=0) for phase in PHASES}
        self._at: list[Phase] = ["imports"]
        self._since = (time.perf_counter() - age, 0.0)
        self._thread = threading.get_ident()
        self._turn()
        self._at = ["other"]

    @contextmanager
    def phase(self, phase: Phase) -> Iterator[None]:
        """Charge the block to a phase, but for what goes to another within it."""
        if threading.get_ident() != self._thread:
            yield
            return
        self._turn()
        self._at.append(phase)
        try:
            yield
        finally:
            self._turn()
            self._at.pop()

    def spending(self) -> Spending:
        """Where the time went so far."""
        self._turn()
        return Spending(
            phases=tuple(self._spent.values()),
            requests=self.requests,
            got=self.got,
            put=self.put,
            size=self.size,
        )

    def _turn(self) -> None:
        """Charge the time since the last turn to the phase that is at work."""
        now = (time.perf_counter(), time.process_time())
        spent = self._spent[self._at[-1]]
        wall, cpu = (end - start for start, end in zip(self._since, now, strict=True))
        self._spent[spent.phase] = Spent(phase=spent.phase, wall=spent.wall + wall, cpu=spent.cpu + cpu)
        self._since = now


class _Timed(Protocol):
    """What can be asked to charge a block: an Env."""

    def timed(self, phase: Phase) -> AbstractContextManager[None]:
        """Charge the block to a phase."""
        ...


E = TypeVar("E", bound=_Timed)
P = ParamSpec("P")
R = TypeVar("R")


def timed(
    phase: Phase,
) -> Callable[[Callable[Concatenate[E, P], R]], Callable[Concatenate[E, P], R]]:
    """Charge all that a function of an Env does to a phase."""

    def decorate(function: Callable[Concatenate[E, P], R]) -> Callable[Concatenate[E, P], R]:
        @wraps(function)
        def call(env: E, /, *args: P.args, **kwargs: P.kwargs) -> R:
            with env.timed(phase):
                return function(env, *args, **kwargs)

        return call

    return decorate
