"""Approvals: a person's word on a plan, and the one question of every gate: does it cover this plan?

An approval is bound to what a plan does, not to when it was made: planning again on unchanged facts is
covered, and so is a part of what was approved. Whatever goes beyond that is a hole, named by its code.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

import msgspec

from .canon import ObjectId, PlanId, Record, RulesId, Stored, encode
from .change import BANKROLL, BankrollChange, Change, TransactionChange, step
from .history import Actor
from .instant import Instant, readable
from .money import dollars
from .plan import Plan, Reading
from .policy import Rules
from .state import Scope

Word = Literal["approved", "rejected", "revoked"]
Fate = Literal["live", "used", "revoked", "rejected"]

LONGEST_DAYS = 30
"""No approval lives longer, so that a gate need not read the whole log."""

_VOID: dict[Fate, tuple[str, str]] = {
    "used": ("used-up", "it was used up by an apply"),
    "revoked": ("revoked", "it was taken back"),
    "rejected": ("rejected", "the plan was rejected after it"),
}


class Job(Record, frozen=True):
    """The run of a CI system in which something was done, in the system's own words."""

    system: str
    actor: str | None = None
    run: str | None = None


class Approval(Stored, frozen=True, tag="approval"):
    """What somebody said of a plan: yes, no, or that an earlier word no longer counts.

    ``actor`` and ``job`` are who ran the command, as the machine knows them; ``by`` is what they wrote.
    ``planner`` had made the plan; ``reading`` is the broker's dollars of that time. ``revokes`` is the
    word that is taken back.
    """

    word: Word
    plan: PlanId
    details: ObjectId
    account: str
    rules: RulesId
    scope: Scope
    reading: Reading | None
    actor: Actor
    planner: Actor
    at: Instant
    until: Instant
    by: str = ""
    reason: str = ""
    job: Job | None = None
    revokes: ObjectId | None = None


class Given(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An approval, the plan that it approved, and what has become of it."""

    id: ObjectId
    approval: Approval
    plan: Plan
    fate: Fate = "live"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a gate asks by: the rules and the time now, and whether a planner's own yes counts."""

    rules: Rules
    now: Instant
    self_approval: bool = True


class Hole(Record, frozen=True):
    """One reason why an approval does not cover a plan: a stable code, what it is about, a sentence."""

    code: str
    key: str
    detail: str


class Cover(Record, frozen=True):
    """How far one approval covers a plan; wholly when there is no hole."""

    id: ObjectId
    approval: Approval
    holes: tuple[Hole, ...] = ()

    @property
    def whole(self) -> bool:
        return not self.holes


def covers(given: Given, plan: Plan, terms: Terms) -> Cover:
    """Hold one approval against a plan: the one place where this is decided."""
    return Cover(
        id=given.id,
        approval=given.approval,
        holes=(
            *_void(given, terms),
            *_elsewhere(given.approval, given.plan, plan, terms),
            *_beyond(given.plan, plan),
            *_moved(given.approval.reading, plan, terms.rules),
        ),
    )


def _void(given: Given, terms: Terms) -> Iterator[Hole]:
    """The approval no longer counts, or never did."""
    said = given.approval
    if said.word != "approved":
        yield Hole(code="no-approval", key="approval", detail=f"it says {said.word}")
    if given.fate in _VOID:
        code, detail = _VOID[given.fate]
        yield Hole(code=code, key="approval", detail=detail)
    if terms.now > said.until:
        yield Hole(code="expired", key="approval", detail=f"it was good until {readable(said.until)}")
    if said.actor.same(said.planner) and not terms.self_approval:
        who = f"{said.actor.user}@{said.actor.host}"
        yield Hole(code="self-approved", key="approval", detail=f"{who} had made the plan and approved it")


def _elsewhere(said: Approval, approved: Plan, plan: Plan, terms: Terms) -> Iterator[Hole]:
    """It was said of another account, by other rules, or of another kind of plan."""
    if said.account != plan.account:
        yield Hole(code="other-account", key="account", detail="it was given for another account")
    if (said.rules, said.scope) != (plan.rules, plan.scope) or plan.rules != terms.rules.id:
        yield Hole(code="other-rules", key="rules", detail="it was given under other rules")
    if approved.origin != plan.origin:
        yield Hole(
            code="other-origin",
            key="plan",
            detail=f"it was given for a plan of origin {approved.origin}, this one's is {plan.origin}",
        )


def _beyond(approved: Plan, plan: Plan) -> Iterator[Hole]:
    """The plan does, or is found to be, more than what was approved."""
    known = {encode(step(change)) for change in approved.changes}
    for change in plan.changes:
        if encode(step(change)) not in known:
            yield Hole(
                code="uncovered-change", key=change.key, detail=f"{_named(change)} is not what was approved"
            )
    steps = {(each.role, each.before, each.after) for each in approved.files}
    for file in plan.files:
        if (file.role, file.before, file.after) not in steps:
            yield Hole(
                code="uncovered-change", key=file.role, detail=f"{file.name} is not given what was approved"
            )
    seen = {encode(judged) for judged in approved.body.findings}
    for judged in plan.body.findings:
        if encode(judged) not in seen:
            yield Hole(
                code="new-finding", key=judged.key, detail=f"{judged.code} ({judged.severity}) came up since"
            )


def _moved(approved: Reading | None, plan: Plan, rules: Rules) -> Iterator[Hole]:
    """The broker's dollars are others: cash exactly, the bankroll's reading by more than the tolerance."""
    now = plan.reading
    if plan.origin != "sync" or now is None or approved is None:
        return  # no dollars of the broker's are written
    if now.cash != approved.cash:
        yield Hole(
            code="cash-moved", key="cash", detail=f"cash was {_said(approved.cash)}, is {_said(now.cash)}"
        )
    yield from restated(approved, plan, rules)


def restated(seen: Reading | None, plan: Plan, rules: Rules) -> Iterator[Hole]:
    """The bankroll would be given other dollars than somebody has seen, by more than the tolerance."""
    now = plan.reading
    writes = any(isinstance(change, BankrollChange) for change in plan.changes)
    if plan.origin != "sync" or not writes or now is None or seen is None:
        return
    then, today = (seen.equity, now.equity) if rules.basis == "equity" else (seen.cash, now.cash)
    if _apart(then, today, rules.tolerance_pct):
        yield Hole(
            code="reading-moved",
            key="bankroll",
            detail=f"{rules.basis} was {_said(then)}, is {_said(today)} (tolerance {rules.tolerance_pct} %)",
        )


def _apart(seen: Decimal | None, now: Decimal | None, tolerance: Decimal) -> bool:
    if seen is None or now is None:
        return seen is not now
    # the percentage of zero or less means nothing: any difference counts
    return now != seen and (seen <= 0 or abs(now - seen) * 100 > tolerance * seen)


def _said(amount: Decimal | None) -> str:
    return "unknown" if amount is None else dollars(amount)


def _named(change: Change) -> str:
    """What a change is about, as people call it: a trade's symbol, not its order's id."""
    if isinstance(change, TransactionChange):
        return f"the trade {change.after.action} {change.after.symbol}"
    return BANKROLL if isinstance(change, BankrollChange) else f"the position {change.key}"
