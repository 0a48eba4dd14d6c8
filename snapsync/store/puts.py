"""Putting objects into a store: few as files of their own, very many as packs.

What was there when we put it may be collected before our act is committed; then it is put again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from snapsync.model.canon import ObjectId
from snapsync.model.packed import Packed

from .place import Place

MANY = 256
"""More objects than so many that come together are packed at once, if they are new."""
_BATCH = 32 * 2**20


class Puts:
    """What one process has put since its last commit, as far as it was there already."""

    def __init__(self) -> None:
        self._relied: list[tuple[Mapping[ObjectId, bytes], list[ObjectId]]] = []
        self._collected: tuple[ObjectId, ...] | None = None

    def all(self, place: Place, objects: Iterable[tuple[ObjectId, bytes]]) -> None:
        """Keep objects, in their order."""
        self._begin(place)
        for there in _put(place, objects):
            self._relied.append((there, list(there)))

    def packed(self, place: Place, objects: Packed) -> None:
        """Keep very many objects, if it can be as they are packed."""
        self._begin(place)
        if len(objects) <= MANY or not place.put_packed(objects):
            there = [id for found in _put(place, objects.items()) for id in found]
            self._relied.append((objects, there))

    def again(self, place: Place) -> None:
        """Put what has been collected since, for a commit: gc and a commit never overlap."""
        if self._collected not in (None, place.collected()):
            for objects, ids in self._relied:
                for id in ids:
                    place.put(id, objects[id])
        self._relied, self._collected = [], None

    def _begin(self, place: Place) -> None:
        if self._collected is None:
            self._collected = place.collected()


def _put(place: Place, objects: Iterable[tuple[ObjectId, bytes]]) -> Iterator[dict[ObjectId, bytes]]:
    """Keep objects, as far as this is gone through; gives those that were there already."""
    many = False
    for batch in _batches(objects):
        many = many or len(batch) > MANY
        new = place.put_many(batch) if many else {id for id, data in batch.items() if place.put(id, data)}
        if len(new) < len(batch):
            yield {id: data for id, data in batch.items() if id not in new}


def _batches(objects: Iterable[tuple[ObjectId, bytes]]) -> Iterator[dict[ObjectId, bytes]]:
    batch: dict[ObjectId, bytes] = {}
    size = 0
    for id, data in objects:
        batch[id] = data
        size += len(data)
        if size > _BATCH and len(batch) > MANY:
            yield batch
            batch, size = {}, 0
    if batch:
        yield batch
