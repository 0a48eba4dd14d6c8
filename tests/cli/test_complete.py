"""What a shell is offered, asked as bash, zsh and fish ask."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from snapsync.cli.main import COMPLETION, GROUPS
from tests.conftest import Bot
from tests.test_startup import HEAVY

from .test_approve import approved, planned

PROBE = """
import sys
from snapsync.cli.main import run
try:
    run()
finally:
    print("MODULES", *sys.modules, file=sys.stderr)
"""


def offered(bot: Bot, words: str, shell: str = "bash") -> list[str]:
    """What may stand in place of the last word."""
    number = len(words.split(" ")) - 1
    asked = {"bash": "bash_complete", "zsh": "zsh_complete", "fish": "fish_complete"}[shell]
    current = words.rsplit(" ", maxsplit=1)[-1] if shell == "fish" else str(number)
    environ = {**os.environ, COMPLETION: asked, "COMP_WORDS": words, "COMP_CWORD": current}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=bot.folder, env=environ, capture_output=True, text=True, check=True
    )
    assert {each.partition(".")[0] for each in done.stderr.split()}.isdisjoint(HEAVY)
    if shell == "zsh":
        return done.stdout.splitlines()[1::3]
    return [line.split(",")[1].split("\t")[0] for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_and_envs(bot: Bot, shell: str) -> None:
    """Commands by their first letters, envs by theirs."""
    assert offered(bot, "snapsync ap", shell) == ["apply", "approve"]
    assert offered(bot, "snapsync plan --env l", shell) == ["live"]
    assert offered(bot, "snapsync check --approvals", shell)[:1] == ["--approvals"]


def test_every_command_is_offered(bot: Bot) -> None:
    """With nothing typed yet all commands are."""
    assert offered(bot, "snapsync ") == [name for names in GROUPS.values() for name in names]


def test_ids(bot: Bot) -> None:
    """Plans, approvals and operations of the env; elsewhere, or with no store, nothing."""
    assert offered(bot, "snapsync apply ") == []
    plan = planned(bot)
    approval = approved(bot)

    assert plan[:12] in offered(bot, "snapsync apply ")
    assert offered(bot, f"snapsync apply {plan[:5]}") == [plan[:12]]
    assert approval[:12] in offered(bot, "snapsync revoke ")
    assert offered(bot, "snapsync apply --env live ") == []
    (bot.folder / "config.yaml").unlink()
    assert offered(bot, "snapsync apply ") == []


HELD, GONE = "SPY250822C00635000", "QQQ250822P00480000"


def test_symbols(bot: Bot) -> None:
    """What book or broker held or traded lately; underlyings and components where they are meant."""
    assert offered(bot, "snapsync blame ") == []
    planned(bot)

    assert offered(bot, "snapsync blame SPY") == [HELD]
    assert offered(bot, "snapsync blame spy") == [HELD]
    assert offered(bot, "snapsync blame Q") == [GONE]
    assert offered(bot, "snapsync explain --symbol SP") == ["SPY", HELD]
    assert offered(bot, "snapsync log --symbol Q") == ["QQQ", GONE]
    assert offered(bot, "snapsync plan --only p") == ["positions"]
    assert offered(bot, "snapsync plan --except S") == [HELD]
    assert offered(bot, "snapsync blame --env live ") == []


def test_operations(bot: Bot) -> None:
    """Where only an act is meant, plans are not offered."""
    plan = planned(bot)
    act = bot.run("log", "--json").json["operations"][0]["id"]

    for words in ("snapsync undo ", "snapsync restore ", "snapsync log --at "):
        assert offered(bot, words) == [act[:12]]
    assert set(offered(bot, "snapsync diff ")) == {plan[:12], act[:12]}
