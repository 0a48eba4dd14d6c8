"""The log as people read it: looks that found nothing to do are one line, however many they are."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from .approval import Approval
from .canon import OperationId
from .history import Operation

Entry = tuple[OperationId, Operation]


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive looks that found both sides in step; ``last`` is the newest.

    ``whole`` is false where reading ended within it: then there are more of them before ``first``.
    """

    count: int
    first: Entry
    last: Entry
    whole: bool = True


Line = Entry | Stretch


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of the log, newest first; ``more`` says that there are older operations than these.

    ``said`` are the words on plans that were said in them, by the operation.
    """

    lines: tuple[Line, ...]
    more: bool
    said: dict[OperationId, Approval] = {}


def in_step(act: Operation) -> bool:
    """Whether an operation is a look that found nothing to change."""
    counts = act.tally
    quiet = counts is not None and not (counts.add or counts.update or counts.close)
    return act.verb == "plan" and act.origin == "sync" and quiet and not act.refused


def listing(
    entries: Iterable[Entry], count: int | None = None, *, folded: bool = True, most: int | None = None
) -> Listing:
    """Operations, newest first, with each stretch of looks in step as one line.

    Args:
        entries: the operations; no more of them are read than the lines need.
        count: how many lines; None for all.
        folded: whether stretches are one line.
        most: how many operations are read for them; None for as many as it takes.
    """
    lines: list[Line] = []
    for read, entry in enumerate(entries):
        joins = folded and bool(lines) and _quiet(lines[-1]) and in_step(entry[1])
        if read == most or (len(lines) == count and not joins):
            if joins:
                lines[-1] = msgspec.structs.replace(_joined(lines[-1]), whole=False)
            return Listing(lines=tuple(lines), more=True)
        if joins:
            lines[-1] = _joined(lines[-1], entry)
        else:
            lines.append(entry)
    return Listing(lines=tuple(lines), more=False)


def _quiet(line: Line) -> bool:
    return isinstance(line, Stretch) or in_step(line[1])


def _joined(line: Line, *earlier: Entry) -> Stretch:
    stretch = line if isinstance(line, Stretch) else Stretch(count=1, first=line, last=line)
    for entry in earlier:
        stretch = msgspec.structs.replace(stretch, count=stretch.count + 1, first=entry)
    return stretch
