"""A store in a folder.

``objects/ab/cdef…`` (zlib) and ``packs/<hash>.pack`` hold objects; ``heads/<id>`` and ``collected/<id>``
are empty files that name some; ``witness/`` repeats the names in ``heads/``; the locks are the writers'.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Container, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import ObjectId, OperationId, identify
from snapsync.model.collection import Collection
from snapsync.model.packed import Packed
from snapsync.model.stored import stored

from . import files, reads
from .lock import Turn, hold, take_turn
from .pack import unpacked
from .packs import Packs

_FAN = 2
_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FASTEST_THAT_PAYS = 6
_AT_ONCE = 32 * 2**20
"""So many bytes of objects are packed at once: after a first look at a long history there are far more."""
_SAMPLE = 16
"""One folder of so many is counted to know how many loose objects there are: ids are spread evenly."""


class LocalPlace:
    """The folder implementation of ``place.Place``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._objects = folder / "objects"
        self._heads, self._witness = folder / "heads", folder / "witness"
        self._collected = folder / "collected"
        self._packs = Packs(folder / "packs")

    def create(self) -> None:
        """Make the folders; harmless when they are there."""
        files.make_folder(self._objects)
        files.make_folder(self._heads)

    def put(self, id: ObjectId, data: bytes) -> bool:
        path = self._path(id)
        if reads.age(path) is not None:
            files.assure(path)
            return False
        if self._packs.holds(id):
            return False
        files.make_folder(path.parent)
        files.write(path, _packed(data), mode=files.OBJECT_MODE)
        return True

    def put_many(self, objects: Mapping[ObjectId, bytes]) -> AbstractSet[ObjectId]:
        new = objects.keys() - self._there(objects)
        if new:
            self._packs.add(((id, objects[id]) for id in new), quick=True)
        return new

    def put_packed(self, objects: Packed) -> bool:
        if self._there(objects):
            return False
        for part in objects.parts(_AT_ONCE):
            self._packs.add_packed(part)
        return True

    def _there(self, objects: Mapping[ObjectId, bytes]) -> set[ObjectId]:
        """Which of many objects are there, durable from now on."""
        there = self._packs.holding(objects)
        for path in self._loose():
            if (id := _id_of(path)) in objects:
                files.assure(path)
                there.add(id)
        return there

    def get(self, id: ObjectId) -> bytes:
        data = self._content(id)
        if data is None:
            raise self._missing(id)
        return data

    def has(self, id: ObjectId) -> bool:
        return reads.age(self._path(id)) is not None or self._packs.holds(id)

    def ids(self, prefix: str = "", age: float = 0) -> Iterator[ObjectId]:
        seen: set[ObjectId] = set(self._packs.younger_than(age)) if age else set()
        for path in self._loose(prefix):
            id = _id_of(path)
            if age and (reads.age(path) or 0) < age:
                seen.add(id)
            elif id not in seen and id.startswith(prefix):
                seen.add(id)
                yield id
        for id in self._packs.ids(prefix):
            if id not in seen:
                seen.add(id)
                yield id

    def heads(self) -> tuple[OperationId, ...]:
        # The witness first: what it names is a head still, or was left for one that is read after it.
        witness = _names(self._witness)
        return tuple(OperationId(id) for id in sorted({*witness, *_names(self._heads)}))

    def advance(self, old: tuple[OperationId, ...], new: OperationId) -> None:
        files.assure(self.folder / "store.json")
        files.touch(self._heads / new)
        files.make_folder(self._witness)
        files.mark(self._witness / new)
        gone = [id for id in old if id != new]
        files.discard(self._witness / id for id in gone)
        for id in gone:
            files.remove(self._heads / id)

    def lock(self, purpose: str, timeout: float = 0) -> AbstractContextManager[None]:
        return hold(self.folder, purpose, timeout)

    def turn(self, purpose: str, timeout: float = 0) -> AbstractContextManager[Turn]:
        return take_turn(self.folder, purpose, timeout)

    def pack(self, least: int = 1) -> int:
        some = sum(1 for path in self._loose("0")) * _SAMPLE
        if least > _SAMPLE and some < least:
            return 0
        for folder in (self.folder, self._heads, self._packs.folder, *reads.listed(self._objects)):
            files.sweep(folder)
        paths = list(self._loose())
        if len(paths) < least:
            return 0
        packed, size, portion = 0, 0, dict[Path, bytes]()
        for path in paths:
            data = self._sound(path)
            if data is not None:
                portion[path] = data
                size += len(data)
            if size >= _AT_ONCE:
                packed += self._put_away(portion)
                size, portion = 0, {}
        return packed + self._put_away(portion)

    def _put_away(self, loose: dict[Path, bytes]) -> int:
        """Make loose objects a pack, and remove their files."""
        self._packs.add((_id_of(path), data) for path, data in loose.items())
        files.discard(loose)
        return len(loose)

    def remove(self, record: ObjectId, ids: AbstractSet[ObjectId]) -> None:
        files.make_folder(self._collected)
        files.touch(self._collected / record)
        self._packs.remove(ids)
        files.discard(self._path(id) for id in ids)

    def collected(self) -> tuple[ObjectId, ...]:
        return tuple(sorted(_names(self._collected)))

    def flaws(self, past: Container[ObjectId] = ()) -> Iterator[StoreError]:
        # twice the witness, for an advance that is made just now: what it leaves goes from there first
        witness = _names(self._witness)
        heads = _names(self._heads)
        for id in sorted((witness & _names(self._witness)) - heads):
            if id not in past:
                yield _head_flaw(self._heads / id, f"it is gone; {self._witness / id} has kept its name")
        for folder in (self._heads, self._witness, self._collected):
            yield from (
                _head_flaw(folder / id, "a file that is only a name has got content")
                for id in sorted(_names(folder))
                if reads.read(folder / id)
            )
        yield from self._packs.flaws()
        for path in self._loose():
            stored = reads.read(path)
            if stored and _flipped_beside(stored):
                yield StoreError(
                    "A bit beside an object's content is flipped; the content is whole.",
                    detail=f"{path}",
                    hint="Nothing is lost, but the disk may be failing: make a backup.",
                    exit=Exit.INTEGRITY,
                )

    def _loose(self, prefix: str = "") -> Iterator[Path]:
        """The files of objects that are in no pack, whose ids begin with the first digits of a prefix."""
        for folder in reads.listed(self._objects):
            if folder.name.startswith(prefix[:_FAN]) and folder.is_dir():
                for path in reads.listed(folder):
                    # temporaries, and what a file manager or a backup left here, are no objects
                    if _ID.fullmatch(folder.name + path.name):
                        yield path

    def _sound(self, path: Path) -> bytes | None:
        """A loose object's content; None where it is damaged, and must stay as it is to be seen."""
        stored = reads.read(path)
        data = unpacked(stored) if stored else None
        return data if data is not None and identify(data) == path.parent.name + path.name else None

    def _content(self, id: ObjectId) -> bytes | None:
        """An object's content, proven; None where it is nowhere."""
        path = self._path(id)
        stored = reads.read(path)
        data = unpacked(stored) if stored else None
        if data is not None and identify(data) == id:
            return data
        packed = self._packs.get(id)  # also of a loose object that is damaged: two are better than one
        if packed is not None:
            return packed
        if stored is None:
            # it may have been put beside us since
            return None if reads.age(path) is None else self._content(id)
        raise StoreError(
            "An object of the store is damaged.",
            detail=f"{path}: its bytes no longer have the hash that it is named by",
            hint="Put the file back from a backup of the state folder.",
            exit=Exit.INTEGRITY,
        )

    def _missing(self, id: ObjectId) -> StoreError:
        for record in self.collected():
            with suppress(StoreError):  # a record that is lost itself explains nothing; verify tells of it
                data = self._content(record)
                if data and id in (made := stored(data, Collection, record)).ids:
                    return _collected(id, made)
        return StoreError(
            "An object is missing from the store.",
            detail=f"{self._path(id)}",
            hint="Put the file back from a backup of the state folder.",
            exit=Exit.INTEGRITY,
        )

    def _path(self, id: ObjectId) -> Path:
        return self._objects / id[:_FAN] / id[_FAN:]


