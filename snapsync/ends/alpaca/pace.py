"""When to send the next request: the broker's rate limit, backoff after failures, and a total deadline.

``X-RateLimit-Remaining`` and ``-Reset`` come with every answer; the wait is counted from the answer's own
``Date``, so a wrong clock on this machine does no harm (alpaca-api.md section 9).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime

from snapsync.errors import BrokerError
from snapsync.model.instant import FIRST_YEAR, LAST_YEAR, Instant, from_datetime, to_datetime

FIRST_BACKOFF = 0.4
LONGEST_BACKOFF = 8.0
LONGEST_RESET = 75.0
"""No reset of a limit per minute lies further away; a header that says so is not believed."""
WORTH_SAYING = 2.0
"""From how many seconds on a wait is announced."""
_ROUNDING = 1.5
"""Resets are told in whole seconds: two that lie no further apart than this are one."""
_MOST_DIGITS = 15

Say = Callable[[str], None]


def unheard(said: object) -> None:
    """What listens where nobody does."""
    del said


class Pace:
    """Shared by the threads of one reading."""

    def __init__(self, seconds: float, say: Say) -> None:
        self._seconds, self._say = seconds, say
        self._deadline = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._remaining: int | None = None
        self._resets = 0.0
        self._barred_until = self._said_until = 0.0
        self._under_way = 0
        self._stopped = threading.Event()

    @contextmanager
    def turn(self, what: str) -> Iterator[None]:
        """Wait until the request ``what`` may be sent; it is under way inside the block.

        Raises:
            BrokerError: the deadline would pass first.
        """
        while (wait := self._wait()) > 0:
            self._sleep(wait, what, "the broker's rate limit is used up")
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def _wait(self) -> float:
        """Seconds until a request may be sent; where that is now, it is taken off the allowance."""
        with self._lock:
            now = time.monotonic()
            if now >= self._resets:
                self._remaining = None  # past the reset nothing is known until the next answer says it
            wait = max(self._barred_until, self._resets if self._remaining == 0 else 0) - now
            if wait > 0:
                return wait
            if self._remaining is not None:
                self._remaining -= 1
            self._under_way += 1
            return 0

    def learn(self, headers: Mapping[str, str], *, limited: bool = False) -> None:
        """Take the allowance from an answer; ``limited`` is a 429, whatever its headers say."""
        remaining, reset = (
            _whole(headers.get("X-RateLimit-Remaining")),
            _whole(headers.get("X-RateLimit-Reset")),
        )
        if reset is None or (remaining is None and not limited):
            return
        wait = min(max(0.0, reset - _now(headers)), LONGEST_RESET)
        with self._lock:
            resets = time.monotonic() + wait
            if limited:  # obeyed whatever other answers say meanwhile
                self._barred_until = max(self._barred_until, resets)
            told = 0 if limited or remaining is None else remaining
            if self._remaining is None or resets > self._resets + _ROUNDING:
                # a new minute: what is under way beside this answer may not be counted in it yet
                self._remaining, self._resets = max(told - (self._under_way - 1), 0), resets
            elif resets > self._resets - _ROUNDING:
                # answers of parallel requests come in any order: the smallest is the newest of a minute
                self._remaining, self._resets = min(told, self._remaining), max(resets, self._resets)

    def back_off(self, failures: int, what: str, why: str) -> None:
        """Wait a while after the n-th failure of a request: longer each time, and never in lockstep.

        Raises:
            BrokerError: the deadline would pass first.
        """
        longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**failures)
        self._sleep(random.uniform(longest / 2, longest), what, why)  # noqa: S311 - jitter, not a secret

    def left(self, what: str, why: str = "") -> float:
        """Seconds until the deadline.

        Raises:
            BrokerError: there are none; it says for ``what`` there would be some, and ``why`` it waited.
        """
        left = self._deadline - time.monotonic()
        if left <= 0 or self._stopped.is_set():
            raise self._late(what, why)
        return left

    def pause(self, seconds: float, what: str, why: str) -> None:
        """Wait before ``what`` is asked for again.

        Raises:
            BrokerError: the deadline would pass first.
        """
        self._sleep(seconds, what, why)

    def stop(self) -> None:
        """Let no further request be sent: the reading has failed elsewhere, or was interrupted."""
        self._stopped.set()

    def _sleep(self, seconds: float, what: str, why: str) -> None:
        if seconds > self.left(what, why):
            raise self._late(what, why)
        if seconds >= WORTH_SAYING and self._first_to_say(seconds):
            self._say(f"Waiting {seconds:.0f} s: {why}.")
        self._stopped.wait(seconds)

    def _first_to_say(self, seconds: float) -> bool:
        """Whether no other thread has said that this wait goes on."""
        with self._lock:
            until = time.monotonic() + seconds
            news, self._said_until = until > self._said_until + _ROUNDING, max(until, self._said_until)
            return news

    def _late(self, what: str, why: str) -> BrokerError:
        because = f" {why};" if why else ""
        return BrokerError(
            "The broker did not answer completely in time.",
            detail=f"{what}:{because} the reading may take {self._seconds:.0f} s in all",
            hint="Try again later.",
        )


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def date_of(headers: Mapping[str, str]) -> Instant | None:
    """The broker's own clock, in whole seconds; None where it does not say a time of these centuries."""
    try:
        told = from_datetime(parsedate_to_datetime(headers.get("Date") or ""))
    except (ValueError, OverflowError):
        return None
    return told if FIRST_YEAR < told < LAST_YEAR else None


def _now(headers: Mapping[str, str]) -> float:
    told = date_of(headers)
    return to_datetime(told).timestamp() if told else time.time()
