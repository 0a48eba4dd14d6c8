"""Which machine wrote the book last, and what is said when it is another one now."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from snapsync.errors import Exit
from snapsync.sandbox import Sandbox, World
from snapsync.verbs.machine import NAMED_BY, machine
from tests.conftest import Bot


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """``on("box")``: what follows happens on that machine."""
    return lambda name: monkeypatch.setenv(NAMED_BY, name)


def findings(bot: Bot, *options: str) -> list[tuple[str, str]]:
    """The codes and severities of a plan's findings."""
    found = bot.run("plan", "--json", *options).json["findings"]
    return [(each["code"], each["severity"]) for each in found if each["code"] == "another-host"]


def test_an_id_stays_and_says_nothing(on: Callable[[str], None]) -> None:
    """A machine has one id in a store, another in another store; its name cannot be read from it."""
    on("box-of-the-trader")

    assert machine("a" * 32) == machine("a" * 32)
    assert machine("a" * 32) != machine("b" * 32)
    assert len(machine("a" * 32)) == 16
    assert "box" not in machine("a" * 32)


def test_the_systems_own_id_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name given, the system's id counts where it has one, and only its hash is seen."""
    monkeypatch.delenv(NAMED_BY, raising=False)

    assert machine("a" * 32) == machine("a" * 32)
    assert len(machine("a" * 32)) in (0, 16)


def test_every_operation_names_its_machine(bot: Bot, on: Callable[[str], None]) -> None:
    """The log says which machine did what, the first operation of a new store too."""
    on("one")
    bot.run("plan")
    on("two")
    bot.run("plan")

    store = bot.env().store
    machines = [act.actor.machine for _, act in store.log()]
    on("one")
    assert machines[1] == machine(store.identity.store)
    assert machines[0] != machines[1]


def test_another_machine_is_told(bot: Bot, on: Callable[[str], None]) -> None:
    """Who plans and applies elsewhere than last time is told, until that machine is the last writer."""
    on("one")
    bot.run("plan")
    assert findings(bot) == []
    bot.run("apply", "--yes")
    bot.positions.write_text(bot.positions.read_text().replace(",open,", ",closed,", 1))

    on("two")
    assert findings(bot) == findings(bot) == [("another-host", "note")]
    ran = bot.run("apply", "--yes")
    assert ran.code == 0
    assert "Another machine was the last to write this book" in ran.err

    assert findings(bot) == []
    on("one")
    assert findings(bot) == [("another-host", "note")]


def test_looking_alone_makes_no_writer(bot: Bot, on: Callable[[str], None]) -> None:
    """A machine that only plans, in step or not, does not become the one that wrote last."""
    on("one")
    bot.run("plan")
    bot.run("apply", "--yes")
    on("two")
    assert findings(bot) == [("another-host", "note")]

    on("one")
    assert findings(bot) == []


def test_a_machine_without_an_id_is_not_another(bot: Bot, on: Callable[[str], None]) -> None:
    """What cannot be known is not guessed: a blank name counts for none where the system has none."""
    on("one")
    bot.run("plan")
    bot.run("apply", "--yes")
    on(" ")

    expected = [("another-host", "note")] if machine("x") else []
    assert findings(bot) == expected


def test_in_live_a_person_is_asked(
    bot_at: Callable[..., Bot], on: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With real money, another machine needs a yes: ``apply --yes`` stops, and its plan has another id."""
    bot = bot_at("guide")
    with Sandbox(World(env="live", seed="live", cash=Decimal(500))) as live:
        monkeypatch.setenv("ALPACA_LIVE_BASE_URL", live.url)
        monkeypatch.setenv("ALPACA_LIVE_API_KEY", live.key)
        monkeypatch.setenv("ALPACA_LIVE_SECRET_KEY", live.secret)
        on("one")
        bot.run("plan", "--env", "live")
        assert bot.run("apply", "--env", "live", "--yes").code == 0
        book = bot.folder / "bankroll_alpaca_live.json"
        book.write_text(book.read_text().replace("500", "400"))
        here = bot.run("plan", "--env", "live", "--json").json["id"]

        on("two")
        assert findings(bot, "--env", "live") == [("another-host", "approve")]
        assert bot.run("plan", "--env", "live", "--json").json["id"] != here
        ran = bot.run("apply", "--env", "live", "--yes")

        assert ran.code == Exit.UNAPPROVED
        assert "another-host" in ran.err
        assert "400" in book.read_text()
