"""Very many objects in memory, in blocks that are packed together: as a pack of a store has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from . import hurry
from .canon import ObjectId, identify

BLOCK = 64 * 1024
"""So many bytes of objects lie in a block, unless one alone is larger."""


class Found(NamedTuple):
    """Where an object lies in blocks: in which, from which byte of its content on, how many bytes."""

    block: int
    start: int
    length: int


class Packed(Mapping[ObjectId, bytes]):
    """Objects by their ids, in the order in which they came."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._places: dict[ObjectId, Found] = {}
        self._open, self._inside = bytearray(), 0
        self._last: tuple[int, bytes] = (-1, b"")

    def add(self, data: bytes) -> ObjectId:
        """Take one more object."""
        id = identify(data)
        if id not in self._places:
            if len(self._open) + len(data) > BLOCK:
                self._close()
            self._places[id] = Found(len(self._blocks), len(self._open), len(data))
            self._open += data
            self._inside += 1
        return id

    def raw_blocks(self) -> list[bytes]:
        """The blocks, each a zlib stream."""
        self._close()
        return self._blocks

    def places(self) -> list[tuple[ObjectId, Found]]:
        """Every object with its place."""
        return list(self._places.items())

    def parts(self, size: int) -> Iterator[Packed]:
        """The same objects in portions of about so many bytes; the blocks are not packed again."""
        blocks = self.raw_blocks()
        part, first, held = Packed(), 0, 0
        for id, found in self._places.items():
            if held > size and found.block == first + len(part._blocks):
                yield part
                part, first, held = Packed(), found.block, 0
            if found.block == first + len(part._blocks):
                part._blocks.append(blocks[found.block])
            part._places[id] = found._replace(block=found.block - first)
            held += found.length
        yield part

    def __getitem__(self, id: ObjectId) -> bytes:
        number, start, length = self._places[id]
        if number == len(self._blocks):
            return bytes(self._open[start : start + length])
        if self._last[0] != number:
            self._last = number, hurry.unpack(self._blocks[number])
        return self._last[1][start : start + length]

    def __iter__(self) -> Iterator[ObjectId]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def _close(self) -> None:
        if self._inside:
            self._blocks.append(hurry.pack(bytes(self._open)))
            self._open.clear()
            self._inside = 0
