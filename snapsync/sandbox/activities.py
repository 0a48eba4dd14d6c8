"""Account activities and what each of them does to cash and positions.

Every change of the world's money and holdings is an activity, and its effect is computed here and
nowhere else: that is why cash, positions and history cannot disagree.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from .symbols import Instrument

Side = Literal["buy", "sell"]
EventStatus = Literal["executed", "correct", "canceled"]

_NO_POSITION = frozenset({"CSD", "CSW", "FEE", "INT"})
_SHARES_PAID = "SDIV"


class Fill(Struct, frozen=True, kw_only=True):
    """One execution of an order."""

    id: str
    time: int
    order_id: str
    symbol: str
    side: Side
    qty: Decimal
    price: Decimal
    cum_qty: Decimal
    leaves_qty: Decimal

    @property
    def type(self) -> str:
        """FILL, the one trade activity."""
        return "FILL"

    @property
    def created(self) -> int:
        """The instant that the date filters look at."""
        return self.time


class Event(Struct, frozen=True, kw_only=True):
    """A non-trade activity; what is None is left out of its JSON."""

    id: str
    type: str
    created: int
    date: date
    net_amount: Decimal = Decimal(0)
    sub_type: str | None = None
    description: str | None = None
    status: EventStatus = "executed"
    symbol: str | None = None
    qty: Decimal | None = None
    price: Decimal | None = None
    per_share_amount: Decimal | None = None
    group_id: str | None = None


Activity = Fill | Event


class Trade(Struct, frozen=True, kw_only=True):
    """So many units come in or go out, at a price where one is known."""

    symbol: str
    qty: Decimal
    price: Decimal


class Rescale(Struct, frozen=True, kw_only=True):
    """The number of units changes and the cost stays, as in a split."""

    symbol: str
    qty: Decimal


class Effect(Struct, frozen=True, kw_only=True):
    """What an activity does to dollars and to positions."""

    cash: Decimal = Decimal(0)
    changes: tuple[Trade | Rescale, ...] = ()


def event_effect(event: Event) -> Effect:
    """The effect of a non-trade activity; a canceled one has none."""
    if event.status == "canceled":
        return Effect()
    return Effect(cash=event.net_amount, changes=_event_changes(event))


def _event_changes(event: Event) -> tuple[Trade | Rescale, ...]:
    """Quantities change by ``qty``, except where it only says what the money was paid for."""
    dividend_in_cash = event.type.startswith("DIV") and event.sub_type != _SHARES_PAID
    if event.symbol is None or not event.qty or dividend_in_cash or event.type in _NO_POSITION:
        return ()
    if event.type == "SPLIT":
        return (Rescale(symbol=event.symbol, qty=event.qty),)
    return (Trade(symbol=event.symbol, qty=event.qty, price=event.price or Decimal(0)),)


def fill_effect(fill: Fill, instrument: Instrument, quote_price: Decimal) -> Effect:
    """The effect of an execution.

    Args:
        fill: the execution.
        instrument: what was traded.
        quote_price: dollars per unit of the coin that a coin pair is paid in; 1 for dollars.
    """
    qty = fill.qty if fill.side == "buy" else -fill.qty
    symbol = f"{instrument.base}/USD" if instrument.asset_class == "crypto" else instrument.symbol
    bought = Trade(symbol=symbol, qty=qty, price=fill.price * quote_price)
    if instrument.quote == "USD":
        return Effect(cash=-qty * fill.price * instrument.multiplier, changes=(bought,))
    # a pair of two coins moves no dollars: the quote coin pays
    paid = Trade(symbol=f"{instrument.quote}/USD", qty=-qty * fill.price, price=quote_price)
    return Effect(changes=(bought, paid))
