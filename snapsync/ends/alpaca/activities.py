"""All account activities since an instant: the evidence, complete page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from snapsync.errors import BrokerError
from snapsync.model.instant import Instant, seconds_between, shift
from snapsync.model.ledger import Activity

from .pace import unheard
from .parse import activity, made
from .row import many
from .session import Answer, Asks

PER_PAGE = 100
SHORT_OVERLAP_SECONDS = 15 * 60
_STAMP = len("20250821100500021")

Progress = Callable[[float], None]
"""Told how much of a long reading is done, from 0 to 1."""


class Gathering:
    """The activities of one reading, however many attempts it takes: each reads on where the last one ended.

    So a long history is read once, and what moves meanwhile costs one short look more.
    """

    def __init__(self, asks: Asks, progress: Progress) -> None:
        self._asks, self._progress = asks, progress
        self._found: dict[str, Activity] = {}
        self._next: Instant | None = None

    def read(self, since: Instant, until: Instant) -> tuple[Activity, ...]:
        """The activities created after ``since``, or a short overlap before the last attempt's ``until``."""
        rows = read_activities(self._asks, self._next or since, until, self._progress)
        self._found.update((row.key, row) for row in rows)
        self._next = max(self._next or since, shift(until, seconds=-SHORT_OVERLAP_SECONDS))
        return rows

    @property
    def rows(self) -> tuple[Activity, ...]:
        """All of them, sorted by time."""
        return _sorted(self._found)


def read_activities(
    asks: Asks, since: Instant, until: Instant, progress: Progress = unheard
) -> tuple[Activity, ...]:
    """Every activity created after ``since`` and before ``until``, and some later ones; sorted by time.

    Pages ascend, which is stable while new rows arrive (pitfall 40). Rows that share a millisecond with
    the last of a page were seen to vanish from the next (Alpaca-API issue 176), so a page is continued
    from its last row of an *earlier* millisecond; what is seen twice is one, by its key. Only a page that
    brings nothing of before ``until`` is the end: nothing says that a short one is.

    Raises:
        BrokerError: a page holds one id twice, with different content; or pages repeat without an end.
    """
    params = {"direction": "asc", "page_size": str(PER_PAGE), "after": since[:19] + "Z"}
    found: dict[str, Activity] = {}
    while True:
        page = _page(asks.get("/account/activities", params))
        new = page.keys() - found.keys()
        found |= page
        if len(page) == PER_PAGE and not new:
            raise BrokerError(
                "The broker's answer is not understood.",
                detail="GET /v2/account/activities: a full page repeats the page before",
                hint="Try again; if this lasts, report it.",
            )
        if len(page) < PER_PAGE and all(made(page[key]) >= until for key in new):
            return _sorted(found)
        rows = list(page.values())
        progress(_share(since, rows[-1].time, until))
        params["page_token"] = _continue_after(rows, params.get("page_token"))


def _page(answer: Answer) -> dict[str, Activity]:
    page: dict[str, Activity] = {}
    for row in many(answer):
        each = activity(row)
        if page.setdefault(each.key, each) != each:
            raise row.wrong("id", "one row for each id, or equal ones")
    return page


def _sorted(found: Mapping[str, Activity]) -> tuple[Activity, ...]:
    return tuple(sorted(found.values(), key=lambda row: (row.time, row.key)))


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
