"""What one activity does: the holdings that it moves, and the dollars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from .canon import EXACT, normal
from .ledger import FILL, KNOWN_TYPES, POSITION_EVENTS, Activity
from .symbols import EQUITY, asset_class, canonical, multiplier
from .trades import SIDES

ZERO = Decimal(0)
NINTH_DECIMAL = Decimal("1e-9")
"""To this the broker rounds what a coin is paid with, once per fill."""


def quantity_effects(row: Activity) -> Iterator[tuple[str, Decimal]]:
    """By how much an activity moves which holdings; signed. A coin-for-coin fill moves two."""
    if row.void or row.qty is None:
        return
    if row.type == FILL:
        signed_qty = row.qty if SIDES[row.side or ""] == "buy" else -row.qty
        coin, quote = coin_pair(row)
        yield coin, signed_qty
        if quote:
            yield quote, normal(EXACT.multiply(-signed_qty, row.price or ZERO))
    elif row.type in POSITION_EVENTS or (row.type, row.sub_type) == ("DIV", "SDIV"):
        # any other dividend's qty is the number of shares that it was paid on
        yield row.symbol, row.qty


def cash_effect(row: Activity, multipliers: Mapping[str, Decimal]) -> Decimal:
    """By how many dollars an activity moves cash; signed. A coin-for-coin fill moves none.

    What is no fill moves its net amount, whatever price and quantity it has beside that.
    """
    if row.void:
        return ZERO
    if row.type != FILL:
        return row.net_amount or ZERO
    if coin_pair(row)[1]:
        return ZERO
    each = multipliers.get(row.symbol) or multiplier(asset_class(row.raw_symbol or row.symbol))
    amount = EXACT.multiply(EXACT.multiply(row.qty or ZERO, row.price or ZERO), each)
    return -amount if SIDES[row.side or ""] == "buy" else amount


def claimed_quantity(row: Activity) -> Decimal:
    """What an activity of a type that we do not know says of a holding; whether it moved it is not said."""
    claims = row.type not in KNOWN_TYPES and row.symbol and not row.void
    return (row.qty or ZERO) if claims else ZERO


def coin_pair(row: Activity) -> tuple[str, str | None]:
    """The holding that a fill moves, and for a coin-for-coin fill the one that it is paid with."""
    base, slash, quote = (row.raw_symbol or "").partition("/")
    if not slash or asset_class(row.raw_symbol or "") == EQUITY or quote == "USD":
        return row.symbol, None
    return canonical(f"{base}/USD"), canonical(f"{quote}/USD")
