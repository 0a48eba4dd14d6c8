"""The measured numbers as tables, in Markdown: people read them on a terminal too."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from .cases import history as operations
from .cases import small, steady
from .measure import Cost
from .results import Case, Row

Cell = Callable[[Cost], float | None]
_MB, _KB = 1e6, 1e3


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what is empty is a dash."""
    lines = [head, ["---"] * len(head), *([cell or "-" for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def scaling(case: Case) -> str:
    """Every measure of each command against the size, with the ratio of the ends and the slope."""
    whats = (steady.FIRST, steady.IN_STEP, steady.PLAN, steady.APPLY)
    measures: dict[str, tuple[Cell, str]] = {
        "CPU, s": (lambda cost: cost.cpu, "{:.2f}"),
        "wall, s": (lambda cost: cost.wall, "{:.2f}"),
        "peak memory, MB": (lambda cost: cost.peak / _MB, "{:,.0f}"),
        "written, kB": (lambda cost: None if cost.written is None else cost.written / _KB, "{:,.1f}"),
        "requests": (lambda cost: cost.requests, "{:,.0f}"),
    }
    sizes = sizes_of(case)
    lines = []
    for what in whats:
        for measure, (cell, form) in measures.items():
            found: dict[int, float | None] = dict.fromkeys(sizes)
            found |= {row.size: cell(row.cost) for row in case.rows if row.what == what}
            told = [shown(found.get(size), form) for size in sizes]
            lines.append([f"{what}: {measure}", *told, ratio(found), slope(found)])
    for name in (steady.STORE_GROWS, steady.HISTORY_GROWS, "store, bytes", "store, files", "history, bytes"):
        counts = {size: case.facts.get(f"{name} at {size}") for size in sizes}
        told = [shown(counts[size], "{:,.0f}") for size in sizes]
        lines.append([name, *told, ratio(counts), slope(counts)])
    return table(["", *(f"{size:,}" for size in sizes), "ratio", "slope"], lines)


def programs(case: Case) -> str:
    """What each program takes at each size, and its memory at the largest that it was measured at."""
    sizes = sizes_of(case)
    lines = []
    for what in dict.fromkeys(row.what for row in case.rows):
        costs = {row.size: row.cost for row in case.rows if row.what == what}
        largest = costs[max(costs)]
        times = {size: cost.cpu for size, cost in costs.items()}
        cells = [f"{costs[size].cpu:.2f} ({costs[size].wall:.2f})" if size in costs else "" for size in sizes]
        lines.append([what, *cells, slope(times), f"{largest.peak / _MB:,.0f}"])
    return table(["CPU (wall), s", *(f"{size:,}" for size in sizes), "slope", "peak memory, MB"], lines)


def readers(case: Case) -> str:
    """What only reads, beside the imports that any such program needs."""
    sizes = sizes_of(case)
    lines = []
    for what in (*steady.READERS, steady.BASE):
        costs = [cost_of(case, what, size) for size in sizes]
        lines.append([f"`{what}`", *(f"{each.cpu:.2f} ({each.wall:.2f})" if each else "" for each in costs)])
    return table(["CPU (wall), s", *(f"{size:,}" for size in sizes)], lines)


def long_history(case: Case) -> str:
    """Commands after few and after many operations."""
    few, many = operations.OPERATIONS
    lines = []
    for what in dict.fromkeys(row.what for row in case.rows):
        costs = cost_of(case, what, few), cost_of(case, what, many)
        if costs[0] and costs[1]:
            cells = [f"{each.cpu:.2f} ({each.wall:.2f})" for each in costs if each]
            lines.append([f"`{what}`", *cells, f"{costs[1].cpu / costs[0].cpu:.2f}"])
    return table(["CPU (wall), s", f"{few:,} operations", f"{many:,} operations", "ratio"], lines)


def beside_alpaca(case: Case) -> str:
    """The small book."""
    lines = [
        [row.what, f"{row.cost.wall:.2f}", f"{row.cost.cpu:.2f}", f"{row.cost.peak / _MB:,.0f}"]
        for row in case.rows
        if row.what in {small.IN_STEP, small.ALONE}
    ]
    return table(["", "wall, s", "CPU, s", "peak memory, MB"], lines)


def facts(case: Case) -> str:
    """What is no process's cost, as it was counted."""
    return table(["", ""], [[name, f"{value:,.0f}"] for name, value in case.facts.items()])


def sizes_of(case: Case) -> list[int]:
    """The sizes that a case was measured at."""
    return sorted({row.size for row in case.rows})


def cost_of(case: Case, what: str, size: int) -> Cost | None:
    """What something cost at a size, if it was measured: as one of several rounds, where it was."""
    found: list[Row] = [row for row in case.rows if (row.what, row.size) == (what, size)]
    return found[-1].cost if found else None


def shown(value: float | None, form: str) -> str:
    """A number, or nothing."""
    return "" if value is None else form.format(value)


def ratio(found: dict[int, float | None]) -> str:
    """The largest size's by the smallest one's."""
    ends = found.get(min(found, default=0)), found.get(max(found, default=0))
    return f"{ends[1] / ends[0]:.2f}" if ends[0] and ends[1] is not None and len(found) > 1 else ""


def slope(found: dict[int, float] | dict[int, float | None]) -> str:
    """How it grows: 0 is not at all, 1 as the size does; the line of least squares of the logarithms."""
    points = [(math.log(size), math.log(value)) for size, value in found.items() if value and value > 0]
    if len(points) < 2:  # noqa: PLR2004 - a line needs two
        return ""
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    across = sum((x - middle_x) ** 2 for x, _ in points)
    return f"{sum((x - middle_x) * (y - middle_y) for x, y in points) / across:.2f}"
