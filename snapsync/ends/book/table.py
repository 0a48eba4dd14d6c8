"""A CSV file as it stands: rows, the span of each cell, and the dialect that new text is written in.

RFC 4180, read with care for what real writers do: any newline, a byte order mark, quoted newlines,
blank lines. Nothing here knows what the columns mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

import msgspec

from snapsync.errors import BookError

from .faults import HALF, SHAPE, fault, quoted
from .text import BOM

_NEWLINE = re.compile(r"\r\n|\n|\r")
_FIELD = re.compile(r'"([^"]*(?:""[^"]*)*)"|([^,\r\n]*)')
_NEEDS_QUOTES = re.compile(r'[",\r\n]|^\s|\s$')


class Row(msgspec.Struct, frozen=True):
    """One row: its cells' values, its line in the file (from 1), and where its text stands."""

    values: tuple[str, ...]
    line: int
    start: int
    end: int
    newline: str

    @property
    def blank(self) -> bool:
        """Whether it holds nothing: an empty line, or the bare commas that spreadsheets leave."""
        values = self.values
        return not values or not (values[0].strip() or any(value.strip() for value in values))


class Table(msgspec.Struct, frozen=True, eq=False):
    """A whole file; ``rows`` are those after the header that hold something."""

    name: str
    text: str
    header: Row
    rows: tuple[Row, ...]

    @property
    def newline(self) -> str:
        """How its lines end."""
        return next((row.newline for row in (self.header, *self.rows[-1:]) if row.newline), "\n")


def scan(name: str, text: str) -> Table:
    """Take a CSV file apart; ``name`` is the file's, for errors.

    Raises:
        BookError: a quote that is never closed, or text behind a closing quote.
    """
    return _table(name, text, list(rows_in(name, text)))


def scan_until_it_breaks(name: str, text: str) -> Table:
    """The rows of a CSV file up to where it cannot be taken apart, if it comes to that.

    Raises:
        BookError: there is not even a header.
    """
    rows: list[Row] = []
    try:
        rows.extend(rows_in(name, text))
    except BookError:
        if not rows:
            raise
    return _table(name, text, rows)


def _table(name: str, text: str, rows: list[Row]) -> Table:
    if not rows:
        raise fault(HALF, f"{name}: no header line")
    return Table(name, text, rows[0], tuple(rows[1:]))


def rows_in(name: str, text: str, line: int = 1) -> Iterator[Row]:
    """The rows of some text that hold something; it begins at a row's start.

    Args:
        name: the file's, for errors.
        text: whole rows.
        line: in which line of the file it begins.

    Raises:
        BookError: see ``scan``.
    """
    at = len(BOM) if text.startswith(BOM) else 0
    if '"' in text or "\r" in text:
        while at < len(text):
            row, at = _row(name, text, at, line)
            line += 1 + len(_NEWLINE.findall(text, row.start, row.end))
            if not row.blank:
                yield row
        return
    # most files have neither quotes nor carriage returns: they come apart without a search per row
    for part in text[at:].split("\n"):
        end = at + len(part)
        row = Row(tuple(part.split(",")), line, at, end, "\n" if end < len(text) else "")
        line += 1
        at = end + 1
        if not row.blank:
            yield row


def checked(table: Table, optional: frozenset[int] = frozenset()) -> Table:
    """The table, if each row has a cell for each column.

    Args:
        table: the table.
        optional: columns that a row may lack where they are the last: we added them to a bot's file
            once, and the bot goes on writing its own width.

    Raises:
        BookError: a row has another width.
    """
    for row in table.rows:
        fitting(table, row, optional)
    return table


def fitting(table: Table, row: Row, optional: frozenset[int] = frozenset()) -> Row:
    """The row, if it has a cell for each column; see ``checked``."""
    if len(row.values) != len(table.header.values) or row.values == table.header.values:
        error = misfit(table, row, optional)
        if error:
            raise error
    return row


def widths(table: Table, optional: frozenset[int] = frozenset()) -> tuple[int, int]:
    """How many cells a row has at least and at most; see ``checked``."""
    width = least = len(table.header.values)
    while least - 1 in optional:
        least -= 1
    return least, width


def misfit(table: Table, row: Row, optional: frozenset[int] = frozenset()) -> BookError | None:
    """Why a row does not fit the header, if it does not; see ``checked``."""
    least, width = widths(table, optional)
    if row.values == table.header.values:
        return fault(
            SHAPE,
            f"{table.name}:{row.line}: the header stands here once more",
            "Two files may have been joined: take this line out.",
        )
    found = len(row.values)
    # a short row without its newline may be one that is being written right now
    if (least if row.newline else width) <= found <= width:
        return None
    if not row.newline and found < width:  # none but the last lacks it
        return fault(
            HALF,
            f"{table.name}:{row.line}: the last row breaks off after {found} of {width} fields",
            "Wait until the bot has finished writing; else complete or remove that row.",
        )
    return fault(
        SHAPE,
        f"{table.name}:{row.line}: {found} fields, first {quoted(row.values[0])}; expected {width}",
        "Its cells may stand under wrong columns: put the row right. Two programs with different columns"
        " must not write to one file.",
    )


def _row(name: str, text: str, start: int, line: int) -> tuple[Row, int]:
    stop = _NEWLINE.search(text, start)
    end = stop.start() if stop else len(text)
    # most rows of most files have no quotes: taking them apart needs no search per cell
    if '"' not in text[start:end]:
        values = tuple(text[start:end].split(",")) if end > start else ()
    else:
        values, end = _quoted_row(name, text, start, line)
        stop = _NEWLINE.match(text, end)
    newline = stop.group() if stop else ""
    return Row(values, line, start, end, newline), end + len(newline)


def _quoted_row(name: str, text: str, start: int, line: int) -> tuple[tuple[str, ...], int]:
    values: list[str] = []
    at = start
    while True:
        field = _FIELD.match(text, at)
        inside, bare = field.groups() if field else (None, "")
        if inside is None and bare.startswith('"'):
            raise fault(
                HALF,
                f"{name}:{line}: field {len(values) + 1} opens a quote that is never closed",
                "Close the quote, or complete the row that breaks off.",
            )
        values.append(bare if inside is None else inside.replace('""', '"'))
        at = field.end() if field else at
        after = text[at : at + 1]
        if after == ",":
            at += 1
        elif not after or after in "\r\n":
            return tuple(values), at
        else:
            raise fault(
                SHAPE,
                f"{name}:{line}: field {len(values)} has {quoted(after)} behind its closing quote;"
                " expected a comma or the end of the line",
                "Double the quotes inside the field.",
            )


def spans(table: Table, row: Row) -> list[tuple[int, int]]:
    """Where each cell of a row stands, its quotes included."""
    text = table.text
    if '"' not in text[row.start : row.end]:
        ends = accumulate((len(value) + 1 for value in row.values), initial=row.start)
        return [(start, start + len(value)) for start, value in zip(ends, row.values, strict=False)]
    found, at = [], row.start
    for _ in row.values:
        field = _FIELD.match(text, at)
        end = field.end() if field else at
        found.append((at, end))
        at = end + 1
    return found


def is_quoted(table: Table, span: tuple[int, int]) -> bool:
    """Whether a cell is written in quotes."""
    return table.text.startswith('"', span[0], span[1])


def written(value: str, *, quotes: bool) -> str:
    """A value as a cell's text, in quotes if asked for or needed."""
    if quotes or _NEEDS_QUOTES.search(value):
        return '"' + value.replace('"', '""') + '"'
    return value
