"""Times in the book: naive ones are in the book's zone, and new ones look like those that are there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal, cast
from zoneinfo import ZoneInfo

import msgspec

from snapsync.model.instant import Instant, from_datetime, instant, to_datetime

from .faults import quoted

_MINUTE = len("2025-08-21T13:45")
_HOUR = len("2025-08-21T13")
_CLOCK = [f"{hours:02}:{minutes:02}" for hours in range(24) for minutes in range(60)]
_MINUTES = {clock: minute for minute, clock in enumerate(_CLOCK)}
_SECONDS = frozenset(f":{seconds:02}" for seconds in range(60))
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:([T ])(\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,9}))?(?: ?(Z|[+-]\d\d:?\d\d))?)?",
    re.ASCII | re.IGNORECASE,
)


class TimeStyle(msgspec.Struct, frozen=True):
    """How a file writes its times; the default is that of a new file: ISO with the zone's offset."""

    separator: str = "T"
    unit: Literal["day", "minute", "second"] = "second"
    digits: int = 0
    zone: Literal["naive", "utc", "offset"] = "offset"
    zulu: bool = False


def read_time(text: str, zone: ZoneInfo) -> Instant:
    """Read a time; one without offset is in ``zone``, a day alone is its midnight.

    Raises:
        ValueError: it is not a time.
    """
    usual = _usual(text, zone)
    if usual:
        return usual
    match = _TIME.fullmatch(text)
    try:
        if match:
            day, _, clock, seconds, fraction, offset = match.groups()
            minute = _minute(day, clock or "00:00", offset or zone)
            seconds = seconds or ":00"
            if seconds in _SECONDS:
                return Instant(f"{minute}{seconds}.{(fraction or ''):0<9}Z")
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"{quoted(text)} is not a time; expected one such as 2025-08-21 09:45:00")


def read_times(texts: Sequence[str], zone: ZoneInfo) -> list[Instant]:
    """Read many times, with blanks around them or not; see ``read_time``.

    Raises:
        ValueError: one is not a time.
    """
    rests = [text[_HOUR:] for text in texts]
    if _in_hour().issuperset(rests):
        hours = [text[:_HOUR] for text in texts]
        begins = {hour: _hour(hour, zone) for hour in set(hours)}
        if all(begins.values()):
            found = [f"{begins[hour]}{rest}.000000000Z" for hour, rest in zip(hours, rests, strict=True)]
            return cast("list[Instant]", found)
    return [read_time(text, zone) for text in map(str.strip, texts)]


@cache
def _in_hour() -> frozenset[str]:
    """What stands behind the hour in times without offset and fraction."""
    return frozenset(f":{minute:02}:{second:02}" for minute in range(60) for second in range(60))


@lru_cache(maxsize=1 << 12)
def _hour(text: str, zone: ZoneInfo) -> str:
    """How instants of an hour begin; empty where a minute of it is another one in UTC."""
    edges = [(read_time(text + rest, zone), rest) for rest in (":00:00", ":59:59")]
    hour = edges[0][0][:_HOUR]
    return hour if all(at.startswith(hour + rest) for at, rest in edges) else ""


def _usual(text: str, zone: ZoneInfo) -> Instant | None:
    """As ``read_time``, for the way in which most bots write most of their times; None for any other."""
    minute, seconds = _MINUTES.get(text[11:16]), text[16:]
    if minute is None or seconds not in _SECONDS or text[10] not in "T " or not _DAY.fullmatch(text[:10]):
        return None
    try:
        ahead = _ahead(text[:10], zone)
    except (ValueError, OverflowError):
        return None
    if ahead is None or not 0 <= minute - ahead < len(_MINUTES):
        return None
    return Instant(f"{text[:10]}T{_CLOCK[minute - ahead]}{seconds}.000000000Z")


def _minute(day: str, clock: str, where: str | ZoneInfo) -> str:
    """A minute in UTC, as an instant begins; zones are whole minutes apart, so the seconds stay."""
    if isinstance(where, str):
        return instant(f"{day}T{clock}:00{where}")[:_MINUTE]
    moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=where)
    return from_datetime(moment)[:_MINUTE]


@lru_cache(maxsize=1 << 12)
def _ahead(day: str, where: str | ZoneInfo) -> int | None:
    """How many minutes a zone is ahead of UTC on a day; None where that changes, or is no whole number."""
    if isinstance(where, str):
        instant(f"{day}T00:00:00{where}")  # it refuses what is no offset
        zone = datetime.fromisoformat(f"{day}T00:00{where.upper()}").tzinfo
    else:
        zone = where
    begins = datetime.fromisoformat(f"{day}T00:00")
    ahead = {(begins + timedelta(hours=hours)).replace(tzinfo=zone).utcoffset() for hours in (0, 24)}
    minutes, rest = divmod(ahead.pop() or timedelta(0), timedelta(minutes=1))
    return None if ahead or rest else minutes


def style_of(text: str) -> TimeStyle | None:
    """How a time is written; None when it is not one."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    _, separator, clock, seconds, fraction, offset = match.groups()
    if not clock:
        return TimeStyle(unit="day", zone="naive")
    zulu = offset in {"Z", "z"}
    utc = zulu or (offset or "").replace(":", "") in {"+0000", "-0000"}
    return TimeStyle(
        separator=separator,
        unit="second" if seconds else "minute",
        digits=len(fraction or ""),
        zone="utc" if utc else "offset" if offset else "naive",
        zulu=zulu,
    )


def time_text(at: Instant, style: TimeStyle, zone: ZoneInfo) -> str:
    """Write a time in a style."""
    moment = to_datetime(at).astimezone(UTC if style.zone == "utc" else zone)
    if style.unit == "day":
        return f"{moment:%Y-%m-%d}"
    text = f"{moment:%Y-%m-%d}{style.separator}{moment:%H:%M}"
    if style.unit == "second":
        text += f"{moment:%S}".rjust(3, ":")
        if style.digits:
            text += "." + at[20 : 20 + style.digits]
    if style.zone == "naive":
        return text
    offset = f"{moment:%z}"
    return text + ("Z" if style.zulu else f"{offset[:3]}:{offset[3:5]}")
