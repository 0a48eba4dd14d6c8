"""What a store must be able to do, in bytes: objects put once, heads moved by compare-and-set, one lock.

Other kinds of store (a database, a bucket) implement this Protocol and nothing more; one suite of
tests runs them all (tests/store/).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from snapsync.model.canon import ObjectId, OperationId

from .lock import Turn


class Place(Protocol):
    """Bytes under their ids, the heads of the log, and the writers' lock."""

    def put(self, id: ObjectId, data: bytes) -> None:
        """Keep bytes under their id; durable when this returns. Putting twice is putting once."""
        ...

    def get(self, id: ObjectId) -> bytes:
        """The bytes under an id, proven by hashing them again.

        Raises:
            StoreError: there is no such object, or (exit 30) its bytes are damaged.
        """
        ...

    def has(self, id: ObjectId) -> bool:
        """Whether an object is there; says nothing of its soundness."""
        ...

    def ids(self, prefix: str = "") -> Iterator[ObjectId]:
        """The ids of all objects that begin with a prefix, in no order."""
        ...

    def heads(self) -> tuple[OperationId, ...]:
        """The newest operations, sorted; normally one, none in a new store."""
        ...

    def advance(self, old: tuple[OperationId, ...], new: OperationId) -> None:
        """Make ``new`` the head in place of ``old``; this is the commit point of every operation.

        ``new`` is durable before any of ``old`` goes, so a crash between leaves one too many, never none.
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
