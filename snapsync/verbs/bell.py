"""What a watch waits on: time, signals and hints, whichever comes first."""

from __future__ import annotations

import select
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Protocol


class Waits(Protocol):
    """How a watch waits. ``stopped``, ``reload`` and ``hinted`` are set from outside while it does."""

    stopped: bool
    reload: bool
    hinted: bool

    def now(self) -> float:
        """Seconds on a clock that never jumps."""
        ...

    def wait(self, seconds: float) -> None:
        """Wait so long, or until one of the three is set."""
        ...

    def hint(self) -> None:
        """Something has happened at the broker's; from any thread."""
        ...


class Bell:
    """The real one: a pair of sockets, because a signal's handler must not take a lock."""

    def __init__(self) -> None:
        self.stopped = self.reload = self.hinted = False
        self.by: int | None = None
        """The signal that it was stopped by."""
        self._ear, self._clapper = socket.socketpair()
        self._ear.setblocking(False)
        self._clapper.setblocking(False)

    def now(self) -> float:
        """See ``Waits.now``."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """See ``Waits.wait``."""
        if not (self.stopped or self.reload or self.hinted):
            select.select([self._ear], [], [], max(0.0, seconds))
        with suppress(BlockingIOError):
            self._ear.recv(4096)

    def hint(self) -> None:
        """See ``Waits.hint``."""
        self.hinted = True
        self._ring()

    def _ring(self) -> None:
        with suppress(OSError):  # it is full, so it will be heard; or it was closed, and nobody waits
            self._clapper.send(b".")

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take SIGTERM and SIGINT for the wish to stop, SIGHUP for the wish to reload.

        The second wish to stop is taken at its word.
        """

        def stop(number: int, frame: FrameType | None) -> None:
            del frame
            if self.stopped:
                signal.signal(number, before[number])
                signal.raise_signal(number)
            self.stopped, self.by = True, number
            self._ring()

        def reload(number: int, frame: FrameType | None) -> None:
            del number, frame
            self.reload = True
            self._ring()

        handlers = {signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: reload}
        before = {int(number): signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, signal.SIG_DFL if handler is None else handler)
            self._ear.close()
            self._clapper.close()
