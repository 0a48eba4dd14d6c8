"""Sync: the guide's command line on plan and apply, with nothing written that wants somebody's yes."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from snapsync.errors import Exit
from snapsync.sandbox import Sandbox
from tests.conftest import BANKROLL, HISTORY, POSITIONS, Bot, Ran

from .test_approve import STRICT, approved
from .test_bad_input import assert_clear
from .test_commands import scrubbed

PARTS = ("bankroll", "positions", "transactions")
OPTION = "IWM250829C00230000"
SPLIT = "ALPACA_SYNC_GRACE_SECONDS: 3600\n"


def standings(bot: Bot, *args: str) -> tuple[int, dict[str, str]]:
    """The exit code of a sync, and how each part stands by it."""
    ran = bot.run("sync", "--json", *args)
    return ran.code, {name: each["standing"] for name, each in ran.json["components"].items()}


def all_of(word: str) -> dict[str, str]:
    """Every part stands so."""
    return dict.fromkeys(PARTS, word)


def test_from_drift_to_in_step(bot: Bot) -> None:
    """A check finds drift and writes nothing, a sync brings it in step, and then there is nothing to do."""
    before = bot.book
    assert standings(bot, "--check-only") == (2, all_of("drift"))
    assert bot.book == before
    assert standings(bot) == (0, all_of("synced"))
    after = bot.book
    assert standings(bot, "--check-only") == (0, all_of("in step"))
    assert standings(bot) == (0, all_of("in step"))
    assert bot.book == after
    assert bot.run("plan", "--detailed-exitcode").code == 0


def test_it_reads_well(bot: Bot, snapshot: SnapshotAssertion) -> None:
    """What a person, or a mail from cron, gets to see."""
    runs = (["--check-only"], ["-v"], ["-v", "--sync-type", "all"], ["--sync-type", "positions"])

    assert [scrubbed(bot.run("sync", *args).out, bot.folder) for args in runs] == snapshot


@pytest.mark.parametrize("part", PARTS)
def test_one_part_alone(bot: Bot, part: str) -> None:
    """With --sync-type only that part is written; the others are in drift as before, and come later."""
    roles = {"bankroll": bot.bankroll, "positions": bot.positions, "transactions": bot.history}
    before = bot.book

    assert standings(bot, "--sync-type", part) == (0, {part: "synced"})
    changed = {name for name, data in bot.book.items() if data != before[name]}
    assert changed == {roles[part].name}
    code, now = standings(bot, "--check-only")
    assert (code, now) == (2, all_of("drift") | {part: "in step"})
    assert standings(bot) == (0, all_of("synced") | {part: "in step"})
    assert bot.run("verify").code == 0


def test_the_part_is_a_plan_of_its_own(bot: Bot) -> None:
    """What is applied in part is a plan with an id of its own, and marked."""
    whole = bot.run("plan", "--json").json["id"]
    bot.run("sync", "--sync-type", "bankroll")

    [applied] = [each for each in bot.run("log", "--json").json["operations"] if each["verb"] == "apply"]
    assert applied["plan"] != whole
    assert bot.env().store.operation(bot.env().store.heads()[0]).plan == applied["plan"]


def test_quiet(bot: Bot) -> None:
    """With -q one block where something was done or differs, and not a word where all is in step."""
    drift = bot.run("sync", "-q", "--check-only")
    assert (drift.code, drift.err) == (2, "")
    assert "Drift [PAPER]" in drift.out
    done = bot.run("sync", "-q")
    assert (done.code, done.err) == (0, "")
    assert "Synced [PAPER]" in done.out
    assert bot.run("sync", "-q") == (0, "", "")
    assert bot.run("sync", "-q", "--check-only") == (0, "", "")


def test_what_was_undone_is_held(bot: Bot, snapshot: SnapshotAssertion) -> None:
    """What a person took back is listed and left alone, and the rest goes on."""
    bot.run("sync")
    bot.run("undo", "--yes")
    undone = bot.book
    assert standings(bot) == (21, all_of("held"))
    assert bot.book == undone
    bot.sandbox.do({"do": "deposit", "amount": "5000"})

    ran = bot.run("sync")

    assert ran.code == 21
    assert re.sub(r"undone .*", "undone WHEN by WHO", scrubbed(ran.out, bot.folder)) == snapshot
    assert bot.book.keys() == undone.keys()
    assert {name for name, data in bot.book.items() if data != undone[name]} == {bot.bankroll.name}
    assert standings(bot, "--check-only")[0] == 2
    assert bot.run("verify").code == 0


def test_money_that_nothing_explains_waits_for_a_yes(bot: Bot) -> None:
    """Where the account as a whole is in doubt nothing is written: the reason is told; exit code 21."""
    bot.run("sync")
    world = bot.sandbox.world
    with world.held():
        world.cash += 5000
    bought = {"do": "buy", "symbol": "IWM250829C00225000", "qty": 1, "price": 1}
    bot.sandbox.do(bought, {"do": "clock", "by": "1h"})
    before = bot.book

    assert standings(bot) == (21, all_of("blocked"))
    assert bot.book == before
    assert "cash is not what its activities make it" in " ".join(bot.run("sync").out.split())
    bot.run("plan")
    approved(bot)
    assert standings(bot)[0] == 0


def test_a_yes_lets_go_what_is_held(bot: Bot) -> None:
    """With an approval that covers it, what was on hold is applied too, and the approval is used up."""
    bot.run("sync")
    bot.run("undo", "--yes")
    bot.run("plan")
    approved(bot)

    assert standings(bot) == (0, all_of("synced"))
    bot.run("undo", "--yes")
    assert standings(bot) == (21, all_of("held"))


def test_an_env_that_wants_approvals(bot: Bot) -> None:
    """Where approvals are wanted nothing is written without one, and all of it with one."""
    bot.configure(STRICT)
    before = bot.book
    ran = bot.run("sync")
    assert ran.code == 21
    assert "No approval covers them." in ran.out
    assert bot.book == before
    approved(bot)
    assert standings(bot) == (0, all_of("synced"))


def test_a_rejected_plan_stays_out(bot: Bot) -> None:
    """What somebody has rejected is not written by a program."""
    id = bot.run("plan", "--json").json["id"]
    bot.run("revoke", id, "--by", "Bea", "--reason", "no")
    before = bot.book

    assert bot.run("sync").code == 21
    assert bot.book == before


def test_what_a_rule_refuses(bot: Bot) -> None:
    """A refused plan is not written, not even in part, and says why."""
    before = bot.book
    bot.sandbox.fault("positions", answer={"status": 200, "body": "[]"}, times=3)

    ran = bot.run("sync")

    assert ran.code == 22
    assert "The broker lists no positions" in ran.out
    assert bot.book == before


def test_what_is_so_young_is_pending(bot: Bot) -> None:
    """A fill that is left to the bot for now is no failure."""
    bot.run("sync")
    bot.sandbox.do({"do": "buy", "symbol": OPTION, "qty": "1", "price": "2.00", "client_order_id": "bot-9"})

    code, now = standings(bot)

    assert code == 0
    assert (now["positions"], now["transactions"]) == ("pending", "pending")


def test_switched_off(bot: Bot) -> None:
    """With ALPACA_SYNC_ENABLED off it says so, succeeds, and asks nobody."""
    bot.configure("ALPACA_SYNC_ENABLED: false\n")
    config = bot.folder / "config.yaml"
    config.write_text(config.read_text().replace("ALPACA_SYNC_ENABLED: true", "#", 1))
    before = bot.book

    ran = bot.run("sync")

    assert ran.code == 0
    assert "ALPACA_SYNC_ENABLED" in ran.out
    assert not bot.sandbox.requests
    assert bot.book == before
    assert bot.run("plan", "--detailed-exitcode").code == 2


def test_no_verdict_is_an_error(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without keys, with half an answer, with a broken file: its exit code, and nothing written."""
    before = bot.book
    bot.sandbox.fault("positions", answer="html", times=9)
    assert_clear(bot.run("sync"), Exit.UNREACHABLE, "not understood")
    monkeypatch.delenv("ALPACA_PAPER_API_KEY")
    assert_clear(bot.run("sync", "--check-only"), Exit.CREDENTIALS)
    assert bot.book == before
    assert_clear(bot.run("sync", "--sync-type", "everything"), Exit.USAGE, "everything")


