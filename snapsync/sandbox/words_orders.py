"""The words about orders: buy, sell, order, fill, cancel, replace, mleg, bracket."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from snapsync.errors import UsageError

from . import clock, combos, trading
from .activities import Side
from .orders import Order, OrderType, Ticket, TimeInForce
from .step import Step, number_fault
from .world import World


class Partial(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several fills; ``after`` is a duration since the one before (``30s``, ``0s``)."""

    qty: Decimal
    price: Decimal | None = None
    after: str | None = None


class LegTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One leg of a multi-leg order and the price at which it fills."""

    symbol: str
    side: Side
    price: Decimal
    ratio: Decimal = Decimal(1)


class _Trade(Step, frozen=True, kw_only=True):
    """An order and its fill at ``price`` (else the limit, else the mark).

    ``fills`` lists partial fills instead; what they leave stays working.
    """

    symbol: str
    qty: Decimal | None = None
    notional: Decimal | None = None
    price: Decimal | None = None
    limit: Decimal | None = None
    fills: list[Partial | Decimal] | None = None
    client_order_id: str | None = None
    time_in_force: TimeInForce | None = None

    def _trade(self, world: World, side: Side) -> None:
        ticket = Ticket(
            symbol=world.instrument(self.symbol).symbol,
            side=side,
            qty=self.qty,
            notional=self.notional,
            type="market" if self.limit is None else "limit",
            limit=self.limit,
            time_in_force=self.time_in_force or _usual(world, self.symbol),
            client_order_id=self.client_order_id,
        )
        price = _price(world, self.symbol, self.price, self.limit)
        parts = _parts(self.fills, price)
        trading.trade(world, ticket, parts or [trading.Part(qty=_whole(self, price), price=price)])


class Buy(_Trade, frozen=True, kw_only=True):
    """Buy, and have it filled."""

    def play(self, world: World) -> None:
        """Buy."""
        self._trade(world, "buy")


class Sell(_Trade, frozen=True, kw_only=True):
    """Sell what is held, or sell short what is not."""

    def play(self, world: World) -> None:
        """Sell."""
        self._trade(world, "sell")


class Open(Step, frozen=True, kw_only=True):
    """Leave an order working."""

    side: Side
    symbol: str
    qty: Decimal | None = None
    notional: Decimal | None = None
    type: OrderType | None = None
    limit: Decimal | None = None
    stop: Decimal | None = None
    trail_percent: Decimal | None = None
    trail_price: Decimal | None = None
    client_order_id: str | None = None
    time_in_force: TimeInForce | None = None

    def play(self, world: World) -> None:
        """Submit."""
        ticket = Ticket(
            symbol=world.instrument(self.symbol).symbol,
            side=self.side,
            qty=self.qty,
            notional=self.notional,
            type=self.type or ("market" if self.limit is None else "limit"),
            limit=self.limit,
            stop=self.stop,
            trail_percent=self.trail_percent,
            trail_price=self.trail_price,
            time_in_force=self.time_in_force or _usual(world, self.symbol),
            client_order_id=self.client_order_id,
        )
        trading.submit(world, ticket)


class Fill(Step, frozen=True, kw_only=True):
    """Fill a working order, wholly unless ``qty`` or ``fills`` says how much."""

    order: str
    qty: Decimal | None = None
    price: Decimal | None = None
    fills: list[Partial | Decimal] | None = None

    def play(self, world: World) -> None:
        """Fill."""
        order = world.order(self.order)
        price = _price(world, order.ticket.symbol, self.price, order.ticket.limit)
        parts = _parts(self.fills, price)
        if not parts:
            qty = self.qty or order.leaves or _dollars(order.ticket.notional, price)
            parts = [trading.Part(qty=qty, price=price)]
        trading.fill(world, order, parts)


class Bust(Step, frozen=True, kw_only=True):
    """The last fill of an order is taken back; with ``keeps_filled_qty`` the order does not say so."""

    order: str
    keeps_filled_qty: bool = False

    def play(self, world: World) -> None:
        """Bust the fill."""
        trading.bust(world, world.order(self.order), keeps_filled_qty=self.keeps_filled_qty)


class Cancel(Step, frozen=True, kw_only=True):
    """End a working order."""

    order: str
    status: Literal["canceled", "expired", "rejected"] = "canceled"

    def play(self, world: World) -> None:
        """Cancel."""
        trading.cancel(world, world.order(self.order), self.status)


class Replace(Step, frozen=True, kw_only=True):
    """Put a changed order in the place of a working one."""

    order: str
    qty: Decimal | None = None
    limit: Decimal | None = None
    client_order_id: str | None = None

    def play(self, world: World) -> None:
        """Replace."""
        old: Order = world.order(self.order)
        trading.replace(world, old, self.qty, self.limit, self.client_order_id)


class Mleg(Step, frozen=True, kw_only=True):
    """Fill a multi-leg order of ``qty`` units."""

    qty: Decimal
    legs: list[LegTerms]
    client_order_id: str | None = None

    def play(self, world: World) -> None:
        """Fill all legs."""
        legs = [
            combos.Leg(
                symbol=leg.symbol,
                side=leg.side,
                price=_sound("price", leg.price),
                ratio=_sound("ratio", leg.ratio),
            )
            for leg in self.legs
        ]
        combos.combo(world, self.qty, legs, self.client_order_id)


class Bracket(Step, frozen=True, kw_only=True):
    """Fill an entry at ``limit`` and leave a take-profit working and a stop held."""

    side: Side = "buy"
    symbol: str
    qty: Decimal
    limit: Decimal
    take_profit: Decimal
    stop_loss: Decimal
    client_order_id: str | None = None

    def play(self, world: World) -> None:
        """Fill the entry."""
        entry = Ticket(
            symbol=world.instrument(self.symbol).symbol,
            side=self.side,
            qty=self.qty,
            type="limit",
            limit=self.limit,
            order_class="bracket",
            client_order_id=self.client_order_id,
        )
        combos.bracket(world, entry, take_profit=self.take_profit, stop_loss=self.stop_loss)


def _usual(world: World, symbol: str) -> TimeInForce:
    """Coins trade around the clock and know no day orders."""
    return "gtc" if world.instrument(symbol).asset_class == "crypto" else "day"


def _price(world: World, symbol: str, price: Decimal | None, limit: Decimal | None) -> Decimal:
    found = price if price is not None else limit
    if found is None and symbol:
        found = world.mark(symbol)
    if not found:
        raise UsageError("There is no price to trade at.", detail="field price: is missing")
    return found


def _parts(fills: Sequence[Partial | Decimal] | None, price: Decimal) -> list[trading.Part]:
    rows = [Partial(qty=row) if isinstance(row, Decimal) else row for row in fills or ()]
    return [
        trading.Part(
            qty=_sound("fills", row.qty),
            price=price if row.price is None else _sound("fills", row.price),
            after=None if row.after is None else _wait(row.after),
        )
        for row in rows
    ]


def _whole(step: _Trade, price: Decimal) -> Decimal:
    return step.qty if step.qty is not None else _dollars(step.notional, price)


def _dollars(notional: Decimal | None, price: Decimal) -> Decimal:
    """How many units so many dollars buy."""
    if notional is None:
        raise UsageError("The order makes no sense.", detail="field qty: is missing")
    return trading.units(notional, price)


def _wait(text: str) -> int:
    found = clock.duration(text)
    if found is None or found < 0:
        raise UsageError(
            "A duration cannot be read.", detail=f"field after: found {text!r}", hint="write 30s"
        )
    return found


def _sound(name: str, value: Decimal) -> Decimal:
    wrong = number_fault(value) or ("" if value > 0 else "must be more than 0")
    if wrong:
        raise UsageError("A number cannot be used.", detail=f"field {name}: {wrong}")
    return value
