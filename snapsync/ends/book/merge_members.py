"""Take a step back in a JSON file, member by member."""

from __future__ import annotations

from snapsync.model.change import Spot

from .members import Members
from .text import Splice, spliced


def merge(before: Members, after: Members, now: Members) -> tuple[str, tuple[Spot, ...], tuple[Spot, ...]]:
    """The text of ``now`` with the step from ``before`` to ``after`` taken.

    Returns:
        The text, the members that are set, and those that somebody has changed since.
    """
    splices: list[Splice] = []
    spots, left, missing, gone = [], [], [], []
    for key in {**before.where, **after.where}:
        old, new, is_ = _text(before, key), _text(after, key), _text(now, key)
        if new in (old, is_):
            continue
        line = now.line(key) if key in now.where else now.text.count("\n") + 1
        if is_ != old:
            left.append(Spot(line=line, field=key, before=is_, after=new))
            continue
        spots.append(Spot(line=line, field=key, before=is_, after=new))
        if new is None:
            gone.append(key)
        elif is_ is None:
            missing.append(key)
        else:
            place = now.where[key]
            splices.append((place.value, place.end, new))
    splices += _without(now, gone)
    splices += _with(now, after, missing, gone)
    return spliced(now.text, splices), tuple(spots), tuple(left)


def _text(found: Members, key: str) -> str | None:
    place = found.where.get(key)
    return None if place is None else found.text[place.value : place.end]


def _without(now: Members, gone: list[str]) -> list[Splice]:
    """Each goes with the comma before it; those before the first that stays, with the comma after them."""
    places = list(now.where.items())
    splices: list[Splice] = []
    leading = True
    for at, (key, place) in enumerate(places):
        if key not in gone:
            leading = False
        elif not leading:
            splices.append((places[at - 1][1].end, place.end, ""))
        else:
            end = places[at + 1][1].start if at + 1 < len(places) else place.end
            splices.append((place.start, end, ""))
    return splices


def _with(now: Members, after: Members, missing: list[str], gone: list[str]) -> list[Splice]:
    """Members that come back stand at the end, in the manner of the last one that is there."""
    places = list(now.where.values())
    if not missing:
        return []
    texts = [after.text[after.where[key].start : after.where[key].end] for key in missing]
    if not places:
        return [(now.start + 1, now.start + 1, ", ".join(texts))]
    before = now.text[: places[-1].start]
    gap = before[len(before.rstrip(" \t\r\n")) :] or " "
    first = "" if len(gone) == len(places) else "," + gap
    return [(places[-1].end, places[-1].end, first + f",{gap}".join(texts))]
