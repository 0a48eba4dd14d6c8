"""Making pages of many rows that come one by one, mostly in the order of their days, in little memory."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic

from .canon import ObjectId
from .pages import Pages
from .tree import Part, R, grown

_HELD = 1 << 16
"""So many rows may be in memory as rows; the others are there as the bytes of their pages."""


class Packed(Mapping[ObjectId, bytes]):
    """Objects that are many, and take a third of their room in memory."""

    def __init__(self) -> None:
        self._packed: dict[ObjectId, bytes] = {}

    def add(self, objects: Iterable[tuple[ObjectId, bytes]]) -> None:
        """Take some more."""
        self._packed.update((id, zlib.compress(data, 1)) for id, data in objects)

    def __getitem__(self, id: ObjectId) -> bytes:
        return zlib.decompress(self._packed[id])

    def __iter__(self) -> Iterator[ObjectId]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


class Collector(Generic[R]):
    """Takes rows of all different keys, and gives their Pages; ``objects`` are what those are made of."""

    def __init__(self, row: type[R]) -> None:
        self.objects = Packed()
        self._row = row
        self._open: dict[str, list[R]] = {}
        self._sealed: dict[str, Part[R]] = {}
        self._held = 0

    def add(self, row: R) -> None:
        """Take one more row."""
        name = row.bucket
        rows = self._open.get(name)
        if rows is None:
            rows = self._opened(name)
        rows.append(row)
        self._held += 1
        if self._held > _HELD:
            self._seal(name)

    def remove(self, row: R) -> None:
        """Take back a row that was taken."""
        rows = self._open.get(row.bucket)
        if rows is None:
            rows = self._opened(row.bucket)
        rows[:] = [each for each in rows if each.key != row.key]

    def pages(self) -> Pages[R]:
        """All rows that were taken.

        Raises:
            ValueError: two of them have one key.
        """
        self._seal()
        return Pages.of_buckets(dict(sorted(self._sealed.items())))

    def _opened(self, name: str) -> list[R]:
        part = self._sealed.pop(name, None)
        rows = self._open[name] = list(part.rows()) if part else []
        self._held += len(rows)
        return rows

    def _seal(self, but: str = "") -> None:
        for name in [name for name in self._open if name != but]:
            if rows := self._open.pop(name):
                part = grown(rows)
                self.objects.add(part.objects())
                self._sealed[name] = Part.stored(part.id, self._row, self.objects.__getitem__)
        self._held = sum(len(rows) for rows in self._open.values())
