"""What a sync has made of each part of the book: the one value that text, JSON and exit code are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from snapsync.errors import Exit

from .canon import OperationId, Record
from .change import BANKROLL, COMPONENTS, Change, Component, component, sign
from .history import Tally, tally
from .partial import concerned
from .plan import Plan
from .policy import Finding

Word = Literal["in step", "synced", "drift", "pending", "held", "blocked", "failed", "off"]

_GOOD: frozenset[Word] = frozenset({"in step", "synced", "pending", "off"})
NOT_KEPT = "not kept in step (ALPACA_SYNC_COMPONENTS)"
_TRADES = ("order:", "activity:", "row:")


class Left(Record, frozen=True):
    """A change that was not applied, and the finding that stands in its way; None: an approval is missing."""

    change: Change
    finding: Finding | None = None

    @property
    def held(self) -> bool:
        return self.finding is not None and self.finding.code == "held"


class Outcome(Record, frozen=True):
    """How one part of the book stands after a sync. True where it is in step.

    ``changes`` were applied (of a check: would be), ``left`` were not; ``pending`` are keys that are left
    to the bot for now. ``reason`` says why it failed, or why it was not looked at.
    """

    component: Component
    standing: Word
    changes: tuple[Change, ...] = ()
    left: tuple[Left, ...] = ()
    pending: tuple[str, ...] = ()
    reason: str = ""

    def __bool__(self) -> bool:
        return self.standing in _GOOD

    def __repr__(self) -> str:
        return f"<{self.component}: {self.standing}>"

    @property
    def counts(self) -> Tally:
        """How many changes of each sign."""
        return tally([sign(change) for change in self.changes])


class Synced(Record, frozen=True):
    """What a sync did. True where all that it was asked for is in step afterwards.

    ``plan`` is the whole plan; ``operation`` is the apply, None where nothing was written. ``approval``
    says that this env wants one, and none covers the plan. ``carried`` are files to which another writer
    added rows meanwhile.
    """

    env: str
    outcomes: tuple[Outcome, ...]
    plan: Plan | None = None
    operation: OperationId | None = None
    checked: bool = False
    unapproved: bool = False
    carried: tuple[str, ...] = ()
    recovered: OperationId | None = None

    def __bool__(self) -> bool:
        return all(self.outcomes)

    @property
    def off(self) -> bool:
        return self.plan is None

    @property
    def exit(self) -> Exit:
        """The code that the command ends with."""
        if self.plan and self.plan.refused:
            return Exit.REFUSED
        if self:
            return Exit.OK
        return Exit.DRIFT if self.checked else Exit.UNAPPROVED


def outcomes(
    plan: Plan, wanted: Iterable[Component], applied: Iterable[Change], *, checked: bool = False
) -> tuple[Outcome, ...]:
    """How each part stands.

    Args:
        plan: the whole plan.
        wanted: the parts that were asked for.
        applied: what of the plan was written.
        checked: whether nothing was to be written.
    """
    done = {(component(change), change.key): change for change in applied}
    asking = (*plan.refused, *plan.asking)
    known = frozenset(key for change in plan.changes for key in concerned(change))
    found = []
    for each in wanted:
        planned = [change for change in plan.changes if component(change) == each]
        changes = tuple(done[each, change.key] for change in planned if (each, change.key) in done)
        left = tuple(_left(change, asking, known) for change in planned if (each, change.key) not in done)
        waiting = tuple(key for key in plan.waiting if _part_of_key(key) == each)
        if checked and not plan.refused:
            changes = tuple(one.change for one in left if one.finding is None)
            left = tuple(one for one in left if one.finding)
        standing = _standing(plan, changes, left, waiting, checked=checked)
        found.append(Outcome(component=each, standing=standing, changes=changes, left=left, pending=waiting))
    return tuple(found)


def failed(wanted: Iterable[Component], reason: str) -> tuple[Outcome, ...]:
    """Each part, where it could not even be looked at."""
    return tuple(Outcome(component=each, standing="failed", reason=reason) for each in wanted)


def off(wanted: Iterable[Component], reason: str) -> tuple[Outcome, ...]:
    """Each part, where syncing is switched off."""
    return tuple(Outcome(component=each, standing="off", reason=reason) for each in wanted)


def _standing(
    plan: Plan,
    changes: tuple[Change, ...],
    left: tuple[Left, ...],
    waiting: tuple[str, ...],
    *,
    checked: bool,
) -> Word:
    if plan.refused:
        return "blocked"
    if any(not each.held for each in left):
        return "blocked"
    if left:
        return "held"
    if changes:
        return "drift" if checked else "synced"
    return "pending" if waiting else "in step"


def _left(change: Change, asking: Iterable[Finding], known: frozenset[str]) -> Left:
    about = concerned(change)
    # what is about this change alone says most; what is about no change at all stands in the way of each
    ranked = sorted(asking, key=lambda each: (each.key != change.key, each.key not in about))
    found = next((each for each in ranked if each.key in about or each.key not in known), None)
    return Left(change=change, finding=found)


def _part_of_key(key: str) -> Component:
    """Which part of the book a withheld key is about: a fill by hand waits to move the bankroll."""
    if key.startswith(_TRADES):
        return "transactions"
    if key == BANKROLL or ":" in key:
        return "bankroll"
    return "positions"


def of_all(found: Iterable[Outcome]) -> dict[str, Outcome]:
    """The parts by their names, in the order that people know; those that were not asked for are off."""
    known = {each.component: each for each in found}
    rest = {each.component: each for each in off(COMPONENTS, NOT_KEPT)}
    return {name: known.get(name, rest[name]) for name in COMPONENTS}
