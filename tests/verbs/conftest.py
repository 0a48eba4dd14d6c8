"""Books in the middle of an apply, for the tests that stop it there (ward.py)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .ward import Case, Doomed, MakeCase, Prepared, Ward, doomed_process, prepare


@pytest.fixture(scope="module")
def doomed() -> Iterator[Doomed]:
    """The process whose children die."""
    with doomed_process() as doomed:
        yield doomed


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where all this happens: in memory where the system can, because there are so many files."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own below it
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def ward(doomed: Doomed, folder: Path) -> Ward:
    """``ward("replacing")``: that folder, prepared once."""
    known: dict[str, Prepared] = {}

    def get(kind: str) -> Prepared:
        if kind not in known:
            known[kind] = prepare(kind, folder / kind, doomed)
        return known[kind]

    return get


@pytest.fixture
def case(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeCase]:
    """``case(prepared)``: a fresh copy of it. Nothing waits for the disk: no power is cut here."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    where = folder / "case"

    def make(prepared: Prepared) -> Case:
        if where.exists():
            shutil.rmtree(where)
        return Case(prepared, where)

    yield make
    if where.exists():
        shutil.rmtree(where)
