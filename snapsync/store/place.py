"""What a store must be able to do, in bytes: objects put once, heads that only go forward, one lock.

Other kinds of store (a database, a bucket) implement this Protocol and nothing more; one suite of
tests runs them all (tests/store/).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from typing import Protocol

from snapsync.errors import StoreError
from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.packed import Packed

from .lock import Turn


class Place(Protocol):
    """Bytes under their ids, the heads of the log, and the writers' lock."""

    def put(self, id: ObjectId, data: bytes) -> bool:
        """Keep bytes under their id; durable when this returns. Putting twice is putting once.

        Returns:
            Whether they are new.
        """
        ...

    def put_many(self, objects: Mapping[ObjectId, bytes]) -> AbstractSet[ObjectId]:
        """Keep many objects; durable when this returns.

        Returns:
            Which of them are new.
        """
        ...

    def put_packed(self, objects: Packed) -> bool:
        """Keep objects as they are packed, if none of them is there yet; durable when this returns.

        Returns:
            Whether they are kept; else nothing was done.
        """
        ...

    def get(self, id: ObjectId) -> bytes:
        """The bytes under an id, proven by hashing them again.

        Raises:
            StoreError: (exit 30) there is no such object, or its bytes are damaged; (10) it was collected.
        """
        ...

    def has(self, id: ObjectId) -> bool:
        """Whether an object is there; says nothing of its soundness."""
        ...

    def ids(self, prefix: str = "", age: float = 0) -> Iterator[ObjectId]:
        """The ids of all objects that begin with a prefix, in no order, each once.

        Args:
            prefix: how they begin.
            age: how many seconds ago they must have been put, at least.
        """
        ...

    def heads(self) -> tuple[OperationId, ...]:
        """The newest operations, sorted; normally one, none in a new store."""
        ...

    def advance(self, old: tuple[OperationId, ...], new: OperationId) -> None:
        """Make ``new`` the head in place of ``old``; this is the commit point of every operation.

        ``new`` is durable before any of ``old`` goes, so a crash between leaves one too many, never none.
        Heads that ``old`` does not name stay: two writers who did not know of each other make a fork, and
        neither operation is lost.
        """
        ...

    def lock(self, purpose: str, timeout: float = 0) -> AbstractContextManager[None]:
        """Hold the writers' lock; it dies with its process.

        Raises:
            StoreError: (exit 11) somebody else holds it; the detail says who, since when, and whether that
                process still lives.
        """
        ...

    def turn(self, purpose: str, timeout: float = 0) -> AbstractContextManager[Turn]:
        """Keep other writers out while a command runs; with what the Turn says, it may ``lock`` itself.

        Raises:
            StoreError: as ``lock``.
        """
        ...

    def pack(self, least: int = 1) -> int:
        """Bring objects into a form that takes less room, once about ``least`` of them are not yet.

        For a caller that holds the lock. Cheap where there is little to do.

        Returns:
            How many were packed.
        """
        ...

    def remove(self, record: ObjectId, ids: AbstractSet[ObjectId]) -> None:
        """Take objects away for good; for a caller that holds the lock.

        Args:
            record: the id of the stored Collection that names them. It is among ``collected`` before the
                first of them goes, so a crash between leaves one too many, never an unexplained hole.
            ids: what goes; what is not there is no error.
        """
        ...

    def collected(self) -> tuple[ObjectId, ...]:
        """The ids of the Collections of all removals, sorted."""
        ...

    def flaws(self, past: Container[ObjectId] = ()) -> Iterator[StoreError]:
        """What is wrong beside the objects' contents, which ``get`` proves; reads everything.

        Args:
            past: operations that were heads once and rightly are no more.
        """
        ...
