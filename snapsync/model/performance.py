"""What the account earned: deposits and withdrawals taken out, day by day, as first and as now known.

A deposit is no profit and a withdrawal no loss. A fee that is posted a day late is a cost of the day that it
was charged for: so a day has two figures where late activities changed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Literal

import msgspec

from .canon import EXACT, Record, normal
from .change import Cause
from .explain import Terms, explain
from .explanation import Explanation, Part
from .instant import Instant
from .proven import Proven
from .restated import as_now_known
from .trading_days import market_day

ZERO = Decimal(0)

By = Literal["day", "week", "month"]
BY: tuple[By, ...] = ("day", "week", "month")


class Figures(Record, frozen=True):
    """One day, week or month in dollars; ``profit`` is what equity gained beside what came in or went out.

    ``fees`` and ``income`` are parts of it; ``unexplained`` is the cash of it that no activity accounts for.
    """

    profit: Decimal = ZERO
    fees: Decimal = ZERO
    income: Decimal = ZERO
    deposits: Decimal = ZERO
    withdrawals: Decimal = ZERO
    unexplained: Decimal = ZERO

    def __add__(self, other: Figures) -> Figures:
        mine, theirs = msgspec.structs.asdict(self), msgspec.structs.asdict(other)
        return Figures(**{name: normal(mine[name] + theirs[name]) for name in mine})


class Period(Record, frozen=True):
    """A day (by its date), an ISO week or a month; with the equity at its last look."""

    name: str
    equity: Decimal
    first: Figures
    now: Figures

    @property
    def restated(self) -> bool:
        """Whether late activities changed it."""
        return self.first != self.now


class Drawdown(Record, frozen=True):
    """The deepest fall of profit below an earlier peak: dollars, and percent of the equity at the peak."""

    amount: Decimal = ZERO
    percent: Decimal = ZERO
    peak: str = ""
    low: str = ""


class Performance(Record, frozen=True):
    """All periods, their sums, and the drawdown by days, all as now known where not said otherwise."""

    by: By
    since: Instant
    until: Instant
    start: Decimal
    equity: Decimal
    periods: tuple[Period, ...]
    total: Figures
    drawdown: Drawdown


def performance(looks: Sequence[Proven], by: By = "day", terms: Terms | None = None) -> Performance:
    """Measure an account from its looks, in the order of time; the last look of each market day counts.

    Args:
        looks: at least one; the first is where it begins.
        by: the length of a period. What happened between two looks belongs to the day of the later one.
        terms: what explanations may know.
    """
    days = _days(looks)
    with localcontext(EXACT):
        first = _figures(days, days, terms)
        now = _figures(days, as_now_known(days), terms, restate=True)
        names = {market_day(look.at): _name(market_day(look.at), by) for look in days[1:]}
        periods = tuple(_periods(days, names, first, now))
        return Performance(
            by=by,
            since=days[0].at,
            until=days[-1].at,
            start=days[0].marks.equity,
            equity=days[-1].marks.equity,
            periods=periods,
            total=sum((each.now for each in periods), Figures()),
            drawdown=_drawdown(days, now),
        )


def _days(looks: Sequence[Proven]) -> list[Proven]:
    last = {market_day(look.at): look for look in looks}
    days = [last[day] for day in sorted(last)]
    return days if days[0] is looks[0] else [looks[0], *days]


def _figures(
    days: Sequence[Proven], known: Sequence[Proven], terms: Terms | None, *, restate: bool = False
) -> dict[date, Figures]:
    """The figures of each market day; with ``restate`` late fees count for the day that they are dated."""
    ends = [market_day(look.at) for look in days[1:]]
    found = dict.fromkeys(ends, Figures())
    for (before, after), end in zip(pairwise(known), ends, strict=True):
        explained = explain(before, after, terms)
        found[end] += _of(explained)
        for part in explained.parts if restate else ():
            own = _own_day(part, ends, market_day(days[0].at))
            if own and own != end:
                moved = _of_part(part)
                found[own] += moved
                found[end] += _negative(moved)
    return found


def _own_day(part: Part, ends: Iterable[date], begin: date) -> date | None:
    """The day that a late fee or dividend counts for; None where it stays on the day on which it came."""
    if not part.restates or part.qty or part.cause not in {Cause.FEE, Cause.INCOME}:
        return None
    day = date.fromisoformat(part.restates)
    return next((end for end in ends if end >= day), None) if day > begin else None


def _of(found: Explanation) -> Figures:
    parts = sum(map(_of_part, found.parts), Figures())
    profit = found.equity.change - parts.deposits - parts.withdrawals
    return msgspec.structs.replace(parts, profit=normal(profit), unexplained=found.unexplained.cash)


def _of_part(part: Part) -> Figures:
    match part.cause:
        case Cause.CASH_FLOW if part.equity > 0:
            return Figures(deposits=part.equity)
        case Cause.CASH_FLOW:
            return Figures(withdrawals=part.equity)
        case Cause.FEE:
            return Figures(profit=part.equity, fees=part.equity)
        case Cause.INCOME:
            return Figures(profit=part.equity, income=part.equity)
        case _:
            return Figures()


def _negative(figures: Figures) -> Figures:
    return Figures(**{name: -amount for name, amount in msgspec.structs.asdict(figures).items()})


def _name(day: date, by: By) -> str:
    if by == "week":
        return f"{day:%G-W%V}"
    return day.isoformat() if by == "day" else f"{day:%Y-%m}"


def _periods(
    days: Sequence[Proven],
    names: Mapping[date, str],
    first: Mapping[date, Figures],
    now: Mapping[date, Figures],
) -> Iterable[Period]:
    equity = {names[market_day(look.at)]: look.marks.equity for look in days[1:]}
    for name, last in equity.items():
        own = [day for day, its in names.items() if its == name]
        yield Period(
            name=name,
            equity=last,
            first=sum((first[day] for day in own), Figures()),
            now=sum((now[day] for day in own), Figures()),
        )


def _drawdown(days: Sequence[Proven], now: Mapping[date, Figures]) -> Drawdown:
    """Flows raise or lower equity without being profit: so it is the sum of profits that falls."""
    deepest, total = Drawdown(), ZERO
    peak, at, worth = ZERO, market_day(days[0].at), days[0].marks.equity
    for look in days[1:]:
        day = market_day(look.at)
        total += now[day].profit
        if total >= peak:
            peak, at, worth = total, day, look.marks.equity
        elif peak - total > deepest.amount:
            share = (peak - total) * 100 / worth if worth > 0 else ZERO
            deepest = Drawdown(
                amount=normal(peak - total),
                percent=normal(share.quantize(Decimal("0.01"))),
                peak=at.isoformat(),
                low=day.isoformat(),
            )
    return deepest
