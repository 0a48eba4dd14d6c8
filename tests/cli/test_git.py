"""The state folder in git: what is left out, and what two branches make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from snapsync import Env, approve, choose
from snapsync.config import load
from snapsync.model.history import Actor
from tests.conftest import Bot

from .test_approve import planned
from .test_ci import git


def test_init_git(bot: Bot) -> None:
    """The lock and temporaries stay out; what is there already is left alone; balances are spoken of."""
    ran = bot.run("init", "--git")
    assert "private repository" in ran.err
    planned(bot)
    (bot.folder / "state" / "paper" / ".snapsync-0123").write_text("")
    git(bot.folder, "init", "-q")
    git(bot.folder, "add", "state")
    tracked = git(bot.folder, "ls-files", "state").splitlines()

    assert {"state/.gitignore", "state/.gitattributes", "state/paper/store.json"} <= set(tracked)
    assert any(path.startswith("state/paper/heads/") for path in tracked)
    assert not [path for path in tracked if path.endswith("lock") or ".snapsync-" in path]
    mine = bot.folder / "state" / ".gitignore"
    mine.write_text("# mine\n")
    assert "Wrote" not in bot.run("init", "--git").err
    assert mine.read_text() == "# mine\n"


def said(folder: Path, user: str) -> None:
    """Somebody approves in their own clone, and commits."""
    env = Env(load({}, folder), actor=Actor(user=user, host="laptop"))
    approve(env, choose(env), by=user)
    git(folder, "add", "state")
    git(folder, "commit", "-q", "-m", user)


def test_two_branches_merge(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations of two branches come together without a conflict, and the next one has both as parents."""
    bot.run("init", "--git")
    planned(bot)
    git(bot.folder, "init", "-q", "-b", "main")
    git(bot.folder, "add", "state", "config.yaml")
    git(bot.folder, "commit", "-q", "-m", "plan")
    clones = [bot.folder / "logs" / name for name in ("ann", "bea")]
    for clone in clones:
        git(bot.folder, "clone", "-q", ".", str(clone))
        said(clone, clone.name)
    git(clones[0], "pull", "-q", "--no-rebase", "--no-edit", str(clones[1]), "main")

    monkeypatch.chdir(clones[0])
    assert [each["verb"] for each in bot.run("log", "--json").json["operations"]] == [
        "approve",
        "approve",
        "plan",
    ]
    assert bot.run("check", "--offline").code == 0
    said(clones[0], "cem")
    newest = bot.run("log", "--json").json["operations"][0]
    assert len(newest["parents"]) == 2
    assert len(list((clones[0] / "state" / "paper" / "heads").iterdir())) == 1
