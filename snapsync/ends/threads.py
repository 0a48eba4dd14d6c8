"""Calls that we may stop waiting for: daemon threads, which hold up neither a deadline nor Ctrl-C."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

T = TypeVar("T")


class LeftBehindError(Exception):
    """The call's time was up; it goes on, and nobody hears of its end."""


def start(call: Callable[[], T]) -> Future[T]:
    """Make a call in a thread of its own; what it raises is the future's."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asks for the result
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def within(until: float, call: Callable[[], T]) -> T:
    """Wait for a call until a time of the monotonic clock.

    A name server that is silent and headers that drip heed no timeout of a library.

    Raises:
        LeftBehindError: it is later than that. What the call raises is raised as it is.
    """
    future = start(call)
    wait([future], timeout=max(0.0, until - time.monotonic()))
    if not future.done():
        raise LeftBehindError
    return future.result()
