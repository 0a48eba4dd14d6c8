"""The equations: every cent, share and dollar of equity between two points, traced to what caused it.

With dq what an activity moved, and p0 and p1 the prices at both points::

    cash      after - before = Σ what activities moved + fees on their way + rounding + unexplained
    quantity  after - before = Σ what activities moved + unexplained              (per symbol)
    equity    after - before = Σ (cash + dq * p1 * size) + Σ held * (p1 - p0) * size + unexplained

The parts always add up to the whole; nothing is forced to fit. docs/explain.md has them in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from itertools import chain

import msgspec

from .accruals import HABITS, Habit, Rest, settled
from .canon import EXACT, normal
from .causes import Kind, kind_of
from .change import Cause
from .effects import NINTH_DECIMAL, cash_effect, claimed_quantity, coin_pair, quantity_effects
from .explanation import BASELINE, CASH, FELT_BEFORE, MISSING_BEFORE, Explanation, Part, Sums, Unexplained
from .ledger import FILL, Activity
from .pages import Pages
from .proven import Proven, Told, news
from .senders import Orders, Senders
from .state import Transaction
from .trading_days import market_day
from .worth import SPLITS, held_parts, prices, sizes, worth

ZERO = Decimal(0)
_MADE_UP = "so much had no activity at the first point; those that came since make up for it"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What an explanation may know beside its two points.

    ``senders`` say whose the fills were; ``habit`` when this account's fees leave cash, as far as it was
    seen; ``multipliers`` are those of contracts that neither point holds; ``missing`` is what was
    unexplained at the first point already: dollars of ``cash``, units by symbol.
    """

    senders: Senders = Senders(Orders(Pages.of(Transaction, ())), (), "")
    habit: Habit | None = None
    multipliers: Mapping[str, Decimal] = {}
    missing: Mapping[str, Decimal] = {}


def explain(before: Proven | None, after: Proven, terms: Terms | None = None) -> Explanation:
    """Trace what changed between two points of one account.

    Args:
        before: the earlier point; None on first contact: then what the activities do not prove is the
            baseline, and nothing is unexplained.
        after: the later point.
        terms: what else is known.
    """
    with localcontext(EXACT):
        told = tuple(news(before, after))
        whole = _Equations(before, after, told, terms or Terms())
        late = {each.row.key for each in told if each.late}
        if late and whole.open:
            # rows that the broker had made before the first point: its cash may have had them already
            without = _Equations(before, after, told, terms or Terms(), beforehand=late)
            if without.open < whole.open:
                whole = without
        return whole.explanation()


