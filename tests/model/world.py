"""A small account and a book beside it, and what an apply would make of the book."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from snapsync.model.canon import SnapshotId
from snapsync.model.change import BankrollChange, PositionChange, TransactionChange
from snapsync.model.instant import Instant, instant, shift
from snapsync.model.ledger import Activity, ledger
from snapsync.model.pages import Pages
from snapsync.model.plan import Look, Plan
from snapsync.model.policy import Rules
from snapsync.model.state import Coverage, Marks, OpenOrder, Position, Scope, State, Transaction
from snapsync.model.symbols import asset_class, multiplier
from snapsync.model.threeway import Base, still_open

SPY, QQQ, IWM = "SPY250822C00635000", "QQQ250822P00480000", "IWM250829C00225000"
SINCE = instant("2025-08-14T00:00:00Z")
FILLED = instant("2025-08-21T13:45:00Z")
AT = instant("2025-08-21T15:00:00Z")
OPTIONS = Scope(asset_classes=("us_option",))
RULES = Rules(bot_prefix="bot-")


def position(key: str, qty: str, price: str | None = "2.40") -> Position:
    """A holding."""
    kind = asset_class(key)
    return Position(
        key=key,
        asset_class=kind,
        qty=Decimal(qty),
        multiplier=multiplier(kind),
        entry_price=None if price is None else Decimal(price),
    )


def trade(  # noqa: PLR0913 - a trade has that much to say
    key: str,
    *,
    symbol: str = SPY,
    qty: str = "2",
    price: str | None = "2.40",
    action: str = "buy",
    at: Instant = FILLED,
    client: str | None = None,
) -> Transaction:
    """A trade of the broker's, or a row of the book's."""
    kind = asset_class(symbol)
    return Transaction(
        key=key,
        symbol=symbol,
        asset_class=kind,
        action=action,
        qty=Decimal(qty),
        price=None if price is None else Decimal(price),
        multiplier=multiplier(kind),
        time=at,
        client_order_id=client,
    )


def fill(
    order: str,
    *,
    symbol: str = SPY,
    qty: str = "2",
    price: str = "2.40",
    side: str = "buy",
    at: Instant = FILLED,
) -> Activity:
    """The one fill of an order."""
    return Activity(
        type="FILL",
        id=f"f-{order}",
        symbol=symbol,
        time=at,
        side=side,
        qty=Decimal(qty),
        price=Decimal(price),
        order_id=order,
    )


def event(
    kind: str, *, symbol: str = "", qty: str | None = None, amount: str | None = None, id: str = "e"
) -> Activity:
    """A non-trade activity of August 21."""
    return Activity(
        type=kind,
        id=id,
        symbol=symbol,
        time=instant("2025-08-21T00:00:00Z"),
        qty=None if qty is None else Decimal(qty),
        net_amount=None if amount is None else Decimal(amount),
    )


def state(
    positions: Iterable[Position] = (),
    transactions: Iterable[Transaction] = (),
    bankroll: str | None = "1000",
) -> State:
    """The book."""
    return State(
        positions=Pages.of(Position, positions),
        transactions=Pages.of(Transaction, transactions),
        bankroll=None if bankroll is None else Decimal(bankroll),
    )


def look(  # noqa: PLR0913 - everything that a plan is made of
    book: State,
    positions: Iterable[Position] = (),
    transactions: Iterable[Transaction] = (),
    activities: Iterable[Activity] = (),
    *,
    equity: str = "1000",
    cash: str = "1000",
    scope: Scope = OPTIONS,
    since: Instant = SINCE,
    at: Instant = AT,
    market_value: str | None = None,
    open_orders: tuple[OpenOrder, ...] = (),
) -> Look:
    """Both sides at one time."""
    broker = State(
        cash=Decimal(cash),
        positions=Pages.of(Position, positions),
        transactions=Pages.of(Transaction, transactions),
        scope=scope,
        coverage=Coverage(since=since),
    )
    return Look(
        env="paper",
        account="account",
        at=at,
        book=book,
        book_snapshot=SnapshotId(book.id),
        broker=broker,
        broker_snapshot=SnapshotId(broker.id),
        marks=Marks(
            equity=Decimal(equity),
            long_market_value=None if market_value is None else Decimal(market_value),
        ),
        ledger=ledger(activities),
        open_orders=open_orders,
    )


def applied(book: State, plan: Plan) -> State:
    """The book with a plan's changes made."""
    positions, transactions = book.positions.by_key(), book.transactions.by_key()
    bankroll = book.bankroll
    for change in plan.changes:
        match change:
            case BankrollChange():
                bankroll = change.amount
            case PositionChange(after=None):
                del positions[change.key]
            case PositionChange(after=Position() as after):
                positions[change.key] = after
            case TransactionChange():
                if change.before:
                    del transactions[change.before.key]
                transactions[change.key] = change.after
    return State(
        positions=Pages.of(Position, positions.values()),
        transactions=Pages.of(Transaction, transactions.values()),
        bankroll=bankroll,
    )


def agreed(seen: Look, rest: Plan) -> Base:
    """The point that an apply leaves behind: ``rest`` is what is planned right after it."""
    return Base(
        at=seen.at,
        book=seen.book,
        broker=seen.broker,
        marks=seen.marks,
        ledger=seen.ledger,
        open=still_open(rest.changes, rest.withheld),
    )


def of(seen: Look, book: State) -> Look:
    """The same broker beside another book."""
    return msgspec.structs.replace(seen, book=book, book_snapshot=SnapshotId(book.id))


def later(at: Instant, seconds: float) -> Instant:
    """Some seconds on."""
    return shift(at, seconds=seconds)
