"""A day with more trades than one page takes, through all that goes through a store."""

from __future__ import annotations

from snapsync import Env
from snapsync.model.history import BrokerSnapshot
from snapsync.model.pages import Pages
from snapsync.model.references import kind_of
from snapsync.model.state import Transaction, stored_state
from snapsync.model.tree import MOST, Node
from tests.conftest import Bot

TRADES = MOST + 12
CALL = "SPY250919C00650000"


def trade(bot: Bot, count: int) -> None:
    """So many trades by hand, and the minutes after which they count."""
    bought = {"do": "buy", "symbol": CALL, "qty": 1, "price": 1.5}
    bot.sandbox.do(*[bought] * count, {"do": "clock", "by": "2m"})


def trades(env: Env) -> Pages[Transaction]:
    """The account's trades as of the newest look."""
    latest = env.store.latest()
    assert latest is not None
    assert latest[1].broker is not None
    snapshot = env.store.get(latest[1].broker, BrokerSnapshot)
    return stored_state(snapshot.state, env.store.place.get).transactions


def test_a_busy_day_is_planned_applied_proven_tidied_and_told_of(bot: Bot) -> None:
    """Plan, apply, diff, blame, show, verify and gc know a day that is a node of pages."""
    trade(bot, TRADES)
    assert bot.run("plan").code == 0
    assert bot.run("apply", "--yes").code == 0
    env = bot.env()
    (applied,) = env.store.heads()
    root = env.store.get(trades(env).root, Node)
    days = [id for month in root.children.values() for id in env.store.get(month, Node).children.values()]
    assert "node" in [kind_of(env.store.place.get(day)) for day in days]

    trade(bot, 1)
    assert bot.run("plan").code == 0
    told = bot.run("show", root.children[max(root.children)])
    assert (told.code, "rows" in told.out) == (0, True)
    assert bot.run("apply", "--yes").code == 0
    (now,) = bot.env().store.heads()
    told = bot.run("diff", applied, now, "-v")
    assert (told.code, told.out.count("+ trade")) == (0, 2), told.out  # at the broker, and in the book
    told = bot.run("blame", CALL)
    assert (told.code, f"{TRADES + 1}" in told.out) == (0, True)
    assert len(trades(bot.env())) >= TRADES + 1

    assert bot.run("gc", "--keep-last", "1").code == 0
    assert bot.run("verify").code == 0
    assert bot.run("plan", "--json").json["changes"] == []
