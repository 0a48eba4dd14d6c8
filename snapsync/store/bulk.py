"""Putting objects into a store: few as files of their own, very many as packs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from snapsync.model.canon import ObjectId

from .place import Place

MANY = 256
"""More objects than so many that come together are packed at once, if they are new."""
_BATCH = 32 * 2**20


def put_all(place: Place, objects: Iterable[tuple[ObjectId, bytes]]) -> dict[ObjectId, bytes]:
    """Keep objects, in their order; gives those that were there already."""
    there: dict[ObjectId, bytes] = {}
    for batch in _batches(objects):
        if len(batch) > MANY:
            new = place.put_many(batch)
        else:
            new = {id for id, data in batch.items() if place.put(id, data)}
        there |= {id: data for id, data in batch.items() if id not in new}
    return there


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
