"""The book's chain: what our acts wrote, and what others wrote, as the next look saw it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from .blame import ZERO, Glance, How, Step, quantity
from .canon import OperationId, PlanId
from .change import PositionChange
from .instant import Instant
from .state import State
from .stretch import Entry

_WRITES = frozenset({"apply", "recover", "undo", "restore", "repair"})
"""The acts that write into the book; any other sees what somebody else has written, or plans."""


def book_steps(key: str, glances: Sequence[Glance], now: tuple[Instant, State] | None) -> tuple[Step, ...]:
    """The chain of one holding.

    Args:
        key: the holding.
        glances: all operations, oldest first.
        now: the book's files as they are at this time; None where only what was seen counts.
    """
    steps: list[Step] = []
    planned: dict[PlanId, Entry] = {}
    held, looked = ZERO, False
    for each in glances:
        if each.act.plan and each.act.verb not in _WRITES:
            planned[each.act.plan] = (each.id, each.act)
        if each.book is None:
            continue
        after = quantity(each.book, key)
        for how, before, then in _ways(each, key, held, after, first=not looked):
            maker = planned.get(each.act.plan) if each.act.plan and how == "written" else None
            at, seen = each.act.time, (each.id, each.act)
            steps.append(Step(at=at, before=before, after=then, how=how, seen=seen, planned=maker))
        held, looked = after, True
    if now is not None and (after := quantity(now[1], key)) != held:
        steps.append(Step(at=now[0], before=held, after=after, how="edited"))
    return tuple(steps)


def writers(key: str, glances: Sequence[Glance], book: Sequence[Step]) -> dict[OperationId, Entry | None]:
    """By each operation: the one that brought what it saw first at the broker into the book.

    None where the book said the same by then without us, or does not say it yet.
    """
    wrote = {step.seen[0] for step in book if step.how == "written" and step.seen}
    found: dict[OperationId, Entry | None] = {}
    writer: Entry | None = None
    for each in reversed(glances):
        if each.id in wrote:
            writer = (each.id, each.act)
        elif each.book and each.broker and quantity(each.book, key) == quantity(each.broker, key):
            writer = None
        found[each.id] = writer
    return found


def _ways(
    glance: Glance, key: str, before: Decimal, after: Decimal, *, first: bool
) -> Iterator[tuple[How, Decimal, Decimal]]:
    """How the book came from one quantity to the next: ours, and what others did before and after it."""
    if glance.act.verb not in _WRITES:
        ways: tuple[tuple[How, Decimal, Decimal], ...] = (("earlier" if first else "edited", before, after),)
    else:
        found, left = _ours(glance, key, before, after)
        ways = (("edited", before, found), ("written", found, left), ("edited", left, after))
    yield from (way for way in ways if way[1] != way[2])


def _ours(glance: Glance, key: str, before: Decimal, after: Decimal) -> tuple[Decimal, Decimal]:
    """What our act found in the book, and what it left there.

    An act that puts whole files back names no changes: then all that moved is its work.
    """
    changes = glance.plan.changes if glance.plan else ()
    change = next((each for each in changes if isinstance(each, PositionChange) and each.key == key), None)
    if change is not None:
        # recovery may have taken it back
        return _qty(change.before), after if _qty(change.before) == after else _qty(change.after)
    if glance.act.verb == "apply" and changes:
        return after, after
    return before, after


def _qty(record: object) -> Decimal:
    return getattr(record, "qty", ZERO)
