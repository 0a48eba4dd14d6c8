"""The audit log: one line per act, which follows from the act alone, and one for what went wrong."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from .canon import OperationId, PlanId, Record, plain
from .change import BANKROLL, BankrollChange, Change, Component, component, step
from .history import WRITES, Operation, Tally
from .instant import Instant
from .plan import Plan

FAILED = "failed"
"""The event type of what is no act: something was tried and could not be done."""
MOST = 100
"""So many changes are told one by one in a line; the act's plan has them all."""

Words = dict[str, str | None]
Records = dict[str, Words | str | None]
Side = dict[str, Records | str | None]


class Event(Record, frozen=True):
    """One line. The order of the fields is that of the line.

    ``before`` and ``after`` are what an act has written, by part of the book and key; ``left_out`` is how
    many changes more there were. ``explained`` is what the account had done, in dollars of equity by cause.
    ``head`` is the newest act after the event. ``source`` says who or what
    had moved the account or the book, or, of what failed, who had tried. ``reason`` says why it failed.
    """

    timestamp: Instant
    event_type: str
    environment: str
    before: Side | None
    after: Side | None
    source: str
    plan: PlanId | None
    operation: OperationId | None
    head: OperationId | None
    actor: str
    summary: Tally | None = None
    left_out: int = 0
    explained: dict[str, str] | None = None
    reason: str = ""


class Trace(msgspec.Struct):
    """What is needed of a line to know an act again; other fields are passed over."""

    environment: str = ""
    operation: str | None = None


def event(id: OperationId, act: Operation, plan: Plan | None) -> Event:
    """The line of an act; ``plan`` is the one that it carried out, if it carried one out."""
    changes = plan.changes if plan and act.verb in WRITES else ()
    before, after = _sides(changes[:MOST], act)
    if act.files and not changes:
        before = {"files": {each.role: each.before for each in act.files}}
        after = {"files": {each.role: each.after for each in act.files}}
    return Event(
        timestamp=act.time,
        event_type=act.verb,
        environment=act.env,
        before=before,
        after=after,
        source=_source(act, changes),
        plan=act.plan,
        operation=id,
        head=id,
        actor=f"{act.actor.user}@{act.actor.host}",
        summary=act.tally,
        left_out=max(0, len(changes) - MOST),
        explained=_explained(plan) if plan and act.verb in WRITES else None,
    )


def _explained(plan: Plan) -> dict[str, str] | None:
    brief = plan.explanation
    if brief is None:
        return None
    sums = {each.what: plain(each.equity) for each in brief.sums}
    return sums | {"unexplained": plain(brief.unexplained.cash)}


def _source(act: Operation, changes: Iterable[Change]) -> str:
    causes = sorted({change.why.cause.value for change in changes})
    return ", ".join(causes) or act.origin


def _sides(changes: Iterable[Change], act: Operation) -> tuple[Side | None, Side | None]:
    """The compared fields of each record before and after, and of the bankroll the dollars."""
    before: Side = {}
    after: Side = {}
    parts: dict[Component, tuple[Records, Records]] = {}
    for change in changes:
        words, part = step(change), component(change)
        if isinstance(change, BankrollChange):
            before[part] = words.before[BANKROLL] if words.before else None
            after[part] = _written(change, act)
        else:
            was, is_ = parts.setdefault(part, ({}, {}))
            was[change.key], is_[change.key] = words.before, words.after
    before |= {part: was for part, (was, _) in parts.items()}
    after |= {part: is_ for part, (_, is_) in parts.items()}
    return before or None, after or None


def _written(change: BankrollChange, act: Operation) -> str | None:
    amount: Decimal | None = change.amount
    if act.reading:
        amount = act.reading.equity if change.basis == "equity" else act.reading.cash
    return None if amount is None else plain(amount)
