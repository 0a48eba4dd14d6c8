"""Going back: undo and restore through the public doors, and what is on hold afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from snapsync import apply, log, plan, plan_restore, plan_undo, status
from snapsync.errors import BookError, Exit, PlanError, UsageError
from snapsync.model.change import BankrollChange
from snapsync.views.times import local
from tests.conftest import Bot

CALL = "SPY250822C00635000"


@pytest.fixture
def applied(bot: Bot) -> Bot:
    """A bot whose first plan has been applied; ``bot.before`` is the book as it was."""
    env = bot.env()
    plan(env)
    apply(env)
    return bot


@pytest.fixture
def settled(bot_at: Callable[..., Bot]) -> Bot:
    """A bot in step the evening before, with the morning's events to come."""
    bot = bot_at("guide", until="before")
    bot.write_book()
    env = bot.env()
    plan(env)
    apply(env)
    plan(env)
    bot.sandbox.stage("after")
    return bot


def undo(bot: Bot, prefix: str | None = None) -> None:
    """Plan an undo and carry it out, as a person would."""
    env = bot.env()
    apply(env, plan_undo(env, prefix), confirmed=True)


def holds(bot: Bot) -> set[str]:
    """What is on hold after the newest act."""
    return {each.key for each in next(iter(log(bot.env())))[1].holds}


def test_undo_gives_back_the_very_bytes_and_can_be_undone(bot: Bot) -> None:
    """Undo, undo of the undo, and undo of that: each time the files are byte for byte as they were."""
    before = bot.book
    bot.run("plan")
    bot.run("apply", "--yes")
    after = bot.book

    for wanted in (before, after, before):
        assert bot.run("undo", "--yes").code == 0
        assert bot.book == wanted
    verbs = [operation.verb for _, operation in log(bot.env())]
    assert verbs == ["undo", "plan"] * 3 + ["apply", "plan"]


