"""After an interrupted apply: what readers say, what the next writer does, what a person may decide."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snapsync import choose, log, recover, revoke, status, verify
from snapsync.ends.book import read
from snapsync.errors import Exit, RecoveryError, StoreError
from snapsync.model.image import image
from snapsync.store import files
from snapsync.store.journal import open_journal, write_journal
from snapsync.verbs.apply import apply
from snapsync.verbs.look import Seen, recall, seen
from snapsync.verbs.plan import keep
from snapsync.verbs.recover import How, settle
from tests.conftest import Ran

from .ward import APPLIED, NAMES, RECOVERED, Case, Doomed, Prepared, doomed_process, prepare

EDITED = b"edited by hand\n"


@pytest.fixture(scope="module")
def doomed() -> Iterator[Doomed]:
    """The process whose children die."""
    with doomed_process() as doomed:
        yield doomed


@pytest.fixture(scope="module")
def prepared(doomed: Doomed, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A plan over all three files, not yet applied."""
    return prepare("replacing", tmp_path_factory.mktemp("ward") / "bot", doomed)


@pytest.fixture
def half(
    clean_environment: Path, prepared: Prepared, doomed: Doomed, monkeypatch: pytest.MonkeyPatch
) -> Case:
    """A book whose bankroll is as after the apply, and whose other files are as before it."""
    case = Case(prepared, clean_environment / "bot")
    link = prepared.calls.index("link")
    assert doomed.run(case, "apply", kill=link + 4).killed
    assert case.book == {**prepared.before, "bankroll": prepared.after["bankroll"]}
    monkeypatch.setenv("SNAPSYNC_CONFIG", str(case.folder / "config.yaml"))
    return case


def test_readers_go_on_and_say_so(half: Case, run: Callable[..., Ran]) -> None:
    """While the journal is open, status says interrupted, and log and show work."""
    assert status(half.env()).standing == "interrupted"
    assert "interrupted" in run("status").out
    assert json.loads(run("status", "--json").out)
    assert run("log").code == run("show").code == 0
    assert open_journal(half.env().store.folder) is not None


def test_init_leaves_it_to_the_next_writer(half: Case, run: Callable[..., Ran]) -> None:
    """While the journal is open, init says so, shows no plan, and finishes nothing."""
    before = half.book

    ran = run("init")

    assert ran.code == 0, ran.err
    assert "An apply was interrupted" in ran.out
    assert "Plan:" not in ran.out
    assert half.book == before
    assert open_journal(half.env().store.folder) is not None


def test_a_check_leaves_it_to_the_next_writer(half: Case, run: Callable[..., Ran]) -> None:
    """While the journal is open a check refuses: to finish the apply would be to write."""
    before = half.book

    for args in (["check"], ["check", "--offline"]):
        ran = run(*args)
        assert ran.code == Exit.INTERRUPTED
        assert "snapsync recover" in ran.err
    assert half.book == before
    assert open_journal(half.env().store.folder) is not None


def test_the_next_writer_finishes(half: Case) -> None:
    """What was begun is finished and recorded once, at the time of the apply, as recovered."""
    done = settle(half.env())

    assert half.book == half.prepared.after
    [(id, operation)] = half.applies()
    assert id == done
    assert operation.recovered
    assert operation.time == f"{APPLIED:%Y-%m-%dT%H:%M:%S}.000000000Z"
    assert settle(half.env()) is None
    half.assert_wholly(half.prepared.after)
    assert all(Path(name).name.startswith(files.TEMPORARY) for name in half.droppings())


def test_the_command_finishes_too(half: Case, run: Callable[..., Ran]) -> None:
    """``snapsync recover`` without an option does what is certain; a second time there is nothing to do."""
    ran = run("recover")
    assert ran.code == 0, ran.err
    assert "Recovered" in ran.out
    assert half.book == half.prepared.after

    again = run("recover")
    assert again.code == 0
    assert "Nothing was interrupted" in again.out


