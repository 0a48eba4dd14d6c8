"""Holds: changes that a person has taken back, so that no program applies them again by itself.

A hold is on one change as far as it says what the book should become. It ends when the change is applied
with a person's yes, or when the broker's value moves on, so that the change is another one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal

from .canon import Record, plain
from .change import BankrollChange, Change, Component, PositionChange, TransactionChange, step
from .instant import Instant, readable
from .policy import Finding, Rules


class Hold(Record, frozen=True):
    """That a change was undone or rejected.

    ``after`` is the record as the change would leave it; of a bankroll it is ``amount``, in dollars.
    ``name`` is what people call it, ``why`` the word for what was done with it, ``since`` when, ``by`` who.
    """

    component: Component
    key: str
    after: dict[str, str | None] | None
    amount: Decimal | None
    name: str
    why: str
    since: Instant
    by: str


def hold(change: Change, why: str, since: Instant, by: str) -> Hold:
    """Put a change on hold."""
    wanted = step(change)
    amount = change.amount if isinstance(change, BankrollChange) else None
    return Hold(
        component=wanted.component,
        key=wanted.key,
        after=wanted.after,
        amount=amount,
        name=_name(change),
        why=why,
        since=since,
        by=by,
    )


def holding(changes: Iterable[Change], holds: Iterable[Hold], rules: Rules) -> dict[str, Hold]:
    """Which of these changes are on hold, by their key."""
    by_key = {(each.component, each.key): each for each in holds}
    found = {}
    for change in changes:
        wanted = step(change)
        held = by_key.get((wanted.component, wanted.key))
        if held and held.after == wanted.after and _same_amount(change, held, rules):
            found[change.key] = held
    return found


def still_held(
    changes: Iterable[Change], holds: Iterable[Hold], rules: Rules, withheld: Collection[str] = ()
) -> tuple[Hold, ...]:
    """The holds that go on, now that these changes are what is due.

    What is withheld for now, or not compared at all, cannot have moved on.
    """
    kept = tuple(holds)
    on = holding(changes, kept, rules).values()
    return tuple(
        each for each in kept if each in on or each.key in withheld or each.component not in rules.components
    )


def on_hold(found: dict[str, Hold]) -> Iterable[Finding]:
    """Ask for a person's yes to each change on hold."""
    for key, each in sorted(found.items()):
        yield Finding(
            code="held",
            severity="approve",
            key=key,
            summary="A change is on hold: it waits for a person's yes, or until the broker's value moves on.",
            detail=f"{each.name}: {each.why} {readable(each.since)} by {each.by}.",
        )


def _name(change: Change) -> str:
    match change:
        case TransactionChange(after=trade):
            return f"trade {trade.action} {plain(trade.qty)} {trade.symbol}"
        case PositionChange():
            return f"position {change.key}"
        case BankrollChange():
            return "bankroll"


def _same_amount(change: Change, held_: Hold, rules: Rules) -> bool:
    """Whether a bankroll is still, but for a tick, what it was when it was taken back."""
    if not isinstance(change, BankrollChange) or held_.amount is None:
        return True
    return abs(change.amount - held_.amount) * 100 <= rules.tolerance_pct * abs(held_.amount)
