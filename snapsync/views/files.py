"""What an undo, a restore or a repair makes of each file, place by place."""

from __future__ import annotations

from snapsync.model.canon import short
from snapsync.model.change import FileChange, Spot
from snapsync.model.image import ABSENT
from snapsync.model.plan import Plan

from .neutral import terminal
from .paint import Paint
from .plural import plural
from .width import padded, width
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
    wide = max((width(terminal(each.name)) for each in plan.files), default=0)
    said = [paint(title(plan), "bold")]
    for each in plan.files:
        said.append(paint(f"  ~ file  {padded(terminal(each.name), wide)}  {how(each)}", "~"))
        if hidden:
            continue
        shown, more = places(each, None if verbose else _FEW)
        for one in shown:
            said += wrapped(one, "      ", "  ") if each.notes else [f"      {one}"]
        if more:
            said.append(paint(f"      … and {more} more{'' if verbose else ' (-v shows more)'}", "dim"))
    return said


def title(plan: Plan) -> str:
    """What is done, and to what it goes back."""
    return _MEANT[plan.origin].format(short(plan.target or ""))


def how(change: FileChange) -> str:
    """In which way a file gets its bytes."""
    if not change.count:
        return "left as it is: changed since"
    if change.whole and change.after == ABSENT:
        return "removed: it was not there"
    if change.whole:
        return "whole file, byte for byte"
    left = f", {len(change.left)} left" if change.left else ""
    return f"changed since: {plural(change.count, 'place')} set{left}"


def places(change: FileChange, most: int | None = _FEW) -> tuple[list[str], int]:
    """What becomes of the first places of a file, in words made harmless for a terminal; how many more."""
    said = [*map(terminal, change.notes[:most])] or [_place(each) for each in change.spots[:most]]
    return said, (len(change.notes) or change.count) - len(said)


def _place(spot: Spot) -> str:
    before, after = _cut(spot.before), _cut(spot.after)
    if spot.field is not None:
        return f"line {spot.line}, {terminal(spot.field)}: {before} → {after}"
    if spot.before is None:
        return f"line {spot.line}, row in: {after}"
    if spot.after is None:
        return f"line {spot.line}, row out: {before}"
    return f"{before} → {after}"


def _cut(text: str | None) -> str:
    said = terminal(text or "") or "empty"
    return said if len(said) <= _WIDEST else said[: _WIDEST - 1] + "…"
