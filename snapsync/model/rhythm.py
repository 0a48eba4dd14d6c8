"""When a watch looks next: pure, from what the last look has come to."""

from __future__ import annotations

from .canon import Record

JITTER = 0.1
"""The share of an interval by which a look may be early or late, so that many bots do not ask at once."""
LONGEST_PAUSE = 3600.0
"""The longest pause after failures, in seconds, unless the interval itself is longer."""
SETTLING = 2.0
"""So many seconds beyond the grace period a hint is followed: then what it tells of is compared."""


class Rhythm(Record, frozen=True):
    """The interval between two looks, and how young a fill may be to be left to the bot; in seconds."""

    interval: float
    grace: float


def pause(rhythm: Rhythm, failures: int, chance: float) -> float:
    """How many seconds to wait after a look.

    Args:
        rhythm: the usual interval.
        failures: how many looks in a row have failed; the pause doubles from the second on.
        chance: from 0 to 1, another each time.
    """
    longest = max(LONGEST_PAUSE, rhythm.interval)
    usual = min(rhythm.interval * (1 << min(max(failures - 1, 0), 16)), longest)
    return usual * (1 - JITTER + 2 * JITTER * chance)


def soon(rhythm: Rhythm) -> float:
    """How many seconds after a hint, or after a look that found something pending, to look again."""
    return min(rhythm.grace + SETTLING, rhythm.interval)
