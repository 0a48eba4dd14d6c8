"""The crash sweep: an apply over all three files is stopped at every call that changes the file system.

Whatever happens at the n-th call, for every n: once the next writer has recovered, the book is wholly as
before or wholly as after, the log agrees, and planning and applying again completes or has nothing to do.
"""

from __future__ import annotations

import signal

import pytest

from snapsync.errors import Exit, RecoveryError
from snapsync.store.journal import open_journal
from snapsync.verbs.recover import recover, settle

from .ward import (
    KINDS,
    NAMES,
    ROWS,
    Case,
    Doomed,
    MakeCase,
    Prepared,
    Told,
    Ward,
    first_write,
    journaled,
    recovered,
)

SHARDS = 8
exhaustive = pytest.mark.exhaustive
SOME_KIND = ["replacing", *(pytest.param(kind, marks=exhaustive) for kind in ("appending", "making"))]


def shards(prepared: Prepared, shard: int, start: int = 0) -> range:
    """A share of the calls, so that several processes can sweep."""
    return range(start + shard, len(prepared.calls), SHARDS)


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("kind", SOME_KIND)
def test_killed_after_any_call(ward: Ward, case: MakeCase, doomed: Doomed, kind: str, shard: int) -> None:
    """A process that is killed leaves the book wholly before, or recoverable to wholly after."""
    for at in shards(ward(kind), shard):
        struck = case(ward(kind))
        assert doomed.run(struck, "apply", kill=at).killed
        recovered(struck)


@pytest.mark.parametrize("kind", ["appending", "making", "appending, long", "replacing, long"])
def test_killed_while_the_book_is_written(ward: Ward, case: MakeCase, doomed: Doomed, kind: str) -> None:
    """The same for a file that is appended to, and for files that are made, while the book is written."""
    prepared = ward(kind)
    seen = set()
    for at in range(journaled(prepared) - 2, journaled(prepared) + 22):
        struck = case(prepared)
        assert doomed.run(struck, "apply", kill=at).killed
        seen.add(tuple(struck.book.values()))
        recovered(struck)
    # the sweep has seen the book half-written, so it has swept the right calls
    assert len(seen) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_killed_in_the_middle_of_a_write(ward: Ward, case: MakeCase, doomed: Doomed, kind: str) -> None:
    """A half of whatever was being written, an append to the book too, is garbage or finished."""
    prepared = ward(kind)
    writes = [at for at, name in enumerate(prepared.calls) if name == "write" and at > first_write(prepared)]
    seen = set()
    for at in writes:
        struck = case(prepared)
        assert doomed.run(struck, "apply", torn=at).killed
        seen.add(struck.book["history"])
        recovered(struck)
    assert len(seen) == (3 if kind.startswith("appending") else 2)


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("kind", SOME_KIND)
def test_a_full_disk_at_any_call(ward: Ward, case: MakeCase, doomed: Doomed, kind: str, shard: int) -> None:
    """A call that finds no room is one clear error; the book is untouched, or the next writer finishes."""
    for at in shards(ward(kind), shard):
        struck = case(ward(kind))
        assert_told(doomed.run(struck, "apply", full=at))
        if open_journal(struck.env().store.folder) is None and struck.applies() == []:
            assert struck.book == struck.prepared.before
            assert struck.droppings() == []
        recovered(struck)


@pytest.mark.parametrize("kind", SOME_KIND)
def test_a_disk_that_stays_full(ward: Ward, case: MakeCase, doomed: Doomed, kind: str) -> None:
    """While there is no room, recovery says so and changes nothing for the worse; then it finishes."""
    prepared = ward(kind)
    for at in range(journaled(prepared) - 6, journaled(prepared) + 19, 2):
        struck = case(prepared)
        assert_told(doomed.run(struck, "apply", full_from=at))
        if open_journal(struck.env().store.folder):
            assert_told(doomed.run(struck, "settle", full_from=2))
        recovered(struck)