def test_the_log_in_lines(bot: Bot, snapshot: SnapshotAssertion) -> None:
    """With --verbose each step is a line on stderr, as it has always been."""
    before = bot.run("sync", "--check-only", "--verbose").err
    done = bot.run("sync", "--verbose").err
    bot.run("undo", "--yes")
    held = bot.run("sync", "--verbose").err

    assert [before, done, held] == snapshot
    assert "[ALPACA-SYNC]" not in bot.run("sync").err


def test_the_log_in_json(bot: Bot) -> None:
    """With --log-json each step is a JSON object on a line of stderr, with its time."""
    ran = bot.run("sync", "--log-json", "--json")

    steps = [json.loads(each) for each in ran.err.splitlines()]
    assert {tuple(each) for each in steps} == {("env", "level", "message", "time")}
    assert "Bankroll synchronized - Updated from $95,000.00 to $100,262.75" in {
        each["message"] for each in steps
    }
    assert ran.json["in_step"]
    bot.sandbox.fault("positions", answer="html")
    failed = json.loads(bot.run("sync", "--log-json", "--json").err)
    assert (failed["level"], failed["message"].partition(" - ")[0]) == ("ERROR", "Sync failed")


# every command of the guide, with the program's name replaced, and the exit code that it must have here
GUIDE = [
    ("sync --env paper --check-only", 2),
    ("sync --env paper --sync-type all", 0),
    ("sync --env live --sync-type bankroll", 0),
    ("sync --env paper --sync-type positions", 0),
    ("sync --env paper --sync-type transactions", 0),
    ("sync --env paper --sync-type all --verbose", 0),
    ("sync --env paper --sync-type bankroll", 0),
    ("sync --env live --check-only", 2),
    ("sync --env live --sync-type all", 0),
]


