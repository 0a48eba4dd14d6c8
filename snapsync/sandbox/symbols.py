"""What is traded: shares, option contracts and coin pairs, told apart by their symbols alone."""

from __future__ import annotations

import functools
import re
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Struct

from snapsync.errors import UsageError

AssetClass = Literal["us_equity", "us_option", "crypto"]

_OPTION = re.compile(r"([A-Z0-9.]{1,6})(\d{6})([CP])(\d{8})")
_EQUITY = re.compile(r"[A-Z][A-Z0-9.]{0,9}")
_PAIR = re.compile(r"([A-Z]{2,6})/([A-Z]{3,5})")
_COINS = frozenset({"AVAX", "BTC", "DOGE", "ETH", "LINK", "LTC", "SOL", "USDC", "USDT"})
_ARCA = frozenset({"DIA", "GLD", "IWM", "SPY"})


class Contract(Struct, frozen=True, kw_only=True):
    """What an OCC symbol says."""

    root: str
    expiry: date
    kind: Literal["call", "put"]
    strike: Decimal

    @property
    def underlying(self) -> str:
        """The underlying's symbol; adjusted roots such as ``SPY1`` end in a digit."""
        return self.root.rstrip("0123456789")


class Instrument(Struct, frozen=True, kw_only=True):
    """One tradable thing and the facts that its rows show."""

    symbol: str
    asset_class: AssetClass
    exchange: str
    multiplier: Decimal = Decimal(1)
    marginable: bool = False

    @property
    def key(self) -> str:
        """The symbol of its position: a coin's is ``BTCUSD``, whatever it was paid in."""
        return f"{self.base}USD" if self.asset_class == "crypto" else self.symbol

    @property
    def base(self) -> str:
        """What a coin pair buys and sells: ``BTC`` of ``BTC/USD``."""
        return self.symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        """What a coin pair is paid in; all else is paid in ``USD``."""
        return self.symbol.partition("/")[2] or "USD"


def asset_id(symbol: str) -> UUID:
    """The id of an asset: the same in every world."""
    return uuid5(NAMESPACE_URL, f"snapsync-sandbox:asset:{symbol}")


def contract(symbol: str) -> Contract | None:
    """Read an OCC symbol from the right: 8 digits strike, C or P, 6 digits date, the rest root."""
    match = _OPTION.fullmatch(symbol)
    if match is None:
        return None
    root, day, kind, strike = match.groups()
    try:
        expiry = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        return None
    return Contract(
        root=root,
        expiry=expiry,
        kind="call" if kind == "C" else "put",
        strike=Decimal(strike).scaleb(-3),
    )


@functools.lru_cache(maxsize=100_000)
def instrument(symbol: str) -> Instrument:
    """The instrument of a symbol, with the facts that are usual for its class.

    Raises:
        UsageError: the text is no symbol.
    """
    if contract(symbol) is not None:
        hundred = Decimal(100)
        return Instrument(symbol=symbol, asset_class="us_option", exchange="", multiplier=hundred)
    pair = _pair(symbol)
    if pair is not None:
        return Instrument(symbol=pair, asset_class="crypto", exchange="CRYPTO")
    if _EQUITY.fullmatch(symbol) is None:
        raise UsageError(
            "A symbol cannot be read.",
            detail=f"found {symbol!r}",
            hint="write SPY, SPY250822C00635000 (root, yymmdd, C or P, strike x 1000) or BTC/USD",
        )
    exchange = "ARCA" if symbol in _ARCA else "NASDAQ"
    return Instrument(symbol=symbol, asset_class="us_equity", exchange=exchange, marginable=True)


def _pair(symbol: str) -> str | None:
    """The pair with its slash, also of the old form ``BTCUSD`` where the coin is known."""
    if _PAIR.fullmatch(symbol):
        return symbol
    coin = symbol.removesuffix("USD")
    return f"{coin}/USD" if coin != symbol and coin in _COINS else None
