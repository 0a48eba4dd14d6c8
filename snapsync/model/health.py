"""What a check-up of an env has found: one Check for each thing that must work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from .canon import Record

Level = Literal["ok", "warn", "fail"]
LEVELS: tuple[Level, ...] = ("ok", "warn", "fail")


class Check(Record, frozen=True):
    """One thing that was looked at: how it is, and what to do if it is not well."""

    name: str
    level: Level
    said: str
    remedy: str = ""


def ok(name: str, said: str) -> Check:
    """All is well with it."""
    return Check(name=name, level="ok", said=said)


def warn(name: str, said: str, remedy: str = "") -> Check:
    """Something to look at."""
    return Check(name=name, level="warn", said=said, remedy=remedy)


def fail(name: str, said: str, remedy: str = "") -> Check:
    """Something that must be put right."""
    return Check(name=name, level="fail", said=said, remedy=remedy)


def worst(checks: Iterable[Check]) -> Level:
    """The worst of all levels."""
    return max((each.level for each in checks), key=LEVELS.index, default="ok")
