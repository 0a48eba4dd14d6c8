"""Readers of some columns: what rows say often is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Generic, TypeVar

from .columns import Columns
from .sheet import Sheet
from .table import Row

T = TypeVar("T")
U = TypeVar("U")
_MOST = 1 << 14
"""So much is remembered that was said."""


class Said(Generic[T]):
    """A reader of rows that looks at these columns alone."""

    def __init__(self, file: Sheet, names: Iterable[str], read: Callable[[Row], T]) -> None:
        self._file, self._names, self._read = file, tuple(names), read
        self._places = sorted({file.columns[name] for name in self._names if name in file.columns})
        self._blank = [""] * len(file.table.header.values)
        self._cells = itemgetter(*self._places) if self._places else None
        self._known = _Known(self._read_cells)

    def __call__(self, row: Row) -> T:
        """What a row says."""
        if self._cells is None:
            return self._read(row)
        try:
            cells = self._cells(row.values)
        except IndexError:  # a row that lacks the columns which were added since
            return self._read(row)
        if cells not in self._known:
            return self._known.keep(cells, self._read(row))
        return self._known[cells]

    def all(self, rows: Columns) -> list[T]:
        """What many rows say; an error does not tell the right line."""
        if not self._places:
            return [self._read_cells(())] * len(rows)
        return list(map(self._known.__getitem__, rows.said(self._places)))

    def then(self, make: Callable[[T], U]) -> Said[U]:
        """A reader of what is made of that which this one reads."""
        return Said(self._file, self._names, lambda row: make(self._read(row)))

    def _read_cells(self, cells: str | tuple[str, ...]) -> T:
        values = self._blank.copy()
        if isinstance(cells, str):
            values[self._places[0]] = cells
        else:
            for at, cell in zip(self._places, cells, strict=True):
                values[at] = cell
        return self._read(Row(tuple(values), 0, 0, 0, "\n"))


class _Known(dict[str | tuple[str, ...], T]):
    """What was said, by the cells that say it; it makes what it lacks."""

    def __init__(self, make: Callable[[str | tuple[str, ...]], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, cells: str | tuple[str, ...]) -> T:
        return self.keep(cells, self._make(cells))

    def keep(self, cells: str | tuple[str, ...], value: T) -> T:
        if len(self) >= _MOST:
            self.clear()
        self[cells] = value
        return value
