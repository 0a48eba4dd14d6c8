"""How many units a contract stands for: 100, but for contracts that were adjusted (pitfall 17).

First what a holding's own cost says (cost basis / (quantity x average price)), then what an earlier
reading found, then the contract's endpoint, asked once; else 100, with a note.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext

import msgspec

from snapsync.model.canon import EXACT, normal
from snapsync.model.ledger import Activity
from snapsync.model.policy import Finding
from snapsync.model.state import Position, State
from snapsync.model.symbols import OPTION, contract, multiplier

from .parse import Holding
from .row import one
from .session import Asks

_CENT = Decimal("0.01")
_HAIR = Decimal("1e-6")


class Multipliers:
    """Finds multipliers of one reading; what is not found anywhere is noted in ``assumed``."""

    def __init__(self, asks: Asks, known: State | None) -> None:
        self._asks, self._known = asks, known
        self._found: dict[str, Decimal] = {}
        self.assumed: list[Finding] = []

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
        self._found[symbol] = implied or self._earlier(symbol) or self._asked(symbol)
        return self._found[symbol]

    def _earlier(self, symbol: str) -> Decimal | None:
        if self._known is None:
            return None
        held = (row.multiplier for row in self._known.positions if row.key == symbol)
        traded = (row.multiplier for row in self._known.transactions if row.symbol == symbol)
        return next(held, None) or next(traded, None)

    def _asked(self, symbol: str) -> Decimal:
        answer = self._asks.find(f"/options/contracts/{symbol}")
        found = one(answer).number_or_none("multiplier") if answer else None
        if found:
            return found
        usual = multiplier(OPTION)
        self.assumed.append(
            Finding(
                code="multiplier-assumed",
                severity="note",
                key=symbol,
                summary="How many shares a contract stands for is not known.",
                detail=f"{symbol}: the broker does not say; {usual} is assumed.",
            )
        )
        return usual


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
