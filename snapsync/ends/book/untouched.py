"""Which imported rows are still as we wrote them: they may go again when the bot writes its own."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from datetime import date, timedelta
from functools import cache
from operator import attrgetter

import msgspec

from snapsync.model.instant import day_of
from snapsync.model.state import Transaction

from .history import Trades, transaction
from .sheet import LOOK_BACK
from .table import Row, Table
from .trades_draft import imported_cells


def untouched(held: Trades, trades: Collection[Transaction], env: str) -> frozenset[str]:
    """The keys of those orders whose imported row says what we would write for them, cell by cell.

    Only where another row may be of the same order, by its id or because it names none: only there it
    matters.

    Args:
        held: the history.
        trades: its transactions.
        env: the env's name.
    """
    nameless = {
        (each.symbol, each.action, day)
        for each in trades
        if not each.linked
        for day in _around(day_of(each.time))
    }
    return frozenset(
        trade.key
        for trade in trades
        if trade.linked
        and (len(held.entries[trade.key]) > 1 or (trade.symbol, trade.action, day_of(trade.time)) in nameless)
        and _as_written(held, trade.key, env)
    )


@cache
def _around(day: str) -> tuple[str, ...]:
    """The days on which an order may have begun whose row is of a day."""
    middle = date.fromisoformat(day)
    return tuple((middle + timedelta(days=days)).isoformat() for days in (-1, 0, 1))


def _as_written(held: Trades, key: str, env: str) -> bool:
    ours = [entry for entry in held.entries[key] if entry.ours]
    if len(ours) != 1:
        return False
    row = ours[0].row
    # in the way of the rows that were there then: those of later days may have brought another
    then = msgspec.structs.replace(held.file, table=_before(held.file.table, row))
    cells = imported_cells(then, transaction(key, ours), env)
    places = {place: cells[name] for name, place in held.file.columns.items() if name in cells}
    return all(places.get(at, "") == value for at, value in enumerate(row.values))


def _before(table: Table, row: Row) -> Table:
    end = bisect_left(table.rows, row.line, key=attrgetter("line"))
    return msgspec.structs.replace(table, rows=table.rows[max(0, end - LOOK_BACK) : end])
