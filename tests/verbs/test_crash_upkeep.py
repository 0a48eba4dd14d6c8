"""Packing and gc, stopped at every call that changes the file system: nothing that is needed goes missing."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from snapsync.errors import Exit
from snapsync.model.canon import ObjectId
from snapsync.model.kept import Keep
from snapsync.verbs.gc import gc
from snapsync.verbs.verify import verify

from .ward import PLANNED, Case, Doomed, Prepared, prepare

exhaustive = pytest.mark.exhaustive
LATER = PLANNED + timedelta(days=2)
SHARDS = 6
SOME = [
    *(pytest.param("pack", shard, marks=exhaustive if shard % 2 else ()) for shard in range(SHARDS)),
    *(pytest.param("gc", shard, marks=exhaustive if shard else ()) for shard in range(SHARDS)),
]
MakeCase = Callable[[], Case]


@pytest.fixture(scope="module")
def prepared(folder: Path, doomed: Doomed) -> Prepared:
    """A store with a pack and loose objects, all older than an hour."""
    made = prepare("replacing", folder / "prepared", doomed)
    case = Case(made, folder / "packed")
    case.env().store.place.pack()
    case.plan_again()
    long_ago = time.time() - 2 * 86400
    for path in case.folder.rglob("*"):
        os.utime(path, (long_ago, long_ago))
    return made._replace(folder=case.folder)


@pytest.fixture
def case(folder: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeCase]:
    """``case()``: a fresh copy of it."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    where = folder / "case"

    def make() -> Case:
        if where.exists():
            shutil.rmtree(where)
        return Case(prepared, where)

    yield make
    if where.exists():
        shutil.rmtree(where)


def contents(case: Case) -> dict[ObjectId, bytes]:
    """Every object of a store."""
    place = case.env().store.place
    return {id: place.get(id) for id in place.ids()}


def assert_sound(case: Case) -> None:
    """Nothing is damaged, nothing is missing without a record, and the head is what it was."""
    found = verify(case.env(LATER))
    assert found.good, found.damage
    assert list(case.env().store.log())


@pytest.mark.parametrize(("verb", "shard"), SOME)
def test_killed_after_any_call(case: MakeCase, doomed: Doomed, verb: str, shard: int) -> None:
    """A process that is killed leaves every object that is needed; doing it again does the rest."""
    trial = case()
    before = contents(trial)
    told = doomed.run(trial, verb, now=LATER.isoformat())
    assert told.error is None, told.said
    after = contents(trial)
    assert (verb == "gc") is bool(before.keys() - after.keys())

    for at in range(shard, len(told.names), SHARDS):
        struck = case()
        assert doomed.run(struck, verb, kill=at, now=LATER.isoformat()).killed
        assert contents(struck).items() >= before.items() & after.items()
        assert_sound(struck)
        assert doomed.run(struck, verb, now=LATER.isoformat()).error is None
        assert before.keys() - contents(struck).keys() == before.keys() - after.keys()
        assert_sound(struck)


@pytest.mark.parametrize(("verb", "shard"), SOME)
def test_a_full_disk_at_any_call(case: MakeCase, doomed: Doomed, verb: str, shard: int) -> None:
    """A call that finds no room is one clear error, and the store stays sound."""
    trial = case()
    before = contents(trial)
    calls = len(doomed.run(trial, verb, now=LATER.isoformat()).names)
    stays = before.items() & contents(trial).items()

    for at in range(shard, calls, SHARDS):
        struck = case()
        told = doomed.run(struck, verb, full=at, now=LATER.isoformat())
        assert told.error in (None, "StoreError"), told.said
        if told.error:
            assert told.exit == Exit.FAILED
            assert "No space left" in told.said
        assert_sound(struck)
        assert contents(struck).items() >= stays


def test_a_commit_that_cannot_pack_is_a_commit(case: MakeCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where packing finds no room the act is history all the same, and the next commit packs."""
    monkeypatch.setattr("snapsync.store.store.LOOSE", 1)
    struck = case()
    true_replace = os.replace

    def full(source: str, target: str) -> None:
        if str(target).endswith(".pack"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        true_replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        head = struck.plan_again().operation
    assert struck.env().store.heads() == (head,)
    assert loose(struck)

    struck.plan_again()

    assert not loose(struck)
    assert_sound(struck)


def loose(case: Case) -> list[Path]:
    """The objects that have a file of their own."""
    return [path for path in (case.env().store.folder / "objects").rglob("*") if path.is_file()]


def test_gc_takes_what_nobody_needs(case: MakeCase) -> None:
    """After a gc the newest act is whole, and going back beyond what was kept is told in words."""
    swept = case()
    env = swept.env(LATER)
    done = gc(env, Keep(last=1))

    assert done.ids
    assert done.record in env.store.place.collected()
    latest = env.store.latest()
    assert latest is not None
    assert swept.stored_book(latest[1]) == swept.book
    assert not gc(swept.env(LATER), Keep(last=1)).ids
