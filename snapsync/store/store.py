"""One env's store: typed values over a Place, its identity, and its log of operations."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from snapsync.errors import Exit, StoreError, UsageError
from snapsync.model.canon import ObjectId, OperationId, Record, Stored, encode, identify
from snapsync.model.history import Operation

from . import files
from .local import LocalPlace
from .place import Place

FORMAT = 1
LOCK_SECONDS = 10.0
"""How long a writer waits for the lock, unless it is told otherwise."""
_SHORTEST_PREFIX = 4

S = TypeVar("S", bound=Stored)


class Identity(Stored, frozen=True, tag="store"):
    """``store.json``: which store this is, of which env, and the account it is pinned to."""

    store: str
    env: str
    account: str | None = None


class _Sealed(Record, frozen=True):
    store: Identity
    sha256: str


class Store:
    """What is kept of one env. Reading needs no lock; ``commit`` wants the caller to hold it."""

    def __init__(self, folder: Path, place: Place, identity: Identity) -> None:
        self.folder, self.place, self.identity = folder, place, identity

    @classmethod
    def open(cls, folder: Path, env: str) -> Store | None:
        """The store in a folder; None when there is none yet.

        Raises:
            StoreError: it was written by a newer version (exit 10), is damaged (30), or is another env's.
        """
        data = files.read(folder / "store.json")
        if data is None:
            return None
        return cls(folder, LocalPlace(folder), _identity(folder / "store.json", data, env))

    @classmethod
    def create(cls, folder: Path, env: str, timeout: float = LOCK_SECONDS) -> Store:
        """A new, empty store; or the one that another process has made a moment ago."""
        place = LocalPlace(folder)
        place.create()
        with place.lock("create the store", timeout):
            store = cls.open(folder, env)
            if store is None:
                store = cls(folder, place, Identity(store=os.urandom(16).hex(), env=env))
                store._write_identity()
        return store

    def pin(self, account: str, timeout: float = LOCK_SECONDS) -> None:
        """Bind this store to the account that it has first met.

        Raises:
            StoreError: (exit 12) another process has bound it to another account meanwhile.
        """
        with self.place.lock("bind the account", timeout):
            now = Store.open(self.folder, self.identity.env) or self
            if now.identity.account not in (None, account):
                raise StoreError(
                    "This env was bound to another account a moment ago.",
                    detail=f"{self.folder / 'store.json'}",
                    hint="Check the keys: two sets of them are in use for one env.",
                    exit=Exit.CREDENTIALS,
                )
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
        self.place.put(id, data)
        return id

    def put_all(self, objects: Iterable[tuple[ObjectId, bytes]]) -> None:
        """Keep encoded objects, in their order."""
        for id, data in objects:
            self.place.put(id, data)

    def get(self, id: ObjectId, type: type[S]) -> S:
        """Read a value back, proven by its hash.

        Raises:
            StoreError: (exit 30) it is missing, damaged, or of another kind.
        """
        data = self.place.get(id)
        try:
            value = msgspec.json.decode(data, type=type)
        except msgspec.MsgspecError as error:
            raise StoreError(
                "An object of the store is not what it should be.",
                detail=f"{id} is no {type.__name__}: {error}",
                hint="It may have been written by a newer snapsync.",
                exit=Exit.INTEGRITY,
            ) from error
        if value.format > FORMAT:
            raise StoreError(
                "An object of the store was written by a newer snapsync.",
                detail=f"{id}: format {value.format}; this version knows {FORMAT}",
                hint="pip install --upgrade snapsync",
            )
        return value

    def heads(self) -> tuple[OperationId, ...]:
        """The newest operations; one that is an ancestor of another (a crash between two steps) is none."""
        heads = self.place.heads()
        if len(heads) < 2:  # noqa: PLR2004 - two make a fork
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

    def log(self) -> Iterator[tuple[OperationId, Operation]]:
        """Every operation, newest first; parents always after their children."""
        waiting = {id: self.operation(id) for id in self.heads()}
        while waiting:
            id = max(waiting, key=lambda each: (waiting[each].time, each))
            operation = waiting.pop(id)
            yield id, operation
            for parent in operation.parents:
                waiting.setdefault(parent, self.operation(parent))

    def commit(self, operation: Operation) -> OperationId:
        """Make an act history: from here on it happened."""
        id = OperationId(self.put(operation))
        self.place.advance(self.place.heads(), id)
        return id

    def resolve(self, prefix: str) -> ObjectId:
        """The one object whose id begins with a prefix.

        Raises:
            UsageError: none does, or several do.
        """
        if len(prefix) < _SHORTEST_PREFIX:
            raise UsageError(
                f"An id needs at least {_SHORTEST_PREFIX} characters.", detail=f"given: {prefix!r}"
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
        sealed = _Sealed(store=self.identity, sha256=identify(encode(self.identity)))
        files.write(self.folder / "store.json", encode(sealed))


class _Format(msgspec.Struct):
    format: int


class _Versioned(msgspec.Struct):
    store: _Format


def _identity(path: Path, data: bytes, env: str) -> Identity:
    try:
        version = msgspec.json.decode(data, type=_Versioned).store.format
        if version > FORMAT:
            raise StoreError(
                "The store was written by a newer snapsync.",
                detail=f"{path}: format {version}; this version knows {FORMAT}",
                hint="pip install --upgrade snapsync",
            )
        sealed = msgspec.json.decode(data, type=_Sealed)
    except files.GARBLED as error:
        raise _damaged(path, str(error)) from error
    if identify(encode(sealed.store)) != sealed.sha256:
        raise _damaged(path, "it does not have the checksum that it carries")
    if sealed.store.env != env:
        raise StoreError(
            "This store belongs to another env.",
            detail=f"{path}: env {sealed.store.env}, asked for {env}",
            hint="Give each env a state folder of its own.",
        )
    return sealed.store


def _damaged(path: Path, detail: str) -> StoreError:
    return StoreError(
        "The store's identity file is damaged.",
        detail=f"{path}: {detail}",
        hint="Put store.json back from a backup of the state folder.",
        exit=Exit.INTEGRITY,
    )
