"""A long CSV file row by row: it is never in memory as text, nor are its rows all at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from snapsync.errors import BookError

from .body import lines
from .faults import HALF, fault
from .sheet import Sheet
from .sheets import added, sheet_of
from .table import Row, Table, fitting, rows_in
from .text import decode
from .values import BookFiles, Role

_BLOCK = 1 << 20


def stream(data: bytes, files: BookFiles, role: Role) -> tuple[Sheet, Iterator[Row], Iterator[Row]]:
    """A file's columns, its rows, and the same rows once more for who needs them twice.

    Raises:
        BookError: it cannot be taken apart; for a row that does not fit, when it is its turn.
    """
    name = files.path(role).name
    decode(name, data)
    rows = _rows(name, data)
    header = next(rows, None)
    if header is None:
        raise fault(HALF, f"{name}: no header line")
    file = sheet_of(Table(name, "", header, ()), files, role)
    optional = added(file, role)

    def fit(found: Iterator[Row]) -> Iterator[Row]:
        return (fitting(file.table, row, optional) for row in found)

    return file, fit(rows), fit(islice(_rows(name, data), 1, None))


def _rows(name: str, data: bytes) -> Iterator[Row]:
    start, line = 0, 1
    while start < len(data):
        newline = data.find(b"\n", start + _BLOCK)
        end = len(data) if newline < 0 else newline + 1
        try:
            rows = list(rows_in(name, data[start:end].decode(), line))
        except BookError:
            if end == len(data):
                raise
            # the block may end within quotes
            end = len(data)
            rows = list(rows_in(name, data[start:].decode(), line))
        yield from rows
        line += lines(data[start:end])
        start = end
