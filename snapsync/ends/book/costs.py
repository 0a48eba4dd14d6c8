"""What a bot's rows say that a trade cost: never corrected, but told of where it cannot be."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from snapsync.model.money import dollars
from snapsync.model.policy import Finding
from snapsync.model.symbols import multiplier

from .cells import number
from .entries import Entry
from .sheet import Sheet

_DOLLAR, _PERCENT = Decimal(1), Decimal("0.01")


def observations(file: Sheet, last: Iterable[Entry]) -> Iterable[Finding]:
    """Note that the newest row's cost is not its quantity times its price, and in how many rows it is so.

    A bot that has been put right is not told of its old rows for ever: ``last`` are the newest entries,
    LOOK_BACK of them where there are as many, in the file's order.
    """
    if not file.has("total_cost"):
        return
    costs = [(entry, each) for entry in last if (each := _cost(file, entry)) is not None]
    wrong = [(entry, cost) for entry, cost in costs if _differs(file, entry, cost)]
    if not wrong or wrong[-1] != costs[-1]:
        return
    entry, cost = wrong[-1]
    yield Finding(
        code="cost-differs",
        severity="note",
        key="transactions",
        summary="The cost of trades in the history is not quantity times price times contract size.",
        detail=f"{len(wrong)} of the last {len(costs)} row(s); {file.table.name}:{entry.row.line} says"
        f" {dollars(cost)}, it was {dollars(_true(entry))}. The bot's own cells are left as they are.",
    )


def _cost(file: Sheet, entry: Entry) -> Decimal | None:
    try:
        return abs(number(file.cell(entry.row, "total_cost")))
    except ValueError:  # the bot's own cell, which nothing else depends on
        return None


def _differs(file: Sheet, entry: Entry, cost: Decimal) -> bool:
    try:
        fees = abs(number(file.cell(entry.row, "fees") or "0"))
    except ValueError:
        fees = Decimal(0)
    true = _true(entry)
    return entry.price is not None and abs(cost - true) > max(true * _PERCENT, _DOLLAR) + fees


def _true(entry: Entry) -> Decimal:
    return entry.qty * (entry.price or Decimal(0)) * multiplier(entry.what.asset_class)
