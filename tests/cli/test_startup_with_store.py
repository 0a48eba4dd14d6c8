"""What commands import once there is a store, each in a process of its own."""

from __future__ import annotations

import pytest

from tests.conftest import Bot
from tests.test_startup import HEAVY, modules


@pytest.mark.parametrize(
    "args",
    [["log"], ["status"], ["show"], ["show", "-v"], ["log", "--json"], ["config"], ["recover"]],
    ids=" ".join,
)
def test_reading_the_store_imports_nothing_heavy(bot: Bot, args: list[str]) -> None:
    """log, status and show need neither the SDK nor pandas, numpy or deepdiff."""
    bot.run("plan")
    bot.run("apply", "--yes")

    code, names = modules(args, bot.folder)

    assert code == 0
    assert names.isdisjoint(HEAVY)


def test_approving_imports_nothing_heavy(bot: Bot) -> None:
    """A yes from a phone's terminal should not wait for the SDK."""
    bot.run("plan")

    code, names = modules(["approve", "--yes"], bot.folder)

    assert code == 0
    assert names.isdisjoint(HEAVY)
