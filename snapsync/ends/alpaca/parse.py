"""Alpaca's JSON objects as our values (shapes: alpaca-api.md, sections 3 to 6)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from snapsync.model.canon import Record
from snapsync.model.instant import Instant, midnight
from snapsync.model.ledger import FILL, Activity
from snapsync.model.state import Marks, OpenOrder, Position, PositionMark
from snapsync.model.symbols import canonical, multiplier
from snapsync.model.trades import SIDES, Order
from snapsync.model.trading_days import market_day

from .row import Row, many
from .session import Answer

# "no further updates" in Alpaca's own words; done_for_day goes on tomorrow (alpaca-api.md, section 2)
_TERMINAL = frozenset({"filled", "canceled", "expired", "replaced", "rejected"})
NEVER = Instant("")
"""Before every instant."""
_STAMP = len("20250821100500021")
_WITH_LEGS = frozenset({"mleg", "bracket", "oco", "oto"})


class Account(Record, frozen=True):
    """What one look at the account says; amounts in dollars."""

    id: str
    number: str | None
    status: str
    cash: Decimal
    equity: Decimal
    marks: Marks


class OrderSeen(Record, frozen=True):
    """An order and what proves its fills complete.

    A ``lonely`` one is a leg that was listed without its parent, whose id it does not tell.
    """

    order: Order
    submitted_at: Instant | None
    filled_qty: Decimal | None
    lonely: bool = False


def account(row: Row) -> Account:
    """GET /v2/account."""
    equity = row.number("equity")
    return Account(
        id=row.id("id"),
        number=row.text_or_none("account_number"),
        status=row.text("status"),
        cash=row.number("cash"),
        equity=equity,
        marks=Marks(
            equity=equity,
            long_market_value=row.number_or_none("long_market_value"),
            short_market_value=row.number_or_none("short_market_value"),
            buying_power=row.number_or_none("buying_power"),
            accrued_fees=row.number_or_none("accrued_fees"),
            pending_reg_taf_fees=row.number_or_none("pending_reg_taf_fees"),
        ),
    )


class Holding(Record, frozen=True):
    """One row of the position list: the position with its class's usual multiplier, its marks, its cost."""

    position: Position
    mark: PositionMark
    cost_basis: Decimal | None


def position(row: Row) -> Holding:
    """One of GET /v2/positions; shorts have a negative qty there (pitfall 13)."""
    qty, side = row.number("qty"), row.text("side")
    if side != ("short" if qty < 0 else "long"):
        raise row.wrong("side", "long for a positive qty, short for a negative one")
    asset_class = row.text("asset_class")
    return Holding(
        position=Position(
            key=canonical(row.symbol()),
            asset_class=asset_class,
            qty=qty,
            multiplier=multiplier(asset_class),
            entry_price=row.number_or_none("avg_entry_price"),
            asset_id=row.text("asset_id"),
        ),
        mark=PositionMark(
            price=row.number_or_none("current_price"),
            market_value=row.number_or_none("market_value"),
            unrealized_pl=row.number_or_none("unrealized_pl"),
        ),
        cost_basis=row.number_or_none("cost_basis"),
    )


def holdings(answer: Answer) -> list[Holding]:
    """GET /v2/positions; a row of nothing is no holding."""
    return [each for each in map(position, many(answer)) if each.position.qty]


def orders(row: Row) -> Iterator[OrderSeen]:
    """One of GET /v2/orders; a multi-leg order is its legs, each with the parent's id (pitfall 11)."""
    legs = row.rows("legs")
    parent = _order(row, None)
    if parent is not None:
        yield parent
    for leg in legs:
        seen = _order(leg, row.id("id"))
        if seen is not None:
            yield seen


def open_orders(row: Row) -> Iterator[OpenOrder]:
    """One of GET /v2/orders with status=open, for showing; a multi-leg order is its legs."""
    for each in (row, *row.rows("legs")):
        symbol = each.text_or_none("symbol")
        if symbol is not None and each.text("status") not in _TERMINAL:
            yield OpenOrder(
                id=each.id("id"),
                symbol=canonical(symbol),
                side=each.text_or_none("side"),
                qty=each.number_or_none("qty"),
                filled_qty=each.number_or_none("filled_qty"),
                client_order_id=each.text_or_none("client_order_id"),
            )


def _order(row: Row, parent_id: str | None) -> OrderSeen | None:
    symbol = row.text_or_none("symbol")
    if symbol is None:
        return None
    return OrderSeen(
        order=Order(
            id=row.id("id"),
            symbol=canonical(symbol),
            asset_class=row.text("asset_class"),
            done=row.text("status") in _TERMINAL,
            client_order_id=row.text_or_none("client_order_id"),
            parent_id=parent_id,
        ),
        submitted_at=row.instant_or_none("submitted_at"),
        filled_qty=row.number_or_none("filled_qty"),
        lonely=parent_id is None and row.text_or_none("order_class") in _WITH_LEGS and not row.rows("legs"),
    )


def activity(row: Row) -> Activity:
    """One of GET /v2/account/activities; a fill, or a non-trade activity of whatever type."""
    kind = row.text("activity_type")
    symbol = row.symbol() if kind == FILL else row.text_or_none("symbol") or ""
    raw_symbol = symbol if symbol != canonical(symbol) else None
    if kind == FILL:
        return Activity(
            type=kind,
            id=row.id("id"),
            symbol=canonical(symbol),
            raw_symbol=raw_symbol,
            time=row.instant("transaction_time"),
            side=_side(row),
            qty=_positive(row, "qty"),
            price=_not_negative(row, "price"),
            order_id=row.id("order_id"),
        )
    return Activity(
        type=kind,
        id=row.id("id"),
        symbol=canonical(symbol),
        raw_symbol=raw_symbol,
        time=_day(row),
        qty=row.number_or_none("qty"),
        price=row.number_or_none("price"),
        net_amount=row.number_or_none("net_amount"),
        sub_type=row.text_or_none("activity_sub_type"),
        status=row.text_or_none("status"),
        group_id=row.text_or_none("group_id"),
        created_at=row.instant_or_none("created_at"),
        description=row.text_or_none("description"),
    )


def made(row: Activity) -> Instant:
    """When an activity came to be; of one that only has a date, which may lie ahead, nothing is known."""
    return row.time if row.type == FILL else row.created_at or NEVER


def millisecond(row: Activity) -> str:
    """What an id begins with: a fill's own millisecond, or the day of any other row (alpaca-api.md)."""
    return row.id[:_STAMP]


def _day(row: Row) -> Instant:
    """The day of what is no fill: its date; a type that nobody knows may tell it by a time only."""
    times = ("transaction_time", "created_at") if row.text_or_none("date") is None else ()
    at = next(filter(None, map(row.instant_or_none, times)), None)
    return row.day("date") if at is None else midnight(market_day(at).isoformat())


def _side(row: Row) -> str:
    side = row.text("side")
    if side not in SIDES:
        raise row.wrong("side", "buy or sell")
    return side


def _positive(row: Row, field: str) -> Decimal:
    number = row.number(field)
    if number <= 0:
        raise row.wrong(field, "a number above zero")
    return number


def _not_negative(row: Row, field: str) -> Decimal:
    number = row.number(field)
    if number < 0:
        raise row.wrong(field, "a number that is not below zero")
    return number
