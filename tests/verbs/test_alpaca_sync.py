"""The API that bots know: AlpacaSync, sync_before_trade, pre_trade. What is not known is never a yes."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from snapsync import AlpacaSync, Env, SnapsyncError, plan, pre_trade, sync, sync_before_trade
from snapsync.config import load
from tests.conftest import Bot

PROGRAM = """
from snapsync import AlpacaSync, sync_before_trade

# Create sync instance
sync = AlpacaSync(env="paper")

# Check if sync needed
sync_needed = sync.check_sync_needed()
print(f"Sync needed: {sync_needed}")

# Perform full sync
results = sync.sync_all()
print(f"Sync results: {results}")

# Sync before trading (convenience function)
success = sync_before_trade(env="paper")
"""
PRINTED = """\
Sync needed: {'bankroll': <bankroll: drift>, 'positions': <positions: drift>, 'transactions': <transactions: drift>}
Sync results: {'bankroll': <bankroll: synced>, 'positions': <positions: synced>, 'transactions': <transactions: synced>}
"""  # noqa: E501 - as it is printed
PARTS = ["bankroll", "positions", "transactions"]


def configure(bot: Bot, key: str, value: str) -> None:
    """Set one of the switches that config.yaml has already."""
    config = bot.folder / "config.yaml"
    config.write_text(config.read_text().replace(f"{key}: true", f"{key}: {value}", 1))


def at(bot: Bot, seconds: float) -> Env:
    """The env some seconds later."""
    config = load(os.environ, bot.folder)
    return Env(config, clock=lambda: datetime.now(UTC) + timedelta(seconds=seconds))


@pytest.mark.usefixtures("bot")
def test_the_guides_program(capfd: pytest.CaptureFixture[str]) -> None:
    """The guide's program, with the import's name replaced."""
    names: dict[str, object] = {}
    exec(compile(PROGRAM, "guide", "exec"), names)  # noqa: S102 - the guide's own

    assert names["success"] is True
    assert capfd.readouterr().out == PRINTED


def test_needs_and_results_are_booleans(bot: Bot) -> None:
    """Whole and in parts they can be asked like booleans, and tell more to who wants to know."""
    sync = AlpacaSync("paper", config=bot.folder / "config.yaml")
    needed = sync.check_sync_needed()
    assert needed
    assert [*needed] == PARTS
    assert all(needed.values())

    assert sync.sync_bankroll()
    needed = sync.check_sync_needed()
    assert needed
    assert [bool(each) for each in needed.values()] == [False, True, True]
    assert sync.sync_positions().counts.add == 2
    assert sync.sync_transactions()

    assert not sync.check_sync_needed()
    results = sync.sync_all()
    assert results
    assert [each.standing for each in results.values()] == ["in step"] * 3


def test_a_part_that_is_not_kept_in_step(bot: Bot) -> None:
    """The dictionaries have their three keys, whatever ALPACA_SYNC_COMPONENTS leaves out."""
    bot.configure("ALPACA_SYNC_COMPONENTS: [bankroll]\n")
    sync = AlpacaSync("paper")

    assert [bool(each) for each in sync.check_sync_needed().values()] == [True, False, False]
    assert [each.standing for each in sync.sync_all().values()] == ["synced", "off", "off"]
    assert not sync.check_sync_needed()


def no_keys(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are no keys."""
    del bot
    monkeypatch.delenv("ALPACA_PAPER_API_KEY")