def test_a_file_edited_since_needs_a_person(half: Case, run: Callable[..., Ran]) -> None:
    """Every writer stops with exit 31, names the file and the three ways, and touches nothing."""
    half.path("history").write_bytes(EDITED)
    book = half.book

    for command in (("plan",), ("recover",)):
        ran = run(*command)
        assert ran.code == Exit.INTERRUPTED
        assert NAMES["history"] in ran.err
        assert NAMES["positions"] not in ran.err
        assert all(f"--{way}" in ran.err for way in ("finish", "roll-back", "keep"))
        assert "Traceback" not in ran.err
    with pytest.raises(RecoveryError):
        apply(half.env(APPLIED))
    assert half.book == book
    assert half.applies() == []


@pytest.mark.parametrize("how", ["finish", "roll-back", "keep"])
def test_a_person_decides(half: Case, run: Callable[..., Ran], how: How) -> None:
    """Each way leaves the book as it says, is recorded with who and when, and keeps what it replaced."""
    half.path("positions").write_bytes(half.book["positions"] or b"")
    edited = (half.prepared.before["positions"] or b"").replace(b"keep me", b"changed")
    half.path("positions").write_bytes(edited)
    book = half.book

    ran = run("recover", f"--{how}")

    assert ran.code == 0, ran.err
    expected = {"finish": half.prepared.after, "roll-back": half.prepared.before, "keep": book}[how]
    assert half.book == expected
    [(_, operation)] = half.applies()
    assert operation.verb == ("apply" if how == "finish" else "recover")
    assert operation.plan is not None
    half.assert_sound()
    store = half.env().store
    for data in book.values():
        assert store.place.has(image(data)[0])
    assert not half.plan_again().plan.drift if how == "finish" else half.plan_again().plan.drift


def test_the_three_are_shown(half: Case, run: Callable[..., Ran]) -> None:
    """Where a person must decide, each file is shown before, after and now, and what differs in it."""
    half.path("history").write_bytes(EDITED)

    ran = run("recover")

    assert ran.code == Exit.INTERRUPTED
    shown = ran.out.split("\n\n")
    assert ": as after it" in next(part for part in shown if "\nbankroll  " in f"\n{part}")
    assert ": as before it" in next(part for part in shown if part.startswith("positions  "))
    history = next(part for part in shown if part.startswith("history  "))
    assert "now               1 line, 15 bytes: something else, you decide" in history
    assert "+edited by hand" in history
    assert "-timestamp,symbol" in history
    assert json.loads(run("recover", "--json").out)["exit"] == Exit.INTERRUPTED


@pytest.mark.parametrize("how", ["finish", "roll-back"])
@pytest.mark.parametrize(
    "name", ["history", "trade_history_alpaca_paper.csv", "logs/trade_history_alpaca_paper.csv"]
)
def test_one_file_is_kept(half: Case, run: Callable[..., Ran], how: How, name: str) -> None:
    """With ``--keep-file`` one file stays as it is, whatever becomes of the others."""
    edited = (half.prepared.before["history"] or b"").replace(b"breakout", b"by hand!")
    half.path("history").write_bytes(edited)
    given = str(half.folder / name) if "/" in name else name

    ran = run("recover", f"--{how}", "--keep-file", given)

    assert ran.code == 0, ran.err
    others = half.prepared.after if how == "finish" else half.prepared.before
    assert half.book == {**others, "history": edited}
    [(_, operation)] = half.applies()
    assert operation.verb == "recover"
    half.assert_sound()
    assert half.plan_again().plan.drift


