"""The raw numbers, in bench/results.json: each case replaces its own as it ends."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from .measure import ROOT, Cost, median

PATH = Path(__file__).with_name("results.json")


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one thing cost at one size: the medians of so many rounds."""

    what: str
    size: int
    cost: Cost
    rounds: int = 1


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured together. ``facts`` are what is no process's cost: sizes and counts."""

    measured: datetime
    version: str
    machine: dict[str, str]
    rows: tuple[Row, ...] = ()
    facts: dict[str, float] = {}
    notes: tuple[str, ...] = ()


Results = dict[str, Case]


def rows(found: dict[tuple[str, str], list[Cost]]) -> tuple[Row, ...]:
    """The medians of what was measured by size and by what was run."""
    return tuple(
        Row(what=what, size=int(size), cost=median(costs), rounds=len(costs))
        for (size, what), costs in found.items()
    )


def load() -> Results:
    """All cases that were ever measured."""
    return msgspec.json.decode(PATH.read_bytes(), type=Results) if PATH.exists() else {}


def keep(
    name: str, measured: Iterable[Row], facts: dict[str, float] | None = None, notes: Iterable[str] = ()
) -> Case:
    """Put a case in place of what was known of it."""
    case = Case(
        measured=datetime.now(UTC).replace(microsecond=0),
        version=_version(),
        machine=_machine(),
        rows=tuple(measured),
        facts=facts or {},
        notes=tuple(notes),
    )
    known = load() | {name: case}
    text = msgspec.json.format(msgspec.json.encode(known), indent=1)
    PATH.write_bytes(text + b"\n")
    return case


def _machine() -> dict[str, str]:
    busy = f"{os.getloadavg()[1]:.1f}"
    return {
        "system": platform.system(),
        "python": platform.python_version(),
        "processors": str(os.cpu_count()),
        "others at work (load of the last five minutes)": busy,
    }


def _version() -> str:
    git = shutil.which("git")
    words = [git or "git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=7"]
    told = subprocess.run(words, capture_output=True, text=True, check=False) if git else None  # noqa: S603 - git itself
    return told.stdout.strip() if told else ""