@pytest.fixture
def both(bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bot]:
    """The guide's bot with a paper account and a live one, in the same plight."""
    scenario = files("snapsync.sandbox") / "scenarios" / "guide.yaml"
    live = tmp_path / "live.yaml"
    live.write_text(scenario.read_text("utf-8").replace("env: paper", "env: live"))
    (bot.folder / "bankroll_alpaca_live.json").write_text(BANKROLL)
    (bot.folder / "positions_alpaca_live.csv").write_text(POSITIONS)
    (bot.folder / "logs" / "trade_history_alpaca_live.csv").write_text(HISTORY)
    with Sandbox(live) as sandbox:
        monkeypatch.setenv("ALPACA_LIVE_BASE_URL", sandbox.url)
        monkeypatch.setenv("ALPACA_LIVE_API_KEY", sandbox.key)
        monkeypatch.setenv("ALPACA_LIVE_SECRET_KEY", sandbox.secret)
        yield bot


def test_every_command_of_the_guide(both: Bot) -> None:
    """Each line of the guide's usage, one after the other, as it stands there but for the name."""
    for words, code in GUIDE:
        ran = both.run(*shlex.split(words))
        assert (words, ran.code) == (words, code), ran.err


def test_a_hand_in_the_book_while_it_syncs(bot: Bot, run: Callable[..., Ran]) -> None:
    """A file that cannot be read is an error that names it; the other two are not touched."""
    bot.positions.write_text(POSITIONS.replace("1.85", "one"))
    before = bot.book

    assert_clear(run("sync"), Exit.FAILED, bot.positions.name)
    assert bot.book == before