def test_a_kept_file_alone_lets_the_others_be_finished(half: Case, run: Callable[..., Ran]) -> None:
    """Without another option the rest is finished where that is certain, else a person is asked of it."""
    half.path("history").write_bytes(edited := (half.prepared.before["history"] or b"").replace(b"b", b"B"))
    half.path("positions").write_bytes(EDITED)

    ran = run("recover", "--keep-file", "history")
    assert ran.code == Exit.INTERRUPTED
    assert NAMES["positions"] in ran.err
    assert f"{NAMES['history']} is neither" not in ran.err

    half.path("positions").write_bytes(half.prepared.before["positions"] or b"")
    assert run("recover", "--keep-file", "history").code == 0
    assert half.book == {**half.prepared.after, "history": edited}


def test_a_file_that_is_not_the_books_cannot_be_kept(half: Case, run: Callable[..., Ran]) -> None:
    """A slip in the name is wrong usage, names the three, and decides nothing."""
    book = half.book

    ran = run("recover", "--finish", "--keep-file", "histroy")

    assert ran.code == Exit.USAGE
    assert NAMES["history"] in ran.err.replace("\n  ", "")
    assert half.book == book


def test_a_decision_has_its_own_time(half: Case) -> None:
    """A roll-back is recorded when it was made, not when the apply was."""
    recover(half.env(), "roll-back")

    [(_, operation)] = half.applies()
    assert operation.time == f"{RECOVERED:%Y-%m-%dT%H:%M:%S}.000000000Z"
    assert operation.agreed is not None
    assert operation.agreed.broker != operation.broker


def test_after_a_roll_back_the_plan_can_be_applied(half: Case) -> None:
    """Rolled back is as never applied: plan and apply work as before."""
    recover(half.env(), "roll-back")
    assert half.book == half.prepared.before

    assert half.plan_again().plan.drift
    apply(half.env(APPLIED))
    assert half.book == half.prepared.after
    half.assert_sound()


@pytest.mark.parametrize("how", ["finish", "roll-back", "keep"])
def test_a_bots_rows_survive_every_decision(half: Case, how: How) -> None:
    """Rows that the bot has added since the crash are in the book after each of the three."""
    with half.path("positions").open("ab") as bot:
        bot.write(b"DIA,DIA250829C00450000,1,1,2.10,2025-08-21 11:31:00,open,\n")
    half.path("history").write_bytes(EDITED)
    with pytest.raises(RecoveryError):
        settle(half.env())

    try:
        recover(half.env(), how)
    except Exception:  # noqa: BLE001 - a kept file that is no book is told by whoever reads it
        assert how == "keep"

    assert (half.book["positions"] or b"").count(b"DIA250829C00450000") == 1
    if how != "keep":
        assert (half.book["history"] or b"") == (
            half.prepared.after if how == "finish" else half.prepared.before
        )["history"]


def test_recover_without_an_interruption_does_nothing(prepared: Prepared, tmp_path: Path) -> None:
    """None of the three ways touches a book that nothing happened to."""
    case = Case(prepared, tmp_path / "bot")
    ways: tuple[How, ...] = ("finish", "roll-back", "keep")

    for how in ways:
        assert recover(case.env(), how) is None

    assert case.book == prepared.before
    assert case.applies() == []


def test_a_journal_left_behind_a_finished_apply_is_dropped(
    prepared: Prepared, doomed: Doomed, tmp_path: Path
) -> None:
    """Killed between the commit and the end: it is history already, even if somebody asks to roll it back."""
    ways: tuple[How | None, ...] = (None, "roll-back", "keep", "finish")
    for number, how in enumerate(ways):
        case = Case(prepared, tmp_path / str(number))
        assert doomed.run(case, "apply", kill=len(prepared.calls) - 3).killed
        assert open_journal(case.env().store.folder) is not None

        assert (recover(case.env(), how) if how else settle(case.env())) is None

        assert open_journal(case.env().store.folder) is None
        case.assert_wholly(prepared.after)


