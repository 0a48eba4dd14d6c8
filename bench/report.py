"""The tables and the chart from the raw numbers; those of docs/performance.md stand between marks."""

from __future__ import annotations

import re
from collections.abc import Callable

from . import chart, tables
from .measure import ROOT
from .results import Case, Results
from .targets import targets

PAGE = ROOT / "docs" / "performance.md"
CHART = ROOT / "bench" / "chart.svg"
_TABLES: dict[str, tuple[str, Callable[[Case], str]]] = {
    "whole": ("whole", tables.scaling),
    "steady": ("steady", tables.scaling),
    "first": ("first", tables.programs),
    "readers": ("steady", tables.readers),
    "small": ("small", tables.beside_alpaca),
    "history": ("history", tables.long_history),
    "growth": ("growth", tables.facts),
    "looks": ("looks", tables.facts),
}


def text(results: Results) -> str:
    """All tables, one after the other."""
    return "\n\n".join(f"{name}\n\n{found}" for name, found in _found(results).items())


def write(results: Results) -> None:
    """Rewrite what the page shows between its marks, and the chart."""
    page = PAGE.read_text()
    for name, found in _found(results).items():
        marks = re.compile(rf"(<!-- bench: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        page = marks.sub(lambda match, found=found: f"{match[1]}\n{found}\n\n{match[2]}", page)  # type: ignore[misc]
    PAGE.write_text(page)
    CHART.write_text(chart.chart(results))


def _found(results: Results) -> dict[str, str]:
    head = ["Target", "at most", "measured", ""]
    found = {"targets": tables.table(head, (each.told for each in targets(results)))}
    for name, (case, made) in _TABLES.items():
        if case in results:
            found[name] = f"{made(results[case])}\n\n{_measured(results[case])}"
    return found


def _measured(case: Case) -> str:
    """When, with what, and on what."""
    machine = ", ".join(f"{name} {value}" for name, value in case.machine.items())
    rounds = max((row.rounds for row in case.rows), default=1)
    notes = f" Medians of {rounds} rounds." if rounds > 1 else ""
    notes += "".join(f" {note}." for note in case.notes)
    return f"Measured {case.measured:%Y-%m-%d} with {case.version}; {machine}.{notes}"
