"""What commands import once there is a store, each in a process of its own."""

from __future__ import annotations

import pytest

from tests.conftest import Bot
from tests.test_startup import HEAVY, loaded, modules


@pytest.mark.parametrize(
    "args",
    [
        ["log"],
        ["status"],
        ["show"],
        ["show", "-v"],
        ["log", "--json"],
        ["log", "--symbol", "SPY"],
        ["show", "--at", "today"],
        ["show", "--file", "history"],
        ["diff"],
        ["diff", "broker", "book"],
        ["diff", "agreed", "broker"],
        ["blame", "SPY250822C00635000"],
        ["explain"],
        ["config"],
        ["recover"],
    ],
    ids=" ".join,
)
def test_reading_the_store_imports_nothing_heavy(bot: Bot, args: list[str]) -> None:
    """What looks back needs neither the SDK nor pandas, numpy or deepdiff."""
    bot.run("plan")
    bot.run("apply", "--yes")

    code, names = modules(args, bot.folder)

    assert code == 0
    assert names.isdisjoint(HEAVY)


@pytest.mark.parametrize("args", [["log"], ["status"], ["show"]], ids=" ".join)
def test_looking_back_loads_only_what_it_shows_by(bot: Bot, args: list[str]) -> None:
    """What asks nobody and writes nothing needs neither end, nor what belongs to slips and to the network."""
    bot.run("plan")
    bot.run("apply", "--yes")

    code, names = loaded(args, bot.folder)

    assert code == 0
    assert not [name for name in names if name.startswith(("snapsync.ends", "snapsync.verbs.plan"))]
    assert names.isdisjoint(
        {"asyncio", "concurrent", "difflib", "dotenv", "email", "http", "json", "logging", "shutil", "ssl"}
    )


def test_approving_imports_nothing_heavy(bot: Bot) -> None:
    """A yes from a phone's terminal should not wait for the SDK."""
    bot.run("plan")

    code, names = modules(["approve", "--yes"], bot.folder)

    assert code == 0
    assert names.isdisjoint(HEAVY)


def test_a_comparison_that_finds_something_imports_nothing_heavy(bot: Bot) -> None:
    """Even two records that differ are told apart without deepdiff, which would bring pandas."""
    bot.run("plan")
    bot.run("apply", "--yes")
    bot.positions.write_text(bot.positions.read_text().replace(",1,1,", ",2,2,"))

    code, names = modules(["diff", "broker", "book"], bot.folder)

    assert code == 0
    assert "qty 1 → 2" in bot.run("diff", "broker", "book").out
    assert names.isdisjoint(HEAVY)


@pytest.mark.parametrize("args", [["plan"], ["check"], ["sync"]], ids=" ".join)
def test_a_look_in_step_takes_of_the_sdk_what_it_needs(bot: Bot, args: list[str]) -> None:
    """The SDK's own client carries the requests; what it has for orders, tables and streams stays out."""
    bot.run("plan")
    bot.run("apply", "--yes")

    code, names = modules(args, bot.folder)

    assert code == 0
    assert {"alpaca", "requests"} <= names
    assert names.isdisjoint({"pandas", "numpy", "deepdiff", "websockets", "slack_sdk"})
