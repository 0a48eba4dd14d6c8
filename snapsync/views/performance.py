"""What the account earned, as a table, as CSV and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from snapsync.model.canon import plain
from snapsync.model.money import cents, difference, dollars
from snapsync.model.performance import Figures, Performance, Period

from .paint import Paint
from .times import local

_COLUMNS = ("profit", "fees", "income", "deposits", "withdrawals", "unexplained")
_RESTATED = "*"


def performance(found: Performance, zone: ZoneInfo, paint: Paint) -> str:
    """A line per period, their sum, the drawdown; what late activities changed is marked."""
    head = (found.by, "equity", *_COLUMNS)
    rows = [_row(_marked(each), each.equity, each.now) for each in found.periods]
    total = _row("all", None, found.total)
    shown = [column for column in range(len(head)) if column < 3 or any(r[column] for r in [*rows, total])]  # noqa: PLR2004
    table = [[row[column] for column in shown] for row in (head, *rows, total)]
    lines = _aligned(table)
    said = [f"From {local(found.since, zone)} to {local(found.until, zone)}", ""]
    said.append(paint(lines[0], "dim"))
    said += lines[1:-1]
    said += [paint(lines[-1], "bold"), "", *_notes(found)]
    return "\n".join(said)


def _marked(each: Period) -> str:
    return each.name + _RESTATED * each.restated


def _row(name: str, equity: Decimal | None, figures: Figures) -> list[str]:
    amounts = [getattr(figures, column) for column in _COLUMNS]
    worth = "" if equity is None else f"{cents(equity):,}"
    return [name, worth, _amount(amounts[0]) or "0.00", *map(_amount, amounts[1:])]


def _amount(amount: Decimal) -> str:
    return f"{cents(amount):+,}" if amount else ""


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = []
    for row in table:
        cells = [
            f"{row[0]:<{widths[0]}}",
            *(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True)),
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def _notes(found: Performance) -> list[str]:
    fall = found.drawdown
    deepest = f"Drawdown {dollars(fall.amount)} ({plain(fall.percent)} %), from {fall.peak} to {fall.low}."
    said = [
        f"Profit {difference(found.total.profit)} without deposits and withdrawals.",
        deepest if fall.amount else "No drawdown.",
    ]
    changed = [each for each in found.periods if each.restated]
    if changed:
        said.append(f"{_RESTATED} changed by activities that came later; as first known:")
        said += (f"  {each.name}  {difference(each.first.profit)}" for each in changed)
    return said


def csv(found: Performance) -> str:
    """A row per period; as first known stands beside as now known."""
    head = [found.by, "equity", *_COLUMNS, *(f"first_{column}" for column in _COLUMNS)]
    rows = [
        head,
        *([each.name, plain(each.equity), *_plain(each.now), *_plain(each.first)] for each in found.periods),
    ]
    return "\r\n".join(",".join(row) for row in rows)


def _plain(figures: Figures) -> list[str]:
    return [plain(getattr(figures, column)) for column in _COLUMNS]


def document(found: Performance) -> dict[str, object]:
    """The fields of the JSON document."""
    fields: dict[str, object] = msgspec.to_builtins(found, builtin_types=(Decimal,))
    fields["periods"] = [_period(each) for each in found.periods]
    return fields


def _period(each: Period) -> dict[str, object]:
    return {**msgspec.to_builtins(each, builtin_types=(Decimal,)), "restated": each.restated}
