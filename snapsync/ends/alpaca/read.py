"""One reading of the account: account; positions, open orders and activities at once; account again.

The endpoints are not one transaction: a fill between two of them would tear the picture. So the account
is read again at the end, and positions and cash are held against the last proven ones plus the
activities since. Where something moved the whole reading is made anew; what keeps moving is refused as
unsettled, what disagrees but stands still is reported (pitfalls 30 and 31).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

import msgspec

from snapsync.errors import BrokerError, Exit
from snapsync.model.history import Manifest
from snapsync.model.instant import Instant, from_datetime, seconds_between, shift
from snapsync.model.ledger import FILL, Activity, Ledger
from snapsync.model.pages import Pages
from snapsync.model.policy import Finding
from snapsync.model.proof import unexplained
from snapsync.model.state import (
    ACTIVITY,
    Coverage,
    Marks,
    OpenOrder,
    Position,
    PositionMark,
    Scope,
    State,
    Transaction,
)
from snapsync.model.trades import transactions

from .activities import Progress, read_activities
from .multipliers import Multipliers
from .orders import OrdersBehind, read_open_orders
from .pace import unheard
from .parse import Account, Holding, account, position
from .row import many, one
from .session import Asks, concurrently
from .settle import UnsettledError, checked_pages, gone, same_doubt, still, unlike

TRIES = 3
SHORT_OVERLAP_SECONDS = 15 * 60
PROOF_SECONDS = 24 * 60 * 60


class Known(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What earlier readings have proven: the next one goes on from there.

    ``at`` is the beginning of the last one, ``proven`` that of the last which re-read days of overlap;
    ``working`` are the ids of orders that had fills but were not done, ``doubts`` those of its doubts
    (``same_doubt``) that need no second look.
    """

    at: Instant
    proven: Instant
    state: State
    ledger: Ledger
    working: tuple[str, ...]
    doubts: frozenset[str] = frozenset()


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How far back activities are read, in days: at first contact, and once a day as proof.

    ``since`` overrules the first.
    """

    lookback_days: int
    overlap_days: int
    since: Instant | None = None


class BrokerReading(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One consistent reading. ``at`` is the broker's own clock at its beginning.

    ``doubts`` are numbers of the broker's that disagree with each other.
    """

    at: Instant
    account: str
    number: str | None
    state: State
    marks: Marks
    ledger: Ledger
    manifest: Manifest
    open_orders: tuple[OpenOrder, ...] = ()
    observations: tuple[Finding, ...] = ()
    doubts: tuple[Finding, ...] = ()


def read_broker(
    asks: Asks, scope: Scope, known: Known | None, reach: Reach, progress: Progress = unheard
) -> BrokerReading:
    """Read the account.

    Args:
        asks: the network, or a recording.
        scope: what is compared; all is read, whatever the scope.
        known: what is proven already; None on first contact.
        reach: how far back activities are read.
        progress: told how much of the activities is read, from 0 to 1.

    Raises:
        BrokerError: refused (exit 12), out of reach or not understood (13), or moving (14).
    """
    why, doubts = "", None
    for _ in range(TRIES):
        try:
            reading = _attempt(asks, scope, known, reach, progress)
        except UnsettledError as moved:
            why, doubts = str(moved), None
            continue
        # an account that disagrees with itself may be about to settle: it counts only if it stays so
        found = {same_doubt(each) for each in reading.doubts}
        if found <= {*(doubts or ()), *(known.doubts if known else ())}:
            return reading
        why, doubts = "; ".join(sorted(each.detail for each in reading.doubts)), found
    raise BrokerError(
        "The broker's account kept moving while it was read.",
        detail=f"After {TRIES} readings: {why}",
        hint="Try again in a moment.",
        exit=Exit.UNSETTLED,
    )


def read_account_once(asks: Asks) -> tuple[Account, list[Position]]:
    """The account and its positions, for a first glance; nothing is proven by it."""
    seen = account(one(asks.get("/account")))
    return seen, [position(row).position for row in many(asks.get("/positions"))]


