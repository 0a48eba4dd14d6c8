"""A long CSV file block by block: it is never in memory as text, nor are its rows all at once."""

from __future__ import annotations

from collections.abc import Iterator

from snapsync.errors import BookError

from .body import lines
from .columns import Block, separable
from .faults import HALF, fault
from .sheets import sheet_of
from .table import Row, Table, rows_in
from .text import assure_text
from .values import BookFiles, Role

_BLOCK = 1 << 18


class Stream:
    """A file with its columns; its rows come in blocks, as often as somebody goes through them.

    Raises:
        BookError: it cannot be taken apart; or later, when a block cannot.
    """

    def __init__(self, data: bytes, files: BookFiles, role: Role) -> None:
        self._data, self._name = data, files.path(role).name
        self._start, self._line = 0, 1
        assure_text(self._name, data)
        header = self._header()
        self.file = sheet_of(Table(self._name, "", header, ()), files, role)

    def __iter__(self) -> Iterator[Block]:
        start, line = self._start, self._line
        while start < len(self._data):
            end = self._after(start + _BLOCK)
            block = self._block(start, end, line)
            if not separable(block.text):
                end = self._row_end(start, line)
                block = self._block(start, end, line)
            yield block
            line += lines(self._data[start:end])
            start = end

    def rows(self, block: Block) -> Iterator[Row]:
        """The rows of a block, or of a piece of one.

        Raises:
            BookError: it cannot be taken apart.
        """
        return rows_in(self._name, block.text, block.line)

    def _header(self) -> Row:
        """The first row; the blocks are those behind it."""
        for block in self:
            for row in self.rows(block):
                text = block.text[: row.end] + row.newline
                self._start += len(text.encode())
                self._line += lines(text.encode())
                return row
            self._start += len(block.text.encode())
            self._line += lines(block.text.encode())
        raise fault(HALF, f"{self._name}: no header line")

    def _block(self, start: int, end: int, line: int) -> Block:
        return Block(self._data[start:end].decode(), line)

    def _after(self, at: int) -> int:
        """Behind the next line end."""
        newline = self._data.find(b"\n", at)
        return len(self._data) if newline < 0 else newline + 1

    def _row_end(self, start: int, line: int) -> int:
        """Where a block ends whose rows have to be taken apart one by one to know: behind one of them."""
        size, end = _BLOCK, start
        while end < len(self._data):
            size *= 2
            end = self._after(start + size)
            block = self._block(start, end, line)
            try:
                for row in self.rows(block):
                    if row.end >= _BLOCK:
                        return start + len(block.text[: row.end].encode()) + len(row.newline)
            except BookError:
                continue  # it ends between quotes; or it is wrong, which is told when its rows are read
        return end
