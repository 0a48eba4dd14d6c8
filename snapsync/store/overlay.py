"""A place in memory over another: what is put goes with the process. For plans that nobody keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import ObjectId, OperationId

from .lock import Turn
from .place import Place


class OverlayPlace:
    """``place.Place`` that reads what is below it and writes nothing there."""

    def __init__(self, below: Place | None = None) -> None:
        self._below = below
        self._objects: dict[ObjectId, bytes] = {}
        self._heads = below.heads() if below else ()

    def put(self, id: ObjectId, data: bytes) -> None:
        self._objects.setdefault(id, data)

    def get(self, id: ObjectId) -> bytes:
        if id in self._objects:
            return self._objects[id]
        if self._below is None:
            raise StoreError("An object is missing from the store.", detail=id, exit=Exit.INTEGRITY)
        return self._below.get(id)

    def has(self, id: ObjectId) -> bool:
        return id in self._objects or (self._below is not None and self._below.has(id))

    def ids(self, prefix: str = "") -> Iterator[ObjectId]:
        yield from (id for id in self._objects if id.startswith(prefix))
        if self._below is not None:
            yield from (id for id in self._below.ids(prefix) if id not in self._objects)

    def heads(self) -> tuple[OperationId, ...]:
        return self._heads

    def advance(self, old: tuple[OperationId, ...], new: OperationId) -> None:
        self._heads = tuple(sorted({*self._heads, new} - ({*old} - {new})))

    def lock(self, purpose: str, timeout: float = 0) -> AbstractContextManager[None]:
        del purpose, timeout  # nobody else can see it
        return nullcontext()

    def turn(self, purpose: str, timeout: float = 0) -> AbstractContextManager[Turn]:
        del purpose, timeout  # the same
        return nullcontext(Turn(-1, {}))
