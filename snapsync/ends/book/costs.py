"""What a bot's rows say that a trade cost: never corrected, but told of where it cannot be."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from snapsync.model.money import dollars
from snapsync.model.policy import Finding
from snapsync.model.symbols import multiplier

from .cells import number
from .entries import Entry
from .history import Trades
from .sheet import LOOK_BACK

_DOLLAR, _PERCENT = Decimal(1), Decimal("0.01")


def observations(found: Trades) -> Iterable[Finding]:
    """Note that the newest row's cost is not its quantity times its price, and in how many rows it is so.

    A bot that has been put right is not told of its old rows for ever.
    """
    file = found.file
    if not file.has("total_cost"):
        return
    entries = sorted(
        (entry for entries in found.entries.values() for entry in entries), key=lambda entry: entry.row.line
    )
    costs = [(entry, each) for entry in entries[-LOOK_BACK:] if (each := _cost(found, entry)) is not None]
    wrong = [(entry, cost) for entry, cost in costs if _differs(found, entry, cost)]
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


def _cost(found: Trades, entry: Entry) -> Decimal | None:
    try:
        return abs(number(found.file.cell(entry.row, "total_cost")))
    except ValueError:  # the bot's own cell, which nothing else depends on
        return None


def _differs(found: Trades, entry: Entry, cost: Decimal) -> bool:
    try:
        fees = abs(number(found.file.cell(entry.row, "fees") or "0"))
    except ValueError:
        fees = Decimal(0)
    true = _true(entry)
    return entry.price is not None and abs(cost - true) > max(true * _PERCENT, _DOLLAR) + fees


def _true(entry: Entry) -> Decimal:
    return entry.qty * (entry.price or Decimal(0)) * multiplier(entry.what.asset_class)
