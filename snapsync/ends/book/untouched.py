"""Whether an imported row is still as we wrote it: it may go again when the bot writes its own."""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter

import msgspec

from .history import Trades, transaction
from .sheet import LOOK_BACK
from .table import Row, Table
from .trades_draft import imported_cells


def as_written(held: Trades, key: str, env: str) -> bool:
    """Whether the one imported row of an order says what we would write for it, cell by cell.

    Args:
        held: the history, or so much of it that the order's rows and those before them are there.
        key: the order's.
        env: the env's name.
    """
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
