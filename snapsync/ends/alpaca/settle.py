"""Whether one reading is of one instant, and whether it contradicts an earlier one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from snapsync.errors import BrokerError
from snapsync.model.instant import Instant, day_of, shift
from snapsync.model.ledger import FILL, Activity, Ledger
from snapsync.model.pages import Keyed, Pages
from snapsync.model.policy import Finding

from .parse import Account

R = TypeVar("R", bound=Keyed)

NEVER = Instant("")
"""Before every instant."""


class UnsettledError(Exception):
    """The account moved while it was read: read again."""


def still(start: Account, end: Account, rows: Iterable[Activity], at: Instant) -> None:
    """Nothing moved between the two looks at the account.

    Raises:
        UnsettledError: cash moved, or an activity is younger than the beginning.
    """
    if end.id != start.id:
        raise UnsettledError("the account's id changed")
    if end.cash != start.cash:
        raise UnsettledError(f"cash moved from {start.cash} to {end.cash}")
    # the broker's clock, as its answers tell it, has whole seconds
    soonest = shift(at, seconds=1)
    late = [row.key for row in rows if _made(row) > soonest]
    if late:
        raise UnsettledError(f"{late[-1]} came in between")


def _made(row: Activity) -> Instant:
    """When an activity came to be; of one that only has a date, which may lie ahead, nothing is known."""
    return row.time if row.type == FILL else row.created_at or NEVER


def gone(ledger: Ledger, rows: Iterable[Activity], since: Instant, until: Instant) -> Iterator[Finding]:
    """Fills that were read before and are missing now, although the window covers them."""
    seen = {row.key for row in rows}
    for name, page in ledger.buckets.items():
        if name < day_of(since):
            continue
        for row in page.rows:
            if row.type == FILL and since < row.time < until and row.key not in seen:
                yield Finding(
                    code="activity-gone",
                    severity="note",
                    key=row.key,
                    summary="The broker no longer shows an activity that it showed before.",
                    detail=f"{row.key} is kept in the ledger; it may have been busted or corrected.",
                    evidence=(row.key,),
                )


def checked_pages(row: type[R], rows: Iterable[R], known: Pages[R] | None) -> Pages[R]:
    """Rows of the broker as pages.

    Raises:
        BrokerError: the broker lists one thing twice; adding up or dropping would be a guess.
    """
    try:
        return known.merged(rows) if known is not None else Pages.of(row, rows)
    except ValueError as error:
        raise BrokerError(
            "The broker's answer is not understood.",
            detail=f"one answer holds {error}",
            hint="Try again; if this lasts, report it.",
        ) from error
