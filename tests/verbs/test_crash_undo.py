"""The crash sweep of an undo: it replaces files, takes rows out, and removes files that an apply had made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from snapsync import apply, choose, plan_undo
from snapsync.errors import Exit, StoreError
from snapsync.verbs.recover import settle

from .ward import APPLIED, Case, Doomed, Prepared, Ward

KINDS = ["replacing", "making"]


class Undoing(NamedTuple):
    """A folder whose apply is to be undone, the plan of it, and how many calls that takes."""

    prepared: Prepared
    plan: str


@pytest.fixture(scope="module")
def undoing(ward: Ward, doomed: Doomed, folder: Path) -> Iterator[dict[str, Undoing]]:
    """By kind: applied, and the undo planned."""
    found = {}
    for kind in KINDS:
        applied = Case(ward(kind), folder / f"{kind}-applied")
        told = doomed.run(applied, "apply")
        assert told.error is None, told.said
        planned = plan_undo(applied.env(APPLIED))
        back = Prepared(applied.folder, applied.book, ward(kind).before, [])
        trial = Case(back, folder / f"{kind}-undo-trial")
        told = doomed.run(trial, "carry out", plan=planned.plan.id)
        assert told.error is None, told.said
        assert trial.book == back.after
        found[kind] = Undoing(back._replace(calls=told.names), planned.plan.id)
    yield found
    for kind in KINDS:
        shutil.rmtree(folder / f"{kind}-applied")


def went_back(case: Case, plan: str) -> None:
    """The next writer recovers; the book is wholly as before or as after, and the undo completes."""
    settle(case.env())
    assert case.book in (case.prepared.before, case.prepared.after)
    if case.book == case.prepared.before:
        apply(case.env(), choose(case.env(), plan), confirmed=True)
    assert case.book == case.prepared.after
    newest = case.env().store.latest()
    assert newest is not None
    assert newest[1].verb == "undo"
    assert newest[1].holds
    case.assert_sound()


@pytest.mark.parametrize("kind", KINDS)
def test_killed_after_any_call(undoing: dict[str, Undoing], doomed: Doomed, folder: Path, kind: str) -> None:
    """A process that is killed in an undo leaves the book wholly before, or recoverable to wholly after."""
    prepared, plan = undoing[kind]
    seen = set()
    for at in range(len(prepared.calls)):
        case = Case(prepared, folder / "undo-case")
        assert doomed.run(case, "carry out", plan=plan, kill=at).killed
        seen.add(tuple(case.book.values()))
        went_back(case, plan)
        shutil.rmtree(case.folder)
    assert len(seen) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_at_any_call(
    undoing: dict[str, Undoing], doomed: Doomed, folder: Path, kind: str
) -> None:
    """A call that fails stops the undo with a clear error, or with what the next writer finishes."""
    prepared, plan = undoing[kind]
    for at in range(len(prepared.calls)):
        case = Case(prepared, folder / "undo-case")
        told = doomed.run(case, "carry out", plan=plan, full=at)
        assert told.error in (None, StoreError.__name__), told.said
        assert told.exit in (0, Exit.FAILED)
        went_back(case, plan)
        shutil.rmtree(case.folder)
