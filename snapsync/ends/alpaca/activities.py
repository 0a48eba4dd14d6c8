"""All account activities since an instant: the evidence, complete page by page."""

from __future__ import annotations

from collections.abc import Callable

from snapsync.model.instant import Instant, seconds_between
from snapsync.model.ledger import Activity

from .pace import unheard
from .parse import activity
from .row import many
from .session import Asks

PER_PAGE = 100
_STAMP = len("20250821100500021")

Progress = Callable[[float], None]
"""Told how much of a long reading is done, from 0 to 1."""


def read_activities(
    asks: Asks, since: Instant, until: Instant, progress: Progress = unheard
) -> tuple[Activity, ...]:
    """Every activity created after ``since``, sorted by time; ``until`` is for the progress alone.

    Pages ascend, which is stable while new rows arrive (pitfall 40). Rows that share a millisecond with
    the last of a page were seen to vanish from the next (Alpaca-API issue 176), so a page is continued
    from its last row of an *earlier* millisecond; what is seen twice is one, by its key.
    """
    params = {"direction": "asc", "page_size": str(PER_PAGE), "after": since[:19] + "Z"}
    found: dict[str, Activity] = {}
    while True:
        page = [activity(row) for row in many(asks.get("/account/activities", params))]
        found.update((row.key, row) for row in page)
        if len(page) < PER_PAGE:
            return tuple(sorted(found.values(), key=lambda row: (row.time, row.key)))
        progress(_share(since, page[-1].time, until))
        params["page_token"] = _continue_after(page, params.get("page_token"))


def _share(since: Instant, reached: Instant, until: Instant) -> float:
    whole = seconds_between(since, until)
    return min(1.0, max(0.0, seconds_between(since, reached) / whole)) if whole > 0 else 1.0


def _continue_after(page: list[Activity], before: str | None) -> str:
    """The id that the next page begins after; never the one that this page began after."""
    last = page[-1].id
    for row in reversed(page):
        if row.id[:_STAMP] != last[:_STAMP] and row.id != before:
            return row.id
    return last  # a whole page within one millisecond