def _attempt(
    asks: Asks, scope: Scope, known: Known | None, reach: Reach, progress: Progress
) -> BrokerReading:
    before = asks.requests
    first = asks.get("/account")
    start = account(one(first))
    at = first.at or from_datetime(datetime.now(UTC))
    proof = known is None or seconds_between(known.proven, at) >= PROOF_SECONDS
    since = _since(known, reach, at, proof=proof)
    held, working, rows = _parts(asks, partial(read_activities, asks, since, at, progress))
    behind = OrdersBehind(asks, known.state if known else None, known.working if known else ())
    behind.read(rows, since)
    end = account(one(asks.get("/account")))
    still(start, end, rows, at)
    ledger = checked_pages(Activity, rows, known.ledger if known else None)
    coverage = (known.state.coverage if known else None) or Coverage(since=since)
    fills = behind.fills(ledger, coverage)
    sizes = Multipliers(asks, known.state if known else None)
    positions = sizes.of_holdings(held)
    evidence = (*fills, *(row for row in rows if row.type != FILL))
    found = transactions(evidence, behind.orders, sizes.of_trades(evidence))
    state = State(
        cash=start.cash,
        positions=checked_pages(Position, positions, None),
        transactions=_laid_over(known, found, rows),
        scope=scope,
        coverage=coverage,
    )
    return BrokerReading(
        at=at,
        account=start.id,
        number=start.number,
        state=state,
        marks=msgspec.structs.replace(start.marks, positions=_marks(held)),
        ledger=ledger,
        manifest=Manifest(
            since=since,
            proven=at if proof or known is None else known.proven,
            rows={"positions": len(held), "activities": len(rows), "open orders": len(working)},
            first_activity=rows[0].key if rows else None,
            last_activity=rows[-1].key if rows else None,
            requests=asks.requests - before,
            working=behind.working,
        ),
        open_orders=working,
        observations=tuple(sizes.assumed),
        doubts=(*_doubts(known, state, ledger, rows, since), *unlike(start, end, held)),
    )


def _since(known: Known | None, reach: Reach, at: Instant, *, proof: bool) -> Instant:
    """From when on activities are read; they are filtered by when they were created (alpaca-api.md)."""
    if known is None:
        return reach.since or shift(at, days=-reach.lookback_days)
    if proof:
        return shift(known.at, days=-reach.overlap_days)
    return shift(known.at, seconds=-SHORT_OVERLAP_SECONDS)


def _marks(held: Iterable[Holding]) -> dict[str, PositionMark]:
    return {each.position.key: each.mark for each in held}


def _parts(
    asks: Asks, activities: partial[tuple[Activity, ...]]
) -> tuple[list[Holding], tuple[OpenOrder, ...], tuple[Activity, ...]]:
    """Positions, open orders and activities, asked for at once."""
    held: list[Holding] = []
    working: list[OpenOrder] = []
    rows: list[Activity] = []

    def positions() -> None:
        held.extend(position(row) for row in many(asks.get("/positions")))

    concurrently(
        asks,
        positions,
        lambda: working.extend(read_open_orders(asks)),
        lambda: rows.extend(activities()),
    )
    return held, tuple(working), tuple(rows)


def _laid_over(
    known: Known | None, found: Iterable[Transaction], rows: Iterable[Activity]
) -> Pages[Transaction]:
    """The trades of this reading's window over those proven before; events since voided are taken out."""
    if known is None:
        return checked_pages(Transaction, found, None)
    void = [(row.bucket, ACTIVITY + row.key) for row in rows if row.void]
    return known.state.transactions.merged(found, without=void)


def _doubts(
    known: Known | None, state: State, ledger: Ledger, rows: tuple[Activity, ...], since: Instant
) -> tuple[Finding, ...]:
    if known is None:
        return ()
    changed = ledger.changed_since(known.ledger).values()
    new = [after for before, after in changed if after is not None and before is None]
    return (*unexplained(known.state, state, new), *gone(known.ledger, rows, since, known.at))
