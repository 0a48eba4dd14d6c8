"""One env's store: typed values over a Place, its identity, and its log of operations."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from snapsync.errors import Exit, StoreError, UsageError
from snapsync.model.canon import ImageId, ObjectId, OperationId, Stored, encode, identify
from snapsync.model.history import WRITES, Operation, Trail
from snapsync.model.image import image
from snapsync.model.packed import Packed
from snapsync.model.references import is_operation
from snapsync.model.stored import stored

from . import reads
from .identity import Identity, read_identity, write_identity
from .keys import Keys
from .local import LocalPlace
from .memory import FolderMemory
from .place import Place
from .puts import Puts
from .walk import newest_first

LOCK_SECONDS = 10.0
"""How long a writer waits for the lock, unless it is told otherwise."""
_SHORTEST_PREFIX = 4
LOOSE = 1024
"""How many objects lie in files of their own before a commit packs them."""

S = TypeVar("S", bound=Stored)


class Store:
    """What is kept of one env. Reading needs no lock; ``commit`` wants the caller to hold it."""

    def __init__(self, folder: Path, place: Place, identity: Identity) -> None:
        self.folder, self.place, self.identity = folder, place, identity
        self.heard: Callable[[OperationId], None] = _unheard
        """Told of each act that has become history."""
        self.memory: FolderMemory | None = None
        """What is remembered beside the store; None where it is not the env's own on the disk."""
        self._keys: dict[str, Keys] = {}
        self._known_new = False
        self._puts = Puts()

    @classmethod
    def open(cls, folder: Path, env: str) -> Store | None:
        """The store in a folder; None when there is none yet.

        Raises:
            StoreError: it was written by a newer version (exit 10), is damaged (30), or is another env's.
        """
        identity = read_identity(folder, env)
        if identity is None:
            return None
        found = cls(folder, LocalPlace(folder), identity)
        found.memory = FolderMemory(folder / "memory")
        return found

    @classmethod
    def create(cls, folder: Path, env: str, timeout: float = LOCK_SECONDS) -> Store:
        """A new, empty store; or the one that another process has made a moment ago."""
        place = LocalPlace(folder)
        place.create()
        with place.lock("create the store", timeout):
            store = cls.open(folder, env)
            if store is None:
                store = cls(folder, place, Identity(store=os.urandom(16).hex(), env=env))
                store.memory = FolderMemory(folder / "memory")
                store._known_new = next(place.ids(), None) is None
                store._write_identity()
        return store

    def keys(self, side: str) -> Keys | None:
        """Finds the trades of the book or the broker by their keys; None where nothing is remembered."""
        if self.memory is not None and side not in self._keys:
            self._keys[side] = Keys(self.memory, f"{side}.keys", self.place.get)
        return self._keys.get(side)

    def pin(self, account: str, timeout: float = LOCK_SECONDS) -> None:
        """Bind this store to the account that it has first met.

        Raises:
            StoreError: (exit 12) another process has bound it to another account meanwhile.
        """
        with self.place.lock("bind the account", timeout):
            now = Store.open(self.folder, self.identity.env) or self
            if now.identity.account not in (None, account):
                raise bound_meanwhile(self.folder)
            self.identity = msgspec.structs.replace(now.identity, account=account)
            if now.identity.account is None:
                self._write_identity()

    def repin(self, account: str) -> None:
        """Bind this store to another account; for a caller that holds the lock."""
        self.identity = msgspec.structs.replace(self.identity, account=account)
        self._write_identity()

    def put(self, value: Stored) -> ObjectId:
        """Keep a value under the id of its content."""
        data = encode(value)
        id = identify(data)
        self.put_all([(id, data)])
        return id

    def put_image(self, data: bytes | None, before: Sequence[ObjectId] = (), start: int = 0) -> ImageId:
        """Keep the very bytes of a file, None where there is none; see ``image_objects``."""
        id, objects = image(data, before, start)
        self.put_all(objects)
        return id

    def put_all(self, objects: Iterable[tuple[ObjectId, bytes]]) -> None:
        """Keep encoded objects, in their order; many new ones become packs at once."""
        self._puts.all(self.place, objects)

    def put_packed(self, objects: Packed) -> None:
        """Keep very many encoded objects that are packed in memory."""
        self._puts.packed(self.place, objects)

    def get(self, id: ObjectId, type: type[S]) -> S:
        """Read a value back, proven by its hash.

        Raises:
            StoreError: it is missing, damaged, or of another kind (exit 30), or of a newer format (10).
        """
        data = self.place.get(id)
        try:
            return stored(data, type, id)
        except reads.GARBLED as error:
            raise StoreError(
                "An object of the store is not what it should be.",
                detail=f"{id} is no {type.__name__}: {error}",
                exit=Exit.INTEGRITY,
            ) from error

    def heads(self) -> tuple[OperationId, ...]:
        """The newest operations; one that is an ancestor of another (a crash between two steps) is none.

        Raises:
            StoreError: (exit 30) there is none, and yet there were acts: this is no new store.
        """
        heads = self.place.heads() or self._first_heads()
        if len(heads) < 2:  # noqa: PLR2004 - two make a fork
            return heads
        near = {parent for head in heads for parent in self.operation(head).parents}
        heads = tuple(head for head in heads if head not in near)
        if len(heads) < 2:  # noqa: PLR2004 - the same
            return heads
        passed = {parent for head in heads for parent in self._ancestors(head)}
        return tuple(head for head in heads if head not in passed)

    def operation(self, id: OperationId) -> Operation:
        """One completed act."""
        return self.get(id, Operation)

    def latest(self) -> tuple[OperationId, Operation] | None:
        """The head; of two real heads the one that was made last; None in a new store."""
        found = [(id, self.operation(id)) for id in self.heads()]
        return max(found, key=lambda pair: (pair[1].time, pair[0])) if found else None

    def log(self, since: Iterable[OperationId] | None = None) -> Iterator[tuple[OperationId, Operation]]:
        """Every operation, newest first; parents always after their children.

        Args:
            since: begin with these and go back; None: with the heads.
        """
        return self._walk(since, lambda act: act.parents)

    def writes(self, since: Iterable[OperationId] | None = None) -> Iterator[tuple[OperationId, Operation]]:
        """The operations that wrote the book, newest first; see ``log``."""
        return self._along(since, lambda act: act.verb in WRITES, lambda trail: trail.writes)

    def reviews(self, since: Iterable[OperationId] | None = None) -> Iterator[tuple[OperationId, Operation]]:
        """The operations that said something of a plan, or used such a word up; see ``log``."""
        return self._along(since, lambda act: act.approval is not None, lambda trail: trail.reviews)

    def _along(
        self,
        since: Iterable[OperationId] | None,
        meant: Callable[[Operation], bool],
        before: Callable[[Trail], tuple[OperationId, ...]],
    ) -> Iterator[tuple[OperationId, Operation]]:
        found = self._walk(since, lambda act: before(act.trail))
        return ((id, act) for id, act in found if meant(act))

    def _walk(
        self, since: Iterable[OperationId] | None, before: Callable[[Operation], tuple[OperationId, ...]]
    ) -> Iterator[tuple[OperationId, Operation]]:
        return newest_first(self.heads() if since is None else since, self.operation, before)

    def _trail(self, parents: Iterable[OperationId]) -> Trail:
        reviews: dict[OperationId, None] = {}
        writes: dict[OperationId, None] = {}
        for id in parents:
            act = self.operation(id)
            reviews |= dict.fromkeys((id,) if act.approval else act.trail.reviews)
            writes |= dict.fromkeys((id,) if act.verb in WRITES else act.trail.writes)
        return Trail(reviews=tuple(reviews), writes=tuple(writes))

    def commit(self, operation: Operation) -> OperationId:
        """Make an act history: from here on it happened."""
        operation = msgspec.structs.replace(operation, trail=self._trail(operation.parents))
        id = OperationId(self.put(operation))
        self._puts.again(self.place)
        self.place.advance(self.place.heads(), id)
        with suppress(StoreError):  # the act is history; who finds no room to pack leaves it to the next
            self.place.pack(LOOSE)
        self.heard(id)
        return id

    def _first_heads(self) -> tuple[OperationId, ...]:
        """None, in a new store: a first act that was cut off may be there, but none that had a parent."""
        for id in () if self._known_new else self.place.ids():
            data = self.place.get(id)
            if is_operation(data) and self.operation(OperationId(id)).parents:
                heads = self.place.heads()  # another process may have made the first acts meanwhile
                if heads:
                    return heads
                raise StoreError(
                    "The log's head is gone.",
                    detail=f"{self.folder / 'heads'} names no operation, but the store has some, as {id}",
                    hint="Put the folder heads back from a backup. What was the last act is said by:\n"
                    f"  snapsync verify --env {self.identity.env}",
                    exit=Exit.INTEGRITY,
                )
        self._known_new = True
        return ()

    def resolve(self, prefix: str) -> ObjectId:
        """The one object whose id begins with a prefix.

        Raises:
            UsageError: none does, or several do.
        """
        if len(prefix) < _SHORTEST_PREFIX:
            raise UsageError(
                f"An id needs at least {_SHORTEST_PREFIX} characters.",
                detail=f"given: {prefix!r}",
                hint="snapsync log",
            )
        found = sorted(self.place.ids(prefix.lower()))
        if len(found) == 1:
            return found[0]
        if not found:
            raise UsageError(
                "No such id in this env's store.",
                detail=f"{prefix} in {self.folder}",
                hint="snapsync log",
            )
        shown = ", ".join(id[:16] for id in found[:5])
        raise UsageError("That id is ambiguous.", detail=f"{prefix} may be {shown}", hint="Give more digits.")

    def _ancestors(self, head: OperationId) -> Iterator[OperationId]:
        waiting, seen = list(self.operation(head).parents), set[OperationId]()
        while waiting:
            id = waiting.pop()
            if id not in seen:
                seen.add(id)
                yield id
                waiting.extend(self.operation(id).parents)

    def _write_identity(self) -> None:
        write_identity(self.folder, self.identity)


def bound_meanwhile(folder: Path) -> StoreError:
    """The error for who has read an account while another process bound the env to another one."""
    return StoreError(
        "This env was bound to another account a moment ago.",
        detail=f"{folder / 'store.json'}",
        hint="Check the keys: two sets of them are in use for one env.",
        exit=Exit.CREDENTIALS,
    )


def _unheard(id: OperationId) -> None:
    """Who listens where nobody does."""
    del id
