"""The kinds of place that the conformance suite runs on; a new kind is one more entry in KINDS."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Protocol

import pytest

from snapsync.model.canon import ObjectId
from snapsync.store.local import LocalPlace
from snapsync.store.overlay import OverlayPlace
from snapsync.store.place import Place

from .sqlite_place import SqlitePlace

_HOLD = """
import importlib, sys
module, name, *where = sys.argv[1:]
place = getattr(importlib.import_module(module), name)
from pathlib import Path
with place(*map(Path, where)).lock("a test"):
    print("held", flush=True)
    sys.stdin.read()
"""


class Kind(Protocol):
    """One implementation of Place, and the back door through which a test damages it.

    ``shared`` says whether several processes can open it.
    """

    shared: ClassVar[bool]

    def open(self) -> Place:
        """The place, as another process would open it; the first call makes it."""
        ...

    def opener(self) -> list[str]:
        """Module, class and paths with which another process opens it."""
        ...

    def stored(self, id: ObjectId) -> bytes:
        """The bytes of an object as they lie there."""
        ...

    def overwrite(self, id: ObjectId, stored: bytes | None) -> None:
        """Put other bytes in an object's place; None takes it away."""
        ...


class LocalKind:
    """A folder."""

    shared: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "place"

    def open(self) -> Place:
        place = LocalPlace(self.folder)
        place.create()
        return place

    def opener(self) -> list[str]:
        return ["snapsync.store.local", "LocalPlace", str(self.folder)]

    def path(self, id: ObjectId) -> Path:
        return self.folder / "objects" / id[:2] / id[2:]

    def stored(self, id: ObjectId) -> bytes:
        return self.path(id).read_bytes()

    def overwrite(self, id: ObjectId, stored: bytes | None) -> None:
        self.path(id).unlink()
        if stored is not None:
            self.path(id).write_bytes(stored)


class OverlayKind:
    """A place in memory over a folder; it goes with its process."""

    shared: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        below = LocalPlace(folder / "below")
        below.create()
        self.place = OverlayPlace(below)

    def open(self) -> Place:
        return self.place

    def opener(self) -> list[str]:
        raise NotImplementedError

    def stored(self, id: ObjectId) -> bytes:
        return self.place._objects[id]

    def overwrite(self, id: ObjectId, stored: bytes | None) -> None:
        if stored is None:
            del self.place._objects[id]
        else:
            self.place._objects[id] = stored


class SqliteKind:
    """A database: a second implementation, to show that the suite and the Protocol are enough for one."""

    shared: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        self.file = folder / "place.sqlite"

    def open(self) -> Place:
        return SqlitePlace(self.file)

    def opener(self) -> list[str]:
        return ["tests.store.sqlite_place", "SqlitePlace", str(self.file)]

    def stored(self, id: ObjectId) -> bytes:
        return SqlitePlace(self.file).raw(id)

    def overwrite(self, id: ObjectId, stored: bytes | None) -> None:
        SqlitePlace(self.file).overwrite(id, stored)


KINDS: dict[str, type[LocalKind | OverlayKind | SqliteKind]] = {
    "local": LocalKind,
    "overlay": OverlayKind,
    "sqlite": SqliteKind,
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    """One implementation, empty."""
    return KINDS[request.param](tmp_path)


@pytest.fixture
def place(kind: Kind) -> Place:
    """One implementation, opened."""
    return kind.open()


@pytest.fixture(params=[name for name, kind in KINDS.items() if kind.shared])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    """One implementation that several processes can open, empty."""
    return KINDS[request.param](tmp_path)


@contextmanager
def held_elsewhere(kind: Kind) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the place's lock until its stdin closes."""
    kind.open()
    command = [sys.executable, "-c", _HOLD, *kind.opener()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()