def test_a_finished_apply_is_not_recorded_twice(prepared: Prepared, doomed: Doomed, tmp_path: Path) -> None:
    """Though another operation came after it before anybody saw the journal, it is in the log once."""
    case = Case(prepared, tmp_path / "bot")
    assert doomed.run(case, "apply", kill=len(prepared.calls) - 3).killed
    case.plan_again()  # a planner that had looked for a journal before there was one

    assert settle(case.env()) is None

    assert [operation.verb for _, operation in log(case.env())].count("apply") == 2
    assert open_journal(case.env().store.folder) is None


def test_a_damaged_journal_stops_writers(half: Case, run: Callable[..., Ran]) -> None:
    """An intent that cannot be trusted is exit 30 for whoever would act on it, and nothing is touched."""
    path = half.env().store.folder / "journal.json"
    path.write_bytes(path.read_bytes()[:-20])
    book = half.book

    for command in (("plan",), ("recover",), ("recover", "--finish")):
        ran = run(*command)
        assert ran.code == Exit.INTEGRITY
        assert "journal.json" in ran.err
    with pytest.raises(StoreError, match=r"journal\.json"):
        apply(half.env(APPLIED))
    assert half.book == book


def test_another_configuration_needs_a_person(half: Case) -> None:
    """When config.yaml names another file than the apply was writing, nothing is written to either."""
    config = half.folder / "config.yaml"
    config.write_text(config.read_text() + "ALPACA_SYNC_BOOK:\n  positions: other_{env}.csv\n")

    with pytest.raises(RecoveryError, match=r"now names .*other_paper\.csv"):
        settle(half.env())

    assert not (half.folder / "other_paper.csv").exists()


def test_a_lost_image_is_told(half: Case) -> None:
    """When the store has lost what the apply would write, recovery stops with exit 30 and touches nothing."""
    folder = half.env().store.folder
    journal = open_journal(folder)
    assert journal is not None
    write = journal.writes[-1]
    book = half.book
    (folder / "objects" / write.after[:2] / write.after[2:]).unlink()

    with pytest.raises(StoreError) as raised:
        settle(half.env())

    assert raised.value.exit == Exit.INTEGRITY
    assert half.book == book


def test_a_recovery_needs_the_lock(half: Case) -> None:
    """Two writers do not recover at once."""
    env = half.env()
    env.lock_timeout = 0
    with half.env().lock("another"), pytest.raises(StoreError) as raised:
        settle(env)

    assert raised.value.exit == Exit.LOCKED


def test_an_intent_without_files_is_only_recorded(half: Case) -> None:
    """A decision to keep everything that was not yet recorded is recorded by the next writer."""
    folder = half.env().store.folder
    journal = open_journal(folder)
    assert journal is not None
    write_journal(folder, type(journal)(draft=journal.draft, writes=()))
    book = half.book

    assert settle(half.env()) is not None
    assert half.book == book


def test_an_apply_that_broke_off_during_a_look_is_finished_first(half: Case) -> None:
    """A plan is not put over an open journal: the interrupted apply becomes history before it."""
    env = half.env()
    planned = env.store.latest()
    assert planned
    assert planned[1].broker
    reading = read(env.book_files)
    facts = seen(env, reading, recall(env, planned[1].broker), planned[1].broker)

    made = keep(env, Seen(reading=reading, look=facts, after=env.store.heads()))

    assert open_journal(env.store.folder) is None
    done = env.store.operation(made.operation).parents
    assert done == (made.recovered,)
    assert env.store.operation(done[0]).verb == "apply"
    assert half.book == half.prepared.after
    assert not made.plan.drift


def test_a_word_is_not_said_over_an_open_journal(half: Case) -> None:
    """A rejection after an interrupted apply follows upon it, so that no clock seems to have run back."""
    revoke(half.env(), choose(half.env()).plan.id, reason="no")

    newest = [act for _, act in log(half.env())]
    assert [act.verb for act in newest[:3]] == ["revoke", "apply", "plan"]
    found = verify(half.env())
    assert found.good
    assert not any("clock" in note for note in found.notes)