def test_undo_asks_nobody_for_anything(applied: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Going back needs no network: what the broker said last is in the store."""
    monkeypatch.setenv("ALPACA_PAPER_BASE_URL", "http://127.0.0.1:9")

    assert applied.run("undo", "--yes").code == 0


def test_what_was_undone_waits_for_a_persons_yes(applied: Bot) -> None:
    """The changes are planned again; no program may apply them, a person may, and then the hold ends."""
    undo(applied)
    env = applied.env()
    again = plan(env).plan

    assert {each.key for each in again.asking} == {change.key for change in again.changes} == holds(applied)
    assert {each.code for each in again.asking} == {"held"}
    assert applied.run("apply", "--yes").code == Exit.UNAPPROVED
    apply(env, confirmed=True)
    assert holds(applied) == set()
    assert not plan(env).plan.drift


def test_a_hold_ends_when_the_brokers_value_moves_on(settled: Bot) -> None:
    """One more contract makes another change of it; what did not move stays on hold."""
    env = settled.env()
    plan(env)
    apply(env)
    undo(settled)
    assert {CALL, "QQQ250822P00480000"} < holds(settled)

    settled.sandbox.do({"do": "buy", "symbol": CALL, "qty": 1, "price": "2.40"}, {"do": "clock", "by": "5m"})
    asking = {each.key for each in plan(settled.env()).plan.asking}

    assert CALL not in asking
    assert "QQQ250822P00480000" in asking
    assert CALL not in holds(settled)


def test_a_bankroll_on_hold_follows_a_tick_but_not_a_deposit(settled: Bot) -> None:
    """Inside the tolerance it is the same correction; beyond it, another one."""
    env = settled.env()
    plan(env)
    apply(env)
    undo(settled)

    settled.sandbox.do({"do": "price", "symbol": CALL, "price": "2.52"})
    assert "bankroll" in {each.key for each in plan(settled.env()).plan.asking}
    settled.sandbox.do({"do": "deposit", "amount": "9000"})
    assert "bankroll" not in {each.key for each in plan(settled.env()).plan.asking}


def test_a_deposit_is_known_again_after_an_undo(settled: Bot) -> None:
    """The agreed point goes back with the bytes: the peak is shifted by the deposit once more, not twice."""
    env = settled.env()
    morning = plan(env).plan
    apply(env)
    first = settled.book
    undo(settled)

    again = plan(env).plan
    assert [change.why for change in again.changes] == [change.why for change in morning.changes]
    bankroll = next(change for change in again.changes if isinstance(change, BankrollChange))
    assert bankroll.flows == Decimal(5000)
    apply(env, confirmed=True)
    assert _without_times(settled) == _without_times(settled, first)


def _without_times(bot: Bot, book: dict[str, bytes | None] | None = None) -> dict[str, object]:
    data = (book or bot.book)[bot.bankroll.name]
    assert data is not None
    return {key: value for key, value in json.loads(data).items() if not key.startswith("last_")}


def test_undo_is_not_taken_for_another_program(applied: Bot) -> None:
    """What we took back ourselves is not "undone by another"."""
    undo(applied)

    codes = {each.code for each in plan(applied.env()).plan.findings}

    assert not codes & {"undone-by-another", "undone-again"}


def test_what_the_bot_has_written_since_stays(applied: Bot) -> None:
    """Its rows are kept, a cell that it changed is kept and told, and the rest goes back."""
    with applied.history.open("a") as file:
        file.write("2025-08-21 12:00:00,SPY250822C00635000,SELL,1,2.50,250.00,,the bot's,,,,,\n")
    text = applied.positions.read_text()
    applied.positions.write_text(text.replace("IWM250829C00225000,6,6", "IWM250829C00225000,5,5"))

    said = applied.run("undo", "--yes")

    assert said.code == 0
    assert "positions_alpaca_paper.csv: row 3" in said.err
    assert "2025-08-21 12:00:00" in applied.history.read_text()
    assert applied.history.read_text().count("\n") == 3
    assert "IWM250829C00225000,5,5" in applied.positions.read_text()
    assert CALL not in applied.positions.read_text()
    assert "QQQ250822P00480000,2,2,1.85,2025-08-20 10:02:00,open,keep me" in applied.positions.read_text()


def test_an_older_act_is_undone_beneath_a_newer_one(applied: Bot) -> None:
    """Only the older act's places go back; the newer act's stay, and the next plan wants just the former."""
    env = applied.env()
    older = next(id for id, operation in log(env) if operation.verb == "apply")
    applied.sandbox.do({"do": "deposit", "amount": "9000"}, {"do": "clock", "by": "5m"})
    plan(env)
    apply(env)
    bankroll = applied.bankroll.read_bytes()

    undo(applied, older)

    assert applied.bankroll.read_bytes() == bankroll
    wanted = plan(env).plan
    assert {change.key for change in wanted.changes} == {each.key for each in wanted.asking}
    assert CALL in {change.key for change in wanted.changes}
    assert not any(isinstance(change, BankrollChange) for change in wanted.changes)


def test_a_file_that_an_apply_made_goes_and_comes_again(bot: Bot) -> None:
    """Where there was no file there is none after an undo, and the same one after its undo."""
    for path in (bot.bankroll, bot.positions, bot.history):
        path.unlink()
    bot.run("plan")
    bot.run("apply", "--yes")
    after = bot.book

    undone = bot.run("undo", "--yes")
    assert undone.err.count("removed: it was not there") == 3
    assert undone.out.count("  removed ") == 3
    assert set(bot.book.values()) == {None}
    assert bot.run("plan").code == 0
    bot.run("undo", "--yes")
    assert bot.book == after


def test_restore_gives_back_any_earlier_book(applied: Bot) -> None:
    """The book as it was at the first look; and, by undo, the book of today again."""
    env = applied.env()
    first = [id for id, operation in log(env) if operation.verb == "plan"][-1]
    after = applied.book

    assert applied.run("restore", first[:12], "--yes").code == 0
    assert b"95000.00" in (applied.book[applied.bankroll.name] or b"")
    assert CALL not in applied.positions.read_text()
    assert {each.code for each in plan(env).plan.asking} == {"held"}
    undo(applied)
    assert applied.book == after
    assert not plan(env).plan.drift


def test_restore_to_a_time(applied: Bot) -> None:
    """A day is its end in New York, and what it came to is said; a day before the first look is an error."""
    after = applied.book
    undo(applied)
    today = local(next(iter(log(applied.env())))[1].time, ZoneInfo("America/New_York"))[:10]
    assert applied.run("restore", "2019-01-01", "--yes").code == Exit.USAGE

    told = applied.run("restore", today, "--dry-run")
    assert told.code == 0
    assert "As of " in told.out
    point = next(id for id, operation in log(applied.env()) if operation.verb == "apply")
    assert applied.run("restore", point, "--yes").code == 0
    assert applied.book == after


def test_restore_asks_before_it_takes_out_the_bots_own_rows(applied: Bot) -> None:
    """Rows that no sync has written go only with a person's yes, and undo brings them back."""
    env = applied.env()
    point = next(id for id, operation in log(env) if operation.verb == "apply")
    with applied.history.open("a") as file:
        file.write("2025-08-21 12:00:00,SPY250822C00635000,SELL,1,2.50,250.00,,the bot's,,,,,\n")
    mine = applied.book

    said = applied.run("restore", point, "--yes")
    assert said.code == Exit.UNAPPROVED
    assert "rows-taken-out" in said.err
    assert applied.book == mine
    apply(env, plan_restore(env, point), confirmed=True)
    assert "the bot's" not in applied.history.read_text()
    undo(applied)
    assert applied.book == mine


def test_restore_puts_a_broken_file_right(applied: Bot) -> None:
    """A file that cannot be read can still be given back what it was."""
    point = next(id for id, operation in log(applied.env()) if operation.verb == "apply")
    sound = applied.book
    applied.positions.write_bytes(sound[applied.positions.name][:90] + b'"')  # type: ignore[index]
    with pytest.raises(BookError):
        plan(applied.env())

    assert applied.run("restore", point, "--yes").code == 0
    assert applied.book == sound


def test_a_place_that_changes_after_the_plan_makes_it_stale(applied: Bot) -> None:
    """Nothing is written where a place that the undo sets has been changed since it was planned."""
    env = applied.env()
    chosen = plan_undo(env)
    applied.positions.write_text(applied.positions.read_text().replace(",open,\n", ",closed,\n", 1))
    mine = applied.book

    with pytest.raises(PlanError) as raised:
        apply(env, chosen)

    assert raised.value.exit == Exit.STALE
    assert applied.book == mine


def test_rows_that_come_after_the_plan_do_not_disturb(applied: Bot) -> None:
    """A bot that appends between the plan and the yes keeps its row."""
    env = applied.env()
    chosen = plan_undo(env)
    with applied.positions.open("a") as file:
        file.write("DIA,DIA250829C00450000,1,1,2.10,2025-08-21 11:31:00,open,the bot's\n")

    apply(env, chosen)

    assert "DIA250829C00450000" in applied.positions.read_text()
    assert CALL not in applied.positions.read_text()


def test_a_plan_of_an_undo_is_not_the_latest_plan(applied: Bot) -> None:
    """``apply`` without an id means what a look has planned; the undo is applied by its id."""
    planned = applied.run("undo", "--dry-run", "--json").json
    assert planned["origin"] == "undo"

    assert applied.run("apply", "--yes").code == Exit.STALE
    assert applied.run("apply", planned["id"][:12], "--yes").code == 0
    assert CALL not in applied.positions.read_text()


def test_a_way_back_that_was_only_planned_changes_nothing(applied: Bot) -> None:
    """After a dry run the env stands where it stood, and the log shows the plan as what it is."""
    before = applied.run("status").out
    assert applied.run("undo", "--dry-run").code == 0

    assert (
        applied.run("status").out.splitlines()[1].split(", as of")[0]
        == before.splitlines()[1].split(", as of")[0]
    )
    assert "undo of " in applied.run("log").out


def test_status_as_of_then(applied: Bot) -> None:
    """Where the env stood after the apply, though it was undone since."""
    point = next(id for id, operation in log(applied.env()) if operation.verb == "apply")
    undo(applied)

    told = applied.run("status", "--at", point[:12])

    assert told.code == 0
    assert "Applied, as of" in told.out
    assert "On hold" not in told.out
    assert "On hold" in applied.run("status").out


def test_status_and_log_say_what_was_done(applied: Bot) -> None:
    """An undo is an act of its own, which names the act that it took back."""
    undo(applied)

    assert status(applied.env()).standing == "undone"
    assert f"position {CALL}" in status(applied.env()).held
    assert "3 files of " in applied.run("log").out
    first = applied.run("log", "--json").json["operations"][0]
    assert (first["verb"], first["origin"]) == ("undo", "undo")
    assert first["target"] == applied.run("log", "--json").json["operations"][2]["id"]


def test_an_undo_is_approved_like_any_plan(applied: Bot) -> None:
    """Where the env wants an approval, an undo waits for one to itself, which it uses up."""
    applied.configure("\nALPACA_SYNC_REQUIRE_APPROVAL: [paper]\n")
    mine = applied.book

    refused = applied.run("undo", "--yes")
    assert refused.code == Exit.UNAPPROVED
    assert applied.book == mine
    id = applied.run("undo", "--dry-run", "--json").json["id"]
    assert f"snapsync approve {id[:12]}" in refused.err
    assert applied.run("approve", id, "--yes").code == 0
    assert applied.run("apply", id, "--yes").code == 0
    assert CALL not in applied.positions.read_text()
    assert next(iter(log(applied.env())))[1].approval


def test_nothing_to_undo(bot: Bot) -> None:
    """Before the first write, and for an act that wrote nothing, the error says so."""
    bot.run("plan")
    env = bot.env()
    with pytest.raises(PlanError):
        plan_undo(env)
    with pytest.raises(UsageError) as raised:
        plan_undo(env, next(iter(log(env)))[0])
    assert raised.value.exit == Exit.USAGE
    assert bot.run("undo", "ffffffff", "--yes").code == Exit.USAGE


def test_an_undo_that_nobody_can_answer_writes_nothing(applied: Bot) -> None:
    """Without a terminal it wants --yes."""
    mine = applied.book

    said = applied.run("undo")

    assert said.code == Exit.FAILED
    assert "--yes" in said.err
    assert applied.book == mine
