"""What people see of a reading: notes on what is odd, waits, and a bar where it takes long."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from snapsync.ends.alpaca import pace, read
from snapsync.sandbox import Sandbox, World
from tests.broker.conftest import ADJUSTED, MORNING
from tests.broker.test_complete import many_fills
from tests.broker.truth import REACH
from tests.broker.truth import read as read_broker
from tests.conftest import Bot


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox needs no second to settle."""
    monkeypatch.setattr(read, "SETTLE_SECONDS", 0.002)


def test_an_activity_of_an_unknown_type_is_shown(bot: Bot) -> None:
    """It is kept, its dollars count, and the plan names it."""
    bot.sandbox.do({"do": "activity", "type": "QQZ", "net_amount": -300}, {"do": "clock", "by": "1m"})

    ran = bot.run("plan", "-v")

    assert ran.code == 0
    assert "QQZ" in ran.out
    assert "$300.00" in ran.out


def test_a_contract_size_that_nobody_knows_is_assumed_and_said(bot: Bot) -> None:
    """A hundred, with a note; the contract's endpoint is asked once, and the next look still says so."""
    bot.sandbox.do(
        {"do": "buy", "symbol": ADJUSTED, "qty": 2, "price": 1},
        {"do": "sell", "symbol": ADJUSTED, "qty": 2, "price": 3},
        {"do": "clock", "by": "1m"},
    )
    gone = {"status": 404, "body": '{"code":40410000,"message":"option contract not found"}'}
    bot.sandbox.fault("contract", times=99, answer=gone)

    ran = bot.run("plan", "--json")

    assert "multiplier-assumed" in [finding["code"] for finding in ran.json["findings"]]
    assert sum(each.endpoint == "contract" for each in bot.sandbox.requests) == 1
    before = len(bot.sandbox.requests)
    again = bot.run("plan", "--json")
    assert again.json["findings"] == ran.json["findings"]
    assert not [each for each in bot.sandbox.requests[before:] if each.endpoint == "contract"]


def test_a_live_account_under_paper_is_refused(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one request, and nothing is stored; rebind does not take it either."""
    with Sandbox(World(env="live")) as sandbox:
        for name, value in sandbox.variables.items():
            monkeypatch.setenv(name.replace("LIVE", "PAPER"), value)

        ran = bot.run("plan")

        assert (ran.code, "a live account" in ran.err) == (12, True)
        assert sandbox.world.account.number not in ran.err
        assert [each.endpoint for each in sandbox.requests] == ["account"]
        assert not (bot.folder / "state" / "paper" / "store.json").exists()


@pytest.mark.parametrize("command", ["plan", "rebind"])
def test_a_wait_for_the_rate_limit_is_said_on_stderr(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Nobody stares at a command that says nothing; the result on stdout stays clean."""
    monkeypatch.setattr(pace, "WORTH_SAYING", 0.6)
    bot.run("plan")
    if command == "rebind":
        bot.sandbox.do({"do": "reset"})
    bot.sandbox.fault("positions", answer={"status": 429, "reset_in": 2})

    ran = bot.run(command, "--json")

    assert ran.code == 0
    assert re.search(r"Waiting [12] s: the broker's rate limit is used up\.", ran.err)
    assert ran.json


def test_progress_runs_from_the_first_page_to_the_last() -> None:
    """Shares never fall back within a look, and end at the whole; a short reading tells of none."""
    told: list[float] = []
    world = World(now=MORNING)
    many_fills(world, [1] * 450)
    with Sandbox(world, rate_limit=10**6) as sandbox:
        read_broker(sandbox, reach=REACH, told=told.append)
        assert told[:5] == sorted(told[:5])
        assert told[-1] == 1.0
        assert len(told) > 4
        assert all(0 <= share <= 1 for share in told)
    with Sandbox("guide") as sandbox:
        told.clear()
        read_broker(sandbox, told=told.append)
        assert told == []


def test_a_long_first_contact_shows_a_bar_on_a_terminal(bot_at: Callable[..., Bot]) -> None:
    """It ends at a hundred per cent, on a line of its own, and gives the cursor back."""
    bot = bot_at("empty")
    many_fills(bot.sandbox.world, [1] * 450)
    ours, theirs = pty.openpty()
    made = subprocess.run(
        [sys.executable, "-m", "snapsync", "plan"],
        stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "COLUMNS": "80"}, check=True,
    )  # fmt: skip
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)

    assert "reading activities" in shown
    assert "100%" in shown
    assert shown.index("\x1b[?25l") < shown.rindex("\x1b[?25h")
    assert b"reading activities" not in made.stdout
