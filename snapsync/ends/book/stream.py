"""A long CSV file block by block: it is never in memory as text, nor are its rows all at once."""

from __future__ import annotations

from collections import deque
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
        start, line, data = self._start, self._line, self._data
        while start < len(data):
            newline = data.find(b"\n", start + _BLOCK)
            end = len(data) if newline < 0 else newline + 1
            block = Block(data[start:end].decode(), line)
            if not self._whole(block):
                end = len(data)
                block = Block(data[start:].decode(), line)
            yield block
            line += lines(data[start:end])
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

    def _whole(self, block: Block) -> bool:
        """Whether a block does not end between quotes."""
        try:
            return separable(block.text) or deque(self.rows(block), maxlen=0) is not None
        except BookError:
            return False
