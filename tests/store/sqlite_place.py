"""A second kind of place, in a database, as short as it can be: only the conformance suite uses it."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Container, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import closing, contextmanager
from pathlib import Path

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import ObjectId, OperationId, identify
from snapsync.model.packed import Packed
from snapsync.store.lock import Turn

_TABLES = """
pragma journal_mode = memory;
create table if not exists objects (id text primary key, data blob not null, at real not null);
create table if not exists names (kind text, id text, primary key (kind, id));
create table if not exists holder (one integer primary key, words text);
"""


class SqlitePlace:
    """``place.Place`` in one file; its lock is a transaction on a second one."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with self._open() as database:
            database.executescript(_TABLES)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file, timeout=30)) as database, database:
            database.execute("pragma synchronous = off")  # no power is cut in a test
            yield database

    def put(self, id: ObjectId, data: bytes) -> bool:
        with self._open() as database:
            row = (id, data, time.time())
            return database.execute("insert or ignore into objects values (?, ?, ?)", row).rowcount == 1

    def put_many(self, objects: Mapping[ObjectId, bytes]) -> AbstractSet[ObjectId]:
        return {id for id, data in objects.items() if self.put(id, data)}

    def put_packed(self, objects: Packed) -> bool:
        del objects
        return False

    def get(self, id: ObjectId) -> bytes:
        with self._open() as database:
            row = database.execute("select data from objects where id = ?", (id,)).fetchone()
        if row is None or identify(row[0]) != id:
            raise StoreError("An object is missing or damaged.", detail=id, exit=Exit.INTEGRITY)
        data: bytes = row[0]
        return data

    def has(self, id: ObjectId) -> bool:
        with self._open() as database:
            return database.execute("select 1 from objects where id = ?", (id,)).fetchone() is not None

    def ids(self, prefix: str = "", age: float = 0) -> Iterator[ObjectId]:
        with self._open() as database:
            rows = database.execute("select id, at from objects").fetchall()
        before = time.time() - age if age else float("inf")
        return (ObjectId(id) for id, at in rows if id.startswith(prefix) and at <= before)

    def heads(self) -> tuple[OperationId, ...]:
        return tuple(OperationId(ObjectId(id)) for id in self._names("head"))

    def advance(self, old: tuple[OperationId, ...], new: OperationId) -> None:
        with self._open() as database:
            database.execute("insert or ignore into names values ('head', ?)", (new,))
            gone = [(id,) for id in old if id != new]
            database.executemany("delete from names where kind = 'head' and id = ?", gone)

    @contextmanager
    def lock(self, purpose: str, timeout: float = 0) -> Iterator[None]:
        with closing(sqlite3.connect(f"{self.file}.lock", timeout=timeout, isolation_level=None)) as database:
            try:
                database.execute("begin exclusive")
            except sqlite3.OperationalError:
                raise StoreError("Somebody writes.", detail=self._holder(), exit=Exit.LOCKED) from None
            with self._open() as told:
                words = f"process {os.getpid()} ({purpose})"
                told.execute("insert or replace into holder values (1, ?)", (words,))
            yield

    @contextmanager
    def turn(self, purpose: str, timeout: float = 0) -> Iterator[Turn]:
        with self.lock(purpose, timeout):
            yield Turn(-1, {})

    def pack(self, least: int = 1) -> int:
        del least
        return 0

    def remove(self, record: ObjectId, ids: AbstractSet[ObjectId]) -> None:
        with self._open() as database:
            database.execute("insert or ignore into names values ('collected', ?)", (record,))
            database.executemany("delete from objects where id = ?", [(id,) for id in ids])

    def collected(self) -> tuple[ObjectId, ...]:
        return tuple(map(ObjectId, self._names("collected")))

    def flaws(self, past: Container[ObjectId] = ()) -> Iterator[StoreError]:
        del past
        return iter(())

    def raw(self, id: ObjectId) -> bytes:
        """The bytes of an object as they lie there."""
        with self._open() as database:
            data: bytes = database.execute("select data from objects where id = ?", (id,)).fetchone()[0]
            return data

    def overwrite(self, id: ObjectId, data: bytes | None) -> None:
        """Put other bytes in an object's place; None takes it away."""
        with self._open() as database:
            if data is None:
                database.execute("delete from objects where id = ?", (id,))
            else:
                database.execute("update objects set data = ? where id = ?", (data, id))

    def _names(self, kind: str) -> list[str]:
        with self._open() as database:
            rows = database.execute("select id from names where kind = ? order by id", (kind,)).fetchall()
        return [id for (id,) in rows]

    def _holder(self) -> str:
        with self._open() as database:
            row = database.execute("select words from holder").fetchone()
        return str(row[0]) if row else ""
