"""Where an env stands: a value for people and scripts."""

from __future__ import annotations

from typing import Literal

from .canon import OperationId, Record
from .history import Operation

Standing = Literal[
    "never looked",
    "in step",
    "drift",
    "applied",
    "undone",
    "restored",
    "repaired",
    "recovered",
    "rebound",
    "interrupted",
]


class Status(Record, frozen=True):
    """Where an env stands as of its last look.

    ``edited`` names the book's files that changed since; ``open`` are keys that an apply left different;
    ``held`` names the changes on hold. ``age`` is in seconds since the last look.
    """

    standing: Standing
    account: str | None = None
    operation: OperationId | None = None
    last: Operation | None = None
    age: float | None = None
    edited: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    next: str = ""
