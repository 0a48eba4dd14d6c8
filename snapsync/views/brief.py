"""A long plan in a few lines per kind of change and of finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from zoneinfo import ZoneInfo

from snapsync.model.change import Change, component
from snapsync.model.policy import Finding

from .amounts import SHOWN, Amounts
from .lines import lines
from .paint import Paint

_WHOLE = 12
"""So many changes are still shown one by one."""
_FEW = 3
_CALLED = {"transactions": "trades"}


def brief(changes: Sequence[Change], zone: ZoneInfo, paint: Paint, amounts: Amounts = SHOWN) -> list[str]:
    """The changes as aligned lines; of many, the first few of each kind and how many more there are."""
    most = len(changes) if len(changes) <= _WHOLE else _FEW
    groups = [tuple(group) for _, group in groupby(changes, component)]
    shown = iter(lines([each for group in groups for each in group[:most]], zone, paint, amounts=amounts))
    said: list[str] = []
    for group in groups:
        said += [next(shown) for _ in group[:most]]
        if len(group) > most:
            kind = component(group[0])
            said.append(paint(f"    … and {len(group) - most} more {_CALLED.get(kind, kind)}", "dim"))
    return said


def few(findings: Sequence[Finding]) -> tuple[list[Finding], list[str]]:
    """The first few findings of each code, and in words how many more of them there are."""
    seen: Counter[str] = Counter()
    shown: list[Finding] = []
    for each in findings:
        seen[each.code] += 1
        if seen[each.code] <= _FEW:
            shown.append(each)
    return shown, [f"{count - _FEW} more of {code}" for code, count in seen.items() if count > _FEW]
