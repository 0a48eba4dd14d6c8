"""On which days the trades of a tree may lie, by their keys: so one is found without reading all days.

It is remembered beside the store, in one file for each side: blocks of a tree's root and of eight bytes for
each key, sorted: four of its checksum, and the day. The first block has all keys of a tree, each later one
what a later tree has more. Of a block only that part is read which may have a key: a table says which. A day
too many costs one page more to read. What does not fit its own checksum is made anew from the tree.
"""

from __future__ import annotations

import hashlib
import struct
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from snapsync.errors import StoreError
from snapsync.model.canon import ObjectId
from snapsync.model.pages import Pages
from snapsync.model.state import Transaction
from snapsync.model.tree import Fetch
from snapsync.model.whereabouts import DAYS, EDGES, day_name, first_of, whereabouts

from .memory import FolderMemory

MAGIC = b"snapsync keys 1\n"
_HEAD = struct.Struct(">32sI32s")  # the tree's root, how many keys, sha256 of both and the table
_PART = struct.Struct(">QI")  # the first key of a part, and the part's checksum
_KEY = struct.Struct(">Q")
PART = 4096
"""Keys of a part: 32 KiB are read for one that is looked for."""
_LISTS = 256
_SHARE = DAYS * 2**32 // _LISTS
MOST_BLOCKS = 64
"""So many trees are added at the file's end before all keys are sorted anew."""


class _BrokenError(Exception):
    """What is remembered is not what was written."""


class _Block:
    """The keys of one tree, or what it has more than the one before; ``read`` gives bytes of them."""

    def __init__(self, read: Callable[[int, int], bytes], count: int, table: bytes) -> None:
        self._read, self._count = read, count
        self._table = list(_PART.iter_unpack(table))
        self._parts: dict[int, list[int]] = {}

    def days(self, key: str) -> Iterator[int]:
        """On which days a key may lie."""
        wanted = first_of(key)
        number = max(0, bisect_left(self._table, (wanted, 0)) - 1)
        while number < len(self._table) and self._table[number][0] < wanted + DAYS:
            keys = self._part(number)
            at = bisect_left(keys, wanted)
            while at < len(keys) and keys[at] < wanted + DAYS:
                yield keys[at] % DAYS
                at += 1
            number += 1

    def _part(self, number: int) -> list[int]:
        if number not in self._parts:
            count = min(PART, self._count - number * PART)
            data = self._read(number * PART * _KEY.size, count * _KEY.size)
            if len(data) != count * _KEY.size or zlib.crc32(data) != self._table[number][1]:
                raise _BrokenError
            self._parts = {number: [key for [key] in _KEY.iter_unpack(data)]}
        return self._parts[number]


class Keys:
    """Finds the trades of one side; ``name`` is its file's."""

    def __init__(self, memory: FolderMemory, name: str, fetch: Fetch) -> None:
        self._memory, self._name, self._fetch = memory, name, fetch
        self._root: ObjectId | None = None
        self._blocks: list[_Block] | None = None
        self._size = 0
        """How many bytes of the file are blocks; it may have been cut off behind them."""

    def find(self, pages: Pages[Transaction], key: str) -> Transaction | None:
        """The trade of a key in a tree; None where it has none."""
        try:
            days = self._days(pages, key)
        except _BrokenError:
            self.learn(pages.root, map(whereabouts, pages.between()))
            days = self._days(pages, key)
        for day in days:
            row = pages.search(key) if day in EDGES else pages.get(day_name(day), key)
            if row is not None:
                return row
        return None

    def _days(self, pages: Pages[Transaction], key: str) -> list[int]:
        self._turn_to(pages)
        return list(dict.fromkeys(day for block in self._blocks or () for day in block.days(key)))

    def _turn_to(self, pages: Pages[Transaction]) -> None:
        """Know the keys of a tree, and perhaps some more."""
        if self._blocks is None:
            self._blocks = list(self._load())
        if self._root == pages.root:
            return
        more = self._more(pages)
        whole = self._memory.size(self._name) == self._size
        if more is None or not whole or len(self._blocks) > MOST_BLOCKS or len(more) > PART:
            self.learn(pages.root, map(whereabouts, pages.between()))
        elif more:  # else all is known already
            data = _encoded(pages.root, more)
            self._memory.add(self._name, data)
            self._blocks += self._blocks_in(data, self._size)
        self._root = pages.root

    def learn(self, root: ObjectId, found: Iterable[int]) -> None:
        """Know the keys of a tree by the whereabouts of all its trades."""
        data = MAGIC + _encoded(root, found)
        self._memory.write(self._name, data)
        self._size = len(MAGIC)
        self._blocks = list(self._blocks_in(data[len(MAGIC) :], self._size))

    def _more(self, pages: Pages[Transaction]) -> list[int] | None:
        """What a tree has more than the one that is known; None where that cannot be told."""
        if self._root is None:
            return None
        try:
            changed = pages.changed_since(Pages.stored(Transaction, self._root, self._fetch)).values()
        except StoreError:  # gc has taken it away
            return None
        return [whereabouts(after) for _, after in changed if after is not None]

    def _load(self) -> Iterator[_Block]:
        self._size = len(MAGIC)
        if self._memory.part(self._name, 0, len(MAGIC)) != MAGIC:
            self._size = -1
            return
        while head := self._memory.part(self._name, self._size, _HEAD.size):
            table = b""
            if len(head) == _HEAD.size:
                count = _HEAD.unpack(head)[1]
                table = self._memory.part(self._name, self._size + _HEAD.size, _parts(count) * _PART.size)
            found = list(self._blocks_in(head + table, self._size))
            if not found:
                return
            yield from found

    def _blocks_in(self, data: bytes, at: int) -> Iterator[_Block]:
        """The block whose head and table some bytes begin with, if these are sound; it lies at a place."""
        if len(data) < _HEAD.size:
            return
        root, count, checksum = _HEAD.unpack_from(data)
        table = data[_HEAD.size : _HEAD.size + _parts(count) * _PART.size]
        if _checksum(root, count, table) != checksum:
            return
        start = at + _HEAD.size + len(table)
        self._root, self._size = ObjectId(root.hex()), start + count * _KEY.size
        keys = data[_HEAD.size + len(table) :]  # of a block that is just made; the file may not take it

        def read(offset: int, size: int) -> bytes:
            return keys[offset : offset + size] or self._memory.part(self._name, start + offset, size)

        yield _Block(read, count, table)


def _encoded(root: ObjectId, entries: Iterable[int]) -> bytes:
    keys = _sorted(entries)
    firsts = keys[::PART]
    if sys.byteorder == "little":
        keys.byteswap()
    data = keys.tobytes()
    size = PART * _KEY.size
    table = b"".join(
        _PART.pack(first, zlib.crc32(data[at * size : (at + 1) * size])) for at, first in enumerate(firsts)
    )
    name = bytes.fromhex(root)
    return _HEAD.pack(name, len(keys), _checksum(name, len(keys), table)) + table + data


def _sorted(entries: Iterable[int]) -> array[int]:
    """Sorted; checksums spread evenly, so that small lists of them come out in half the time of one."""
    lists: list[list[int]] = [[] for _ in range(_LISTS)]
    for each in entries:
        lists[each // _SHARE].append(each)
    keys = array("Q")
    for some in lists:
        keys.extend(sorted(some))
    return keys


def _parts(count: int) -> int:
    return -(-count // PART)


def _checksum(root: bytes, count: int, table: bytes) -> bytes:
    return hashlib.sha256(b"".join((root, count.to_bytes(4, "big"), table))).digest()