class _Equations:
    """One attempt at the equations; ``beforehand`` are keys of rows that the first point had felt already."""

    def __init__(
        self,
        before: Proven | None,
        after: Proven,
        told: Sequence[Told],
        terms: Terms,
        beforehand: Iterable[str] = (),
    ) -> None:
        self._before, self._after, self._terms = before, after, terms
        self._told, self._beforehand = told, frozenset(beforehand)
        self._sizes = sizes(before, after, told, terms.multipliers)
        self._prices = prices(before, after, told, self._sizes)
        self._rows = tuple(chain.from_iterable(map(self._parts_of, told)))
        self._quantities = self._quantity_rests()
        self._claimed = tuple(self._claims())
        self._hair = tuple(self._hairs())
        left = {**self._quantities}
        for part in (*self._claimed, *self._hair):
            left[part.symbol] = normal(left[part.symbol] - part.qty)
        self._left = {symbol: qty for symbol, qty in sorted(left.items()) if qty}
        self._rest = self._settle()

    @property
    def open(self) -> int:
        """How many of the equations do not close."""
        return len(self._left) + bool(self._rest.unexplained)

    def explanation(self) -> Explanation:
        before, after = self._before, self._after
        repaid = tuple(self._repaid())
        parts = [*self._rows, *self._claimed, *self._hair, *self._cash_parts(), *repaid]
        parts += held_parts(before, after, self._prices, self._sizes, self._told)
        unexplained = self._unexplained(repaid)
        if before is None:
            parts += self._baseline(unexplained)
            unexplained = Unexplained()
        return Explanation(
            since=before.at if before else None,
            until=after.at,
            cash=Sums(before.cash if before else ZERO, after.cash),
            equity=Sums(before.marks.equity if before else ZERO, after.marks.equity),
            parts=tuple(parts),
            unexplained=unexplained,
            habit=self._rest.reading if self._rest.proven else self._terms.habit,
            or_else=self._rest.alternative if unexplained.cash else "",
        )

    def _unexplained(self, repaid: Iterable[Part]) -> Unexplained:
        cash, left = self._rest.unexplained, dict(self._left)
        for part in repaid:
            cash = normal(cash - part.cash)
            if part.qty:
                left[part.symbol] = normal(left[part.symbol] - part.qty)
        quantities = {symbol: qty for symbol, qty in left.items() if qty}
        value = sum((qty * self._worth(symbol) for symbol, qty in quantities.items()), ZERO)
        return Unexplained(cash=cash, quantities=quantities, equity=normal(cash + value))

    def _worth(self, symbol: str) -> Decimal:
        return worth(symbol, self._prices, self._sizes)

    def _parts_of(self, told: Told) -> Iterator[Part]:
        """The parts of one activity; where it was felt before the first point, their counterparts too."""
        row, sign = told.row, told.sign
        kind = kind_of(told, self._terms.senders)
        cash = sign * cash_effect(row, self._sizes)
        moved = list(quantity_effects(row)) or [(row.symbol, ZERO)]
        for number, (symbol, qty) in enumerate(moved):
            part = self._part(kind, row, symbol, ZERO if number else cash, sign * qty)
            if not (part.cash or part.qty) and told.again:
                continue
            yield part
            if row.key in self._beforehand:
                felt = Kind(
                    cause=Cause.RESTATEMENT,
                    what=FELT_BEFORE,
                    rule="the broker made the activity before the first point, whose numbers had it already",
                )
                yield self._part(felt, row, symbol, -part.cash, -part.qty)

    def _part(self, kind: Kind, row: Activity, symbol: str, cash: Decimal, qty: Decimal) -> Part:
        return Part(
            cause=kind.cause,
            what=kind.what,
            symbol=symbol,
            cash=normal(cash),
            qty=normal(qty),
            # a split moves price and quantity against each other: with what was held, see held_parts
            equity=normal(cash + (ZERO if row.type in SPLITS else qty * self._worth(symbol))),
            evidence=(row.key,),
            rule=kind.rule,
            or_else=kind.or_else,
            restates=self._earlier_day(row),
        )

    def _earlier_day(self, row: Activity) -> str | None:
        """The day that a row belongs to, where that is not one of those since the first point.

        What is no fill has a date only: one of the first point's day that came on a later one came late.
        """
        if self._before is None:
            return None
        day, first = market_day(row.time), market_day(self._before.at)
        late = row.type != FILL and day == first < market_day(self._after.at)
        return day.isoformat() if late or day < first else None

    def _quantity_rests(self) -> dict[str, Decimal]:
        rests = dict(self._after.quantities)
        for symbol, qty in (self._before.quantities if self._before else {}).items():
            rests[symbol] = rests.get(symbol, ZERO) - qty
        for part in self._rows:
            if part.qty:
                rests[part.symbol] = rests.get(part.symbol, ZERO) - part.qty
        return rests

    def _claims(self) -> Iterator[Part]:
        """Activities of unknown types whose quantity is just what the position moved by."""
        claims: dict[str, list[Told]] = {}
        for told in self._told:
            if claimed_quantity(told.row):
                claims.setdefault(told.row.symbol, []).append(told)
        for symbol, each in claims.items():
            qty = sum((told.sign * claimed_quantity(told.row) for told in each), ZERO)
            rest = self._quantities.get(symbol, ZERO)
            rule = "a type that snapsync does not know, whose quantity is what the position moved by"
            keys = tuple(told.row.key for told in each)
            # or by what it moved before and since together, where the activity came late
            if qty and qty in (rest, rest + self._terms.missing.get(symbol, ZERO)):
                yield self._moved(Cause.UNKNOWN, each[0].row.type, symbol, qty, rule, keys)

    def _hairs(self) -> Iterator[Part]:
        """What a coin is paid with is rounded to nine decimals by the broker, once per fill."""
        fills: dict[str, list[str]] = {}
        for told in self._told:
            quote = coin_pair(told.row)[1] if told.row.type == FILL else None
            if quote:
                fills.setdefault(quote, []).append(told.row.key)
        for symbol, keys in fills.items():
            rest = normal(self._quantities.get(symbol, ZERO))
            if rest and abs(rest) <= NINTH_DECIMAL * len(keys):
                rule = "a coin that pays is rounded to nine decimals, once per fill"
                yield self._moved(Cause.ROUNDING, "rounding", symbol, rest, rule, tuple(keys))

    def _moved(
        self, cause: Cause, what: str, symbol: str, qty: Decimal, rule: str, evidence: tuple[str, ...]
    ) -> Part:
        equity = normal(qty * self._worth(symbol))
        return Part(
            cause=cause,
            what=what,
            symbol=symbol,
            qty=normal(qty),
            equity=equity,
            rule=rule,
            evidence=evidence,
        )

    def _settle(self) -> Rest:
        rest = self._after.cash - (self._before.cash if self._before else ZERO)
        rest -= sum((part.cash for part in self._rows), ZERO)
        if self._before is None:
            return Rest(reading="posted", accrued=ZERO, rounding=ZERO, unexplained=normal(rest))
        counted = [told for told in self._told if told.row.key not in self._beforehand]
        fills = [told for told in counted if told.row.type == FILL]
        return settled(
            normal(rest),
            self._before.marks,
            self._after.marks,
            amounts=[told.sign * cash_effect(told.row, self._sizes) for told in fills],
            fee_types=len({told.row.sub_type for told in counted if told.row.type == "FEE"}),
            habit=self._terms.habit,
        )

    def _cash_parts(self) -> Iterator[Part]:
        rest = self._rest
        if rest.accrued:
            yield Part(
                cause=Cause.FEE,
                what="fees accrued, not yet posted"
                if rest.accrued < 0
                else "fees accrued earlier, posted now",
                cash=rest.accrued,
                equity=rest.accrued,
                rule=HABITS[rest.reading],
                or_else=rest.alternative,
            )
        if rest.rounding:
            yield Part(
                cause=Cause.ROUNDING,
                what="rounding",
                cash=rest.rounding,
                equity=rest.rounding,
                rule="at most half a cent per fractional fill and a cent per type of fee",
            )

    def _repaid(self) -> Iterator[Part]:
        """What was missing at the first point, and whose activities have come since."""
        for key, missing in self._terms.missing.items() if self._before else ():
            rest = self._rest.unexplained if key == CASH else self._left.get(key, ZERO)
            if not rest or (missing > 0) == (rest > 0):
                continue
            amount = rest if abs(rest) <= abs(missing) else normal(-missing)
            if key == CASH:
                yield Part(
                    cause=Cause.RESTATEMENT,
                    what=MISSING_BEFORE,
                    cash=amount,
                    equity=amount,
                    rule=_MADE_UP,
                )
            else:
                yield self._moved(Cause.RESTATEMENT, MISSING_BEFORE, key, amount, _MADE_UP, ())

    def _baseline(self, left: Unexplained) -> Iterator[Part]:
        rule = "first contact: the account was so before the activities that were read"
        if left.cash:
            yield Part(cause=Cause.UNKNOWN, what=BASELINE, cash=left.cash, equity=left.cash, rule=rule)
        for symbol, qty in left.quantities.items():
            yield self._moved(Cause.UNKNOWN, BASELINE, symbol, qty, rule, ())
