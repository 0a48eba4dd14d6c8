"""All packs of a store: which are there, and in which of them an object lies.

Packs come and go beside us: another process packs, or gc makes a smaller one of two. A new pack is always
there before what it stands for goes, so whoever misses something looks once more.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

from snapsync.errors import StoreError
from snapsync.model.canon import ObjectId, identify
from snapsync.model.packed import Found, Packed

from . import files, reads
from .pack import EMPTY, INDEXED, Pack, damaged, pack

NAME = re.compile(r"[0-9a-f]{64}\.pack", re.ASCII)
_BLOCKS_KEPT = 32
_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{0,64}", re.ASCII)
LARGEST = 4 * 2**20
"""Bytes of a pack beyond which it is no longer made one with others: no commit has to copy more."""


class Packs:
    """The folder ``packs/``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, Pack] = {}
        self._broken: dict[str, StoreError] = {}
        self._blocks: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    def names(self) -> list[str]:
        """The packs that are there now; a folder that changes while it is listed is listed again."""
        last: list[str] | None = None
        while True:
            now = [path.name for path in reads.listed(self.folder) if NAME.fullmatch(path.name)]
            if now == last:
                return now
            last = now

    def holds(self, id: ObjectId) -> bool:
        """Whether an object is in a pack."""
        return self._find(id) is not None

    def holding(self, ids: Iterable[ObjectId]) -> set[ObjectId]:
        """Which of many objects are in packs."""
        self._refresh()
        wanted = {bytes.fromhex(id) for id in ids}
        found = {id for each in self._open.values() for id in each.holding(wanted)}
        return {ObjectId(id.hex()) for id in found}

    def get(self, id: ObjectId) -> bytes | None:
        """An object's content, proven; None where no pack has it.

        Raises:
            StoreError: (exit 30) the pack that has it is damaged, or one that may have had it.
        """
        while (found := self._find(id)) is not None:
            holder, place = found
            with suppress(FileNotFoundError):  # it has become another pack: look again
                return self._content(holder, place, id)
        if self._broken:
            raise next(iter(self._broken.values()))
        return None

    def ids(self, prefix: str = "") -> Iterator[ObjectId]:
        """The ids in all packs that begin with a prefix; some may come twice.

        All of them come in the order in which they lie there, so that who reads them all unpacks each block
        once.
        """
        if _HEX.fullmatch(prefix):
            self._refresh()
            for each in list(self._open.values()):
                yield from each.ids(prefix) if prefix else (id for id, _ in each.places())

    def younger_than(self, seconds: float) -> set[ObjectId]:
        """What lies in packs that were made since: it may have been put only then."""
        self._refresh()
        young = (each for each in self._open.values() if _age(each.path) < seconds)
        return {id for each in young for id in each.ids()}

    def flaws(self) -> Iterator[StoreError]:
        """Packs that are not the bytes that they are named by."""
        self._refresh()
        yield from self._broken.values()
        for name, each in list(self._open.items()):
            data = reads.read(each.path)
            if data is not None and f"{hashlib.sha256(data).hexdigest()}.pack" != name:
                yield damaged(each.path, "its bytes no longer have the hash that it is named by")

    def add(self, objects: Iterable[tuple[ObjectId, bytes]], *, quick: bool = False) -> None:
        """Make objects a pack, durable when this returns; small packs become one with it.

        A pack is taken in that is at most twice as large as what is there so far: so there are few
        packs, and each object is copied a few times only. ``quick`` is for many at once: it packs less
        tightly.
        """
        fresh = list(objects)
        size = sum(INDEXED + len(content) // 4 for _, content in fresh)
        taken: list[Pack] = []
        for bytes_, each in sorted(self._sizes(), key=lambda pair: pair[0]):
            if bytes_ > 2 * size or size + bytes_ > LARGEST or not _sound(each):
                break
            taken.append(each)
            size += bytes_
        if fresh or len(taken) > 1:
            self._replace(taken, fresh, taken, quick=quick)

    def add_packed(self, objects: Packed) -> None:
        """Make what is packed in memory a pack, durable when this returns."""
        self._write(*pack((), [objects]))

    def remove(self, ids: AbstractSet[ObjectId]) -> None:
        """Make new packs without these objects; the new one is durable before the old one goes."""
        self._refresh()
        for each in list(self._open.values()):
            if any(each.find(id) for id in ids):
                keep = [id for id in each.ids() if id not in ids]
                left = [(id, self._content(each, place, id)) for id in keep if (place := each.find(id))]
                self._replace([each], left, ())

    def _replace(
        self,
        old: list[Pack],
        objects: list[tuple[ObjectId, bytes]],
        whole: Iterable[Pack],
        *,
        quick: bool = False,
    ) -> None:
        """Put a new pack in the place of others; what is durable first goes last."""
        new = self._write(*pack(objects, whole, quick=quick))
        files.discard(each.path for each in old if each.path != new)

    def _write(self, name: str, data: bytes) -> Path:
        path = self.folder / f"{name}.pack"
        if len(data) > EMPTY:
            files.make_folder(self.folder)
            files.write(path, data, mode=files.OBJECT_MODE)
        return path

    def _sizes(self) -> Iterator[tuple[int, Pack]]:
        self._refresh()
        for each in list(self._open.values()):
            with suppress(FileNotFoundError):  # somebody has deleted it by hand
                yield each.path.stat().st_size, each

    def _find(self, id: ObjectId) -> tuple[Pack, Found] | None:
        if not _ID.fullmatch(id):
            return None
        return self._find_open(id) or (self._find_open(id) if self._refresh() else None)

    def _find_open(self, id: ObjectId) -> tuple[Pack, Found] | None:
        for name, each in self._open.items():
            if place := each.find(id):
                if next(iter(self._open)) != name:  # what is asked for next is likely beside it
                    self._open = {name: each, **self._open}
                return each, place
        return None

    def _refresh(self) -> bool:
        """Take note of packs that came and went; whether there were any."""
        names = self.names()
        if names == sorted([*self._open, *self._broken]):
            return False
        for name in {*self._open, *self._broken} - {*names}:
            self._open.pop(name, None)
            self._broken.pop(name, None)
        for name in {*names} - {*self._open} - {*self._broken}:
            try:
                self._open[name] = Pack.open(self.folder / name)
            except FileNotFoundError:
                continue
            except StoreError as error:
                self._broken[name] = error
            except OSError as error:
                self._broken[name] = reads.unreadable(self.folder / name, error)
        return True

    def _content(self, holder: Pack, place: Found, id: ObjectId) -> bytes:
        block = self._block(holder, place.block)
        content = block[place.start : place.start + place.length]
        if identify(content) != id:
            raise damaged(holder.path, f"object {id} no longer has the hash that it is named by")
        return content

    def _block(self, holder: Pack, number: int) -> bytes:
        key = (holder.path.name, number)
        if key not in self._blocks:
            try:
                self._blocks[key] = holder.block(number)
            except FileNotFoundError:
                self._open.pop(holder.path.name, None)
                raise
            except OSError as error:
                raise reads.unreadable(holder.path, error) from error
            while len(self._blocks) > _BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(key)
        return self._blocks[key]


def _sound(each: Pack) -> bool:
    """Whether a pack may be copied as it is; what is damaged keeps its name, so that it stays known."""
    data = reads.read(each.path)
    return data is not None and f"{hashlib.sha256(data).hexdigest()}.pack" == each.path.name


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
