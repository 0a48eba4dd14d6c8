"""The market's calendar: weekends, holidays and where they move to."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from snapsync.model.instant import instant
from snapsync.model.trading_days import (
    holidays,
    is_trading_day,
    market_day,
    past_expiry,
    trading_days_between,
)

# as the New York Stock Exchange has published them
PUBLISHED = {
    2021: "01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24",
    2022: "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26",
    2024: "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25",
    2025: "01-01 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    2026: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
    2027: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_holidays_are_the_published_ones(year: int) -> None:
    """Easter moves, a Sunday moves to Monday, a Saturday to Friday; a Saturday's New Year to nowhere."""
    assert {f"{day:%m-%d}" for day in holidays(year)} == set(PUBLISHED[year].split())


def test_every_week_has_a_trading_day_and_no_weekend_is_one() -> None:
    """Over a century of days."""
    day = date(2000, 1, 3)
    while day < date(2100, 1, 1):
        week = [day + timedelta(days=number) for number in range(7)]
        assert any(map(is_trading_day, week[:5]))
        assert not any(map(is_trading_day, week[5:]))
        day += timedelta(days=7)


def test_a_day_of_mourning_is_none() -> None:
    """The exchanges stayed closed for a president's funeral."""
    assert not is_trading_day(date(2025, 1, 9))


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("2025-08-18", "2025-08-18", 0),
        ("2025-08-18", "2025-08-19", 0),
        ("2025-08-18", "2025-08-21", 2),
        ("2025-08-22", "2025-08-25", 0),
        ("2025-08-29", "2025-09-03", 1),
        ("2025-08-22", "2025-08-18", 0),
    ],
)
def test_days_between_are_those_that_have_passed_whole(first: str, last: str, days: int) -> None:
    """Neither end counts, nor do weekends and Labor Day."""
    assert trading_days_between(date.fromisoformat(first), date.fromisoformat(last)) == days


def test_the_day_is_new_yorks() -> None:
    """Late in the evening it is tomorrow already in UTC."""
    assert market_day(instant("2025-08-22T02:30:00Z")) == date(2025, 8, 21)


@pytest.mark.parametrize(
    ("at", "past"),
    [("2025-08-22T19:59:59Z", False), ("2025-08-22T20:00:00Z", True), ("2025-08-23T05:00:00Z", True),
     ("2025-08-21T21:00:00Z", False)],
)  # fmt: skip
def test_an_option_ends_when_the_market_closes_on_its_last_day(at: str, past: bool) -> None:  # noqa: FBT001
    """At four in the afternoon in New York."""
    assert past_expiry(date(2025, 8, 22), instant(at)) == past
