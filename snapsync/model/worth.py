"""What holdings are worth at the two points, and what the market alone did to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from .canon import EXACT, normal
from .change import Cause
from .effects import quantity_effects
from .explanation import Part
from .ledger import FILL, Activity
from .pages import Pages
from .proven import Proven, Told
from .state import PositionMark, Transaction
from .symbols import OPTION, asset_class, multiplier

ZERO = Decimal(0)
_FINE = Decimal("1e-18")
"""So fine is a price that has to be divided out; what that leaves over is a part of its own."""
SPLITS = frozenset({"SPLIT", "SSP"})

Prices = Mapping[str, Decimal]
Sizes = Mapping[str, Decimal]


class TradedSizes(Mapping[str, Decimal]):
    """The contract sizes of what was traded, each as the newest trade of it says.

    The trades are read backwards, no further than to the contracts that are asked for: only a contract may
    stand for another number than all else of its class.
    """

    def __init__(self, trades: Pages[Transaction]) -> None:
        self._trades = trades
        self._days = trades.newest_first()
        self._found: dict[str, Decimal] = {}

    def __getitem__(self, symbol: str) -> Decimal:
        if asset_class(symbol) != OPTION:
            raise KeyError(symbol)
        while symbol not in self._found:
            rows = next(self._days, None)
            if rows is None:
                raise KeyError(symbol)
            for row in reversed(rows):
                self._found.setdefault(row.symbol, row.multiplier)
        return self._found[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter({row.symbol for row in self._trades if asset_class(row.symbol) == OPTION})

    def __len__(self) -> int:
        return sum(1 for _ in self)


def sizes(before: Proven | None, after: Proven, told: Sequence[Told], known: Sizes) -> dict[str, Decimal]:
    """The contract size of all that was held or moved; ``known`` are those of what neither point holds."""
    points = [point for point in (before, after) if point]
    held = {each.key: each.multiplier for point in points for each in point.state.positions}
    moved = {each.row.symbol for each in told}.union(
        symbol for each in told for symbol, _ in quantity_effects(each.row)
    )
    return {symbol: known[symbol] for symbol in moved - held.keys() if symbol in known} | held


def prices(before: Proven | None, after: Proven, told: Sequence[Told], known: Sizes) -> dict[str, Decimal]:
    """The price of everything that was held or moved, at the second point.

    What is flat then has its last mark, so that what it was closed at counts as the closing's effect; what
    was flat at both has its last fill's. Of a holding without a price the last known one is taken.
    """
    found = _marked(before, known) if before else {}
    held = set(found)
    for each in told:
        for symbol, qty in quantity_effects(each.row):
            price = _last_price(each.row, symbol)
            if qty and price is not None and symbol not in held:
                found[symbol] = price
    return {**found, **_marked(after, known)}


def _last_price(row: Activity, symbol: str) -> Decimal | None:
    if row.type == FILL:
        # a pair's price is in the coin that pays: not in dollars
        return row.price if symbol == row.symbol and _in_dollars(row) else None
    return ZERO if asset_class(symbol) == OPTION else row.price


def _in_dollars(row: Activity) -> bool:
    _, slash, quote = (row.raw_symbol or "").partition("/")
    return not slash or quote == "USD"


def _marked(point: Proven, known: Sizes) -> dict[str, Decimal]:
    found = {}
    for held in point.state.positions:
        mark = point.marks.positions.get(held.key, PositionMark())
        if mark.price is not None:
            found[held.key] = mark.price
        elif mark.market_value is not None and held.qty:
            price = EXACT.divide(mark.market_value, held.qty * known[held.key])
            found[held.key] = normal(price.quantize(_FINE, context=EXACT))
    return found


def worth(symbol: str, at: Prices, known: Sizes) -> Decimal:
    """What one unit of a holding is worth, in dollars."""
    return at.get(symbol, ZERO) * (known.get(symbol) or multiplier(asset_class(symbol)))


def held_parts(
    before: Proven | None, after: Proven, at: Prices, known: Sizes, told: Sequence[Told]
) -> Iterator[Part]:
    """What was held at the first point, at its own and at the second point's prices; and what is left over.

    A split changes both quantity and price: what the activity added is counted here.
    """
    earlier = _marked(before, known) if before else {}
    added: dict[str, Decimal] = {}
    for each in told:
        if each.row.type in SPLITS:
            for symbol, qty in quantity_effects(each.row):
                added[symbol] = added.get(symbol, ZERO) + each.sign * qty
    held = before.quantities if before else {}
    then = {**at, **earlier}
    for symbol in sorted(held.keys() | added.keys()):
        each_now = worth(symbol, at, known)
        each_then = worth(symbol, then, known)
        effect = held.get(symbol, ZERO) * (each_now - each_then) + added.get(symbol, ZERO) * each_now
        if effect:
            yield _market("held", symbol, effect, "what was held before, at the prices then and now")
    skew = _beside(after, at, known) - (_beside(before, then, known) if before else ZERO)
    if skew:
        rule = "the account's equity less its cash and its positions at their own prices"
        yield _market("prices read apart", "", skew, rule)


def _market(what: str, symbol: str, effect: Decimal, rule: str) -> Part:
    return Part(cause=Cause.MARKET, what=what, symbol=symbol, equity=normal(effect), rule=rule)


def _beside(point: Proven, at: Prices, known: Sizes) -> Decimal:
    value = sum((qty * worth(symbol, at, known) for symbol, qty in point.quantities.items()), ZERO)
    return point.marks.equity - point.cash - value
