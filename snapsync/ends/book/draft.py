"""Changes to a Table, collected and then made at once: cells replaced, rows and columns added or removed."""

from __future__ import annotations

from collections.abc import Mapping

from .table import Row, Table, is_quoted, spans, written
from .text import Splice, spliced


class Draft:
    """What is to become of a table; whatever is not named stays as it is, byte for byte."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._set: dict[int, tuple[Row, dict[int, str]]] = {}
        self._columns: list[str] = []
        self._appended: list[dict[int, str]] = []
        self._removed: set[int] = set()

    @property
    def width(self) -> int:
        """How many columns there will be."""
        return len(self.table.header.values) + len(self._columns)

    def add_column(self, name: str) -> int:
        """Add a column at the right end, empty in every row; gives its place."""
        self._columns.append(name)
        return self.width - 1

    def set(self, row: Row, column: int, value: str) -> None:
        """Replace one cell."""
        old = row.values[column] if column < len(row.values) else ""
        cells = self._set.setdefault(row.start, (row, {}))[1]
        cells.pop(column, None)
        if value != old:
            cells[column] = value

    def append(self, cells: Mapping[int, str]) -> None:
        """Add a row at the end; columns that are not named stay empty."""
        self._appended.append(dict(cells))

    def remove(self, row: Row) -> None:
        """Take a row out, with its newline."""
        self._removed.add(row.start)

    def text(self) -> str:
        """The whole file as it should be."""
        splices: list[Splice] = []
        for row, cells in self._set.values():
            splices += self._replaced(row, cells)
        if self._columns:
            splices += self._widened(self.table.header, self._columns)
            splices += [
                self._padded(row, self._set[row.start][1] if row.start in self._set else {})
                for row in self.table.rows
            ]
        else:
            splices += [
                self._padded(row, cells, wide=max(cells) + 1)
                for row, cells in self._set.values()
                if cells and max(cells) >= len(row.values)
            ]
        return spliced(self.table.text, self._without_removed(splices)) + self._tail()

    def _without_removed(self, splices: list[Splice]) -> list[Splice]:
        if not self._removed:
            return splices
        gone = [row for row in self.table.rows if row.start in self._removed]
        kept = [each for each in splices if not any(row.start <= each[0] <= row.end for row in gone)]
        return kept + [(row.start, row.end + len(row.newline), "") for row in gone]

    def _replaced(self, row: Row, cells: dict[int, str]) -> list[Splice]:
        where = spans(self.table, row)
        return [
            (*where[column], written(value, quotes=is_quoted(self.table, where[column])))
            for column, value in cells.items()
            if column < len(where)
        ]

    def _widened(self, row: Row, values: list[str]) -> list[Splice]:
        quotes = is_quoted(self.table, spans(self.table, row)[-1])
        return [(row.end, row.end, "".join("," + written(value, quotes=quotes) for value in values))]

    def _padded(self, row: Row, cells: dict[int, str], wide: int | None = None) -> Splice:
        missing = range(len(row.values), wide or self.width)
        return (row.end, row.end, "".join("," + written(cells.get(at, ""), quotes=False) for at in missing))

    def _tail(self) -> str:
        if not self._appended:
            return ""
        table = self.table
        like = table.rows[-1] if table.rows else table.header
        quotes = [is_quoted(table, span) for span in spans(table, like)]
        quotes += [False] * (self.width - len(quotes))
        lines = (
            ",".join(written(cells.get(at, ""), quotes=quotes[at]) for at in range(self.width))
            for cells in self._appended
        )
        ended = table.text.endswith(("\n", "\r"))
        return ("" if ended else table.newline) + "".join(line + table.newline for line in lines)
