"""Amounts and accounts as people read them: for sentences and screens only, never for files or ids."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from .canon import EXACT, normal

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """An amount of dollars rounded to whole cents."""
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN, context=EXACT)


def dollars(amount: Decimal) -> str:
    """``$100,262.75``, ``-$0.43``; rounded to cents, or in full below one cent."""
    shown = cents(amount) or (amount or Decimal("0.00"))
    return f"{'-' if amount < 0 else ''}${shown.copy_abs():,f}"


def signed(amount: Decimal) -> str:
    """``+$5,262.75`` or ``-$0.43``: a difference."""
    return dollars(amount) if amount < 0 else "+" + dollars(amount)


def difference(amount: Decimal) -> str:
    """``+$5,262.75``, ``-$0.43`` or ``$0.00``: by how much an amount moved, if it did."""
    return signed(amount) if amount else dollars(amount)


def price(amount: Decimal | None) -> str:
    """A price per unit with two decimals at least, and all that it has: ``2.40``, ``0.0315``."""
    if amount is None:
        return "?"
    amount = normal(amount)
    exponent = amount.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{amount:,.{places}f}"


def masked(account: str) -> str:
    """An account's id or number as it may be shown."""
    return f"…{account[-4:]}"
