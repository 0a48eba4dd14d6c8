"""An explanation in a few sums: what a plan, a check or a message has room for."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .canon import Record, normal
from .change import Cause
from .explanation import BASELINE, Explanation, Part, Unexplained
from .instant import Instant

ZERO = Decimal(0)


class Sum(Record, frozen=True):
    """What one kind of cause did to cash and to equity, in dollars."""

    what: str
    cash: Decimal
    equity: Decimal


class Brief(Record, frozen=True):
    """By how many dollars equity moved between two looks, in sums; ``since`` is None on first contact."""

    since: Instant | None
    until: Instant
    equity: Decimal
    cash: Decimal
    sums: tuple[Sum, ...]
    unexplained: Unexplained


_NAMES = {
    Cause.FEE: "fees",
    Cause.INCOME: "dividends and interest",
    Cause.BOT: "bot's trades",
    Cause.MANUAL: "manual trades",
    Cause.BROKER: "broker-initiated trades",
    Cause.UNKNOWN: "unknown",
    Cause.OPTION_EVENT: "option events",
    Cause.CORPORATE: "corporate actions",
    Cause.RESTATEMENT: "restatements",
    Cause.MARKET: "held positions",
    Cause.ROUNDING: "rounding",
}
_FLOWS = {"deposit": "deposits", "withdrawal": "withdrawals", "transfer": "transfers"}
ORDER = (*_FLOWS.values(), "other flows", *_NAMES.values(), BASELINE)
"""The sums in the order in which people read them."""


def group_of(part: Part) -> str:
    """The sum that a part belongs to."""
    if part.what == BASELINE:
        return BASELINE
    if part.cause is Cause.CASH_FLOW:
        return _FLOWS.get(part.what, "other flows")
    return _NAMES.get(part.cause, "unknown")


def brief(found: Explanation) -> Brief:
    """The sums of an explanation; those that moved no dollar are left out."""
    return Brief(
        since=found.since,
        until=found.until,
        equity=normal(found.equity.change),
        cash=normal(found.cash.change),
        sums=tuple(each for each in _sums(found.parts) if each.cash or each.equity),
        unexplained=found.unexplained,
    )


def _sums(parts: Iterable[Part]) -> Iterable[Sum]:
    groups: dict[str, list[Part]] = {}
    for part in parts:
        groups.setdefault(group_of(part), []).append(part)
    for what in ORDER:
        each = groups.get(what, [])
        yield Sum(
            what=what,
            cash=normal(sum((part.cash for part in each), ZERO)),
            equity=normal(sum((part.equity for part in each), ZERO)),
        )
