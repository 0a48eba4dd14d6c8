"""Moves of single orders: submit, fill, cancel, replace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal

from msgspec import Struct

from snapsync.errors import UsageError

from . import clock
from .activities import Fill
from .orders import WITH_LEGS, Order, Status, Ticket
from .symbols import Instrument
from .world import World

_GTC_DAYS = 90
_TRIES = 64
"""For an id below another; the more fills an instant has, the less room there is below the last."""
_CLIENT_ID_LENGTH = 128
_NINE_PLACES = Decimal("1e-9")


class Part(Struct, frozen=True, kw_only=True):
    """One execution to come; ``after`` is its distance in time from the one before."""

    qty: Decimal
    price: Decimal
    after: int | None = None


def submit(world: World, ticket: Ticket) -> Order:
    """Let an order be accepted.

    Raises:
        UsageError: the ticket contradicts itself, or its client_order_id is taken.
    """
    _check(world, ticket)
    now = world.now()
    created = now + world.jitter(200_000, 2_000_000)
    client = ticket.client_order_id or world.new_id()
    traded = world.instrument(ticket.symbol) if ticket.symbol else None
    return world.put(
        Order(
            id=world.new_id(),
            client_order_id=client,
            ticket=ticket,
            submitted=now,
            created=created,
            updated=created,
            expires=_expires(now, ticket),
            intent=_intent(world, ticket, traded),
            hwm=world.mark(ticket.symbol) if ticket.type == "trailing_stop" else None,
        )
    )


def trade(world: World, ticket: Ticket, parts: Sequence[Part]) -> Order:
    """Submit an order and execute it; what the parts leave is left working.

    Raises:
        UsageError: as submit and fill.
    """
    _check(world, ticket)
    _check_fill(world, ticket, ticket.qty, parts)
    return fill(world, submit(world, ticket), parts)


def fill(world: World, order: Order, parts: Sequence[Part]) -> Order:
    """Execute an order in one or several parts.

    Raises:
        UsageError: the order is closed, too small, or pays with coins that are not there.
    """
    _check_open(order)
    _check_fill(world, order.ticket, order.leaves, parts)
    time, last_id = max(world.now(), order.updated), ""
    for part in parts:
        wait = world.jitter(5_000_000, 40_000_000) if part.after is None else part.after
        same_time, time = not wait and bool(last_id), time + wait
        activity_id = _fill_id(world, time, below=last_id if same_time else "")
        order, last_id = _execute(world, order, part, time, activity_id), activity_id
    _cancel_siblings(world, order)
    return order


def cancel(world: World, order: Order, status: Status = "canceled") -> Order:
    """End an order and its legs; what was filled stays filled.

    Raises:
        UsageError: it has ended already.
    """
    _check_open(order)
    now = max(world.now(), order.updated)
    for leg in world.children(order) if order.ticket.order_class in WITH_LEGS else ():
        if leg.is_open:
            cancel(world, leg, status)
    stamp = {"canceled": "canceled_at", "expired": "expired_at", "rejected": "failed_at"}[status]
    return world.touch(order, status=status, updated=now, **{stamp: now})


def bust(world: World, order: Order, *, keeps_filled_qty: bool = False) -> Order:
    """Take back the last fill of an order: it is not shown any more, and what it did is undone.

    The order says less is filled, or still the same: which of the two is so is not documented.

    Raises:
        UsageError: the order has no fill.
    """
    fills = [row for row in world.activities if isinstance(row, Fill) and row.order_id == order.id]
    if not fills:
        raise UsageError("The order has no fill.", detail=f"order: {order.client_order_id}")
    last = fills[-1]
    world.unpost(last)
    if keeps_filled_qty:
        return order
    left = order.filled_qty - last.qty
    return world.touch(
        order,
        status=order.status if left or order.is_open else "canceled",
        filled_qty=left,
        value=order.value - last.qty * last.price,
        updated=max(world.now(), order.updated),
    )


def replace(
    world: World, order: Order, qty: Decimal | None, limit: Decimal | None, client: str | None
) -> Order:
    """Put another order in the place of a working one; fills stay with the old id.

    Raises:
        UsageError: the order has ended already.
    """
    _check_open(order)
    old = order.ticket
    ticket = Ticket(
        symbol=old.symbol,
        side=old.side,
        qty=qty if qty is not None else order.leaves,
        notional=old.notional,
        type=old.type,
        limit=limit if limit is not None else old.limit,
        stop=old.stop,
        trail_percent=old.trail_percent,
        trail_price=old.trail_price,
        time_in_force=old.time_in_force,
        client_order_id=client,
    )
    new = submit(world, ticket)
    world.touch(
        order,
        status="replaced",
        replaced_at=new.created,
        replaced_by=new.id,
        updated=new.created,
    )
    return world.touch(new, replaces=order.id)


def units(notional: Decimal, price: Decimal) -> Decimal:
    """What so many dollars buy, to the ninth decimal."""
    return (notional / price).quantize(_NINE_PLACES, ROUND_DOWN)


def _execute(world: World, order: Order, part: Part, time: int, activity_id: str) -> Order:
    filled = order.filled_qty + part.qty
    target = order.ticket.qty
    if target is None:
        # an order in dollars ends when they are spent, to the ninth decimal of a share
        target = max(filled, units(order.ticket.notional or Decimal(0), part.price))
    world.post(
        Fill(
            id=activity_id,
            time=time,
            order_id=order.id,
            symbol=order.ticket.symbol,
            side=order.ticket.side,
            qty=part.qty,
            price=part.price,
            cum_qty=filled,
            leaves_qty=target - filled,
        )
    )
    done = filled == target
    return world.touch(
        order,
        status="filled" if done else "partially_filled",
        filled_qty=filled,
        value=order.value + part.qty * part.price,
        filled_at=time if done else None,
        updated=time + world.jitter(100_000, 900_000),
    )


def _fill_id(world: World, time: int, *, below: str) -> str:
    """``<17 digits of Eastern time>::<uuid>``, section 6 of the notes on the API.

    Fills of one instant come out of cum_qty order in reality [API#170]: ``below`` makes it so.
    """
    digits = f"{clock.eastern(time):%Y%m%d%H%M%S%f}"[:17]
    found = f"{digits}::{world.new_id()}"
    for _ in range(_TRIES if below else 0):
        if found < below:
            break
        found = f"{digits}::{world.new_id()}"
    return found


def _cancel_siblings(world: World, order: Order) -> None:
    """One exit of a bracket that filled takes the other one away."""
    if order.parent is None or order.ticket.order_class != "bracket" or order.is_open:
        return
    for sibling in world.children(world.orders[order.parent]):
        if sibling.is_open:
            cancel(world, sibling)


def _check(world: World, ticket: Ticket) -> None:
    wrong = ""
    client = ticket.client_order_id
    if (ticket.qty is None) == (ticket.notional is None):
        wrong = "give exactly one of qty and notional"
    elif ticket.type in {"limit", "stop_limit"} and ticket.limit is None:
        wrong = f"limit is missing for an order of type {ticket.type}"
    elif ticket.type in {"stop", "stop_limit"} and ticket.stop is None:
        wrong = f"stop is missing for an order of type {ticket.type}"
    elif ticket.type == "trailing_stop" and not (ticket.trail_percent or ticket.trail_price):
        wrong = "trail_percent or trail_price is missing for a trailing stop"
    elif client and len(client) > _CLIENT_ID_LENGTH:
        wrong = f"client_order_id has {len(client)} characters, at most 128 are allowed"
    elif client in world.clients:
        wrong = f"client_order_id {client!r} is taken: it must be unique in the account"
    if wrong:
        raise UsageError("The order makes no sense.", detail=wrong)


def _check_open(order: Order) -> None:
    if not order.is_open:
        raise UsageError(
            "The order has ended already.",
            detail=f"order: {order.client_order_id} is {order.status}",
        )


def _check_fill(world: World, ticket: Ticket, leaves: Decimal | None, parts: Sequence[Part]) -> None:
    if not ticket.symbol:
        raise UsageError("A multi-leg order fills through its legs.", detail="order: has no symbol")
    qty = sum((part.qty for part in parts), Decimal(0))
    if leaves is not None and qty > leaves:
        raise UsageError("More is filled than was ordered.", detail=f"qty: found {qty}, {leaves} are left")
    _check_coins(world, ticket, parts)


def _check_coins(world: World, ticket: Ticket, parts: Sequence[Part]) -> None:
    """Coins cannot be owed: nobody lends them here."""
    traded = world.instrument(ticket.symbol)
    if traded.asset_class != "crypto":
        return
    if ticket.side == "sell":
        key, need = traded.key, sum((part.qty for part in parts), Decimal(0))
    elif traded.quote != "USD":
        key = f"{traded.quote}USD"
        need = sum((part.qty * part.price for part in parts), Decimal(0))
    else:
        return
    held = world.positions.get(key)
    if held is None or held.qty < need:
        has = held.qty if held else Decimal(0)
        raise UsageError("There are not enough coins.", detail=f"{key}: found {has}, need {need}")


def _expires(now: int, ticket: Ticket) -> int:
    close = clock.next_session(now, clock.CLOSING)
    if ticket.time_in_force == "gtc":
        close += timedelta(days=_GTC_DAYS)
    return clock.instant_of(close)


def _intent(world: World, ticket: Ticket, traded: Instrument | None) -> str | None:
    """buy_to_open and so on; coins and multi-leg parents have none."""
    if traded is None or traded.asset_class == "crypto":
        return None
    held = world.positions.get(traded.key)
    closes = held is not None and (held.qty > 0) == (ticket.side == "sell")
    return f"{ticket.side}_to_{'close' if closes else 'open'}"
