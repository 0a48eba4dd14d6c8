"""A part of a plan: some of its components or symbols only; a plan of its own, with an id of its own."""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec

from .change import COMPONENTS, BankrollChange, Change, TransactionChange, component
from .plan import Part, Plan


def part_of(plan: Plan, part: Part | None) -> Plan:
    """What of a plan a part covers; findings on what it leaves out go too, those on the whole stay."""
    if part is None:
        return plan
    kept = tuple(change for change in plan.changes if _covers(part, change))
    gone = {key for change in plan.changes if change not in kept for key in _keys(change)}
    gone -= {key for change in kept for key in _keys(change)}
    return msgspec.structs.replace(
        plan,
        part=part,
        changes=kept,
        findings=tuple(each for each in plan.findings if each.key not in gone),
    )


def _covers(part: Part, change: Change) -> bool:
    wanted = not part.only or any(_matches(each, change) for each in part.only)
    return wanted and not any(_matches(each, change) for each in part.leave)


def _matches(pattern: str, change: Change) -> bool:
    """A pattern is a component's name, or a glob of symbols."""
    if pattern in COMPONENTS:
        return component(change) == pattern
    return not isinstance(change, BankrollChange) and fnmatchcase(_symbol(change), pattern)


def _symbol(change: Change) -> str:
    return change.after.symbol if isinstance(change, TransactionChange) else change.key


def _keys(change: Change) -> set[str]:
    return {change.key, _symbol(change)}
