"""The book's CSV files as Sheets: which file may have which columns, and those that we add to it."""

from __future__ import annotations

from collections.abc import Callable

from . import bankroll, entries, positions
from .holdings_draft import HEADER as POSITIONS_HEADER
from .sheet import Names, Sheet, sheet, their_name
from .table import Table, checked, scan
from .text import decode
from .trades_draft import HEADER as HISTORY_HEADER
from .values import BookFiles, Role

_LAYOUTS: dict[str, tuple[Names, Callable[[Sheet], tuple[str, ...]], tuple[str, ...]]] = {
    "positions": (positions.NAMES, positions.added, POSITIONS_HEADER),
    "history": (entries.NAMES, entries.added, HISTORY_HEADER),
}


def names_of(role: Role) -> Names:
    """Our names of a file's columns, or keys, each with others that are understood without a mapping."""
    if role == "bankroll":
        return dict.fromkeys(bankroll.KEYS, ())
    return _LAYOUTS[role][0]


def opened(data: bytes | None, files: BookFiles, role: Role) -> Sheet:
    """A file's bytes as rows and columns; where there is no file, one with our columns and no row.

    Raises:
        BookError: they cannot be taken apart, or a row does not fit its header.
    """
    name, renames = files.path(role).name, files.renames(role)
    if data is None:
        text = ",".join(their_name(each, renames) for each in _LAYOUTS[role][2]) + "\n"
    else:
        text = decode(name, data)
    file = sheet_of(scan(name, text), files, role)
    checked(file.table, added(file, role))
    return file


def sheet_of(table: Table, files: BookFiles, role: Role) -> Sheet:
    """A CSV file's columns as they are understood, whatever its rows are.

    Raises:
        BookError: two columns claim one meaning.
    """
    return sheet(table, names_of(role), files.renames(role), files.timezone)


def added(file: Sheet, role: Role) -> frozenset[int]:
    """Which columns at the right end a sync may have added: they stand in the order in which it does so.

    The old sync's end with its flag; behind that one ours may have been added.
    """
    optional = _LAYOUTS[role][1](file)
    flag = file.columns.get("sync_imported")
    places = {file.columns[name]: rank for rank, name in enumerate(optional) if file.has(name)}
    at, last = len(file.table.header.values) - 1, len(optional)
    found = set()
    while at in places and (places[at] < last or at == flag):
        found.add(at)
        at, last = at - 1, places[at]
    return frozenset(found)
