"""Which imported rows are still as we wrote them: they may go again when the bot writes its own."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from operator import attrgetter

import msgspec

from snapsync.model.state import IMPORTED, Transaction

from .history import Trades
from .sheet import LOOK_BACK
from .table import Row, Table
from .trades_draft import imported_cells


def untouched(held: Trades, trades: Collection[Transaction], env: str) -> frozenset[str]:
    """The keys of those imported trades whose row says what we would write for them, cell by cell.

    Only where another row, without an order's id, may be of the same trade: only there it matters.

    Args:
        held: the history.
        trades: its transactions.
        env: the env's name.
    """
    nameless = {(trade.symbol, trade.action) for trade in trades if not trade.linked}
    return frozenset(
        trade.key
        for trade in trades
        if trade.origin == IMPORTED and trade.linked and (trade.symbol, trade.action) in nameless
        if _as_written(held, trade, env)
    )


def _as_written(held: Trades, trade: Transaction, env: str) -> bool:
    entries = held.entries[trade.key]
    if len(entries) != 1:
        return False
    row = entries[0].row
    # in the way of the rows that were there then: those of later days may have brought another
    then = msgspec.structs.replace(held.file, table=_before(held.file.table, row))
    cells = imported_cells(then, trade, env)
    places = {place: cells[name] for name, place in held.file.columns.items() if name in cells}
    return all(places.get(at, "") == value for at, value in enumerate(row.values))


def _before(table: Table, row: Row) -> Table:
    end = bisect_left(table.rows, row.line, key=attrgetter("line"))
    return msgspec.structs.replace(table, rows=table.rows[max(0, end - LOOK_BACK) : end])
