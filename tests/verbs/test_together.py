"""Several processes, and several envs, at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal

import pytest

from snapsync.sandbox import Sandbox, World
from tests.conftest import Bot


def start(*args: str, folder: str) -> subprocess.Popen[str]:
    """One snapsync in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "snapsync", *args],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_planning_at_once_lose_no_operation(bot: Bot) -> None:
    """Eight planners at once make eight operations in one chain, all with the same plan id."""
    planners = [start("plan", "--json", folder=str(bot.folder)) for _ in range(8)]
    said = [planner.communicate(timeout=60) for planner in planners]

    assert [planner.returncode for planner in planners] == [0] * 8, said
    assert len({json.loads(out)["id"] for out, _ in said}) == 1
    log = bot.run("log", "--json").json["operations"]
    assert len(log) == 8
    assert [len(operation["parents"]) for operation in log] == [1] * 7 + [0]
    assert len(list((bot.folder / "state" / "paper" / "heads").iterdir())) == 1


def test_one_of_two_appliers_wins(bot: Bot) -> None:
    """Two applies of one plan at once: one applies, the other is told, and the book is right."""
    bot.run("plan")
    appliers = [start("apply", "--yes", folder=str(bot.folder)) for _ in range(2)]
    said = [applier.communicate(timeout=60) for applier in appliers]

    assert sorted(applier.returncode for applier in appliers) == [0, 20], said
    assert bot.run("plan", "--detailed-exitcode").code == 0
    assert bot.history.read_text().count("SPY250822C00635000") == 1


def test_two_envs_share_nothing(bot_at: Callable[..., Bot], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done in live leaves every byte of paper as it was."""
    bot = bot_at("guide")
    bot.write_book()
    bot.run("plan")
    bot.run("apply", "--yes")
    paper = {path: path.read_bytes() for path in bot.folder.rglob("*paper*") if path.is_file()}
    state = sorted(str(path) for path in (bot.folder / "state" / "paper").rglob("*"))
    with Sandbox(World(env="live", seed="live", cash=Decimal(500))) as live:
        monkeypatch.setenv("ALPACA_LIVE_BASE_URL", live.url)
        monkeypatch.setenv("ALPACA_LIVE_API_KEY", live.key)
        monkeypatch.setenv("ALPACA_LIVE_SECRET_KEY", live.secret)
        assert bot.run("plan", "--env", "live").code == 0
        assert bot.run("apply", "--env", "live", "--yes").code == 0

    assert json.loads((bot.folder / "bankroll_alpaca_live.json").read_text())["balance"] == 500
    assert {path: path.read_bytes() for path in paper} == paper
    assert sorted(str(path) for path in (bot.folder / "state" / "paper").rglob("*")) == state
