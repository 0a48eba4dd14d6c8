"""What commands import once there is a store, each in a process of its own."""

from __future__ import annotations

import pytest

from tests.conftest import Bot
from tests.test_startup import HEAVY, modules


@pytest.mark.parametrize(
    "args",
    [["log"], ["status"], ["show"], ["show", "-v"], ["log", "--json"], ["config"], ["recover"], ["explain"]],
    ids=" ".join,
)
def test_reading_the_store_imports_nothing_heavy(bot: Bot, args: list[str]) -> None:
    """log, status, show and explain need neither the SDK nor pandas, numpy or deepdiff."""
    bot.run("plan")
    bot.run("apply", "--yes")

    code, names = modules(args, bot.folder)

    assert code == 0
    assert names.isdisjoint(HEAVY)
