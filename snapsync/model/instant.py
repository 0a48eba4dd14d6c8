"""Points in time: UTC text of one fixed form, nine digits after the second, so that text order is time order.

The broker's stamps have up to nanoseconds, which ``datetime`` cannot hold; as text nothing is lost.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NewType
from zoneinfo import ZoneInfo

Instant = NewType("Instant", str)
"""``2025-08-21T13:45:00.123456789Z``"""

FIRST_YEAR, LAST_YEAR = "1990", "2200"
"""Alpaca's first account is of 2015; at the ends of the calendar every computation of times breaks."""

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,9}))?"
    r"(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)",
    re.ASCII | re.IGNORECASE,
)
_NEW_YORK = ZoneInfo("America/New_York")
_SECONDS = len("2025-08-21T13:45:00")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def instant(text: str) -> Instant:
    """Read an RFC 3339 time with any offset and up to nine fraction digits.

    Raises:
        ValueError: not such a time, or no zone given.
    """
    match = _RFC3339.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not a time such as 2025-08-21T13:45:00Z")
    day, clock, fraction, zone = match.groups()
    if zone in "Zz":
        datetime.fromisoformat(day)  # refuses February 30
    else:
        try:
            moved = datetime.fromisoformat(f"{day}T{clock}{zone}").astimezone(UTC)
        except OverflowError:
            raise ValueError(f"{text!r} lies outside the years 1 to 9999") from None
        day, _, clock = moved.isoformat()[:_SECONDS].partition("T")  # strftime would not pad the year
    return Instant(f"{day}T{clock}.{(fraction or ''):0<9}Z")


def midnight(day: str) -> Instant:
    """The first instant of a day ``YYYY-MM-DD`` in New York, where the market's days begin.

    Alpaca dates what is no fill by day alone; the market's day is what it means (alpaca-api.md, pitfall
    22). It lies in the UTC day of the same date.

    Raises:
        ValueError: not such a day.
    """
    if not _DATE.fullmatch(day):
        raise ValueError(f"{day!r} is not a day such as 2025-08-21")
    return from_datetime(datetime.fromisoformat(day).replace(tzinfo=_NEW_YORK))


def from_datetime(moment: datetime) -> Instant:
    """The instant of an aware datetime.

    Raises:
        ValueError: the datetime is naive; a guess would be hours off.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    moment = moment.astimezone(UTC).replace(tzinfo=None)
    return Instant(f"{moment.isoformat(timespec='microseconds')}000Z")


def to_datetime(at: Instant) -> datetime:
    """The aware UTC datetime of an instant, cut to microseconds."""
    return datetime.fromisoformat(at[:26]).replace(tzinfo=UTC)


def eastern_stamp(at: Instant) -> str:
    """Seventeen digits, down to the millisecond in New York: what the id of a fill begins with."""
    there = to_datetime(at).astimezone(_NEW_YORK)
    return f"{there:%Y%m%d%H%M%S}{there.microsecond // 1000:03}"


def shift(at: Instant, **by: float) -> Instant:
    """An instant moved by what ``timedelta`` understands: ``shift(at, days=-7)``."""
    return from_datetime(to_datetime(at) + timedelta(**by))


def seconds_between(earlier: Instant, later: Instant) -> float:
    """How many seconds lie between two instants; negative when they are the other way round."""
    return (to_datetime(later) - to_datetime(earlier)).total_seconds()


def readable(at: Instant) -> str:
    """An instant as sentences have it: ``2025-08-21 13:45 UTC``."""
    return f"{at[:10]} {at[11:16]} UTC"


def day_of(at: Instant) -> str:
    """The UTC day of an instant, ``YYYY-MM-DD``."""
    return at[:10]
