"""Symbols in one normal form, and what a symbol alone can tell.

Options: OCC symbols, parsed from the right (8 digits of strike, C or P, 6 digits of date; the rest is
the root, which adjusted contracts end in a digit). Crypto: Alpaca writes ``BTC/USD`` in orders and
``BTCUSD`` in positions; ours is ``BTCUSD``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from .canon import Record, normal, plain

OPTION = "us_option"
EQUITY = "us_equity"
CRYPTO = "crypto"

_OCC = re.compile(r"([A-Z0-9.]{1,6}?) *(\d{6})([CP])(\d{8})", re.ASCII)
_ONE_FORM = r"[A-Z0-9.]{1,6}\d{6}[CP]\d{8}"
_DAY = slice(-len("250822C00635000"), -len("C00635000"))
# The quote currencies that Alpaca lists pairs in. A slash stands in no other class's symbols.
_PAIR = re.compile(r"([A-Z0-9]{1,10})/([A-Z]{3,5})", re.ASCII)
_SLASHLESS_PAIR = re.compile(r"[A-Z0-9]{2,10}(?:USD|USDT|USDC|BTC)", re.ASCII)
_QUOTED = re.compile(r"([A-Z0-9]{1,10}?)(USDT|USDC|USD|BTC)", re.ASCII)
_STOCK_LENGTH = 5
_CENTURY = 20
_STRIKE = re.compile(r"(\d{1,5})(?:\.(\d{1,3}))?", re.ASCII)


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


def names_contract(symbol: str) -> bool:
    """Whether a symbol is an OCC symbol; what it says is not asked."""
    match = _OCC.fullmatch(symbol)
    return match is not None and _is_day(match[2])


def all_contracts(symbols: Sequence[str]) -> bool:
    """Whether all of these are OCC symbols, each in its one form."""
    joined = ",".join(symbols)
    return (
        re.fullmatch(f"{_ONE_FORM}(?:,{_ONE_FORM})*", joined, re.ASCII) is not None
        and joined.count(",") == len(symbols) - 1
        and all(map(_is_day, {symbol[_DAY] for symbol in symbols}))
    )


@lru_cache(maxsize=1 << 12)
def _is_day(day: str) -> bool:
    try:
        date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        return False
    return True


def occ(root: str, expiry: date, option_type: str, strike: Decimal) -> str:
    """Write an OCC symbol; the inverse of ``contract``.

    Raises:
        ValueError: the strike has more than three decimals or does not fit eight digits, or the expiry's
            year does not fit two.
    """
    if expiry.year // 100 != _CENTURY:
        raise ValueError(f"an expiry date of {expiry} cannot be written in an OCC symbol")
    digits = _STRIKE.fullmatch(plain(strike))
    if not digits or not strike:
        raise ValueError(f"a strike of {strike} cannot be written in an OCC symbol")
    whole, thousandths = digits.groups(default="")
    return f"{root}{expiry:%y%m%d}{option_type[0].upper()}{whole:0>5}{thousandths:0<3}"


def canonical(symbol: str) -> str:
    """The one form of a symbol as a key: upper case, no blanks in OCC symbols, no slash in pairs."""
    return recognized(symbol)[0]


def recognized(symbol: str) -> tuple[str, bool]:
    """The same form, and whether it names a contract."""
    symbol = symbol.strip().upper()
    match = _OCC.fullmatch(symbol)
    if match:
        return symbol.replace(" ", ""), _is_day(match[2])
    pair = _PAIR.fullmatch(symbol)
    return (pair[1] + pair[2] if pair else symbol), False


def slashed(pair: str) -> str:
    """A coin's key as Alpaca writes it in orders: ``BTC/USD``; another currency's as it is."""
    match = _QUOTED.fullmatch(pair)
    return f"{match[1]}/{match[2]}" if match else pair


def asset_class(symbol: str) -> str:
    """The asset class that a bare symbol suggests; the broker's own word wins where there is one."""
    key = canonical(symbol)
    if names_contract(key):
        return OPTION
    long_pair = len(key) > _STOCK_LENGTH and _SLASHLESS_PAIR.fullmatch(key)
    return CRYPTO if "/" in symbol or long_pair else EQUITY


def concerns(asked: str, symbol: str) -> bool:
    """Whether somebody who asks for a symbol means this one too: itself, or an option on it.

    The roots of adjusted contracts end in a digit, which their underlying's symbol does not have.
    """
    key, option = canonical(asked), contract(symbol)
    return key == symbol or (option is not None and key in (option.root, option.root.rstrip("0123456789")))


def multiplier(asset_class: str) -> Decimal:
    """The usual number of units per contract: 100 for options, 1 for all else."""
    return Decimal(100 if asset_class == OPTION else 1)
