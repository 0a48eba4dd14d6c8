"""Orders as values: what was asked for, what became of it, and when."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from .activities import Side

OrderType = Literal["market", "limit", "stop", "stop_limit", "trailing_stop"]
TimeInForce = Literal["day", "gtc", "opg", "cls", "ioc", "fok"]
OrderClass = Literal["", "simple", "bracket", "mleg"]
Status = Literal["new", "partially_filled", "held", "filled", "canceled", "expired", "replaced", "rejected"]
TERMINAL: frozenset[Status] = frozenset({"filled", "canceled", "expired", "replaced", "rejected"})
WITH_LEGS: frozenset[OrderClass] = frozenset({"bracket", "mleg"})


class Ticket(Struct, frozen=True, kw_only=True):
    """What a client asks for; exactly one of qty and notional is given."""

    symbol: str
    side: Side
    qty: Decimal | None = None
    notional: Decimal | None = None
    type: OrderType = "market"
    limit: Decimal | None = None
    stop: Decimal | None = None
    trail_percent: Decimal | None = None
    trail_price: Decimal | None = None
    time_in_force: TimeInForce = "day"
    order_class: OrderClass = ""
    client_order_id: str | None = None


class Order(Struct, frozen=True, kw_only=True):
    """One order of the account.

    ``ticket.symbol`` is empty on the parent of a multi-leg order. ``value`` is the sum of quantity
    times price over the fills. The clocks that are None have not struck.
    """

    id: str
    client_order_id: str
    ticket: Ticket
    submitted: int
    created: int
    updated: int
    expires: int
    status: Status = "new"
    intent: str | None = None
    filled_qty: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    hwm: Decimal | None = None
    parent: str | None = None
    ratio: Decimal | None = None
    replaces: str | None = None
    replaced_by: str | None = None
    filled_at: int | None = None
    canceled_at: int | None = None
    expired_at: int | None = None
    failed_at: int | None = None
    replaced_at: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the order can still change."""
        return self.status not in TERMINAL

    @property
    def leaves(self) -> Decimal | None:
        """What is still to be filled; unknown for an order in dollars."""
        return None if self.ticket.qty is None else self.ticket.qty - self.filled_qty

    @property
    def filled_avg_price(self) -> Decimal | None:
        """The average over the fills, None before the first."""
        return self.value / self.filled_qty if self.filled_qty else None
