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
        if each.act.plan and each.act.verb == "plan":
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


def writers(key: str, glances: Sequence[Glance]) -> dict[OperationId, Entry | None]:
    """By each operation: the one that brought what it saw first at the broker into the book.

    None where the book said the same by then without us, or does not say it yet.
    """
    found: dict[OperationId, Entry | None] = {}
    writer: Entry | None = None
    for each in reversed(glances):
        if wrote(each, key):
            writer = (each.id, each.act)
        elif each.book and each.broker and quantity(each.book, key) == quantity(each.broker, key):
            writer = None
        found[each.id] = writer
    return found


def wrote(glance: Glance, key: str) -> PositionChange | None:
    """What an operation wrote of a holding into the book."""
    if glance.plan is None or glance.act.verb in ("plan", "recover"):
        return None
    changes = (each for each in glance.plan.changes if isinstance(each, PositionChange))
    return next((each for each in changes if each.key == key), None)


def _ways(
    glance: Glance, key: str, before: Decimal, after: Decimal, *, first: bool
) -> Iterator[tuple[How, Decimal, Decimal]]:
    """How the book came from one quantity to the next: ours, and what others did before and after it."""
    change = wrote(glance, key)
    if change is None or (before == after and after != _qty(change.after)):
        if before != after:
            ours = glance.act.verb == "recover"
            yield ("written" if ours else "earlier" if first else "edited"), before, after
        return
    found, left = _qty(change.before), _qty(change.after)
    if before != found:
        yield "edited", before, found
    yield "written", found, left
    if left != after:
        yield "edited", left, after


def _qty(record: object) -> Decimal:
    return getattr(record, "qty", ZERO)
