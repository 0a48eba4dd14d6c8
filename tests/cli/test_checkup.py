"""``snapsync doctor``: a line for each thing that must work, with the remedy; nothing is changed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from snapsync.store import mounts
from snapsync.verbs.doctor import doctor
from snapsync.verbs.env import Env
from tests.conftest import Bot
from tests.slack.server import SlackServer


def levels(bot: Bot) -> dict[str, str]:
    """The worst level of each name."""
    order = ("ok", "warn", "fail")
    found: dict[str, str] = {}
    for each in bot.run("doctor", "--json").json["checks"]:
        found[each["name"]] = max(found.get(each["name"], "ok"), each["level"], key=order.index)
    return found


def unwell(bot: Bot) -> dict[str, str]:
    """What is not well; the sandbox's clock, which is always another, aside."""
    return {name: level for name, level in levels(bot).items() if level != "ok" and name != "clock"}


def said(bot: Bot, name: str) -> str:
    """What is said of one thing, and its remedy, in one line."""
    checks = bot.run("doctor", "--json").json["checks"]
    return " ".join(f"{each['said']} {each['remedy']}" for each in checks if each["name"] == name)


def contents(folder: Path) -> dict[str, bytes]:
    """The files below a folder."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def git(bot: Bot, *words: str) -> None:
    """Run git in the bot's folder."""
    subprocess.run(["git", "-C", str(bot.folder), *words], check=True, capture_output=True)


def test_all_is_well(bot: Bot) -> None:
    """A line each, before the first plan and after the first apply; nothing is written or made."""
    before = contents(bot.folder)
    ran = bot.run("doctor")
    assert ran.code == 0
    assert contents(bot.folder) == before
    names = re.findall(r"^(?:ok|warn|fail) +(\S+(?: \S+)*?)  ", ran.out, re.MULTILINE)
    assert names == [
        *("versions", "settings", ".env", "credentials", "host", "clock", "account", "book", "other syncs"),
        *("store", "file system", "slack"),
    ]
    assert max(map(len, ran.out.splitlines()[1:])) <= 80
    assert unwell(bot) == {}

    bot.run("plan")
    bot.run("apply", "--yes")
    assert unwell(bot) == {}


def test_quiet_says_what_is_not_well(bot: Bot) -> None:
    """With -q only what is to be looked at."""
    bot.bankroll.write_text("{")
    ran = bot.run("doctor", "-q")

    assert ran.code == 1
    assert [line.split()[0] for line in ran.out.splitlines() if line[:1] in "owf" and line] == [
        "warn",
        "fail",
    ]
    assert "snapsync doctor --book --env paper" in ran.out


def test_the_clocks_agree(bot: Bot) -> None:
    """A clock that agrees with the broker's is well, one that is off is told by how much, each way."""

    def told(off: float) -> str:
        at = datetime.fromtimestamp(bot.sandbox.world.now() / 10**9, UTC)
        env = Env.open("paper", config=bot.folder / "config.yaml", clock=lambda: at + timedelta(seconds=off))
        return next(each.said for each in doctor(env) if each.name == "clock")

    assert told(0) == "agrees with the broker's"
    assert told(630) == "This machine's clock is 10 min ahead of the broker's."
    assert told(-630) == "This machine's clock is 10 min behind the broker's."


@pytest.mark.parametrize(
    ("key", "level", "words"),
    [
        ("AKIA5", "warn", "looks like a key of live"),
        ("PKX5", "ok", "ALPACA_PAPER_API_KEY (environment)"),
        ("", "fail", "Half of the API credentials is missing."),
    ],
    ids=["live's", "paper's", "half"],
)
def test_keys_of_the_wrong_kind(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, key: str, level: str, words: str
) -> None:
    """A key that begins like the other env's is told before the broker is asked; half a pair fails."""
    monkeypatch.setenv("ALPACA_PAPER_API_KEY", key)

    name = "credentials" if key else "broker"
    assert levels(bot)[name] == level
    assert words in said(bot, name)


