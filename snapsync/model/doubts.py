"""Roll the last proven point forward by the activities since: what the broker's own numbers leave unsaid.

Two derivations of each position and of cash, one from the broker's lists and one from its activities,
must agree. Where they do not, and stay so, the difference is reported with both numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from .accruals import Habit
from .canon import normal
from .explain import Terms, explain
from .explanation import CASH, Explanation
from .ledger import BUSTED, Activity
from .missing import FLOOR, UNEXPLAINED, Missing, carried, room_for_fees, sums
from .money import dollars, signed
from .policy import Finding
from .proven import Proven, news

ZERO = Decimal(0)


class Rolled(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at the account leaves unexplained; ``open`` counts the equations that do not close."""

    missing: tuple[Missing, ...] = ()
    habit: Habit | None = None
    doubts: tuple[Finding, ...] = ()
    open: int = 0


def roll_forward(
    before: Proven,
    after: Proven,
    *,
    missing: Iterable[Missing] = (),
    habit: Habit | None = None,
    multipliers: Mapping[str, Decimal] | None = None,
) -> Rolled:
    """Hold a look at the account against the last proven one and the activities since.

    Args:
        before: the last proven point.
        after: what was just read.
        missing: what was unexplained at the former.
        habit: when this account's fees leave cash, as far as it was seen.
        multipliers: of contracts that neither point holds.
    """
    known = tuple(missing)
    found = explain(before, after, Terms(habit=habit, multipliers=multipliers or {}, missing=sums(known)))
    room = room_for_fees(news(before, after))
    return Rolled(
        missing=carried(known, found, room),
        habit=found.habit,
        doubts=(*_quantities(found, after, room), *_cash(found, after, room)),
        open=len(found.unexplained.quantities) + bool(found.unexplained.cash),
    )


def busted(
    before: Proven, after: Proven, lost: Iterable[Activity], habit: Habit | None = None
) -> tuple[Activity, ...]:
    """Fills that are not shown any more, as void; none where the account's numbers still have them.

    A list may lack a row by mistake: what decides is whether positions and cash are as if it had never been.
    """
    rows = tuple(msgspec.structs.replace(row, status=BUSTED) for row in lost)
    undone = msgspec.structs.replace(after, ledger=after.ledger.merged(rows))
    better = roll_forward(before, undone, habit=habit).open < roll_forward(before, after, habit=habit).open
    return rows if better else ()


def _quantities(found: Explanation, after: Proven, room: Mapping[str, Decimal]) -> Iterator[Finding]:
    lists = after.quantities
    for symbol, rest in sorted(found.unexplained.quantities.items()):
        if ZERO < -rest <= room.get(symbol, ZERO):
            continue  # a coin's fee is taken at once and posted later
        is_ = lists.get(symbol, ZERO)
        yield Finding(
            code="quantity-unexplained",
            severity="note",
            key=symbol,
            summary="The broker's position is not what its activities make it.",
            detail=f"{symbol}: the broker lists {normal(is_)}; the last proven position and"
            f" the activities since make it {normal(is_ - rest)}.",
        )


def _cash(found: Explanation, after: Proven, room: Mapping[str, Decimal]) -> Iterator[Finding]:
    rest = found.unexplained.cash
    if abs(rest) > FLOOR + room[CASH]:
        yield Finding(
            code="cash-unexplained",
            severity="note",
            key=CASH,
            summary="The broker's cash is not what its activities make it.",
            detail=f"Cash is {dollars(after.cash)}: {signed(normal(rest))} beside the last proven"
            " amount and the activities since. Fees are often posted a day late.",
        )


def told_by_missing(finding: Finding) -> bool:
    """Whether a doubt is told again, with its age, by what is missing."""
    return finding.code in UNEXPLAINED