@pytest.mark.parametrize("errno", ["EIO", "EACCES", "EDQUOT", "EROFS"])
@pytest.mark.parametrize("stride", [32, pytest.param(1, marks=exhaustive)])
def test_a_disk_that_fails_at_any_call(
    ward: Ward, case: MakeCase, doomed: Doomed, errno: str, stride: int
) -> None:
    """A bad disk, a folder that may not be written, a used-up quota: as a full disk, with their own words."""
    prepared = ward("replacing")
    start = ["EIO", "EACCES", "EDQUOT", "EROFS"].index(errno)
    for at in range(start, len(prepared.calls), stride):
        struck = case(prepared)
        told = doomed.run(struck, "apply", full=at, errno=errno)
        assert told.error in (None, "StoreError", "BookError"), told.said
        assert told.exit in (0, Exit.FAILED)
        if told.error == "BookError":  # a file of the book may not be written: known before the journal
            assert open_journal(struck.env().store.folder) is None
            assert struck.book == struck.prepared.before
        recovered(struck)


def assert_told(told: Told) -> None:
    """It worked all the same, or it is an error of ours that names the reason."""
    assert told.error in (None, "StoreError"), told.said
    if told.error:
        assert told.exit == Exit.FAILED
        assert "No space left" in told.said


@pytest.mark.parametrize("shard", [0, *(pytest.param(shard, marks=exhaustive) for shard in range(1, SHARDS))])
@pytest.mark.parametrize("stopped", [0, 8, *(pytest.param(at, marks=exhaustive) for at in (3, 13, 18))])
@pytest.mark.parametrize("kind", SOME_KIND)
def test_killed_while_recovering(
    ward: Ward, case: MakeCase, doomed: Doomed, kind: str, stopped: int, shard: int
) -> None:
    """A recovery that is killed at any of its calls is taken up by the next one."""
    prepared = ward(kind)
    stop = journaled(prepared) + stopped
    trial = case(prepared)
    doomed.run(trial, "apply", kill=stop)
    calls = len(doomed.run(trial, "settle").names)
    assert calls > 0

    for at in range(shard, calls, SHARDS):
        struck = case(prepared)
        assert doomed.run(struck, "apply", kill=stop).killed
        assert doomed.run(struck, "settle", kill=at).killed
        recovered(struck)


@pytest.mark.parametrize("stride", [5, pytest.param(1, marks=exhaustive)])
@pytest.mark.parametrize("how", ["roll-back", "finish", "keep"])
@pytest.mark.parametrize("kind", SOME_KIND)
def test_killed_while_carrying_out_a_decision(
    ward: Ward, case: MakeCase, doomed: Doomed, kind: str, how: str, stride: int
) -> None:
    """A decision that is killed at any of its calls was not made, or is carried out by the next writer."""
    prepared = ward(kind)
    stop = prepared.calls.index("replace", journaled(prepared))
    trial = case(prepared)
    doomed.run(trial, "apply", kill=stop)
    half = trial.book
    assert half not in (prepared.before, prepared.after)
    calls = len(doomed.run(trial, how).names)
    decided = trial.book
    assert decided == {"roll-back": prepared.before, "finish": prepared.after, "keep": half}[how]

    seen = set()
    for at in range(0, calls, stride):
        struck = case(prepared)
        doomed.run(struck, "apply", kill=stop)
        assert doomed.run(struck, how, kill=at).killed
        settle(struck.env())
        struck.assert_sound()
        [(_, act)] = struck.applies()
        assert struck.book == (decided if act.verb == "recover" else prepared.after)
        seen.add(act.verb)
    assert seen == ({"apply"} if how == "finish" else {"apply", "recover"})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("share", ["writing", pytest.param("all", marks=exhaustive)])
def test_signals_wait_while_the_book_is_written(
    ward: Ward, case: MakeCase, doomed: Doomed, number: signal.Signals, share: str
) -> None:
    """Ctrl-C and SIGTERM stop an apply before it writes or after it is done, and never need a recovery."""
    prepared = ward("replacing")
    start, end = journaled(prepared) - 6, journaled(prepared) + 20
    for at in range(len(prepared.calls)) if share == "all" else range(start - 4, end):
        struck = case(prepared)
        told = doomed.run(struck, "apply", signal={"at": at, "number": int(number)})
        assert told.error == ("KeyboardInterrupt" if number is signal.SIGINT else "SystemExit")
        assert open_journal(struck.env().store.folder) is None
        assert struck.droppings() == []
        assert struck.book == (prepared.after if at >= start else prepared.before)
        struck.assert_wholly(struck.book)


