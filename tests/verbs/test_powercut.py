"""The power is cut: what was not synced may be lost, in any combination, at any instant of a trace.

From the recorded calls of applies, recoveries and plans, every folder that could be found afterwards is
built (powercut.py says what may be lost) and recovered: the book is wholly as before or wholly as after, no
act that was over is lost, the store is whole, and applying again has nothing to do.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from snapsync.model.canon import ObjectId, encode
from snapsync.store.journal import open_journal
from snapsync.verbs.env import Env
from snapsync.verbs.look import recall
from snapsync.verbs.plan import Planned

from .doomed import look_again
from .powercut import Call, Disk, Tree, trace_of, tree_at
from .ward import Case, Doomed, MakeCase, Prepared, Ward, journaled, recovered

HEADS = "state/paper/heads"
LOCKS = "state/paper/lock"
"""Their bytes and names are never synced, and nothing depends on them."""

exhaustive = pytest.mark.exhaustive
SOME_KIND = ["replacing", *(pytest.param(kind, marks=exhaustive) for kind in ("appending", "making"))]
ID = re.compile(r"\b[0-9a-f]{64}\b")


MakeRebuilt = Callable[[Prepared, Tree], Case]


class Found(NamedTuple):
    """A folder that may be found after a cut, and whether its act was over by then."""

    tree: Tree
    over: bool


def cuts(disk: Disk, calls: Iterable[Call], most: int) -> list[Found]:
    """Every different folder that may be found after a cut at any of these calls."""
    found: dict[frozenset[tuple[str, bytes | None]], Found] = {}
    over, begun = False, False
    for number, call in enumerate(calls):
        disk.do(call)
        if call.what == "open":
            continue
        begun = begun or (call.what == "create" and call.path.startswith(HEADS))
        over = over or (begun and call.what == "sync" and call.path == HEADS)
        for tree in disk.crashes(most, number):
            key = frozenset(tree.items())
            if key not in found or over > found[key].over:
                found[key] = Found(tree, over)
    return list(found.values())


def traced(doomed: Doomed, case: Case, verb: str, **job: object) -> list[Call]:
    """What a child did to a case's folder, in order."""
    trace = case.folder.with_name("trace")
    doomed.run(case, verb, root=str(case.folder), trace=str(trace), **job)
    return trace_of(trace, beside=LOCKS)


@pytest.fixture
def rebuilt(folder: Path) -> MakeRebuilt:
    """``rebuilt(prepared, found)``: a case in a folder that was found."""

    def make(prepared: Prepared, found: Tree) -> Case:
        shutil.rmtree(folder / "case", ignore_errors=True)  # as the journal's paths say
        return Case(prepared, folder / "case", found=found)

    return make


def assert_recovered(case: Case, *, over: bool) -> None:
    """Nothing that the log leads to is lost, recovery gives one of the two books, and what was over stays."""
    assert_reachable(case)
    recovered(case)
    if over:
        assert case.book == case.prepared.after


def assert_reachable(case: Case) -> None:
    """Every object that the heads or the journal lead to is there, and as its name says."""
    store = case.env().find_store()
    if store is None:
        return
    journal = open_journal(store.folder)
    waiting = {*store.heads(), *(ID.findall(encode(journal).decode()) if journal else ())}
    seen: set[str] = set()
    while waiting:
        id = waiting.pop()
        seen.add(id)
        named = ID.findall(store.place.get(ObjectId(id)).decode("utf-8", "replace"))
        waiting |= {*named} - seen


@pytest.mark.parametrize("most", [4, pytest.param(12, marks=exhaustive)])
@pytest.mark.parametrize("kind", ["replacing", "appending", pytest.param("making", marks=exhaustive)])
def test_a_cut_while_applying(
    ward: Ward, case: MakeCase, doomed: Doomed, rebuilt: MakeRebuilt, kind: str, most: int
) -> None:
    """Whatever an apply had not synced when the power went, the book is whole, and a finished apply stays."""
    prepared = ward(kind)
    disk = Disk(tree_at(prepared.folder))

    found = cuts(disk, traced(doomed, case(prepared), "apply"), most)

    assert len(found) > 100
    books = {each.over for each in found}
    assert books == {False, True}
    for each in found:
        assert_recovered(rebuilt(prepared, each.tree), over=each.over)


@pytest.mark.parametrize("stopped", [8, *(pytest.param(at, marks=exhaustive) for at in (0, 3, 13, 18, 23))])
@pytest.mark.parametrize("kind", SOME_KIND)
def test_a_cut_while_recovering(
    ward: Ward, case: MakeCase, doomed: Doomed, rebuilt: MakeRebuilt, kind: str, stopped: int
) -> None:
    """An apply is killed, and in its recovery the power goes: what both had not synced may be lost."""
    prepared = ward(kind)
    struck = case(prepared)
    disk = Disk(tree_at(prepared.folder))
    for call in traced(doomed, struck, "apply", kill=journaled(prepared) + stopped):
        disk.do(call)
    disk.another_process()

    found = cuts(disk, traced(doomed, struck, "settle"), 6)

    assert len(found) > 20
    for each in found:
        assert_recovered(rebuilt(prepared, each.tree), over=each.over)


@pytest.mark.parametrize("stride", [7, pytest.param(1, marks=exhaustive)])
def test_a_cut_after_a_killed_process(
    ward: Ward, case: MakeCase, doomed: Doomed, rebuilt: MakeRebuilt, stride: int
) -> None:
    """A killed apply leaves files that are there but not durable; the next apply does not trust in them."""
    prepared = ward("replacing")
    names = prepared.calls
    unsynced = [at for at in range(len(names)) if names[at] in {"open", "replace", "mkdir", "link"}]
    for at in unsynced[::stride]:
        struck = case(prepared)
        disk = Disk(tree_at(prepared.folder))
        for call in traced(doomed, struck, "apply", kill=at):
            disk.do(call)
        disk.another_process()
        for call in traced(doomed, struck, "apply"):
            disk.do(call)

        assert_recovered(rebuilt(prepared, disk.found([])), over=True)


@pytest.mark.parametrize(
    "first", [pytest.param(True, marks=exhaustive, id="first"), pytest.param(False, id="again")]
)
def test_a_cut_while_planning(
    ward: Ward, case: MakeCase, doomed: Doomed, rebuilt: MakeRebuilt, *, first: bool
) -> None:
    """A plan that was over is in the log after a cut, one that was not can be made, and the rest is there."""
    prepared = ward("replacing")
    struck = case(prepared)
    if first:
        shutil.rmtree(struck.folder / "state")
    disk = Disk(tree_at(struck.folder))
    before = set() if first else {id for id, _ in struck.env().store.log()}
    found = cuts(disk, traced(doomed, struck, "plan", like=str(prepared.folder / "config.yaml")), 6)

    assert {each.over for each in found} == {False, True}
    for each in found:
        there = rebuilt(prepared, each.tree)
        assert_reachable(there)
        store = there.env().find_store()
        log = {id for id, _ in store.log()} if store else set()
        assert log >= before
        assert bool(log - before) >= each.over
        assert planned_again(there).operation not in log
        there.assert_sound()
        assert open_journal(there.env().store.folder) is None


def planned_again(case: Case) -> Planned:
    """Look at the account as the prepared plan saw it, and plan."""
    env = case.env()
    prepared = Env.open("paper", config=case.prepared.folder / "config.yaml")
    last = next(each for _, each in prepared.store.log() if each.verb == "plan")
    assert last.broker is not None
    return look_again(env, prepared, recall(prepared, last.broker))
