"""Rows that tell a day and no time: they are read as its midnight, and stand for any moment of the day."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

from .instant import Instant, from_datetime, to_datetime

_OF_AN_HOUR = (":00:00.000000000Z", ":15:00.000000000Z", ":30:00.000000000Z", ":45:00.000000000Z")
"""How a midnight of any zone ends in UTC; all other times need no closer look."""


class Days:
    """The days of the book's zone; of a zone without a name nothing is known."""

    def __init__(self, zone: str) -> None:
        try:
            self._zone: ZoneInfo | None = ZoneInfo(zone)
        except (KeyError, ValueError, OSError):  # the machine's own zone need not have a name
            self._zone = None
        self.midnight = lru_cache(maxsize=1 << 12)(self._midnight)

    def _midnight(self, at: Instant) -> Instant | None:
        """The midnight with which the day of an instant begins."""
        if self._zone is None:
            return None
        there = to_datetime(at).astimezone(self._zone)
        return from_datetime(there.replace(hour=0, minute=0, second=0, microsecond=0, fold=0))

    def dated(self, at: Instant) -> bool:
        """Whether an instant is such a midnight: nobody trades then, so it is a day alone."""
        return at.endswith(_OF_AN_HOUR) and self.midnight(at) == at
