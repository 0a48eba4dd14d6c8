"""Holdings: one netted row per asset with a weighted average entry price."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from .activities import Rescale, Trade
from .symbols import Instrument

_AVERAGE_PLACES = 16


class Position(Struct, frozen=True, kw_only=True):
    """What the account holds of one asset; ``qty`` is negative when it is owed."""

    instrument: Instrument
    qty: Decimal
    avg_entry_price: Decimal

    @property
    def cost_basis(self) -> Decimal:
        """Quantity times entry price times multiplier, negative for a short."""
        return self.qty * self.avg_entry_price * self.instrument.multiplier

    def value(self, price: Decimal) -> Decimal:
        """The market value at a price, negative for a short."""
        return self.qty * price * self.instrument.multiplier


def changed(old: Position | None, instrument: Instrument, by: Trade | Rescale) -> Position | None:
    """The position after a change; None when nothing is left of it."""
    held = old.qty if old else Decimal(0)
    entry = old.avg_entry_price if old else Decimal(0)
    qty = held + by.qty
    if not qty:
        return None
    average = entry * held / qty if isinstance(by, Rescale) else _average(held, entry, by)
    return Position(instrument=instrument, qty=qty, avg_entry_price=_cut(average))


def _average(held: Decimal, entry: Decimal, by: Trade) -> Decimal:
    """Weighted when the position grows, kept when it shrinks, new when it changes sides."""
    qty = held + by.qty
    if not held or (held > 0) != (qty > 0):
        return by.price
    if (held > 0) == (by.qty > 0):
        return (held * entry + by.qty * by.price) / qty
    return entry


def _cut(average: Decimal) -> Decimal:
    """At most 16 decimals, the most that real rows have shown."""
    exponent = average.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -_AVERAGE_PLACES:
        return round(average, _AVERAGE_PLACES)
    return average
