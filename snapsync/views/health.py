"""A check-up as text and as JSON: one line for each thing that was looked at, with the remedy beneath."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from snapsync.model.health import Check, Level

from .neutral import terminal
from .paint import Paint
from .wrap import wrapped

_COLOURS: dict[Level, str] = {"ok": "+", "warn": "warn", "fail": "-"}
_LEVEL, _NAME = 6, 14


def words(checks: Sequence[Check], paint: Paint, *, quiet: bool = False) -> str:
    """All checks, worst or not in their order; ``quiet`` leaves out what is well."""
    lines = [part for each in checks if not (quiet and each.level == "ok") for part in _check(each, paint)]
    return "\n".join([*lines, "", _sum(checks)])


def _check(check: Check, paint: Paint) -> Iterable[str]:
    blank = " " * (_LEVEL + _NAME)
    said = f"{check.said}\n{check.remedy}".strip()
    first, *rest = (part for line in said.splitlines() for part in wrapped(terminal(line), blank))
    level = paint(f"{check.level:<{_LEVEL}}", _COLOURS[check.level])
    yield f"{level}{check.name:<{_NAME}}{first[len(blank) :]}"
    yield from rest


def _sum(checks: Iterable[Check]) -> str:
    count = Counter(each.level for each in checks)
    if count["fail"]:
        more = f", and {count['warn']} to look at" if count["warn"] else ""
        return f"{count['fail']} of {sum(count.values())} must be put right{more}."
    return f"All well, {count['warn']} to look at." if count["warn"] else "All well."
