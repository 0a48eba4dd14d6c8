"""Putting objects into a store: some as files of their own, very many as packs."""

from __future__ import annotations

from collections.abc import Iterable

from snapsync.model.canon import ObjectId

from .place import Place

MANY = 256
"""So many new objects that come together lie in files of their own; the rest of them are packed at once."""
_BATCH = 32 * 2**20


def put_all(place: Place, objects: Iterable[tuple[ObjectId, bytes]]) -> dict[ObjectId, bytes]:
    """Keep objects, in their order; gives those that were there already."""
    there: dict[ObjectId, bytes] = {}
    batch: dict[ObjectId, bytes] = {}
    new = size = 0
    for id, data in objects:
        if new < MANY:
            fresh = place.put(id, data)
            new += fresh
        elif fresh := id not in batch and not place.has(id):
            batch[id] = data
            size += len(data)
        if not fresh:
            there[id] = data
        if size > _BATCH:
            place.put_many(batch)
            batch, size = {}, 0
    if batch:
        place.put_many(batch)
    return there
