"""Making pages of many rows that come one by one, mostly in the order of their days, in little memory."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Generic

from .canon import ObjectId, encode
from .packed import Packed
from .pages import Pages
from .tree import MOST, Keyed, Part, R, digits, node_of, page_of

_HELD = 1 << 16
"""So many rows may be in memory one by one; the others are there as the bytes of their pages."""

Written = tuple[str, str]
"""A row's key, and the text that ``encode`` makes of the row."""
_key, _text = itemgetter(0), itemgetter(1)


class Collector(Generic[R]):
    """Takes rows of all different keys, and gives their Pages; ``objects`` are what those are made of."""

    def __init__(self, row: type[R]) -> None:
        self.objects = Packed()
        self._row = row
        self._open: dict[str, tuple[list[str], list[str]]] = {}
        """The keys and texts of the rows of a bucket."""
        self._sealed: dict[str, Part[R]] = {}
        self._held = 0

    def add(self, row: R) -> None:
        """Take one more row."""
        self.extend(row.bucket, [row.key], [_written(row)])

    def extend(self, bucket: str, keys: Sequence[str], texts: Sequence[str]) -> None:
        """Take rows of a bucket; their texts are what ``encode`` makes of them."""
        held = self._rows(bucket)
        held[0].extend(keys)
        held[1].extend(texts)
        self._held += len(keys)
        if self._held > _HELD:
            self._seal(bucket)

    def remove(self, row: R) -> None:
        """Take back a row that was taken."""
        keys, texts = self._rows(row.bucket)
        at = keys.index(row.key)
        del keys[at], texts[at]

    def pages(self) -> Pages[R]:
        """All rows that were taken.

        Raises:
            ValueError: two of them have one key.
        """
        self._seal()
        return Pages.of_buckets(dict(sorted(self._sealed.items())))

    def _rows(self, bucket: str) -> tuple[list[str], list[str]]:
        found = self._open.get(bucket)
        if found is None:
            part = self._sealed.pop(bucket, None)
            rows = part.rows() if part else ()
            found = self._open[bucket] = [row.key for row in rows], list(map(_written, rows))
            self._held += len(rows)
        return found

    def _seal(self, but: str = "") -> None:
        for name in [name for name in self._open if name != but]:
            keys, texts = self._open.pop(name)
            if keys:
                id = self._grown(list(zip(keys, texts, strict=True)))
                self._sealed[name] = Part.stored(id, self._row, self.objects.__getitem__)
        self._held = sum(len(keys) for keys, _ in self._open.values())

    def _grown(self, rows: list[Written], depth: int = 1) -> ObjectId:
        """As ``tree.grown``, of rows that are text."""
        if len(rows) <= MOST:
            if len(dict(rows)) < len(rows):
                raise ValueError("two rows have one key")
            return self.objects.add(page_of(map(_text, sorted(rows))))
        shares: dict[str, list[Written]] = {}
        for name, row in zip(digits(map(_key, rows), depth), rows, strict=True):
            shares.setdefault(name, []).append(row)
        children = {name: self._grown(shares[name], depth + 1) for name in sorted(shares)}
        return self.objects.add(node_of(children))


def _written(row: Keyed) -> str:
    return encode(row).decode()
