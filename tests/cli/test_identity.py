"""Whose account it is: pinned, refused, rebound."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from snapsync.sandbox import Sandbox, World
from tests.conftest import Bot, Ran


def rows(ran: Ran) -> dict[str, dict[str, object]]:
    """The changes of a plan's JSON by key."""
    return {change["key"]: change for change in ran.json["changes"]}


def test_a_reset_account_is_refused_then_rebound(bot: Bot) -> None:
    """After a paper reset: refused with the way out; rebind closes the old holdings and keeps the history."""
    bot.run("plan")
    bot.run("apply", "--yes")
    bot.sandbox.do({"do": "reset"})
    history = bot.history.read_bytes()

    refused = bot.run("plan")
    assert (refused.code, "snapsync rebind" in refused.err) == (12, True)

    ran = bot.run("rebind", "--json")
    assert ran.code == 0
    plan = ran.json["plan"]
    closed = [change for change in plan["changes"] if change["sign"] == "-"]
    assert {change["key"] for change in closed} == {"IWM250829C00225000", "SPY250822C00635000"}
    assert {change["why"]["cause"] for change in closed} == {"account reset"}

    assert bot.run("apply", "--yes").code == 0
    assert bot.history.read_bytes() == history
    assert "open" not in bot.positions.read_text().replace("opened", "")
    verbs = [operation["verb"] for operation in bot.run("log", "--json").json["operations"]]
    assert verbs == ["apply", "plan", "rebind", "apply", "plan"]
    assert bot.run("plan", "--detailed-exitcode").code == 0
    for operation in bot.run("log", "--json").json["operations"]:  # the old account's are readable still
        assert bot.run("show", operation["id"]).code == 0


def test_rebind_to_the_same_account_is_refused(bot: Bot) -> None:
    """There is nothing to rebind while the account is the same."""
    bot.run("plan")

    assert bot.run("rebind").code == 64


def test_a_paper_account_under_live_is_refused(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live keys that open a paper account are a mistake, and nothing is stored for live."""
    monkeypatch.setenv("ALPACA_LIVE_BASE_URL", bot.sandbox.url)
    monkeypatch.setenv("ALPACA_LIVE_API_KEY", bot.sandbox.key)
    monkeypatch.setenv("ALPACA_LIVE_SECRET_KEY", bot.sandbox.secret)

    ran = bot.run("plan", "--env", "live")

    assert ran.code == 12
    assert "paper account" in ran.err
    assert bot.sandbox.world.account.number not in ran.err
    assert not (bot.folder / "state" / "live" / "store.json").exists()


def test_rebinding_live_wants_its_name(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The live env is not rebound by a slip; with its name it is."""
    assert bot.run("rebind", "--env", "live").code == 1
    assert bot.run("rebind", "--env", "live", "--confirm", "paper").code == 1

    with Sandbox(World(env="live")) as sandbox:
        for name, value in sandbox.variables.items():
            monkeypatch.setenv(name, value)
        assert bot.run("plan", "--env", "live").code == 0
        store = (bot.folder / "state" / "live" / "store.json").read_bytes()
        sandbox.do({"do": "reset"})
        for confirm in ((), ("--confirm", "paper"), ("--confirm", "LIVE"), ("--confirm", "")):
            ran = bot.run("rebind", "--env", "live", *confirm)
            assert (ran.code, "nothing was changed" in ran.err) == (1, True)
            assert (bot.folder / "state" / "live" / "store.json").read_bytes() == store
        assert bot.run("rebind", "--env", "live", "--confirm", "live").code == 0
        assert (bot.folder / "state" / "live" / "store.json").read_bytes() != store


def test_since_reaches_further_back(bot_at: Callable[..., Bot]) -> None:
    """First contact takes the look-back days; --since takes more, also later."""
    bot = bot_at("guide")
    bot.sandbox.do({"do": "clock", "by": "30d"})
    assert [key for key in rows(bot.run("plan", "--json")) if key.startswith("order:")] == []

    ran = bot.run("plan", "--since", "2025-08-01", "--json")

    assert len([key for key in rows(ran) if key.startswith("order:")]) == 4
    for odd in ("yesterday", "2025-02-30", "9999-12-31", "2099-01-01", "1755698400", ""):
        ran = bot.run("plan", "--since", odd)
        assert (ran.code, "--since" in ran.err) == (64, True)


def test_several_bots_on_one_account(bot: Bot) -> None:
    """Where most named orders are not this bot's, the plan says so."""
    for number in range(4):
        step = {
            "do": "buy",
            "symbol": "AAPL",
            "qty": "1",
            "price": "200",
            "client_order_id": f"other-{number}",
        }
        bot.sandbox.do(step)

    codes = [finding["code"] for finding in bot.run("plan", "--json").json["findings"]]

    assert "shared-account" in codes


def test_json_never_holds_the_account(bot: Bot) -> None:
    """Rebind's document masks both accounts."""
    old = bot.sandbox.world.account.id
    bot.run("plan")
    bot.sandbox.do({"do": "reset"})
    text = json.dumps(bot.run("rebind", "--json").json)

    assert old not in text
    assert bot.sandbox.world.account.id not in text


def test_an_old_deposit_that_a_longer_reading_digs_up_is_no_news(bot_at: Callable[..., Bot]) -> None:
    """A deposit from before the agreed point neither moves the bankroll nor shifts its peak."""
    bot = bot_at("guide")
    bot.run("plan")
    bot.run("apply", "--yes")
    before = bot.bankroll.read_bytes()
    bot.sandbox.do({"do": "price", "symbol": "SPY250822C00635000", "price": "2.60"})

    ran = bot.run("plan", "--since", "2025-06-01", "--json")

    assert ran.json["changes"] == []
    assert bot.bankroll.read_bytes() == before
