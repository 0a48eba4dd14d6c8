"""A part of a plan: some of its components or symbols only; a plan of its own, with an id of its own."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

import msgspec

from .change import COMPONENTS, BankrollChange, Change, TransactionChange, component
from .plan import Part, Plan
from .symbols import concerns


def part_of(plan: Plan, part: Part | None) -> Plan:
    """What of a plan a part covers; findings on what it leaves out go too, those on the whole stay."""
    if part is None:
        return plan
    kept = tuple(change for change in plan.changes if _covers(part, change))
    chosen = {_exactly(change) for change in kept}
    gone = {key for change in plan.changes if _exactly(change) not in chosen for key in concerned(change)}
    gone -= {key for change in kept for key in concerned(change)}
    return msgspec.structs.replace(
        plan,
        part=part,
        changes=kept,
        findings=tuple(each for each in plan.findings if each.key not in gone),
    )


def narrowed(plan: Plan, keep: Callable[[Change], bool]) -> Plan:
    """The part of a plan that has only some of its changes; the plan itself where these are all."""
    left = tuple(sorted(_exactly(change) for change in plan.changes if not keep(change)))
    if not left:
        return plan
    part = plan.part or Part()
    return part_of(plan, msgspec.structs.replace(part, leave=(*part.leave, *left)))


def concerned(change: Change) -> frozenset[str]:
    """What a finding may be about, if it is about this change: its key, its symbol, its component."""
    return frozenset({change.key, _symbol(change), component(change)})


def _covers(part: Part, change: Change) -> bool:
    wanted = not part.only or any(_matches(each, change) for each in part.only)
    return wanted and not any(_matches(each, change) for each in part.leave)


def _matches(pattern: str, change: Change) -> bool:
    """A pattern is a component's name, a symbol or a glob of symbols, or names one change exactly."""
    if pattern == _exactly(change):
        return True
    if pattern in COMPONENTS:
        return component(change) == pattern
    return not isinstance(change, BankrollChange) and means(pattern, _symbol(change))


def means(pattern: str, symbol: str) -> bool:
    """Whether a pattern means a symbol: an underlying stands for the options on it too."""
    return fnmatchcase(symbol, pattern) or concerns(pattern, symbol)


def _symbol(change: Change) -> str:
    return change.after.symbol if isinstance(change, TransactionChange) else change.key


def _exactly(change: Change) -> str:
    """The one name that a change has in a plan."""
    return f"{component(change)}/{change.key}"
