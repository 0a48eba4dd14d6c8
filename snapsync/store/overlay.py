"""A place in memory over another: what is put goes with the process. For plans that nobody keeps."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import ObjectId, OperationId, identify
from snapsync.model.packed import Packed

from .lock import Turn
from .place import Place


class OverlayPlace:
    """``place.Place`` that reads what is below it and writes nothing there."""

    def __init__(self, below: Place | None = None) -> None:
        self._below = below
        self._objects: dict[ObjectId, bytes] = {}
        self._heads = below.heads() if below else ()
        self._gone: AbstractSet[ObjectId] = frozenset()
        self._collected: AbstractSet[ObjectId] = frozenset()

    def put(self, id: ObjectId, data: bytes) -> bool:
        if self.has(id):
            return False
        self._objects[id] = data
        return True

    def put_many(self, objects: Mapping[ObjectId, bytes]) -> AbstractSet[ObjectId]:
        return {id for id, data in objects.items() if self.put(id, data)}

    def put_packed(self, objects: Packed) -> bool:
        del objects
        return False

    def get(self, id: ObjectId) -> bytes:
        if id in self._objects:
            if identify(self._objects[id]) != id:
                raise StoreError("An object in memory is damaged.", detail=id, exit=Exit.INTEGRITY)
            return self._objects[id]
        if self._below is None or id in self._gone:
            raise StoreError("An object is missing from the store.", detail=id, exit=Exit.INTEGRITY)
        return self._below.get(id)

    def has(self, id: ObjectId) -> bool:
        return id in self._objects or bool(self._below and id not in self._gone and self._below.has(id))

    def ids(self, prefix: str = "", age: float = 0) -> Iterator[ObjectId]:
        if not age:
            yield from (id for id in self._objects if id.startswith(prefix))
        if self._below is not None:
            hidden = self._objects.keys() | self._gone
            yield from (id for id in self._below.ids(prefix, age) if id not in hidden)

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

    def pack(self, least: int = 1) -> int:
        del least  # it goes with the process
        return 0

    def remove(self, record: ObjectId, ids: AbstractSet[ObjectId]) -> None:
        self._collected |= {record}
        self._gone |= ids
        for id in ids:
            self._objects.pop(id, None)

    def collected(self) -> tuple[ObjectId, ...]:
        return tuple(sorted({*self._collected, *(self._below.collected() if self._below else ())}))

    def flaws(self, past: Container[ObjectId] = ()) -> Iterator[StoreError]:
        return self._below.flaws(past) if self._below else iter(())
