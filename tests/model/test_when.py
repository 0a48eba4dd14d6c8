from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.instant import Instant, instant, to_datetime
from snapsync.model.when import Edge, moment

from .strategies import LAW, instants

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
NOW = instant("2025-11-10T03:00:00Z")  # still the evening of November 9 in New York


def meant(text: str, edge: Edge = "end", zone: ZoneInfo = NEW_YORK) -> Instant | None:
    """What a text means on that evening."""
    return moment(text, zone, NOW, edge)


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        # a day is the market's, wherever the reader is
        ("2025-08-21", "2025-08-21T04:00:00.000000000Z", "2025-08-22T03:59:59.999999999Z"),
        # one of 25 hours
        ("2025-11-02", "2025-11-02T04:00:00.000000000Z", "2025-11-03T04:59:59.999999999Z"),
        ("yesterday", "2025-11-08T05:00:00.000000000Z", "2025-11-09T04:59:59.999999999Z"),
        ("today", "2025-11-09T05:00:00.000000000Z", "2025-11-10T04:59:59.999999999Z"),
        ("2025-08-21 10:05", "2025-08-21T08:05:00.000000000Z", "2025-08-21T08:05:59.999999999Z"),
        ("2025-08-21 10:05 CEST", "2025-08-21T08:05:00.000000000Z", "2025-08-21T08:05:59.999999999Z"),
        ("2025-08-21T10:05Z", "2025-08-21T10:05:00.000000000Z", "2025-08-21T10:05:59.999999999Z"),
        ("2025-08-21 10:05 -04:00", "2025-08-21T14:05:00.000000000Z", "2025-08-21T14:05:59.999999999Z"),
        # to the second, and beyond, is exact
        ("2025-08-21 10:05:07", "2025-08-21T08:05:07.000000000Z", "2025-08-21T08:05:07.000000000Z"),
        ("2025-08-21T10:05:07.25Z", "2025-08-21T10:05:07.250000000Z", "2025-08-21T10:05:07.250000000Z"),
        ("2h ago", "2025-11-10T01:00:00.000000000Z", "2025-11-10T01:00:00.000000000Z"),
        ("90 minutes ago", "2025-11-10T01:30:00.000000000Z", "2025-11-10T01:30:00.000000000Z"),
    ],
)
def test_what_is_left_unsaid_is_early_or_late(text: str, begin: str, end: str) -> None:
    """Where a time begins something it is taken as early as it can be, where it ends something as late."""
    assert (meant(text, "begin", BERLIN), meant(text, "end", BERLIN)) == (begin, end)


@pytest.mark.parametrize("text", ["agreed", "book", "3f2a", "2025", "20250821", "100d", "", "ago", "h ago"])
def test_what_is_no_time_may_be_an_id(text: str) -> None:
    """Words and beginnings of ids are no times; `100d` is one only where no id can be meant."""
    assert meant(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "2025-11-02 01:30",
            "twice in America/New_York: give '2025-11-02 01:30 EDT' or '2025-11-02 01:30 EST'",
        ),
        ("2025-03-09 02:30", "skipped by the clocks"),
        ("2025-08-21 10:05 EST", "is EDT, not EST"),
        ("2025-13-41", "month"),
        ("2025-02-30 10:00", "day"),
        ("2025-08-21 25:00", "hour"),
        ("9999-12-31", "outside the years"),
        ("999999 weeks ago", "outside the years"),
        ("2025-08-21 10:05:07.5", "is not a time such as"),
    ],
)
def test_a_time_that_is_none_or_two_is_refused(text: str, why: str) -> None:
    """A local time that the clocks skipped or showed twice, and a day that does not exist, are named."""
    with pytest.raises(ValueError, match=why):
        meant(text)


def test_the_hour_that_was_twice_can_be_told_apart() -> None:
    """With its zone's name, as it is shown, each of the two is one time."""
    assert meant("2025-11-02 01:30 EDT", "begin") == instant("2025-11-02T05:30:00Z")
    assert meant("2025-11-02 01:30 EST", "begin") == instant("2025-11-02T06:30:00Z")


@LAW
@given(instants, st.sampled_from([NEW_YORK, BERLIN, ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata")]))
def test_what_we_show_can_be_typed(at: Instant, zone: ZoneInfo) -> None:
    """A time as it is shown on screen, typed back, spans the minute that the instant lies in."""
    shown = f"{to_datetime(at).astimezone(zone):%Y-%m-%d %H:%M %Z}"

    begin, end = moment(shown, zone, NOW, "begin"), moment(shown, zone, NOW, "end")

    assert begin is not None
    assert end is not None
    assert begin <= at <= end
    assert (datetime.fromisoformat(end[:26]) - datetime.fromisoformat(begin[:26])).total_seconds() < 60