@pytest.mark.parametrize("role", ROWS)
@pytest.mark.parametrize("kind", ["replacing", "appending"])
@pytest.mark.parametrize("killed", [None, 0, *(pytest.param(k, marks=exhaustive) for k in range(1, 8))])
def test_rows_that_a_bot_adds_survive(
    ward: Ward, case: MakeCase, doomed: Doomed, role: str, kind: str, killed: int | None
) -> None:
    """A row that a lockless bot writes at any moment of the writing is there in the end, and there once."""
    prepared = ward(kind)
    for at in range(journaled(prepared) - 4, journaled(prepared) + 19):
        struck = case(prepared)
        bot = {"at": at, "mode": "append", "path": str(struck.path(role)), "data": ROWS[role]}
        told = doomed.run(struck, "apply", bot=bot, **({} if killed is None else {"kill": at + killed}))
        assert told.killed is (killed is not None)
        if not told.killed:
            assert told.error is None, told.said
            assert_row(struck, role)
            assert without_row(struck, role) == prepared.after
            continue
        try:
            settle(struck.env())
        except RecoveryError:
            # our append, or a part of it, and the bot's row look alike: only a person can tell
            assert kind == "appending"
            assert role == "history"
            assert_row(struck, role)
            recover(struck.env(), "finish")
        assert_row(struck, role)
        assert without_row(struck, role) in (prepared.before, prepared.after)
        struck.plan_again()
        struck.assert_sound()


@pytest.mark.parametrize("role", ROWS)
@pytest.mark.parametrize("killed", [None, *range(5)])
def test_rows_written_through_an_open_handle_survive(
    ward: Ward, case: MakeCase, doomed: Doomed, role: str, killed: int | None
) -> None:
    """A bot that has held its file open writes to the old one just when the new one has its name."""
    prepared = ward("replacing")
    replaces = [
        at for at, name in enumerate(prepared.calls) if name == "replace" and at > journaled(prepared)
    ]
    at = replaces[list(NAMES).index(role)] + 1
    struck = case(prepared)
    bot = {"at": at, "mode": "held", "path": str(struck.path(role)), "data": ROWS[role]}

    told = doomed.run(struck, "apply", bot=bot, **({} if killed is None else {"kill": at + killed}))

    assert told.error == (None if killed is None else "killed")
    settle(struck.env())
    assert_row(struck, role)
    assert without_row(struck, role) == prepared.after
    assert struck.droppings() == [] or killed is not None
    struck.plan_again()
    struck.assert_sound()


def assert_row(case: Case, role: str) -> None:
    """The bot's row is in its file once."""
    data = case.book[role]
    assert data is not None
    assert data.count(ROWS[role].encode()) == 1


def without_row(case: Case, role: str) -> dict[str, bytes | None]:
    """The book as it would be if the bot had not written."""
    return {name: data and data.replace(ROWS[role].encode(), b"") for name, data in case.book.items()}


def test_a_file_that_the_bot_rewrites_is_not_written_over(ward: Ward, case: MakeCase, doomed: Doomed) -> None:
    """What another program rewrites before the journal makes the plan stale; after it, a person decides."""
    prepared = ward("replacing")
    theirs = '{"current_bankroll": 12345}\n'
    for at in range(first_write(prepared), journaled(prepared) + 1):
        struck = case(prepared)
        bot = {"at": at, "mode": "rewrite", "path": str(struck.path("bankroll")), "data": theirs}
        told = doomed.run(struck, "apply", bot=bot)

        assert struck.book["bankroll"] == theirs.encode()
        assert {**struck.book, "bankroll": prepared.before["bankroll"]} == prepared.before
        if open_journal(struck.env().store.folder):
            assert (told.error, told.exit) == ("RecoveryError", Exit.INTERRUPTED)
            with pytest.raises(RecoveryError, match=NAMES["bankroll"]):
                settle(struck.env())
            recover(struck.env(), "keep")
        else:
            assert (told.error, told.exit) == ("PlanError", Exit.STALE)
        assert struck.book["bankroll"] == theirs.encode()
        struck.plan_again()
        struck.assert_sound()


def test_the_sweep_sees_every_call(ward: Ward) -> None:
    """An apply makes the calls that the sweep counts; a sweep over nothing would prove nothing."""
    for kind in KINDS:
        calls = ward(kind).calls
        assert {"open", "write", "flush", "fsync", "replace", "fchmod", "unlink", "flock"} <= set(calls)
        assert len(calls) > 150
        assert calls[journaled(ward(kind)) - 1] == "replace"
