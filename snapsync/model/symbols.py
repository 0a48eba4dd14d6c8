"""Symbols in one normal form, and what a symbol alone can tell.

Options: OCC symbols, parsed from the right (8 digits of strike, C or P, 6 digits of date; the rest is
the root, which adjusted contracts end in a digit). Crypto: Alpaca writes ``BTC/USD`` in orders and
``BTCUSD`` in positions; ours is ``BTCUSD``.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from .canon import Record, normal

OPTION = "us_option"
EQUITY = "us_equity"
CRYPTO = "crypto"

_OCC = re.compile(r"([A-Z0-9.]{1,6}?) *(\d{6})([CP])(\d{8})", re.ASCII)
# The quote currencies that Alpaca lists pairs in. A slash stands in no other class's symbols.
_PAIR = re.compile(r"([A-Z0-9]{1,10})/([A-Z]{3,5})", re.ASCII)
_SLASHLESS_PAIR = re.compile(r"[A-Z0-9]{2,10}(?:USD|USDT|USDC|BTC)", re.ASCII)
_STOCK_LENGTH = 5


class Contract(Record, frozen=True):
    """What an OCC symbol says: underlying root, expiry date, ``call`` or ``put``, strike in dollars."""

    root: str
    expiry: date
    option_type: str
    strike: Decimal


def contract(symbol: str) -> Contract | None:
    """Read an OCC symbol such as ``SPY250822C00635000``; None when it is not one."""
    match = _OCC.fullmatch(symbol)
    if not match:
        return None
    root, day, kind, strike = match.groups()
    try:
        expiry = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        return None
    return Contract(
        root=root,
        expiry=expiry,
        option_type="call" if kind == "C" else "put",
        strike=normal(Decimal(strike).scaleb(-3)),
    )


def occ(root: str, expiry: date, option_type: str, strike: Decimal) -> str:
    """Write an OCC symbol; the inverse of ``contract``.

    Raises:
        ValueError: the strike has more than three decimals or does not fit eight digits.
    """
    thousandths = normal(strike.scaleb(3))
    if thousandths != thousandths.to_integral_value() or not 0 < thousandths < Decimal(10) ** 8:
        raise ValueError(f"a strike of {strike} cannot be written in an OCC symbol")
    return f"{root}{expiry:%y%m%d}{option_type[0].upper()}{int(thousandths):08d}"


def canonical(symbol: str) -> str:
    """The one form of a symbol as a key: upper case, no blanks in OCC symbols, no slash in pairs."""
    symbol = symbol.strip().upper()
    if _OCC.fullmatch(symbol):
        return symbol.replace(" ", "")
    pair = _PAIR.fullmatch(symbol)
    return pair[1] + pair[2] if pair else symbol


def asset_class(symbol: str) -> str:
    """The asset class that a bare symbol suggests; the broker's own word wins where there is one."""
    if contract(symbol):
        return OPTION
    long_pair = len(symbol) > _STOCK_LENGTH and _SLASHLESS_PAIR.fullmatch(symbol)
    return CRYPTO if "/" in symbol or long_pair else EQUITY


def multiplier(asset_class: str) -> Decimal:
    """The usual number of units per contract: 100 for options, 1 for all else."""
    return Decimal(100 if asset_class == OPTION else 1)
