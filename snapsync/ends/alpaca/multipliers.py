"""How many units a contract stands for: 100, but for contracts that were adjusted (pitfall 17).

First what a holding's own cost says (cost basis / (quantity x average price)), then what an earlier
reading found, then the contract's endpoint, asked once; else 100, with a note in every reading until the
contract has expired: a guess that was stored is still a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext

import msgspec

from snapsync.model.canon import EXACT, normal
from snapsync.model.instant import day_of
from snapsync.model.ledger import Activity
from snapsync.model.policy import Finding
from snapsync.model.state import Position
from snapsync.model.symbols import OPTION, contract, multiplier

from .parse import Holding
from .reading import Known
from .row import one
from .session import Asks

_CENT = Decimal("0.01")
_HAIR = Decimal("1e-6")


class Multipliers:
    """Finds multipliers of one reading; what is not found anywhere is noted in ``assumed``."""

    def __init__(self, asks: Asks, known: Known | None) -> None:
        self._asks, self._known = asks, known.state if known else None
        self._found: dict[str, Decimal] = {}
        self._guessed = {symbol for symbol in known.assumed if _alive(symbol, known)} if known else set()

    @property
    def assumed(self) -> tuple[Finding, ...]:
        """The notes on what is a guess, of this reading or of an earlier one."""
        return tuple(map(_noted, sorted(self._guessed)))

    def of_holdings(self, holdings: Iterable[Holding]) -> tuple[Position, ...]:
        """The positions, each with its multiplier."""
        return tuple(
            msgspec.structs.replace(each.position, multiplier=self._of_holding(each)) for each in holdings
        )

    def of_trades(self, rows: Iterable[Activity]) -> dict[str, Decimal]:
        """The multipliers of all contracts among these activities; only adjusted ones may need asking."""
        for symbol in sorted({row.symbol for row in rows} - self._found.keys()):
            if _adjusted(symbol):
                self._found[symbol] = self._earlier(symbol) or self._asked(symbol)
        return dict(self._found)

    def _of_holding(self, holding: Holding) -> Decimal:
        symbol, kind = holding.position.key, holding.position.asset_class
        if kind != OPTION:
            return multiplier(kind)
        implied = _implied(holding)
        if implied != multiplier(OPTION) and not _adjusted(symbol):
            implied = None  # costs of a wrong scale were seen on paper accounts (pitfall 17)
        if implied:
            self._guessed.discard(symbol)
        found = implied or self._found.get(symbol) or self._earlier(symbol) or self._asked(symbol)
        self._found[symbol] = found
        return found

    def _earlier(self, symbol: str) -> Decimal | None:
        if self._known is None:
            return None
        held = self._known.positions.get(Position.bucket_of(symbol), symbol)
        traded = (row.multiplier for row in self._known.transactions if row.symbol == symbol)
        return held.multiplier if held else next(traded, None)

    def _asked(self, symbol: str) -> Decimal:
        answer = self._asks.find(f"/options/contracts/{symbol}")
        found = one(answer).number_or_none("multiplier") if answer else None
        if found:
            return found
        self._guessed.add(symbol)
        return multiplier(OPTION)


def _noted(symbol: str) -> Finding:
    return Finding(
        code="multiplier-assumed",
        severity="note",
        key=symbol,
        summary="How many shares a contract stands for is not known.",
        detail=f"{symbol}: the broker does not say; {multiplier(OPTION)} is assumed.",
    )


def _alive(symbol: str, known: Known) -> bool:
    """Whether a contract had not expired when it was last read."""
    named = contract(symbol)
    return named is None or day_of(known.at) <= named.expiry.isoformat()


def _adjusted(symbol: str) -> bool:
    named = contract(symbol)
    return named is not None and named.root[-1].isdigit()


def _implied(holding: Holding) -> Decimal | None:
    entry, qty, cost = holding.position.entry_price, holding.position.qty, holding.cost_basis
    if not (entry and qty and cost):
        return None
    with localcontext(EXACT):
        whole = (cost / (qty * entry)).quantize(Decimal(1))
        close = abs(whole * qty * entry - cost) <= max(_CENT, abs(cost) * _HAIR)
    return normal(whole) if whole > 0 and close else None
