"""Time in the sandbox: a clock that a scenario sets and that then ticks on in real time.

An instant is a whole number of nanoseconds since 1970 in UTC, because Alpaca's times carry up to
nine fraction digits and ``datetime`` ends at six. Holidays are not known here: every weekday is a
trading day from 9:30 to 16:00 US Eastern.
"""

from __future__ import annotations

import re
import time as system_time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from snapsync.errors import UsageError

EASTERN = ZoneInfo("America/New_York")
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
OPENING, CLOSING = time(9, 30), time(16)

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"([+-]?)((?:\d+[smhdw])+)")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?")
_SATURDAY = 5


class VirtualClock:
    """A clock that can be set, stopped and left to tick in real time."""

    def __init__(self, now: int, *, ticking: bool = False) -> None:
        self._base = now
        self._since = system_time.monotonic_ns() if ticking else None

    def now(self) -> int:
        """The present instant of the world."""
        if self._since is None:
            return self._base
        return self._base + system_time.monotonic_ns() - self._since

    def set(self, instant: int) -> None:
        """Make it that instant; the clock goes on ticking if it ticked."""
        self._base = instant
        if self._since is not None:
            self._since = system_time.monotonic_ns()

    def start(self) -> None:
        """Tick in real time from now on."""
        self.set(self.now())
        self._since = system_time.monotonic_ns()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Hold time still, so that what happens inside has exactly the times it asks for."""
        ticked = self._since is not None
        self._base, self._since = self.now(), None
        try:
            yield
        finally:
            if ticked:
                self.start()


def real_now() -> int:
    """The instant outside of the sandbox."""
    return system_time.time_ns()


def eastern(instant: int) -> datetime:
    """The instant as US Eastern time, cut to microseconds."""
    seconds, nanos = divmod(instant, SECOND)
    return datetime.fromtimestamp(seconds, EASTERN).replace(microsecond=nanos // 1000)


def instant_of(moment: datetime) -> int:
    """The instant of an aware datetime."""
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1000


def utc_text(instant: int) -> str:
    """RFC 3339 in UTC with as many fraction digits as needed, none to nine."""
    seconds, nanos = divmod(instant, SECOND)
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def eastern_text(instant: int) -> str:
    """RFC 3339 with the Eastern offset, the form of /v2/clock."""
    moment = eastern(instant)
    whole = moment.replace(microsecond=0).isoformat()
    fraction = f".{instant % SECOND:09d}".rstrip("0") if instant % SECOND else ""
    return f"{whole[:19]}{fraction}{whole[19:]}"


def duration(text: str) -> int | None:
    """Nanoseconds of a duration such as ``-2h``, ``90s`` or ``+1d12h``; None if it is none."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    parts = re.findall(r"(\d+)([smhdw])", match[2])
    seconds = sum(int(number) * _UNITS[unit] for number, unit in parts)
    return (-seconds if match[1] == "-" else seconds) * SECOND


def parse_instant(text: str, naive: ZoneInfo) -> int | None:
    """The instant of an ISO date or time with 0 to 9 fraction digits; None if it is none.

    Args:
        text: date, or date and time, with or without a zone.
        naive: the zone of a text that names none.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, zone = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}{zone or ''}")
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=naive)
    return instant_of(moment) + int((fraction or "0").ljust(9, "0"))


def resolve(text: str, now: int) -> int:
    """The instant that a scenario means: absolute (Eastern unless it says), ``now`` or ``-2h``.

    Raises:
        UsageError: the text is no time.
    """
    if text == "now":
        return now
    if (shift := duration(text)) is not None:
        return now + shift
    if (instant := parse_instant(text, EASTERN)) is not None:
        return instant
    raise UsageError(
        "A time cannot be read.",
        detail=f"found {text!r}",
        hint="write 2025-08-20 10:02 (US Eastern), 2025-08-21T00:17:05Z, now, -2h or +1d12h",
    )


def is_trading_day(day: date) -> bool:
    """Whether the day is a weekday."""
    return day.weekday() < _SATURDAY


def next_session(instant: int, edge: time) -> datetime:
    """The first opening or closing (``edge``) of a trading day after the instant."""
    moment = eastern(instant)
    day = moment.date()
    while True:
        found = datetime.combine(day, edge, EASTERN)
        if is_trading_day(day) and found > moment:
            return found
        day += timedelta(days=1)


def closings(after: int, until: int) -> list[tuple[date, int]]:
    """Every 16:00 of a trading day in (after, until], at most the last seven."""
    first = max(eastern(after).date(), eastern(until).date() - timedelta(days=10))
    days = [first + timedelta(days=n) for n in range((eastern(until).date() - first).days + 1)]
    found = [
        (day, instant_of(datetime.combine(day, CLOSING, EASTERN))) for day in days if is_trading_day(day)
    ]
    return [(day, instant) for day, instant in found if after < instant <= until][-7:]
