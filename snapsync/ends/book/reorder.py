"""Rows of a CSV file that were written for another header, moved under this one; and rows taken out of it."""

from __future__ import annotations

import msgspec

from .cells import blank, kind
from .damage import wrong_rows
from .entries import Entries
from .faults import quoted
from .imports import names_nothing, surplus, whole_order
from .schemas import Head, candidates, head_of, said_under
from .sheet import Sheet
from .sheets import sheet_of
from .table import Row, is_quoted, spans, written
from .tails import broken_off
from .text import Splice, spliced
from .values import BookFiles, Fix, Role, plain_name

Cells = dict[int | str, str]
"""Where a row's cells belong: at a place that the header has, or in a column of a new name."""


class Reorder:
    """What is to become of a file's rows; those that are not named stay as they are, byte for byte."""

    def __init__(self, file: Sheet, role: Role, files: BookFiles) -> None:
        self.file, self.role, self.files = file, role, files
        self.fixes: list[Fix] = []
        self.left: list[Fix] = []
        self._moved: dict[int, Cells] = {}
        self._gone: set[int] = set()
        self._stays: set[int] = set()
        self._columns: list[str] = []

    def put_right(self) -> None:
        """Find what is damaged and can be mended.

        Raises:
            BookError: the file lacks a column without which no row can be read.
        """
        wrong = {each.row.start for each in wrong_rows(self.file, self.role)}
        head: Head | None = None
        above = self.file.table.header
        for row in self.file.table.rows:
            again = row.values == self.file.table.header.values
            other = head_of(row, self.role)
            if again or other:
                head, above = None if again else other, row
                self._take_out(row, Fix(line=row.line, wrong="A header stands here once more.", becomes=_OUT))
            elif self.role == "history" and names_nothing(self.file, row):
                self._take_out(row, whole_order(self.file, row))
            elif head or row.start in wrong:
                self._mend(row, head)
                if head and row.start in self._stays:
                    # without its header the row would be read under another
                    self._put_back(above)
        if self.role == "history":
            self._take_out_imports()

    def _mend(self, row: Row, head: Head | None) -> None:
        ways = self._ways(row, [head] if head else list(candidates(self.file, row, self.role)))
        width = len(self.file.table.header.values)
        if len(ways) == 1:
            self._move(row, *ways[0])
        elif not ways and row is self.file.table.rows[-1] and not row.newline and len(row.values) < width:
            self._take_out(row, broken_off(row.line, len(row.values), width))
        else:
            self._stays.add(row.start)
            if ways:
                said = f"{len(row.values)} fields, first {quoted(row.values[0])}, under other columns."
                self.left.append(Fix(line=row.line, wrong=said, becomes="It fits several layouts."))

    def _ways(self, row: Row, heads: list[Head]) -> list[tuple[Head, Cells]]:
        """The layouts that a row fits, without those that come to the same."""
        found: list[tuple[Head, Cells]] = []
        for head in heads:
            said = said_under(row, head, self.role, len(self.file.table.header.values), self.file.zone)
            if said:
                cells = self._placed(said, head)
                if cells not in [each for _, each in found]:
                    found.append((head, cells))
        return found

    def _placed(self, said: Sheet, head: Head) -> Cells:
        """Where each cell of a row belongs in this file."""
        (row,) = said.table.rows
        heads = {plain_name(name): at for at, name in reversed([*enumerate(self.file.table.header.values)])}
        ours = {at: name for name, at in said.columns.items()}
        cells: Cells = {}
        for at, (name, value) in enumerate(zip(head, row.values, strict=True)):
            if not blank(value.strip()):
                place = heads.get(name, self._place_of(ours.get(at, ""), value, said))
                cells[name if place is None else place] = value
        twin = self.file.columns.get("quantity")
        if twin is not None and not said.has("quantity"):
            cells[twin] = said.cell(row, "contracts")
        return cells

    def _place_of(self, ours: str, value: str, said: Sheet) -> int | None:
        """The column of this file that has the meaning of a cell; None: it has none."""
        if ours == "side" and kind(value.strip()):
            ours = "option_type"
        if ours == "entry_time" and not said.has("timestamp") and not self.file.has("entry_time"):
            ours = "timestamp"
        return self.file.columns.get(ours)

    def _move(self, row: Row, head: Head, cells: Cells) -> None:
        new = [name for name in cells if isinstance(name, str) and name not in self._columns]
        self._columns += new
        self._moved[row.start] = cells
        added = f"; the file gets {', '.join(new)} as new column(s) for that" if new else ""
        self.fixes.append(
            Fix(
                line=row.line,
                wrong=f"{len(row.values)} fields, first {quoted(row.values[0])}: written for other columns"
                f" ({', '.join(head)}).",
                becomes=f"Its cells move under the columns that they belong to{added}.",
            )
        )

    def _take_out(self, row: Row, fix: Fix) -> None:
        self._gone.add(row.start)
        self.fixes.append(fix)

    def _put_back(self, row: Row) -> None:
        self._gone.discard(row.start)
        self.fixes = [fix for fix in self.fixes if fix.line != row.line]

    def _take_out_imports(self) -> None:
        """Copies and canceled orders, also among the rows that have just been moved."""
        table = self.file.table
        header = msgspec.structs.replace(table.header, values=(*table.header.values, *self._columns))
        rows = tuple(self._as_moved(row) for row in table.rows if row.start not in self._gone)
        file = sheet_of(msgspec.structs.replace(table, header=header, rows=rows), self.files, self.role)
        wrong = {each.row.start for each in wrong_rows(file, self.role)}
        read = Entries(file)
        entries = [entry for row in rows if row.start not in wrong and (entry := read(row))]
        found = surplus(file, entries)
        self.left += found.left
        for row, fix in found.rows:
            self._take_out(row, fix)

    def _as_moved(self, row: Row) -> Row:
        if row.start in self._moved:
            return msgspec.structs.replace(row, values=self._values(row))
        if not self._columns or row.start in self._stays:
            return row
        missing = len(self.file.table.header.values) - len(row.values) + len(self._columns)
        return msgspec.structs.replace(row, values=row.values + ("",) * missing)

    def _values(self, row: Row) -> tuple[str, ...]:
        names: list[int | str] = [*range(len(self.file.table.header.values)), *self._columns]
        return tuple(self._moved[row.start].get(name, "") for name in names)

    def text(self) -> str:
        """The whole file as it should be."""
        table = self.file.table
        splices: list[Splice] = []
        if self._columns:
            quotes = is_quoted(table, spans(table, table.header)[-1])
            names = "".join("," + written(name, quotes=quotes) for name in self._columns)
            splices.append((table.header.end, table.header.end, names))
        for row in table.rows:
            if row.start in self._gone:
                splices.append((row.start, row.end + len(row.newline), ""))
            elif row.start in self._moved or (self._columns and row.start not in self._stays):
                splices.append(self._written(row, self._as_moved(row).values))
        return spliced(table.text, splices)

    def _written(self, row: Row, values: tuple[str, ...]) -> Splice:
        if values[: len(row.values)] == row.values:
            more = values[len(row.values) :]
            return row.end, row.end, "".join("," + written(each, quotes=False) for each in more)
        quotes = all(is_quoted(self.file.table, span) for span in spans(self.file.table, row))
        return row.start, row.end, ",".join(written(each, quotes=quotes) for each in values)


_OUT = "It is taken out."
