from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.instant import (
    day_of,
    eastern_stamp,
    from_datetime,
    instant,
    midnight,
    seconds_between,
    shift,
    to_datetime,
)

from .strategies import LAW, instants

offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59)
fractions = st.text("0123456789", max_size=9)
# a day from either end: there, an offset leads out of the calendar
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001 - local times are the point


def written(local: datetime, offset: int, fraction: str, separator: str = "T", *, colon: bool = True) -> str:
    """An RFC 3339 time."""
    hours, minutes = divmod(abs(offset), 60)
    zone = f"{'-' if offset < 0 else '+'}{hours:02}{':' if colon else ''}{minutes:02}"
    dot = f".{fraction}" if fraction else ""
    return f"{local.isoformat(separator)}{dot}{zone}"


def nanoseconds(local: datetime, offset: int, fraction: str) -> int:
    """The same time as a number."""
    aware = local.replace(tzinfo=timezone(timedelta(minutes=offset)))
    whole = (aware - datetime(1, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return whole * 10**9 + int(f"{fraction:0<9}")


@LAW
@given(moments, offsets, fractions, st.sampled_from(["T", "t", " "]), st.booleans())
def test_any_offset_and_fraction_is_read(
    local: datetime,
    offset: int,
    fraction: str,
    separator: str,
    colon: bool,  # noqa: FBT001 - drawn
) -> None:
    """Every RFC 3339 time has one form: UTC, nine digits, thirty characters, nothing lost."""
    at = instant(written(local, offset, fraction, separator, colon=colon))
    assert len(at) == 30
    assert instant(at) == at
    assert instant(at.lower()) == at
    assert nanoseconds(datetime.fromisoformat(at[:19]), 0, at[20:29]) == nanoseconds(local, offset, fraction)


@LAW
@given(moments, moments, offsets, offsets, fractions, fractions)
def test_text_order_is_time_order(a: datetime, b: datetime, x: int, y: int, f: str, g: str) -> None:
    """Instants sort as text, whatever offsets they were written with."""
    one, other = instant(written(a, x, f)), instant(written(b, y, g))
    assert (one < other) == (nanoseconds(a, x, f) < nanoseconds(b, y, g))
    assert (one == other) == (nanoseconds(a, x, f) == nanoseconds(b, y, g))


@LAW
@given(st.datetimes(timezones=st.just(UTC)))
def test_datetimes_come_back(moment: datetime) -> None:
    """A datetime and its instant stand for each other, in the first year as in the last."""
    assert to_datetime(from_datetime(moment)) == moment
    assert instant(from_datetime(moment)) == from_datetime(moment)


@LAW
@given(instants, st.integers(-(10**6), 10**6))
def test_shifting_moves_by_that_much(at: str, seconds: int) -> None:
    """A shifted instant lies exactly that far away; what is finer than microseconds is cut."""
    moved = shift(instant(at), seconds=seconds)
    assert seconds_between(instant(at), moved) == seconds
    assert seconds_between(moved, instant(at)) == -seconds
    assert shift(moved, seconds=-seconds)[:26] == at[:26]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59.000000000Z"),
        ("2024-02-29T23:30:00-01:00", "2024-03-01T00:30:00.000000000Z"),
        ("2025-08-21T09:45:00.123456789-04:00", "2025-08-21T13:45:00.123456789Z"),
        ("2025-08-21 09:45:00.1-0400", "2025-08-21T13:45:00.100000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000000Z"),
        ("0001-01-01T00:00:00-05:00", "0001-01-01T05:00:00.000000000Z"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
    ],
)
def test_times_at_the_edges(text: str, at: str) -> None:
    """Leap days, day changes, nanoseconds and Go's zero time are read as what they are."""
    assert instant(text) == at
    assert day_of(instant(text)) == at[:10]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-08-21",
        "2025-08-21T13:45:00",
        "2025-08-21T13:45Z",
        "2025-02-30T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2025-13-01T00:00:00Z",
        "2025-08-21T24:00:00Z",
        "2025-08-21T24:00:00+01:00",
        "2025-08-21T23:60:00Z",
        "2025-08-21T23:59:60Z",
        "2025-08-21T13:45:00.Z",
        "2025-08-21T13:45:00.1234567890Z",
        "2025-08-21T13:45:00+24:00",
        "2025-08-21T13:45:00+05:60",
        "2025-08-21T13:45:00+05:99",
        "2025-08-21T13:45:00+5",
        "2025-08-21T13:45:00 Z",
        " 2025-08-21T13:45:00Z",
        "2025-08-21T13:45:00Z\n",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-01:00",
        "\u0662025-08-21T13:45:00Z",
        "1755783900",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    """Times without a zone, days that do not exist and other forms are an error, never a guess."""
    with pytest.raises(ValueError, match=r"."):
        instant(text)


@pytest.mark.parametrize(
    "day", ["2025-02-30", "2025-8-21", "20250821", "2025-W34-4", "2025-08-21T00:00:00Z", ""]
)
def test_what_is_no_day_is_refused(day: str) -> None:
    """A day is YYYY-MM-DD and exists."""
    with pytest.raises(ValueError, match=r"."):
        midnight(day)


@LAW
@given(st.dates(date(1900, 1, 1)))
def test_a_day_begins_within_itself(day: date) -> None:
    """The first instant of a day lies in the UTC day of the same date, and days follow each other."""
    begins = midnight(day.isoformat())
    assert instant(begins) == begins
    assert day_of(begins) == day.isoformat()
    assert day == date.max or begins < midnight((day + timedelta(days=1)).isoformat())


@pytest.mark.parametrize(
    ("at", "stamp"),
    [
        ("2022-03-04T18:54:20.903569Z", "20220304135420903"),
        ("2025-08-21T03:59:59.999999999Z", "20250820235959999"),
        ("2025-11-02T06:30:00Z", "20251102013000000"),
    ],
)
def test_the_stamp_of_an_id_is_the_clock_in_new_york(at: str, stamp: str) -> None:
    """A published pair, a day that is another one there, and the hour that autumn has twice."""
    assert eastern_stamp(instant(at)) == stamp


def test_a_naive_datetime_is_refused() -> None:
    """A datetime without its zone could be hours off."""
    with pytest.raises(ValueError, match="zone"):
        from_datetime(datetime(2025, 8, 21))  # noqa: DTZ001 - that is the point
