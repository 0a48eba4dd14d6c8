"""The class of every field, in one table.

``key``: says which record it is. ``compared``: a difference is drift. ``companion``: kept and written
when its record changes anyway, never compared, so it never makes drift. Bytes of the book that no
field here stands for are *foreign*: never ours.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from .canon import plain
from .state import Position, Transaction

FieldClass = Literal["key", "compared", "companion"]

FIELDS: dict[type, dict[str, FieldClass]] = {
    Position: {
        "key": "key",
        "asset_class": "companion",
        "qty": "compared",
        "multiplier": "companion",
        "entry_price": "companion",
        "asset_id": "companion",
    },
    Transaction: {
        "key": "key",
        "symbol": "compared",
        "asset_class": "companion",
        "action": "compared",
        "qty": "compared",
        "price": "compared",
        "multiplier": "companion",
        "time": "companion",
        "client_order_id": "companion",
        "parent_id": "companion",
        "origin": "companion",
    },
}

_CENTS = 2
_EXACT = 9
"""How many decimals a true price has at most: the average over the fills is rounded to them."""


def compared(record: Position | Transaction) -> dict[str, object]:
    """The fields of a record whose difference is drift, by name."""
    classes = FIELDS[type(record)]
    return {name: getattr(record, name) for name, kind in classes.items() if kind == "compared"}


def same_price(written: Decimal | None, true: Decimal | None) -> bool:
    """Whether a price as the book writes it stands for the true one.

    A bot rounds its average fill price to cents, or to more digits: equal when the true price is the
    book's, rounded either way to as many decimals as the book's has (two at least; trailing zeros say
    nothing, for a State keeps none). Of a price with more decimals than we know, a float's noise and the
    digits beyond ours are no difference.
    """
    if written is None or true is None:
        return written is true
    decimals = len(plain(written).partition(".")[2])
    difference = abs(written - true)
    if decimals > _EXACT:
        return difference < Decimal(1).scaleb(-_EXACT)
    return difference * 2 <= Decimal(1).scaleb(-max(_CENTS, decimals))