def test_the_broker_refuses(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong keys, another account, a broker that is not there: each is told as what it is."""
    bot.run("plan")
    monkeypatch.setenv("ALPACA_PAPER_SECRET_KEY", "wrong")
    assert unwell(bot) == {"account": "fail"}
    monkeypatch.setenv("ALPACA_PAPER_SECRET_KEY", bot.sandbox.secret)
    bot.sandbox.do({"do": "reset"})
    assert "snapsync rebind" in said(bot, "account")
    monkeypatch.setenv("ALPACA_PAPER_BASE_URL", "http://127.0.0.1:9")
    assert unwell(bot) == {"host": "fail"}


def test_who_may_read_the_keys(bot: Bot) -> None:
    """A .env that others may read, that git would take, and that git has."""
    path = bot.folder / ".env"
    path.write_text("OTHER=1\n")
    path.chmod(0o644)
    assert "chmod 600" in said(bot, ".env")
    path.chmod(0o600)
    assert unwell(bot) == {}

    git(bot, "init", "-q")
    assert unwell(bot) == {".env": "warn"}
    (bot.folder / ".gitignore").write_text(".env\n")
    assert unwell(bot) == {}
    git(bot, "add", "-f", ".env")
    assert unwell(bot) == {".env": "fail"}
    assert "git rm --cached .env" in said(bot, ".env")


def test_another_sync_goes_on(bot: Bot) -> None:
    """An old sync's mark that is newer than ours, and work of ours that somebody undoes, are told."""
    bot.run("plan")
    bot.run("apply", "--yes")
    assert unwell(bot) == {}
    ours = bot.bankroll.read_text()
    later = re.sub(r'"last_sync": "20\d\d', '"last_sync": "2031', ours)
    bot.bankroll.write_text(later)
    assert unwell(bot) == {"other syncs": "warn"}
    assert "2031" in said(bot, "other syncs")

    bot.bankroll.write_text(ours.replace("100262.75", "95000.00"))
    bot.run("plan")
    assert "bankroll" in said(bot, "other syncs")


def test_the_file_system(bot: Bot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A network disk, and a state folder that others may read."""
    bot.run("plan")
    (bot.folder / "state" / "paper").chmod(0o755)
    assert unwell(bot) == {"file system": "warn"}
    (bot.folder / "state" / "paper").chmod(0o700)
    table = tmp_path / "mounts"
    table.write_text(f"1 2 0:1 / / rw - ext4 x rw\n2 1 0:2 / {bot.folder} rw - nfs4 host:/ rw\n")
    monkeypatch.setattr(mounts, "TABLE", table)
    assert unwell(bot) == {"file system": "fail"}


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is closed to the superuser")
def test_a_folder_that_is_closed(bot: Bot) -> None:
    """A book's folder that may not be written to is told by its name."""
    bot.history.parent.chmod(0o500)
    try:
        assert str(bot.history.parent) in said(bot, "file system")
    finally:
        bot.history.parent.chmod(0o700)


def test_the_store(bot: Bot) -> None:
    """A damaged store fails, and the rest is looked at all the same."""
    bot.run("plan")
    (bot.folder / "state" / "paper" / "store.json").write_bytes(b"{}")

    assert bot.run("doctor").code == 1
    assert unwell(bot) == {"store": "fail", "account": "warn"}


def test_slack(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would take a message, or it says why not; no message is sent."""
    with SlackServer() as slack:
        for name, value in slack.webhook.items():
            monkeypatch.setenv(name, value)
        assert levels(bot)["slack"] == "ok"
        assert "SLACK_WEBHOOK_URL (environment)" in said(bot, "slack")
        slack.answers.append("html")
        assert unwell(bot) == {"slack": "fail"}
        monkeypatch.setenv("SLACK_WEBHOOK_URL", f"{slack.url}/services/T0/B0/wrong")
        assert "no_service" in said(bot, "slack")
        assert slack.messages == []


def test_settings_that_turn_it_off(bot_at: Callable[..., Bot]) -> None:
    """Syncs that are off are told: somebody may wonder."""
    bot = bot_at("guide")
    bot.write_book()
    bot.configure()
    path = bot.folder / "config.yaml"
    path.write_text(path.read_text().replace("ALPACA_SYNC_ENABLED: true", "ALPACA_SYNC_ENABLED: false"))

    assert unwell(bot) == {"settings": "warn"}