def refused_keys(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker refuses them."""
    del bot
    monkeypatch.setenv("ALPACA_PAPER_SECRET_KEY", "wrong")


def no_connection(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens."""
    del bot
    monkeypatch.setenv("ALPACA_PAPER_BASE_URL", "http://127.0.0.1:9")


def silence(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody listens, and says nothing."""
    del monkeypatch
    bot.sandbox.fault("account", answer="silent", times=9)


def no_rest(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account moves each time that it is read."""
    del monkeypatch
    bot.sandbox.fault("positions", times=99, then={"do": "deposit", "amount": "1"})


def half_an_answer(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy answers in the broker's place."""
    del monkeypatch
    bot.sandbox.fault("positions", answer="html", times=9)


def no_positions(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker lists no positions and yet has market value."""
    del monkeypatch
    bot.sandbox.fault("positions", answer={"status": 200, "body": "[]"}, times=9)


def broken_file(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the book lacks its columns."""
    del monkeypatch
    bot.positions.write_text("occ_symbol\n")


def no_config(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no config.yaml."""
    del monkeypatch
    (bot.folder / "config.yaml").unlink()


Trouble = Callable[[Bot, pytest.MonkeyPatch], None]

# what stands in the way, and what the reason then says (one of several words)
TROUBLE: dict[Trouble, str] = {
    no_keys: "credentials",
    refused_keys: "refused the credentials",
    no_connection: "connection refused",
    silence: "in time",
    no_rest: "kept moving|in time",
    half_an_answer: "not understood",
    no_positions: "blocked|lists no positions",
    broken_file: "positions_alpaca_paper.csv",
    no_config: "no configuration",
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_fails_closed(
    bot: Bot, trouble: Trouble, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever keeps it from knowing: no exception, no yes, a reason in the log, no byte written."""
    trouble(bot, monkeypatch)
    said = TROUBLE[trouble].split("|")
    before = bot.book

    assert sync_before_trade("paper", timeout=2) is False
    [first] = caplog.messages
    assert any(word in first for word in said)
    assert first.startswith("[ALPACA-SYNC] Before a trade: ")
    cleared = pre_trade("paper", timeout=2)
    assert not cleared
    assert cleared.standing == "unknown"
    assert any(word in cleared.reason for word in said)
    assert cleared.reason in caplog.messages[-1]
    assert bot.book == before


@pytest.mark.parametrize("trouble", [no_keys, half_an_answer, broken_file])
def test_alpaca_sync_fails_closed(bot: Bot, trouble: Trouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """The older calls return what is false, and needed where nobody knows; they say why."""
    trouble(bot, monkeypatch)
    sync = AlpacaSync("paper")

    results = sync.sync_all()

    assert not results
    assert {each.standing for each in results.values()} == {"failed"}
    assert TROUBLE[trouble] in results["positions"].reason
    assert sync.check_sync_needed()
    assert not sync.sync_positions()


def test_the_deadline_is_for_the_whole_call(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """A broker that is silent is not waited for any longer than was allowed in all."""
    bot.sandbox.fault("activities", answer="silent", times=9)

    assert sync_before_trade("paper", timeout=1.5) is False
    assert "the reading may take" in caplog.text
    assert "900 s" not in caplog.text


def test_what_is_held_or_wants_a_yes_is_no_yes(bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    """A book that somebody keeps otherwise on purpose is not one to take risks on."""
    bot.run("sync")
    bot.run("undo", "--yes")

    assert sync_before_trade("paper") is False
    assert "positions held" in caplog.text
    assert pre_trade("paper").standing == "drift"


@pytest.mark.parametrize("key", ["ALPACA_SYNC_ENABLED", "ALPACA_AUTO_SYNC_BEFORE_TRADE"])
def test_switched_off(bot: Bot, key: str, caplog: pytest.LogCaptureFixture) -> None:
    """Who switches it off is not stopped by it: true, with a reason, and nobody is asked."""
    caplog.set_level(logging.INFO, "snapsync")
    configure(bot, key, "false")
    before = bot.book

    assert sync_before_trade("paper") is True
    cleared = pre_trade("paper")
    assert cleared
    assert (cleared.standing, cleared.off) == ("unknown", True)
    assert caplog.text.count(key) == 2
    assert not bot.sandbox.requests
    assert bot.book == before


def test_before_a_trade_the_book_is_not_touched(bot: Bot) -> None:
    """pre_trade only looks: drift is told with its plan, and stays."""
    before = bot.book

    cleared = pre_trade("paper")

    assert not cleared
    assert cleared.standing == "drift"
    assert cleared.plan == bot.run("plan", "--json").json["id"]
    assert bot.book == before


def test_ten_trades_cost_one_reading(bot: Bot) -> None:
    """What was found in step is good for a minute, also when the bot has written its own rows since."""
    bot.run("sync")
    before = len(bot.sandbox.requests)
    fresh = pre_trade(at(bot, 61))
    assert fresh
    after = len(bot.sandbox.requests)
    assert after > before

    with bot.history.open("a") as file:
        file.write("2025-08-21 11:00:00,DIA,NO_TRADE,,,,,,\n")
    for seconds in range(62, 120, 6):
        again = pre_trade(at(bot, seconds))
        assert again
        assert again.plan == fresh.plan
        assert again.age is not None
        assert again.age < 60
        assert again.good_until
    assert len(bot.sandbox.requests) == after

    assert pre_trade(at(bot, 122))
    assert len(bot.sandbox.requests) > after


def test_a_clock_that_was_put_back_knows_nothing(bot: Bot) -> None:
    """A look from the future of this clock is not relied on."""
    bot.run("sync")
    before = len(bot.sandbox.requests)

    assert pre_trade(at(bot, -30))
    assert len(bot.sandbox.requests) > before


def test_a_part_in_step_clears_nothing(bot: Bot) -> None:
    """After a sync of one part the others still differ, and that is what is said."""
    bot.run("sync", "--sync-type", "bankroll")

    assert pre_trade("paper").standing == "drift"


def test_an_exit_is_never_kept_waiting(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trade that reduces risk is cleared whatever is known, and nobody is asked."""
    cleared = pre_trade("paper", "close")
    assert cleared
    assert cleared.standing == "unknown"
    no_config(bot, monkeypatch)
    assert pre_trade("paper", "close")
    assert not bot.sandbox.requests


def test_the_verb_raises(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wants to know exactly calls ``sync``, which raises what stands in the way."""
    done = sync(bot.env())
    assert done
    assert done.operation
    no_keys(bot, monkeypatch)
    with pytest.raises(SnapsyncError):
        sync(bot.env())


def test_importing_it_does_nothing(tmp_path: Path) -> None:
    """No logging is set up, no .env is read, nothing heavy is imported, nothing is written."""
    (tmp_path / ".env").write_text("ALPACA_API_KEY=secret\n")
    script = """
import logging, os, sys
from snapsync import AlpacaSync, sync_before_trade, pre_trade, sync
log = logging.getLogger("snapsync")
assert not log.handlers and not logging.getLogger().handlers and log.level == logging.NOTSET
assert "ALPACA_API_KEY" not in os.environ
assert not {"alpaca", "requests", "pandas", "deepdiff", "click"} & set(sys.modules), sys.modules
"""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("ALPACA")}
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=bare, check=True)

    assert [each.name for each in tmp_path.iterdir()] == [".env"]


def test_a_bot_that_writes_meanwhile(bot: Bot) -> None:
    """A plan that no longer fits because the bot has just written is made anew, not given up."""
    edited: list[Path] = []

    def clock() -> datetime:
        store = env.find_store()
        if store and store.latest() and not edited:  # the plan is made, and not applied yet
            edited.append(bot.positions)
            bot.positions.write_text(bot.positions.read_text().replace(",2,2,1.85", ",3,3,1.85"))
        return datetime.now(UTC)

    env = Env(load(os.environ, bot.folder), clock=clock)

    assert sync_before_trade(env) is True
    assert edited
    assert [act.verb for _, act in env.store.log()] == ["apply", "plan", "plan"]
    assert not plan(env).plan.drift
