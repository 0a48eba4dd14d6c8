"""A Table whose columns have meaning: cells by our name for their column, numbers and times read.

Also the style that new cells are written in: that of the newest cell which says anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from snapsync.errors import BookError
from snapsync.model.instant import Instant

from .cells import blank, number
from .faults import CELL, COLUMNS, RESTORE, fault
from .table import Row, Table
from .times import TimeStyle, read_time, style_of
from .values import plain_name

T = TypeVar("T")
Names = Mapping[str, tuple[str, ...]]
"""Our names of columns, each with others that bots use for it, in order of precedence."""

_YES = frozenset({"true", "1", "yes"})
LOOK_BACK = 200
"""How many of the last rows tell how a new one is to look."""


class Sheet(msgspec.Struct, frozen=True, eq=False):
    """One CSV file of the book; ``columns`` maps our names to places."""

    table: Table
    columns: dict[str, int]
    zone: ZoneInfo

    def has(self, *names: str) -> bool:
        """Whether the file has any of these columns."""
        return any(name in self.columns for name in names)

    def raw(self, row: Row, name: str) -> str:
        """A cell's text; empty where the file or the row lacks it."""
        at = self.columns.get(name)
        return row.values[at].strip() if at is not None and at < len(row.values) else ""

    def cell(self, row: Row, name: str) -> str:
        """A cell's text; empty where it says nothing."""
        at = self.columns.get(name)
        if at is None or at >= len(row.values):
            return ""
        text = row.values[at].strip()
        return "" if blank(text) else text

    def first(self, row: Row, *names: str) -> str:
        """Which of these columns is the first that says something in this row; empty: none does."""
        return next((name for name in names if self.cell(row, name)), "")

    def number(self, row: Row, name: str) -> Decimal | None:
        """A cell as a number; None where it says nothing.

        Raises:
            BookError: it says something else.
        """
        return self._read(row, name, number)

    def time(self, row: Row, name: str) -> Instant | None:
        """A cell as a time; None where it says nothing.

        Raises:
            BookError: it says something else.
        """
        text = self.cell(row, name)
        try:
            return read_time(text, self.zone) if text else None
        except ValueError as error:
            raise self.error(row, name, str(error)) from None

    def error(self, row: Row, name: str, problem: str, hint: str = RESTORE) -> BookError:
        """The error that a cell is wrong; the column is named as the file names it."""
        at = self.columns.get(name)
        column = name if at is None else self.table.header.values[at].strip()
        return fault(CELL, f"{self.table.name}:{row.line}, column {column}: {problem}", hint)

    def _read(self, row: Row, name: str, reader: Callable[[str], T]) -> T | None:
        text = self.cell(row, name)
        if not text:
            return None
        try:
            return reader(text)
        except ValueError as error:
            raise self.error(row, name, str(error)) from None

    def like(self, name: str) -> str:
        """The newest text of a column that says something, among the last rows."""
        rows = reversed(self.table.rows[-LOOK_BACK:])
        return next((text for row in rows if (text := self.cell(row, name))), "")

    def time_style(self, name: str, *others: str) -> TimeStyle:
        """How a column writes times; else how others of the file do."""
        found = (style_of(self.like(each)) for each in (name, *others))
        return next((style for style in found if style), TimeStyle())


def sheet(table: Table, names: Names, renames: Mapping[str, str], zone: ZoneInfo) -> Sheet:
    """Find out which column is which.

    Raises:
        BookError: two columns claim one meaning.
    """
    # what is mapped to a name that this kind of file does not have is meant for the other one
    known = {each for name, others in names.items() for each in (name, *others)}
    given = {plain_name(theirs): ours for theirs, ours in renames.items() if ours in known}
    heads = [given.get(plain_name(head), plain_name(head)) for head in table.header.values]
    columns = {}
    for name, others in names.items():
        for each in (name, *others):
            found = [at for at, head in enumerate(heads) if head == each]
            if len(found) > 1:
                raise fault(
                    COLUMNS,
                    f"{table.name}:1: {name} is in {len(found)} columns"
                    f" ({', '.join(str(at + 1) for at in found)}); expected one",
                    "Rename one of them in the header, or map it under ALPACA_SYNC_BOOK: columns.",
                )
            if found:
                columns[name] = found[0]
                break
    return Sheet(table, columns, zone)


def needed(file: Sheet, *alternatives: str) -> None:
    """Insist on one of these columns.

    Raises:
        BookError: the file has none of them.
    """
    if file.has(*alternatives):
        return
    heads = file.table.header.values
    wanted = " or ".join(alternatives)
    detail = f"{file.table.name}:1: no column {wanted}; found {', '.join(head.strip() for head in heads)}"
    hint = "If a column is called differently, map it in config.yaml under ALPACA_SYNC_BOOK: columns."
    if len(heads) == 1 and any(mark in heads[0] for mark in ";\t|"):
        hint = "Save the file with commas between its fields."
    raise fault(COLUMNS, detail, hint)


def imported(file: Sheet, row: Row, flag: str) -> bool:
    """Whether a sync wrote a row, ours or the old one, and not the bot; ``flag`` names the column for it."""
    return file.cell(row, flag).lower() in _YES or file.cell(row, "source").lower().startswith("sync")


def their_name(name: str, renames: Mapping[str, str]) -> str:
    """What a new column is to be called where the user's files call it differently."""
    return next((theirs for theirs, ours in renames.items() if ours == name), name)
