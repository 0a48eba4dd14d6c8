"""A long past at once: for worlds so large that playing it step by step would take minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .activities import Fill
from .orders import Order
from .positions import Position
from .queues import ActivityQueue
from .world import World


def load(
    world: World, orders: Sequence[Order], fills: Sequence[Fill], holdings: Iterable[Position] = ()
) -> None:
    """Let orders have been submitted and filled.

    The world is as if each order had been put and each fill posted, but that nobody was told, and that the
    closings on the way are noted as if all had happened before the first of them.

    Args:
        world: what gets a past; its clock moves on to the last fill.
        orders: orders that have ended and are nobody's legs, in the order in which they were submitted.
        fills: their fills, in the order in which they happened.
        holdings: what it held from the beginning, without an activity that would explain it.
    """
    with world.held():
        for held in holdings:
            world.positions[held.instrument.key] = world.opening_positions[held.instrument.key] = held
            world.marks.setdefault(held.instrument.key, held.avg_entry_price)
        world.orders |= {order.id: order for order in orders}
        world.clients |= {order.client_order_id: order.id for order in orders}
        world.queue.extend(orders)
        for fill in fills:
            world.settle(fill)
        world.activities += fills
        world.activities_by_id = ActivityQueue(world.activities)
        if fills:
            world.advance_to(max(fill.time for fill in fills))
