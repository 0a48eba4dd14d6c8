"""Days as the market counts them: New York's calendar, its weekends and holidays."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from .instant import Instant, from_datetime, to_datetime

_NEW_YORK = ZoneInfo("America/New_York")
_SATURDAY, _SUNDAY = 5, 6
_CLOSE = 16
_JUNETEENTH_SINCE = 2022
_MOURNING = frozenset({date(2018, 12, 5), date(2025, 1, 9)})
"""Days on which the exchanges stayed closed for a president's funeral."""


def market_day(at: Instant) -> date:
    """The day in New York at an instant."""
    return to_datetime(at).astimezone(_NEW_YORK).date()


def market_close(at: Instant) -> Instant:
    """When the market closes on the day of an instant; on some days it does so earlier."""
    there = to_datetime(at).astimezone(_NEW_YORK)
    return from_datetime(there.replace(hour=_CLOSE, minute=0, second=0, microsecond=0))


def past_expiry(expiry: date, at: Instant) -> bool:
    """Whether an option of this last day has ended: the market has closed on it."""
    now = to_datetime(at).astimezone(_NEW_YORK)
    return (now.date(), now.hour) >= (expiry, _CLOSE)


def is_trading_day(day: date) -> bool:
    """Whether US exchanges are open on a day (also those on which they close early)."""
    return day.weekday() < _SATURDAY and day not in holidays(day.year) and day not in _MOURNING


def trading_days_between(first: date, last: date) -> int:
    """How many trading days lie between two days, neither of them counted."""
    days = (first + timedelta(days=number) for number in range(1, (last - first).days))
    return sum(map(is_trading_day, days))


@cache
def holidays(year: int) -> frozenset[date]:
    """The full holidays of the New York Stock Exchange in a year."""
    found = {
        _nth(year, 1, 0, 3),  # Martin Luther King
        _nth(year, 2, 0, 3),  # Washington
        _easter(year) - timedelta(days=2),  # Good Friday
        _last_monday_of_may(year),  # Memorial Day
        _observed(date(year, 7, 4)),
        _nth(year, 9, 0, 1),  # Labor Day
        _nth(year, 11, 3, 4),  # Thanksgiving
        _observed(date(year, 12, 25)),
    }
    if year >= _JUNETEENTH_SINCE:
        found.add(_observed(date(year, 6, 19)))
    new_year = date(year, 1, 1)
    if new_year.weekday() != _SATURDAY:  # then it is not made up for: the books of the old year are open
        found.add(_observed(new_year))
    return frozenset(found)


def _observed(day: date) -> date:
    shift = {_SATURDAY: -1, _SUNDAY: 1}.get(day.weekday(), 0)
    return day + timedelta(days=shift)


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def _easter(year: int) -> date:
    """Easter Sunday, by the rule of 1876 (Meeus, Jones and Butcher)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leap, skipped = divmod(century, 4)
    lunar = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap - lunar + 15) % 30
    weekday = (32 + 2 * skipped + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)
