"""All account activities since an instant: the evidence, complete page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from snapsync.model.instant import Instant, seconds_between, shift
from snapsync.model.ledger import Activity

from .pace import unheard
from .parse import activity, made, millisecond
from .row import many, repeats
from .session import Answer, Asks
from .window import SHORT_OVERLAP_SECONDS

PER_PAGE = 100

Progress = Callable[[float], None]
"""Told how much of a long reading is done, from 0 to 1."""


class Gathering:
    """The activities of one reading, however many attempts it takes.

    A proof is read with overlapping pages, once: a further attempt reads on where the last one ended. Any
    other reading first takes the fewest requests. What it lost at a page's edge leaves positions or cash
    unexplained, so there is another attempt, and that one reads all again, with overlapping pages.
    """

    def __init__(self, asks: Asks, progress: Progress) -> None:
        self._asks, self._progress = asks, progress
        self._found: dict[str, Activity] = {}
        self._again = False
        self._next: Instant | None = None
        self.unread: set[str] = set()
        """The milliseconds, as ids begin with them, of which a page's edge may have hidden rows."""

    def read(self, since: Instant, until: Instant, *, proof: bool) -> tuple[Activity, ...]:
        """The activities created after ``since``, or what an earlier attempt has not read of them."""
        overlap = proof or self._again
        since = self._next or since
        self.unread.clear()
        unread = None if overlap else self.unread
        rows = read_activities(self._asks, since, until, self._progress, unread)
        self._found.update((row.key, row) for row in rows)
        self._again = True
        if overlap:
            self._next = max(since, shift(until, seconds=-SHORT_OVERLAP_SECONDS))
        return rows

    @property
    def rows(self) -> tuple[Activity, ...]:
        """All of them, sorted by time."""
        return _sorted(self._found)


def read_activities(
    asks: Asks,
    since: Instant,
    until: Instant,
    progress: Progress = unheard,
    unread: set[str] | None = None,
) -> tuple[Activity, ...]:
    """Every activity created after ``since`` and before ``until``, and some later ones; sorted by time.

    Pages ascend, which is stable while new rows arrive (pitfall 40). Rows that share a millisecond with
    the last of a page were seen to vanish from the next (Alpaca-API issue 176), so a page is continued from
    its last row of an *earlier* millisecond; what is seen twice is one, by its key. With ``unread`` it is
    continued from its last row, for a request less now and then, and the millisecond is noted there; and a
    short page is taken for the end. Else only a page that brings nothing of before ``until`` is: nothing says
    that a short one is.

    Raises:
        BrokerError: a page holds one id twice, with different content; or pages repeat without an end.
    """
    params = {"direction": "asc", "page_size": str(PER_PAGE), "after": since[:19] + "Z"}
    found: dict[str, Activity] = {}
    while True:
        page = _page(asks.get("/account/activities", params))
        new = page.keys() - found.keys()
        found |= page
        if len(page) >= PER_PAGE and not new:
            raise repeats("/account/activities")
        short = len(page) < PER_PAGE
        if short and (unread is not None or all(made(page[key]) >= until for key in new)):
            if len(found) >= PER_PAGE:
                progress(1.0)
            return _sorted(found)
        rows = list(page.values())
        if len(page) >= PER_PAGE:
            progress(_share(since, rows[-1].time, until))
        if unread is None:
            params["page_token"] = _earlier(rows, params.get("page_token"))
        else:
            params["page_token"] = rows[-1].id
            unread.add(millisecond(rows[-1]))


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


def _earlier(page: list[Activity], before: str | None) -> str:
    """The last id of an earlier millisecond than the page's end; never the one that the page began after."""
    last = page[-1]
    for row in reversed(page):
        if millisecond(row) != millisecond(last) and row.id != before:
            return row.id
    return last.id  # a whole page within one millisecond
