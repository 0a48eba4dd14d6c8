"""Moves without an order: cash in and out, fees, dividends, and what options and splits do."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from msgspec import structs

from snapsync.errors import UsageError

from . import clock
from .activities import Event
from .positions import Position
from .symbols import Contract, contract
from .trading import cancel
from .world import World

_CENT = Decimal("0.01")
_QTY_PLACES = 9


def post_event(world: World, type_: str, day: date | None = None, **fields: object) -> Event:
    """Post a non-trade activity.

    Its id starts with the digits of ``day``, not with those of the present, so that a row that
    comes late sorts before rows that came earlier, as Alpaca's do.

    Args:
        world: where it happens.
        type_: the activity type, also one that nobody knows.
        day: the activity's own date; today in New York if None.
        **fields: further fields of ``Event``.
    """
    now = world.now()
    day = day or clock.eastern(now).date()
    event = Event(id=f"{day:%Y%m%d}000000000::{world.new_id()}", type=type_, created=now, date=day)
    event = structs.replace(event, **fields)
    world.post(event)
    return event


def fee(world: World, amount: Decimal, sub_type: str, day: date | None = None) -> None:
    """A daily regulatory fee is posted, and taken off the accrued ones as far as they reach."""
    day = day or clock.eastern(world.now()).date()
    text = f"{sub_type} fee on {day} by {world.account.number}"
    post_event(world, "FEE", day, net_amount=-amount, sub_type=sub_type, description=text)
    left = max(amount - world.accrued_fees, Decimal(0))
    world.accrued_fees = max(world.accrued_fees - amount, Decimal(0))
    world.pending_fees = max(world.pending_fees - left, Decimal(0))


def dividend(world: World, symbol: str, per_share: Decimal, sub_type: str = "CDIV") -> None:
    """A dividend for what is held, rounded to cents; negative on a short."""
    held = world.position(symbol)
    post_event(
        world,
        "DIV",
        sub_type=sub_type,
        symbol=held.instrument.key,
        qty=held.qty,
        per_share_amount=per_share,
        net_amount=(held.qty * per_share).quantize(_CENT, ROUND_HALF_EVEN),
    )


def crypto_fee(world: World, symbol: str, qty: Decimal) -> None:
    """A fee that is taken in the coin itself (CFEE): no dollars move.

    Raises:
        UsageError: less than that is held.
    """
    held = world.position(symbol)
    if qty > held.qty:
        raise UsageError("There are not enough coins.", detail=f"qty: found {qty} of {held.qty}")
    key = held.instrument.key
    text = f"Coin Pair Transaction Fee (Non USD) {held.instrument.symbol}"
    post_event(world, "CFEE", symbol=key, qty=-qty, price=world.mark(key), description=text)


def expiry(world: World, symbol: str) -> None:
    """A contract ends worthless (OPEXP) and takes its working orders with it."""
    held, _ = _contract(world, symbol)
    _end_orders(world, symbol)
    post_event(world, "OPEXP", symbol=symbol, qty=-held.qty, description="Option Expiry")


def assignment(world: World, symbol: str, qty: Decimal | None) -> None:
    """Short contracts are assigned (OPASN) and shares change hands at the strike (OPTRD)."""
    held, terms = _contract(world, symbol)
    contracts = _as_many(-held.qty, qty, "short")
    _deliver(world, held, terms, "OPASN", contracts)


def exercise(world: World, symbol: str, qty: Decimal | None) -> None:
    """Long contracts are exercised (OPEXC) and shares change hands at the strike (OPTRD)."""
    held, terms = _contract(world, symbol)
    contracts = _as_many(held.qty, qty, "long")
    _deliver(world, held, terms, "OPEXC", -contracts)


def split(world: World, symbol: str, new: Decimal, old: Decimal) -> None:
    """``new`` shares for every ``old`` one: the quantity and the price change, the cost stays."""
    held = world.position(symbol)
    qty = round(held.qty * new / old, _QTY_PLACES) - held.qty
    if not qty:
        raise UsageError("A split must change something.", detail=f"new: {new}, old: {old}")
    key = held.instrument.key
    price = world.mark(key) * old / new
    sub_type = "FSPLIT" if new > old else "RSPLIT"
    post_event(world, "SPLIT", symbol=key, qty=qty, sub_type=sub_type)
    world.marks[key] = price


def move_price(world: World, symbol: str, price: Decimal, *, hidden: bool) -> None:
    """Set a mark and let trailing stops follow it."""
    traded = world.instrument(symbol)
    world.marks[traded.key] = price
    (world.hidden.add if hidden else world.hidden.discard)(traded.key)
    for order in world.working:
        ticket = order.ticket
        if order.hwm is not None and ticket.symbol == traded.symbol:
            best = max if ticket.side == "sell" else min
            world.touch(order, hwm=best(order.hwm, price), updated=max(world.now(), order.updated))


def _contract(world: World, symbol: str) -> tuple[Position, Contract]:
    held, terms = world.position(symbol), contract(symbol)
    if terms is None:
        raise UsageError("Only an option can do that.", detail=f"symbol: found {symbol!r}")
    return held, terms


def _as_many(held: Decimal, wanted: Decimal | None, side: str) -> Decimal:
    qty = held if wanted is None else wanted
    if not 0 < qty <= held:
        raise UsageError(
            "There are not that many contracts.",
            detail=f"qty: found {qty}, the account is {side} {max(held, Decimal(0))}",
        )
    return qty


def _deliver(world: World, held: Position, terms: Contract, type_: str, qty: Decimal) -> None:
    """Take ``qty`` contracts off the position and move the shares: the two rows share a group.

    The account gets shares when it exercises a call or is assigned on a put, and gives them
    otherwise.
    """
    symbol = held.instrument.symbol
    gets = (terms.kind == "call") == (type_ == "OPEXC")
    shares = abs(qty) * held.instrument.multiplier * (1 if gets else -1)
    group = world.new_id()
    text = "Option Exercise" if type_ == "OPEXC" else "Option Assignment"
    if not held.qty + qty:
        _end_orders(world, symbol)
    post_event(world, type_, symbol=symbol, qty=qty, group_id=group, description=text)
    post_event(
        world,
        "OPTRD",
        symbol=terms.underlying,
        qty=shares,
        price=terms.strike,
        net_amount=-(shares * terms.strike),
        group_id=group,
        description="Option Trade",
    )


def _end_orders(world: World, symbol: str) -> None:
    for order in world.working:
        if order.ticket.symbol == symbol and order.is_open:
            cancel(world, order, "expired")
