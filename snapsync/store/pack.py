"""One pack: many objects in one file that never changes, named by the hash of its bytes.

Objects lie in blocks of some 64 KiB that are compressed together, because looks are much alike. An index
at the end says which block and where, so one object costs one block. docs/format.md has every byte.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import BinaryIO

from snapsync.errors import Exit, StoreError
from snapsync.model import hurry
from snapsync.model.canon import ObjectId
from snapsync.model.packed import BLOCK, Found, Packed

MAGIC = b"snapsync pack "
HEADER = MAGIC + b"1\n"
_ID = 32
_PLACE = struct.Struct(">III")  # block, start in its content, length
_BLOCK = struct.Struct(">QI")  # start in the file, length
_TAIL = struct.Struct(">QII32s")  # where the index starts, objects, blocks, sha256 of the index
_TIGHT = 9
"""The level of zlib for what stays: it is packed once."""
INDEXED = _ID + _PLACE.size
"""Bytes that the index needs for each object."""
EMPTY = len(HEADER) + _TAIL.size
"""Bytes of a pack without objects; there are none such."""


class Pack:
    """A pack that is read: its index is in memory, its blocks are read when they are asked for."""

    def __init__(self, path: Path, index: bytes, objects: int, blocks: int) -> None:
        self.path, self.objects, self.blocks = path, objects, blocks
        self._ids = index[: objects * _ID]
        self._places = index[len(self._ids) : len(self._ids) + objects * _PLACE.size]
        self._table = index[len(self._ids) + len(self._places) :]

    @classmethod
    def open(cls, path: Path) -> Pack:
        """Read and prove a pack's index.

        Raises:
            StoreError: it is no pack, or damaged (exit 30); or a newer version wrote it (10).
            FileNotFoundError: it is gone: another process has made a new one of it.
        """
        with path.open("rb") as file:
            header = file.read(len(HEADER))
            if header != HEADER:
                raise _unknown(path, header)
            size = file.seek(0, 2)
            if size < len(HEADER) + _TAIL.size:
                raise damaged(path, "it is cut short")
            file.seek(size - _TAIL.size)
            start, objects, blocks, checksum = _TAIL.unpack(file.read(_TAIL.size))
            length = objects * (_ID + _PLACE.size) + blocks * _BLOCK.size
            if start + length + _TAIL.size != size:
                raise damaged(path, "it is cut short, or its end is not its own")
            index = _read(file, start, length)
        if hashlib.sha256(index).digest() != checksum:
            raise damaged(path, "its index does not have the checksum that it carries")
        return cls(path, index, objects, blocks)

    def find(self, id: ObjectId) -> Found | None:
        """Where an object lies; None where it is not in this pack."""
        wanted = bytes.fromhex(id)
        at = self._after(wanted)
        return self._found(at) if at < self.objects and self._id(at) == wanted else None

    def holding(self, wanted: AbstractSet[bytes]) -> AbstractSet[bytes]:
        """Which of many ids, as bytes, are in this pack."""
        return wanted & {id for (id,) in struct.iter_unpack(f"{_ID}s", self._ids)}

    def ids(self, prefix: str = "") -> Iterator[ObjectId]:
        """The ids that begin with a prefix of hexadecimal digits, sorted."""
        for at in range(self._after(bytes.fromhex(prefix.ljust(2 * _ID, "0"))), self.objects):
            id = self._id(at).hex()
            if not id.startswith(prefix):
                return
            yield ObjectId(id)

    def places(self) -> list[tuple[ObjectId, Found]]:
        """Every object with its place, in the order in which they lie in the file."""
        found = [(ObjectId(self._id(at).hex()), self._found(at)) for at in range(self.objects)]
        return sorted(found, key=lambda each: each[1])

    def block(self, number: int) -> bytes:
        """The content of a block.

        Raises:
            StoreError: (exit 30) it is damaged.
            FileNotFoundError: the pack is gone.
        """
        content = unpacked(self._raw(number))
        if content is None:
            raise damaged(self.path, f"block {number} cannot be unpacked")
        return content

    def raw_blocks(self) -> Iterator[bytes]:
        """All blocks as they lie in the file.

        Raises:
            FileNotFoundError: the pack is gone.
        """
        return map(self._raw, range(self.blocks))

    def _raw(self, number: int) -> bytes:
        if number >= self.blocks:
            raise damaged(self.path, "its index names a block that is not there")
        start, length = _BLOCK.unpack_from(self._table, number * _BLOCK.size)
        with self.path.open("rb") as file:
            return _read(file, start, length)

    def _after(self, wanted: bytes) -> int:
        return bisect_left(range(self.objects), wanted, key=self._id)

    def _id(self, at: int) -> bytes:
        return self._ids[at * _ID : (at + 1) * _ID]

    def _found(self, at: int) -> Found:
        return Found(*_PLACE.unpack_from(self._places, at * _PLACE.size))


def pack(
    objects: Iterable[tuple[ObjectId, bytes]], whole: Iterable[Pack | Packed] = (), *, quick: bool = False
) -> tuple[str, bytes]:
    """A new pack of these objects and of all that other packs hold; its name and its bytes.

    Args:
        objects: ids and contents. Those that are alike come to lie side by side.
        whole: packs, or what is packed in memory, whose blocks are taken over as they are.
        quick: whether the others are packed in a hurry, and less tightly.
    """
    body = bytearray(HEADER)
    table = bytearray()
    places: dict[ObjectId, Found] = {}

    def add(block: bytes) -> int:
        table.extend(_BLOCK.pack(len(body), len(block)))
        body.extend(block)
        return len(table) // _BLOCK.size - 1

    for content, inside in _blocks(objects):
        number = add(hurry.pack(content) if quick else zlib.compress(content, _TIGHT))
        places.update((id, Found(number, start, length)) for id, start, length in inside)
    for other in whole:
        first = len(table) // _BLOCK.size
        for block in other.raw_blocks():
            add(block)
        for id, found in other.places():
            places.setdefault(id, found._replace(block=first + found.block))
    return _finished(body, places, bytes(table))


def _finished(body: bytearray, places: dict[ObjectId, Found], table: bytes) -> tuple[str, bytes]:
    ids = sorted(places)
    index = b"".join([*(bytes.fromhex(id) for id in ids), *(_PLACE.pack(*places[id]) for id in ids), table])
    blocks = len(table) // _BLOCK.size
    tail = _TAIL.pack(len(body), len(ids), blocks, hashlib.sha256(index).digest())
    data = b"".join((body, index, tail))
    return hashlib.sha256(data).hexdigest(), data


def _blocks(
    objects: Iterable[tuple[ObjectId, bytes]],
) -> Iterator[tuple[bytes, list[tuple[ObjectId, int, int]]]]:
    """Contents in blocks, each with (id, start, length) of what lies in it."""
    block, inside = bytearray(), list[tuple[ObjectId, int, int]]()
    for id, content in sorted(objects, key=lambda each: each[1]):
        if inside and len(block) + len(content) > BLOCK:
            yield bytes(block), inside
            block, inside = bytearray(), []
        inside.append((id, len(block), len(content)))
        block += content
    if inside:
        yield bytes(block), inside


def unpacked(stored: bytes) -> bytes | None:
    """What was compressed; None where these bytes are not one whole stream and nothing else."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(stored)
    except zlib.error:
        return None
    return data if stream.eof and not stream.unused_data else None


def damaged(path: Path, detail: str) -> StoreError:
    """The error for a pack that is not what it was."""
    return StoreError(
        "A pack of the store is damaged.",
        detail=f"{path}: {detail}",
        hint="Put the file back from a backup of the state folder.",
        exit=Exit.INTEGRITY,
    )


def _unknown(path: Path, header: bytes) -> StoreError:
    version = header.removeprefix(MAGIC).strip()
    if header.startswith(MAGIC) and version.isdigit() and version != b"1":
        return StoreError(
            "A pack of the store was written by a newer snapsync.",
            detail=f"{path}: format {version.decode()}; this version knows 1",
            hint="pip install --upgrade snapsync",
        )
    return damaged(path, "it does not begin as a pack does")


def _read(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)
