"""Making pages of many rows that come one by one, mostly in the order of their days, in little memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic

from .canon import ObjectId, encode
from .packed import Packed
from .pages import Pages
from .tree import MOST, Part, R, digits, node_of, page_of

_HELD = 1 << 16
"""So many rows may be in memory one by one; the others are there as the bytes of their pages."""

Written = tuple[str, str]
"""A row's key, and the text that ``encode`` makes of the row."""


class Collector(Generic[R]):
    """Takes rows of all different keys, and gives their Pages; ``objects`` are what those are made of."""

    def __init__(self, row: type[R]) -> None:
        self.objects = Packed()
        self._row = row
        self._open: dict[str, list[Written]] = {}
        self._sealed: dict[str, Part[R]] = {}
        self._held = 0

    def add(self, row: R) -> None:
        """Take one more row."""
        self.extend(row.bucket, [_written(row)])

    def extend(self, bucket: str, rows: Iterable[Written]) -> None:
        """Take rows of a bucket that are text already."""
        held = self._rows(bucket)
        before = len(held)
        held.extend(rows)
        self._held += len(held) - before
        if self._held > _HELD:
            self._seal(bucket)

    def remove(self, row: R) -> None:
        """Take back a row that was taken."""
        rows = self._rows(row.bucket)
        rows[:] = [each for each in rows if each[0] != row.key]

    def pages(self) -> Pages[R]:
        """All rows that were taken.

        Raises:
            ValueError: two of them have one key.
        """
        self._seal()
        return Pages.of_buckets(dict(sorted(self._sealed.items())))

    def _rows(self, bucket: str) -> list[Written]:
        rows = self._open.get(bucket)
        if rows is None:
            part = self._sealed.pop(bucket, None)
            rows = self._open[bucket] = list(map(_written, part.rows() if part else ()))
            self._held += len(rows)
        return rows

    def _seal(self, but: str = "") -> None:
        for name in [name for name in self._open if name != but]:
            if rows := self._open.pop(name):
                id = self._grown(sorted(rows))
                self._sealed[name] = Part.stored(id, self._row, self.objects.__getitem__)
        self._held = sum(len(rows) for rows in self._open.values())

    def _grown(self, rows: list[Written], depth: int = 1) -> ObjectId:
        """As ``tree.grown``, of rows that are text and sorted."""
        keys = [key for key, _ in rows]
        if len(set(keys)) < len(keys):
            raise ValueError("two rows have one key")
        if len(rows) <= MOST:
            return self.objects.add(page_of(text for _, text in rows))
        shares: dict[str, list[Written]] = {}
        for name, row in zip(digits(keys, depth), rows, strict=True):
            shares.setdefault(name, []).append(row)
        return self.objects.add(
            node_of({name: self._grown(shares[name], depth + 1) for name in sorted(shares)})
        )


def _written(row: R) -> Written:
    return row.key, encode(row).decode()