def _collected(id: ObjectId, made: Collection) -> StoreError:
    return StoreError(
        "This was collected by gc.",
        detail=f"{id}, at {made.time} by {made.actor.user}",
        hint="States and files older than what gc was told to keep are gone; the log, the plans and the"
        " ledger are not. A backup of the state folder may have it.",
    )


def _names(folder: Path) -> set[ObjectId]:
    """The ids that a folder's files are named by."""
    return {ObjectId(path.name) for path in reads.listed(folder) if _ID.fullmatch(path.name)}


def _id_of(path: Path) -> ObjectId:
    """The object that a loose file is of."""
    return ObjectId(path.parent.name + path.name)


def _packed(data: bytes) -> bytes:
    return zlib.compress(data, _FASTEST_THAT_PAYS)


def _flipped_beside(stored: bytes) -> bool:
    """Whether one byte of a sound stream is not as we would write it.

    A deflate stream ends within a byte, and the bits after its end mean nothing: no checksum sees them.
    Another zlib would differ in more than a byte.
    """
    data = unpacked(stored)
    ours = stored if data is None else _packed(data)
    return len(ours) == len(stored) and sum(a != b for a, b in zip(ours, stored, strict=True)) == 1


def _head_flaw(path: Path, detail: str) -> StoreError:
    return StoreError(
        "A file that names the log's head is not as it should be.",
        detail=f"{path}: {detail}",
        hint="The log is read all the same. The next plan puts its own head in its place.",
        exit=Exit.INTEGRITY,
    )
