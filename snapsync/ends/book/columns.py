"""Plain rows of a long file, column by column: a tenth of the work of taking each apart.

Rows that are not plain are left as they stand: of another width, or with line ends between quotes.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from itertools import compress
from typing import NamedTuple

from .table import Row

_END = "\n"
_CELL = r'(?:"(?:[^"]|"")*"|[^",]*)'
_SOUND = re.compile(f"{_CELL}(?:,{_CELL})*")


class Block(NamedTuple):
    """Whole rows of a file; ``line`` is that of the first."""

    text: str
    line: int


class Columns:
    """Rows of one width; ``lines`` are theirs in the file.

    The cells of all lie in one list, and each row has one more that says that it ends.
    """

    def __init__(self, cells: list[str], width: int, lines: Sequence[int]) -> None:
        self._cells, self._width, self.lines = cells, width, lines

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def even(self) -> bool:
        """Whether all rows have that width."""
        width, count = self._width, len(self)
        # there are as many ends as rows; if each stands where it should, so do all cells
        return (
            len(self._cells) == (width + 1) * count and self._cells[width :: width + 1].count(_END) == count
        )

    def column(self, at: int) -> list[str]:
        """A cell of each row; empty where the rows lack it."""
        return self._cells[at :: self._width + 1] if at < self._width else [""] * len(self)

    def said(self, places: Sequence[int]) -> Iterable[str | tuple[str, ...]]:
        """Some cells of each row: as ``itemgetter`` gives them, one alone or a tuple of them."""
        columns = [self.column(at) for at in places]
        return zip(*columns, strict=True) if len(columns) > 1 else columns[0]

    def values(self, number: int) -> tuple[str, ...]:
        """All cells of one row."""
        start = number * (self._width + 1)
        return tuple(self._cells[start : start + self._width])

    def row(self, number: int) -> Row:
        """One row, without its place in the file."""
        return Row(self.values(number), self.lines[number], 0, 0, _END)

    def last(self, count: int) -> list[Row]:
        """The last rows."""
        return [self.row(at) for at in range(max(0, len(self) - count), len(self))]

    def only(self, wanted: Sequence[bool]) -> Columns:
        """Some of the rows."""
        chosen = compress(range(len(self)), wanted)
        stride = self._width + 1
        cells = [cell for at in chosen for cell in self._cells[at * stride : (at + 1) * stride]]
        return Columns(cells, self._width, list(compress(self.lines, wanted)))


def separable(text: str) -> bool:
    """Whether each line is a row, and no line end lies between quotes; in doubt it is not."""
    return '"' not in text or all(_SOUND.fullmatch(line) for line in text.split(_END) if '"' in line)


def apart(block: Block, least: int, width: int) -> tuple[list[Columns], list[Block]]:
    """A block's plain rows, which have from ``least`` to ``width`` cells; and all else in it."""
    text = block.text.replace("\r\n", _END) if "\r" in block.text else block.text
    if "\r" in text or not separable(text):
        return [], [block]
    end = text.rfind(_END) + 1
    numbers = range(block.line, block.line + text.count(_END))
    rest = [Block(text[end:], numbers.stop)] if end < len(text) else []
    if '"' not in text:
        cells = text[:end].replace(_END, f",{_END},").split(",")
        cells.pop()
        whole = Columns(cells, width, numbers)
        if whole.even:
            return [whole], rest
    plain, other = _sorted(text[:end].split(_END)[:-1], numbers, range(least, width + 1))
    return plain, other + rest


def _sorted(lines: list[str], numbers: range, widths: range) -> tuple[list[Columns], list[Block]]:
    """Lines by how many cells they have, and those that have too few or too many."""
    plain: dict[int, tuple[list[str], list[int]]] = {}
    other: list[Block] = []
    for number, line in zip(numbers, lines, strict=True):
        values = line.split(",") if '"' not in line else next(csv.reader([line]))
        if len(values) in widths:
            cells, known = plain.setdefault(len(values), ([], []))
            cells += values
            cells.append(_END)
            known.append(number)
        else:
            other.append(Block(line + _END, number))
    return [Columns(cells, width, known) for width, (cells, known) in plain.items()], other
