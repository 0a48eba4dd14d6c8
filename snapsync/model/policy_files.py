"""The rules about undo, restore and repair: what is said of a plan that gives files other bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from .change import FileChange, Spot
from .policy import Finding

_SHOWN = 3


def left_as_it_is(files: Iterable[FileChange]) -> Iterable[Finding]:
    """Note the places that somebody has changed since: they are not put back."""
    for each in files:
        if each.left:
            yield Finding(
                code="left-as-it-is",
                severity="note",
                key=each.role,
                summary="Some places of a file have been changed since; they are left as they are.",
                detail=f"{each.name}: "
                + "; ".join(_said(spot) for spot in each.left[:_SHOWN])
                + _more(each.left),
            )


def not_repaired(left: Mapping[str, Collection[str]]) -> Iterable[Finding]:
    """Note the damage that only a person can put right."""
    for role, places in left.items():
        if places:
            yield Finding(
                code="not-repaired",
                severity="note",
                key=role,
                summary="Some damage cannot be put right without guessing.",
                detail="\n".join(places),
            )


def rows_taken_out(lines: Collection[int]) -> Iterable[Finding]:
    """Ask, where rows of the history go that no sync has written; by the lines in which they stand."""
    if lines:
        first = ", ".join(str(line) for line in sorted(lines)[:_SHOWN])
        yield Finding(
            code="rows-taken-out",
            severity="approve",
            key="transactions",
            summary="Rows of the history that no sync has written would be taken out.",
            detail=f"{len(lines)} row(s), in line {first}{_more(lines)}. The bytes of today are kept, and"
            " undo brings them back.",
        )


def unreadable(problem: str) -> Iterable[Finding]:
    """Ask, where the book could not be read with the bytes that would be put back."""
    yield Finding(
        code="unreadable-after",
        severity="approve",
        key="book",
        summary="The book cannot be read with the bytes that would be put back.",
        detail=problem,
    )


def _said(spot: Spot) -> str:
    if spot.field is None:
        return f"row {spot.line}"
    return (
        f"{spot.field} in line {spot.line} (now {spot.before or 'empty'}, not set to {spot.after or 'empty'})"
    )


def _more(rest: Collection[object]) -> str:
    return f" and {len(rest) - _SHOWN} more" if len(rest) > _SHOWN else ""
