"""One reading of the account: account, positions, orders, activities, and the account once more.

The endpoints are not one transaction: a fill between two of them would tear the picture. So the account
is read again at the end; where its cash moved, or an activity is younger than the beginning, the whole
reading is made anew, and after some tries it is refused as unsettled (pitfalls 30 and 31).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from snapsync.errors import BrokerError, Exit
from snapsync.model.history import Manifest
from snapsync.model.instant import Instant, day_of, from_datetime, shift
from snapsync.model.ledger import FILL, Activity, Ledger
from snapsync.model.pages import Pages
from snapsync.model.state import ORDER, Coverage, Marks, Position, Scope, State, Transaction
from snapsync.model.trades import transactions

from .orders import read_orders
from .parse import Account, OrderSeen, account, activity, position
from .row import many, one
from .session import Session

TRIES = 3
_ACTIVITIES_PER_PAGE = 100


class Known(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What earlier readings have proven: the next one goes on from there.

    ``working`` are the ids of orders that had fills but were not done.
    """

    at: Instant
    state: State
    ledger: Ledger
    working: tuple[str, ...]


class BrokerReading(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One consistent reading. ``at`` is the broker's own clock at its beginning."""

    at: Instant
    account: str
    state: State
    marks: Marks
    ledger: Ledger
    manifest: Manifest


class _UnsettledError(Exception):
    """The account moved while it was read."""


def read_broker(
    session: Session, scope: Scope, known: Known | None, *, lookback_days: int, overlap_days: int
) -> BrokerReading:
    """Read the account.

    Args:
        session: an open session.
        scope: what is compared; all is read, whatever the scope.
        known: what is proven already; None on first contact.
        lookback_days: how far back the first contact reads activities.
        overlap_days: how far back from the last reading later ones do, for rows that came late.

    Raises:
        BrokerError: refused (exit 12), out of reach or not understood (13), or moving (14).
    """
    why = ""
    for _ in range(TRIES):
        try:
            return _attempt(session, scope, known, lookback_days, overlap_days)
        except _UnsettledError as moved:
            why = str(moved)
    raise BrokerError(
        "The broker's account kept moving while it was read.",
        detail=f"After {TRIES} readings: {why}.",
        hint="Try again in a moment.",
        exit=Exit.UNSETTLED,
    )


def read_account_once(session: Session) -> tuple[Account, list[Position]]:
    """The account and its positions, for a first glance; nothing is proven by it."""
    seen = account(one(session.get("/account")))
    return seen, [position(row)[0] for row in many(session.get("/positions"))]


def _attempt(
    session: Session, scope: Scope, known: Known | None, lookback_days: int, overlap_days: int
) -> BrokerReading:
    before = session.requests
    first = session.get("/account")
    start = account(one(first))
    at = first.at or from_datetime(datetime.now(UTC))
    since = shift(known.at, days=-overlap_days) if known else shift(at, days=-lookback_days)
    held = [position(row) for row in many(session.get("/positions"))]
    rows = _activities(session, since)
    ledger = known.ledger.merged(rows) if known else Pages.of(Activity, rows)
    seen = read_orders(session, _unproven(rows, known), since)
    _settled(start, account(one(session.get("/account"))), rows, at)
    coverage = (known.state.coverage if known else None) or Coverage(since=since)
    fills, working = _fills(ledger, seen, coverage)
    found = transactions(
        (*fills, *(row for row in rows if row.type != FILL)),
        {id: each.order for id, each in seen.items() if each},
        {p.key: p.multiplier for p, _ in held},
    )
    state = State(
        cash=start.cash,
        positions=Pages.of(Position, (p for p, _ in held)),
        transactions=known.state.transactions.merged(found) if known else Pages.of(Transaction, found),
        scope=scope,
        coverage=coverage,
    )
    marks = msgspec.structs.replace(start.marks, positions={p.key: mark for p, mark in held})
    manifest = Manifest(
        since=since,
        rows={"positions": len(held), "activities": len(rows), "orders": len(seen)},
        first_activity=rows[0].key if rows else None,
        last_activity=rows[-1].key if rows else None,
        requests=session.requests - before,
        working=working,
    )
    return BrokerReading(
        at=at,
        account=start.id,
        state=state,
        marks=marks,
        ledger=ledger,
        manifest=manifest,
    )


def _activities(session: Session, since: Instant) -> list[Activity]:
    # Ascending pages are stable while new rows arrive (pitfall 40); known keys are seen once.
    params = {
        "direction": "asc",
        "page_size": str(_ACTIVITIES_PER_PAGE),
        "after": since[:19] + "Z",
    }
    found: dict[str, Activity] = {}
    while True:
        page = list(many(session.get("/account/activities", params)))
        found.update((row.key, row) for row in map(activity, page))
        if len(page) < _ACTIVITIES_PER_PAGE or params.get("page_token") == page[-1].text("id"):
            return sorted(found.values(), key=lambda row: (row.time, row.key))
        params["page_token"] = page[-1].text("id")


def _unproven(rows: Iterable[Activity], known: Known | None) -> set[str]:
    """The orders behind fills that no earlier reading has proven done."""
    proven = {row.key for row in known.state.transactions} if known else set()
    filled = {row.order_id for row in rows if row.type == FILL and row.order_id}
    return {id for id in filled if ORDER + id not in proven} | set(known.working if known else ())


def _fills(
    ledger: Ledger, seen: Mapping[str, OrderSeen | None], coverage: Coverage
) -> tuple[list[Activity], tuple[str, ...]]:
    """The fills of the orders seen, as far as they are whole; and which orders are still working.

    An order that began before the Coverage is left out unless all its fills are known. One that began
    within it must have the fills that it claims (pitfalls 23 and 31).
    """
    begun = [each.submitted_at for each in seen.values() if each and each.submitted_at]
    by_order: dict[str, list[Activity]] = {id: [] for id in seen}
    for name in ledger.buckets:
        if name >= day_of(min([coverage.since, *begun])):
            for row in ledger.buckets[name].rows:
                if row.type == FILL and row.order_id in by_order:
                    by_order[row.order_id].append(row)
    whole: list[Activity] = []
    for id, rows in by_order.items():
        each = seen[id]
        filled = sum((row.qty or Decimal(0) for row in rows), Decimal(0))
        if each is None or each.filled_qty in (None, filled):
            whole += rows
        elif each.submitted_at is None or each.submitted_at >= coverage.since:
            raise _UnsettledError(f"order {id} says {each.filled_qty} filled, its fills add up to {filled}")
    working = tuple(sorted(id for id, each in seen.items() if each and not each.order.done))
    return whole, working


def _settled(start: Account, end: Account, rows: Iterable[Activity], at: Instant) -> None:
    if end.id != start.id:
        raise _UnsettledError("the account's id changed")
    if end.cash != start.cash:
        raise _UnsettledError(f"cash moved from {start.cash} to {end.cash}")
    # the broker's clock has whole seconds here
    late = [row.key for row in rows if row.type == FILL and row.time > shift(at, seconds=1)]
    if late:
        raise _UnsettledError(f"{late[-1]} came in between")
