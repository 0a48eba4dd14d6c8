"""Times as people say them: a day, a local time, one with its zone, ``yesterday``, ``2h ago``.

What is left unsaid is taken as late as it can be where a time ends something (``--at``: a day is its
end), and as early as it can be where it begins something (``--since``: a day is its beginning).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from .instant import Instant, from_datetime, instant, midnight, shift, to_datetime

Edge = Literal["begin", "end"]

MARKET = ZoneInfo("America/New_York")
"""Where the market's days begin and end; a bare day is one of these."""

FORMS = "2025-08-21, '2025-08-21 10:05', 2025-08-21T14:05:00Z, yesterday, '2h ago'"

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LOCAL = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?: ?([A-Z]{1,5}|[+-]\d\d(?::?\d\d)?))?", re.ASCII
)
_AGO = re.compile(r"(\d{1,6}) ?([mhdw])[a-z]*( ago)?", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_WHOLE_SECOND = len("2025-08-21T13:45:00.")
_LAST = "999999999Z"


def moment(text: str, zone: ZoneInfo, now: Instant, edge: Edge) -> Instant | None:
    """The instant that a person means; None where the text is no time at all.

    Args:
        text: what was said.
        zone: where a time that names no zone is meant.
        now: what time it is.
        edge: whether what is left unsaid is taken as early or as late as it can be.

    Raises:
        ValueError: it looks like a time, but there is none such, or there are two.
    """
    try:
        return _moment(text.strip(), zone, now, edge)
    except OverflowError:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999") from None


def _moment(text: str, zone: ZoneInfo, now: Instant, edge: Edge) -> Instant | None:
    if text in ("today", "yesterday"):
        today = to_datetime(now).astimezone(MARKET).date()
        text = str(today - timedelta(days=text == "yesterday"))
    if _DAY.fullmatch(text):
        return _day(text, edge)
    found = _AGO.fullmatch(text)
    # 100d alone may be the beginning of an id, where ids are accepted too
    if found and (found[3] or edge == "begin"):
        return shift(now, **{_UNITS[found[2]]: -float(found[1])})
    if found := _LOCAL.fullmatch(text):
        return _clock(found, zone, edge)
    return instant(text) if text[:1].isdigit() and ":" in text else None


def _day(text: str, edge: Edge) -> Instant:
    begin = midnight(text)
    if edge == "begin":
        return begin
    return _before(midnight(str(datetime.fromisoformat(text).date() + timedelta(days=1))))


def _clock(found: re.Match[str], zone: ZoneInfo, edge: Edge) -> Instant:
    day, minute, second, named = found.groups()
    local = datetime.fromisoformat(f"{day} {minute}{second or ''}")
    if named in ("Z", "UTC"):
        at = from_datetime(local.replace(tzinfo=UTC))
    elif named and named[0] in "+-":
        at = instant(f"{day}T{minute}{second or ':00'}{named if len(named) > len('+02') else named + ':00'}")
    else:
        at = _local(local, zone, named)
    return _before(shift(at, minutes=1)) if edge == "end" and second is None else at


def _local(local: datetime, zone: ZoneInfo, named: str | None) -> Instant:
    """A time of the clock on the wall, which may have shown it twice, or never."""
    both = [local.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    real = {f"{each:%Z}": from_datetime(each) for each in both if _real(each, zone)}
    if not real:
        raise ValueError(f"{local:%Y-%m-%d %H:%M} was skipped by the clocks of {zone}")
    if named is None and len(real) > 1:
        ways = " or ".join(f"'{local:%Y-%m-%d %H:%M} {name}'" for name in real)
        raise ValueError(f"{local:%Y-%m-%d %H:%M} was twice in {zone}: give {ways}")
    if named is not None and named not in real:
        raise ValueError(f"{local:%Y-%m-%d %H:%M} in {zone} is {' or '.join(real)}, not {named}")
    return real[named] if named else next(iter(real.values()))


def _before(at: Instant) -> Instant:
    """The last instant before a whole second."""
    return Instant(f"{shift(at, seconds=-1)[:_WHOLE_SECOND]}{_LAST}")


def _real(local: datetime, zone: ZoneInfo) -> bool:
    return to_datetime(from_datetime(local)).astimezone(zone).replace(tzinfo=None) == local.replace(
        tzinfo=None
    )
