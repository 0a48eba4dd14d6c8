"""One reading of the account: account; positions, open orders and activities at once; account again.

The endpoints are not one transaction: a fill between two of them would tear the picture. So the account
is read again at the end, and positions and cash are held against an earlier reading plus the activities
since: the last proven one, or on first contact one made just before. Where something moved the account is
read again; what keeps moving is refused as unsettled, what disagrees but stands still is reported
(pitfalls 30 and 31).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import msgspec

from snapsync.errors import BrokerError, Exit
from snapsync.model.doubts import Rolled, busted, roll_forward
from snapsync.model.history import Manifest
from snapsync.model.instant import Instant, from_datetime, shift
from snapsync.model.ledger import FILL, Activity, Ledger
from snapsync.model.named import Named
from snapsync.model.pages import Pages
from snapsync.model.policy import Finding
from snapsync.model.proven import Proven
from snapsync.model.state import OpenOrder, Position, PositionMark, Scope, State, Transaction
from snapsync.model.trades import transactions

from .activities import Gathering, Progress
from .multipliers import Multipliers
from .orders import OpenNow, OrdersBehind, read_open_orders
from .pace import unheard
from .parse import NEVER, Account, Holding, account, holdings
from .reading import BrokerReading, Known, Reach
from .retold import merged_ledger, outdated
from .row import one
from .session import Asks, concurrently
from .settle import UnsettledError, checked_pages, gone, same_doubt, settled, still, told_gone, unlike
from .window import ClockRanBackError, Window, window

TRIES = 3
SETTLE_SECONDS = 1.0
"""How long the broker is given to agree with itself before it is read again."""


Welcome = Callable[[Account], None]
"""Told whose account answers, before anything else of it is asked for; raises where it is the wrong one."""


def read_broker(
    asks: Asks,
    scope: Scope,
    known: Known | None,
    reach: Reach,
    progress: Progress = unheard,
    welcome: Welcome = unheard,
) -> BrokerReading:
    """Read the account.

    Args:
        asks: the network, or a recording.
        scope: what is compared; all is read, whatever the scope.
        known: what is proven already; None on first contact. Where the reach says anew, nothing of it is
            taken over but what was unexplained: that stays so until an activity explains it.
        reach: how far back activities are read.
        progress: told how much of the activities is read, from 0 to 1.
        welcome: see ``Welcome``.

    Raises:
        BrokerError: refused (exit 12), out of reach or not understood (13), or moving (14).
        UsageError: the reach begins in the future (exit 64).
    """
    reader = _Reader(asks, scope, known, reach, progress, welcome)
    base, failures, why = reader.known, 0, ""
    doubts: set[str] = set()
    while failures < TRIES:
        if failures:
            asks.pause(SETTLE_SECONDS)
        try:
            reading = reader.attempt(base)
        except ClockRanBackError as clock:
            since = min(clock.since, reach.since or clock.since)
            reach, base = msgspec.structs.replace(reach, since=since, anew=True), None
            reader = _Reader(asks, scope, known, reach, progress, welcome)
            continue
        except UnsettledError as moved:
            failures, why, doubts = failures + 1, str(moved), set()
            continue
        # an account that disagrees with itself may be about to settle: it counts only if it stays so
        found = {same_doubt(each) for each in reading.doubts}
        # two readings that move alike may be torn alike: at first contact nothing may have come in
        same = reader.known is not None or (base is not None and reading.ledger == base.ledger)
        if base and same and found <= doubts | base.doubts:
            return reading
        if base:
            why = "; ".join(sorted(each.detail for each in reading.doubts)) or "activities came in between"
            failures += 1
        doubts = found
        base = reader.known or _proven_by(reading)
    raise BrokerError(
        "The broker's account kept moving while it was read.",
        detail=f"After {TRIES} readings: {why}",
        hint="Try again in a moment.",
        exit=Exit.UNSETTLED,
    )


def read_account_once(asks: Asks) -> tuple[Account, list[Position]]:
    """The account and its positions, for a first glance; nothing is proven by it."""
    seen = account(one(asks.get("/account")))
    return seen, [each.position for each in holdings(asks.get("/positions"))]


class _Reader:
    """The attempts at one reading; what does not change from one to the next is asked for once."""

    def __init__(
        self,
        asks: Asks,
        scope: Scope,
        known: Known | None,
        reach: Reach,
        progress: Progress,
        welcome: Welcome,
    ) -> None:
        self._asks, self._scope, self._reach, self._welcome = asks, scope, reach, welcome
        self._earlier = known if reach.anew else None
        self.known = known = None if reach.anew else known
        self._requests = asks.requests
        self._window: Window | None = None
        self._ledger = known.ledger if known else Pages.of(Activity, ())
        self._read_until = shift(known.at, seconds=1) if known else NEVER
        self._gathering = Gathering(asks, progress)
        self._behind = OrdersBehind(asks, known)
        self._sizes = Multipliers(asks, known)
        self._unlike: tuple[Finding, ...] = ()

    def attempt(self, base: Known | None) -> BrokerReading:
        """Read once; ``base`` is what positions and cash are held against.

        Raises:
            UnsettledError: the account moved meanwhile.
        """
        asks, known, behind = self._asks, self.known, self._behind
        first = asks.get("/account")
        start = account(one(first))
        self._welcome(start)
        at = first.at or from_datetime(datetime.now(UTC))
        self._window = asked = self._window or window(known, self._reach, at)
        held, listed, fresh = _parts(asks, partial(self._gathering.read, asked.since, at, proof=asked.proof))
        self._ledger = ledger = merged_ledger(self._ledger, fresh, self._read_until)
        self._read_until = shift(at, seconds=1)  # that clock has whole seconds
        rows = self._gathering.rows
        unread = self._gathering.unread
        lost = tuple(gone(known.ledger, rows, asked.since, known.at, unread)) if known else ()
        positions = checked_pages(Position, self._sizes.of_holdings(held))
        marks = msgspec.structs.replace(start.marks, positions=_marks(held))
        busts: tuple[Activity, ...] = ()
        if base and lost:
            seen = State(cash=start.cash, positions=positions, transactions=base.state.transactions)
            busts = busted(base.then, Proven(at=at, state=seen, marks=marks, ledger=ledger), lost, base.habit)
            ledger = ledger.merged(busts)
        behind.read((*rows, *busts), ledger, asked.coverage, listed, without={each.key for each in lost})
        end = account(one(asks.get("/account")))
        still(start, end, fresh, at)
        evidence = (*behind.fills(), *(row for row in rows if row.type != FILL))
        sizes = self._sizes.of_trades(evidence)
        trades = transactions(evidence, behind.orders, sizes)
        state = State(
            cash=start.cash,
            positions=positions,
            transactions=self._laid_over(trades, (*rows, *evidence), ledger),
            scope=self._scope,
            coverage=asked.coverage,
        )
        working = tuple(each for each in listed.open if not behind.done(each.id))
        rolled = self._rolled(base, Proven(at=at, state=state, marks=marks, ledger=ledger), sizes)
        before, self._unlike = self._unlike, tuple(behind.unlike)
        settled(self._unlike, before, rolled.doubts)
        return BrokerReading(
            at=at,
            account=start.id,
            number=start.number,
            state=state,
            marks=marks,
            ledger=ledger,
            manifest=self._manifest(asked, at, held, working),
            open_orders=working,
            observations=self._sizes.assumed,
            doubts=(*rolled.doubts, *map(told_gone, lost), *self._unlike, *unlike(start, end, held)),
            missing=rolled.missing,
            habit=rolled.habit,
            named=self._named(state.transactions),
        )

    def _named(self, trades: Pages[Transaction]) -> Named | None:
        """Whose the trades are by their names: counted on from the last reading, if that has counted so."""
        known, prefix = self.known, self._reach.prefix
        if known and known.named and known.named.prefix == prefix:
            return known.named.changed(trades.changed_since(known.state.transactions))
        return Named(prefix=prefix).counted(trades) if prefix else None

    def _laid_over(
        self, found: Iterable[Transaction], rows: tuple[Activity, ...], ledger: Ledger
    ) -> Pages[Transaction]:
        """The trades of this reading's window over those proven before; events since voided are taken out."""
        if self.known is None:
            return checked_pages(Transaction, found)
        before, trades = self.known.state.transactions, tuple(found)
        retold = (old for old, _ in ledger.changed_since(self.known.ledger).values() if old)
        told = (*rows, *self._behind.told, *retold)
        return before.merged(trades, without=outdated(before, trades, rows, told))

    def _rolled(self, base: Known | None, point: Proven, sizes: Mapping[str, Decimal]) -> Rolled:
        """What is unexplained: since the base, or since what was known before all was read anew."""
        since, earlier = base, self._earlier
        if earlier and earlier.at <= point.at:
            since = earlier
        elif earlier and base is None:  # its clock ran back: there is no way from it to here
            return Rolled(missing=earlier.missing, habit=earlier.habit)
        if since is None:
            return Rolled()
        return roll_forward(since.then, point, missing=since.missing, habit=since.habit, multipliers=sizes)

    def _manifest(
        self, asked: Window, at: Instant, held: list[Holding], working: tuple[OpenOrder, ...]
    ) -> Manifest:
        rows, known = self._gathering.rows, self.known
        return Manifest(
            since=asked.since,
            proven=at if asked.proof or known is None else known.proven,
            rows={"positions": len(held), "activities": len(rows), "open orders": len(working)},
            first_activity=rows[0].key if rows else None,
            last_activity=rows[-1].key if rows else None,
            requests=self._asks.requests - self._requests,
            working=self._behind.working,
        )


def _proven_by(reading: BrokerReading) -> Known:
    return Known(
        at=reading.at,
        proven=reading.manifest.proven,
        state=reading.state,
        marks=reading.marks,
        ledger=reading.ledger,
        working=reading.manifest.working,
        missing=reading.missing,
        habit=reading.habit,
        assumed=reading.assumed,
        named=reading.named,
    )


def _marks(held: Iterable[Holding]) -> dict[str, PositionMark]:
    return {each.position.key: each.mark for each in held}


def _parts(
    asks: Asks, activities: Callable[[], tuple[Activity, ...]]
) -> tuple[list[Holding], OpenNow, tuple[Activity, ...]]:
    """Positions, open orders and activities, asked for at once."""
    held: list[Holding] = []
    listed: list[OpenNow] = []
    rows: list[Activity] = []

    def positions() -> None:
        held.extend(holdings(asks.get("/positions")))

    concurrently(
        asks,
        positions,
        lambda: listed.append(read_open_orders(asks)),
        lambda: rows.extend(activities()),
    )
    return held, listed[0], tuple(rows)
