"""A place whose reads and writes are timed and counted, for ``--timings``."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, ExitStack, contextmanager

from snapsync.errors import StoreError
from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.packed import Packed
from snapsync.store.lock import Turn
from snapsync.store.place import Place

from .timings import Timings


class TimedPlace:
    """``place.Place`` that charges what is done in the one below to the store."""

    def __init__(self, below: Place, timings: Timings) -> None:
        self._below, self._timings = below, timings

    def put(self, id: ObjectId, data: bytes) -> bool:
        with self._timed():
            new = self._below.put(id, data)
        if new:
            self._timings.put += 1
            self._timings.size += len(data)
        return new

    def put_many(self, objects: Mapping[ObjectId, bytes]) -> AbstractSet[ObjectId]:
        with self._timed():
            new = self._below.put_many(objects)
        self._timings.put += len(new)
        self._timings.size += sum(len(objects[id]) for id in new)
        return new

    def put_packed(self, objects: Packed) -> bool:
        with self._timed():
            kept = self._below.put_packed(objects)
        if kept:
            self._timings.put += len(objects)
            self._timings.size += sum(place.length for _, place in objects.places())
        return kept

    def get(self, id: ObjectId) -> bytes:
        self._timings.got += 1
        with self._timed():
            return self._below.get(id)

    def has(self, id: ObjectId) -> bool:
        with self._timed():
            return self._below.has(id)

    def ids(self, prefix: str = "", age: float = 0) -> Iterator[ObjectId]:
        return self._below.ids(prefix, age)  # charged to who goes through them

    def heads(self) -> tuple[OperationId, ...]:
        with self._timed():
            return self._below.heads()

    def advance(self, old: tuple[OperationId, ...], new: OperationId) -> None:
        with self._timed():
            self._below.advance(old, new)

    def lock(self, purpose: str, timeout: float = 0) -> AbstractContextManager[None]:
        return self._entered(self._below.lock(purpose, timeout))

    @contextmanager
    def turn(self, purpose: str, timeout: float = 0) -> Iterator[Turn]:
        with ExitStack() as stack:
            with self._timed():
                turn = stack.enter_context(self._below.turn(purpose, timeout))
            yield turn

    @contextmanager
    def _entered(self, lock: AbstractContextManager[None]) -> Iterator[None]:
        """Only the wait is the store's; what is done with the lock is another's."""
        with ExitStack() as stack:
            with self._timed():
                stack.enter_context(lock)
            yield

    def pack(self, least: int = 1) -> int:
        with self._timed():
            return self._below.pack(least)

    def remove(self, record: ObjectId, ids: AbstractSet[ObjectId]) -> None:
        with self._timed():
            self._below.remove(record, ids)

    def collected(self) -> tuple[ObjectId, ...]:
        with self._timed():
            return self._below.collected()

    def flaws(self, past: Container[ObjectId] = ()) -> Iterator[StoreError]:
        return self._below.flaws(past)  # as for ids

    def _timed(self) -> AbstractContextManager[None]:
        return self._timings.phase("store")
