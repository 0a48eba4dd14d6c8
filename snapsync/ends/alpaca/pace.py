"""When to send the next request: the broker's rate limit, backoff after failures, and a total deadline.

``X-RateLimit-Remaining`` and ``-Reset`` come with every answer; the wait is counted from the answer's own
``Date``, so a wrong clock on this machine does no harm (alpaca-api.md section 9).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from snapsync.errors import BrokerError

FIRST_BACKOFF = 0.4
LONGEST_BACKOFF = 8.0
LONGEST_RESET = 75.0
"""No reset of a limit per minute lies further away; a header that says so is not believed."""
_WORTH_SAYING = 2.0

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
        self._stopped = threading.Event()

    def turn(self) -> None:
        """Wait until a request may be sent, and take one of the allowance.

        Raises:
            BrokerError: the deadline would pass first.
        """
        while True:
            with self._lock:
                wait = self._resets - time.monotonic()
                if self._remaining is None or self._remaining > 0 or wait <= 0:
                    if self._remaining is not None:
                        # past the reset nothing is known until the next answer says it
                        self._remaining = self._remaining - 1 if self._remaining > 0 else None
                    return
            self._sleep(wait, "the broker's rate limit is used up")

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
            self._resets = time.monotonic() + wait
            told = 0 if limited or remaining is None else remaining
            # answers of parallel requests come in any order: the smallest is the newest within a minute
            self._remaining = told if self._remaining is None or wait == 0 else min(told, self._remaining)

    def back_off(self, failures: int, why: str) -> None:
        """Wait a while after the n-th failure of a request: longer each time, and never in lockstep.

        Raises:
            BrokerError: the deadline would pass first.
        """
        longest = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2**failures)
        self._sleep(random.uniform(longest / 2, longest), why)  # noqa: S311 - jitter, not a secret

    def left(self) -> float:
        """Seconds until the deadline.

        Raises:
            BrokerError: there are none.
        """
        left = self._deadline - time.monotonic()
        if left <= 0 or self._stopped.is_set():
            raise self._late()
        return left

    def stop(self) -> None:
        """Let no further request be sent: the reading has failed elsewhere, or was interrupted."""
        self._stopped.set()

    def _sleep(self, seconds: float, why: str) -> None:
        if seconds > self.left():
            raise self._late()
        if seconds >= _WORTH_SAYING:
            self._say(f"Waiting {seconds:.0f} s: {why}.")
        self._stopped.wait(seconds)

    def _late(self) -> BrokerError:
        return BrokerError(
            "The broker did not answer completely in time.",
            detail=f"the reading may take {self._seconds:.0f} s in all",
            hint="Try again later.",
        )


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _now(headers: Mapping[str, str]) -> float:
    try:
        return parsedate_to_datetime(headers.get("Date") or "").timestamp()
    except ValueError:
        return time.time()
