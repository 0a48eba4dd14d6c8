"""Moves of orders that have legs: multi-leg option orders and brackets."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from snapsync.errors import UsageError

from .activities import Side
from .orders import Order, Ticket
from .trading import Part, fill, submit, trade
from .world import World


class Leg(Struct, frozen=True, kw_only=True):
    """One side of a multi-leg order and the price at which it fills."""

    symbol: str
    side: Side
    price: Decimal
    ratio: Decimal = Decimal(1)


def combo(world: World, qty: Decimal, legs: Sequence[Leg], client: str | None) -> Order:
    """Fill a multi-leg order: the parent has the units and the net price, the legs the contracts.

    Raises:
        UsageError: fewer than two legs.
    """
    if len(legs) < 2:  # noqa: PLR2004 (one leg is a simple order)
        raise UsageError("A multi-leg order needs two legs or more.", detail=f"found {len(legs)}")
    for leg in legs:
        world.instrument(leg.symbol)
    net = sum((leg.ratio * leg.price * _sign(leg.side) for leg in legs), Decimal(0))
    head = Ticket(
        symbol="",
        side="buy",
        qty=qty,
        type="limit",
        limit=net,
        order_class="mleg",
        client_order_id=client,
    )
    parent = submit(world, head)
    filled = [_fill_leg(world, parent, leg, qty) for leg in legs]
    last = max(leg.updated for leg in filled)
    return world.touch(
        parent,
        status="filled",
        filled_qty=qty,
        value=net * qty,
        filled_at=last,
        updated=last,
    )


def bracket(world: World, entry: Ticket, *, take_profit: Decimal, stop_loss: Decimal) -> Order:
    """Fill an entry at its limit and leave its two exits: one working, one held."""
    qty, limit = entry.qty or Decimal(0), entry.limit or Decimal(0)
    exit_side: Side = "sell" if entry.side == "buy" else "buy"
    filled = trade(world, entry, [Part(qty=qty, price=limit)])
    profit = Ticket(
        symbol=entry.symbol, side=exit_side, qty=qty, type="limit", limit=take_profit,
        time_in_force="gtc", order_class="bracket",
    )  # fmt: skip
    loss = Ticket(
        symbol=entry.symbol, side=exit_side, qty=qty, type="stop", stop=stop_loss,
        time_in_force="gtc", order_class="bracket",
    )  # fmt: skip
    # the exits were submitted with the entry, and came to life when it filled
    world.touch(submit(world, profit), parent=filled.id, submitted=filled.submitted)
    world.touch(submit(world, loss), parent=filled.id, submitted=filled.submitted, status="held")
    return filled


def _fill_leg(world: World, parent: Order, leg: Leg, units: Decimal) -> Order:
    qty = units * leg.ratio
    ticket = Ticket(symbol=leg.symbol, side=leg.side, qty=qty, order_class="mleg")
    row = world.touch(submit(world, ticket), parent=parent.id, ratio=leg.ratio, submitted=parent.submitted)
    return fill(world, row, [Part(qty=qty, price=leg.price)])


def _sign(side: Side) -> int:
    return 1 if side == "buy" else -1
