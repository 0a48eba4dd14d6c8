"""On which days the trades of a tree may lie, by their keys: so one is found without reading all days.

It is remembered beside the store, in one file for each side: the tree's root, then eight bytes for each
key, sorted: four of its checksum, and the day. Later trees are added at its end, as what they have more. A
day too many costs one page more to read. What does not fit its own checksum is made anew from the tree.
"""

from __future__ import annotations

import hashlib
import struct
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date
from functools import lru_cache

from snapsync.errors import StoreError
from snapsync.model.canon import ObjectId
from snapsync.model.pages import Pages
from snapsync.model.state import Transaction
from snapsync.model.tree import Fetch

from .memory import FolderMemory

MAGIC = f"snapsync keys 1 {sys.byteorder}\n".encode()
_HEAD = struct.Struct(">32sI32s")  # the tree's root, how many keys, sha256 of both and the keys
_KEY = 8
_DAY = 1 << 16
_EPOCH = date(1970, 1, 1).toordinal()
_EDGES = (0, _DAY - 1)
"""Days that stand for all before or after them too, where nobody trades."""
MOST_ADDED = 4096
"""So many keys are added at the file's end before all are sorted anew."""


class Keys:
    """Finds the trades of one side; ``name`` is its file's."""

    def __init__(self, memory: FolderMemory, name: str, fetch: Fetch) -> None:
        self._memory, self._name, self._fetch = memory, name, fetch
        self._root: ObjectId | None = None
        self._sorted, self._added = array("Q"), array("Q")
        self._whole = True

    def find(self, pages: Pages[Transaction], key: str) -> Transaction | None:
        """The trade of a key in a tree; None where it has none."""
        self._turn_to(pages)
        sum = zlib.crc32(key.encode())
        for day in dict.fromkeys(self._days(sum)):
            row = pages.search(key) if day in _EDGES else pages.get(_name(day), key)
            if row is not None:
                return row
        return None

    def _days(self, sum: int) -> Iterator[int]:
        at = bisect_left(self._sorted, sum * _DAY)
        while at < len(self._sorted) and self._sorted[at] // _DAY == sum:
            yield self._sorted[at] % _DAY
            at += 1
        for each in self._added:
            if each // _DAY == sum:
                yield each % _DAY

    def _turn_to(self, pages: Pages[Transaction]) -> None:
        """Know the keys of this tree, and perhaps some more."""
        if self._root is None:
            self._load()
        if self._root == pages.root:
            return
        more = self._more(pages)
        if more is None or not self._whole or len(self._added) + len(more) > MOST_ADDED:
            keys = _entries(pages) if more is None else [*self._sorted, *self._added, *more]
            self._sorted, self._added = array("Q", sorted(keys)), array("Q")
            self._whole = True
            self._memory.write(self._name, MAGIC + _block(pages.root, self._sorted))
        elif more:  # else all is known already
            self._added.extend(more)
            self._memory.add(self._name, _block(pages.root, more))
        self._root = pages.root

    def _more(self, pages: Pages[Transaction]) -> array[int] | None:
        """What a tree has more than the one that is known; None where that cannot be told."""
        if self._root is None:
            return None
        try:
            before = Pages.stored(Transaction, self._root, self._fetch)
            changed = pages.changed_since(before).values()
        except StoreError:  # gc has taken it away
            return None
        return array("Q", _entries(after for _, after in changed if after is not None))

    def _load(self) -> None:
        data = self._memory.read(self._name)
        if data is None or not data.startswith(MAGIC):
            return
        at = len(MAGIC)
        blocks: list[array[int]] = []
        with suppress(struct.error):  # it breaks off
            while at < len(data):
                root, count, checksum = _HEAD.unpack_from(data, at)
                keys = data[at + _HEAD.size : at + _HEAD.size + count * _KEY]
                if _checksum(root, count, keys) != checksum:
                    break
                blocks.append(array("Q", keys))
                self._root = ObjectId(root.hex())
                at += _HEAD.size + len(keys)
        self._whole = at == len(data)
        if blocks:
            self._sorted = blocks[0]
            for each in blocks[1:]:
                self._added.extend(each)


def _entries(rows: Iterable[Transaction]) -> Iterator[int]:
    for row in rows:
        yield zlib.crc32(row.key.encode()) * _DAY + _day(row.bucket)


@lru_cache(maxsize=1 << 12)
def _day(name: str) -> int:
    day = date.fromisoformat(name).toordinal() - _EPOCH
    return min(max(day, _EDGES[0]), _EDGES[1])


def _name(day: int) -> str:
    return date.fromordinal(day + _EPOCH).isoformat()


def _block(root: ObjectId, keys: array[int]) -> bytes:
    data = keys.tobytes()
    name = bytes.fromhex(root)
    return _HEAD.pack(name, len(keys), _checksum(name, len(keys), data)) + data


def _checksum(root: bytes, count: int, keys: bytes) -> bytes:
    return hashlib.sha256(b"".join((root, count.to_bytes(4, "big"), keys))).digest()
