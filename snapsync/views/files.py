"""What an undo, a restore or a repair makes of each file, place by place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from snapsync.model.canon import short
from snapsync.model.change import FileChange, Spot
from snapsync.model.plan import Plan

from .neutral import terminal
from .paint import Paint
from .wrap import wrapped

_FEW = 6
"""So many places of a file are shown without ``-v``."""
_WIDEST = 50
_MEANT = {
    "undo": "Undo of {}:",
    "restore": "Back to the book as it was after {}:",
    "repair": "Repair of the book:",
}


def files(plan: Plan, paint: Paint, *, verbose: bool = False, hidden: bool = False) -> list[str]:
    """The files that a plan gives other bytes, as lines; none for a plan that has changes instead.

    What is in them may be ``hidden``.
    """
    if plan.origin == "sync":
        return []
    width = max((len(each.name) for each in plan.files), default=0)
    said = [paint(_MEANT[plan.origin].format(short(plan.target or "")), "bold")]
    for each in plan.files:
        said.append(paint(f"  ~ file  {terminal(each.name):<{width}}  {_how(each)}", "~"))
        if hidden:
            continue
        most = None if verbose else _FEW
        notes = [part for note in each.notes[:most] for part in wrapped(terminal(note), "      ", "  ")]
        said += notes or [f"      {line}" for line in _places(each.spots[:most])]
        more = (len(each.notes) or each.count) - len((each.notes or each.spots)[:most])
        if more:
            said.append(paint(f"      … and {more} more{'' if verbose else ' (-v shows more)'}", "dim"))
    return said


def _how(change: FileChange) -> str:
    if not change.count:
        return "left as it is: changed since"
    if change.whole:
        return "whole file, byte for byte"
    left = f", {len(change.left)} left" if change.left else ""
    return f"changed since, so place by place: {change.count} set{left}"


def _places(spots: Iterable[Spot]) -> Iterator[str]:
    for each in spots:
        before, after = _cut(each.before), _cut(each.after)
        if each.field is not None:
            yield f"line {each.line}, {terminal(each.field)}: {before} → {after}"
        elif each.before is None:
            yield f"line {each.line}, row in: {after}"
        elif each.after is None:
            yield f"line {each.line}, row out: {before}"
        else:
            yield f"{before} → {after}"


def _cut(text: str | None) -> str:
    said = terminal(text or "") or "empty"
    return said if len(said) <= _WIDEST else said[: _WIDEST - 1] + "…"
