"""A store in a folder: ``objects/ab/cdef…`` (zlib), ``heads/<id>`` (empty files), the locks."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import ObjectId, OperationId, identify

from . import files
from .lock import Turn, hold, take_turn

_FAN = 2
_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FASTEST_THAT_PAYS = 6


class LocalPlace:
    """The folder implementation of ``place.Place``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._objects = folder / "objects"
        self._heads = folder / "heads"

    def create(self) -> None:
        """Make the folders; harmless when they are there."""
        files.make_folder(self._objects)
        files.make_folder(self._heads)

    def put(self, id: ObjectId, data: bytes) -> None:
        path = self._path(id)
        files.make_folder(path.parent)
        if path.exists():
            files.assure(path)
            return
        files.write(path, zlib.compress(data, _FASTEST_THAT_PAYS), mode=files.OBJECT_MODE)

    def get(self, id: ObjectId) -> bytes:
        stored = files.read(self._path(id))
        if stored is None:
            raise StoreError(
                "An object is missing from the store.",
                detail=f"{self._path(id)}",
                hint="Put the file back from a backup of the state folder.",
                exit=Exit.INTEGRITY,
            )
        data = _unpacked(stored)
        if data is None or identify(data) != id:
            raise StoreError(
                "An object of the store is damaged.",
                detail=f"{self._path(id)}: its bytes no longer have the hash that it is named by",
                hint="Put the file back from a backup of the state folder.",
                exit=Exit.INTEGRITY,
            )
        return data

    def has(self, id: ObjectId) -> bool:
        return self._path(id).exists()

    def ids(self, prefix: str = "") -> Iterator[ObjectId]:
        for folder in sorted(self._objects.iterdir()) if self._objects.is_dir() else ():
            if folder.name.startswith(prefix[:_FAN]) and folder.is_dir():
                for path in folder.iterdir():
                    id = folder.name + path.name
                    # temporaries, and what a file manager or a backup left here, are no objects
                    if _ID.fullmatch(id) and id.startswith(prefix):
                        yield ObjectId(id)

    def heads(self) -> tuple[OperationId, ...]:
        if not self._heads.is_dir():
            return ()
        names = sorted(path.name for path in self._heads.iterdir())
        return tuple(OperationId(ObjectId(name)) for name in names if _ID.fullmatch(name))

    def advance(self, old: tuple[OperationId, ...], new: OperationId) -> None:
        files.assure(self.folder / "store.json")
        files.touch(self._heads / new)
        for id in old:
            if id != new:
                files.remove(self._heads / id)

    def lock(self, purpose: str, timeout: float = 0) -> AbstractContextManager[None]:
        return hold(self.folder, purpose, timeout)

    def turn(self, purpose: str, timeout: float = 0) -> AbstractContextManager[Turn]:
        return take_turn(self.folder, purpose, timeout)

    def _path(self, id: ObjectId) -> Path:
        return self._objects / id[:_FAN] / id[_FAN:]


def _unpacked(stored: bytes) -> bytes | None:
    """What was compressed; None where these bytes are not one whole stream and nothing else."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(stored)
    except zlib.error:
        return None
    return data if stream.eof and not stream.unused_data else None
