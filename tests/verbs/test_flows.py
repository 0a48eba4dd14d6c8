"""A deposit, or a trade by hand, moves the bankroll in the end, whatever is written before it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.conftest import Bot

CALL = "SPY250822C00635000"
SMALL = {"do": "deposit", "amount": "200"}
LATER = {"do": "clock", "by": "5m"}


@pytest.fixture
def bot(bot_at: Callable[..., Bot]) -> Bot:
    """A bot in step, on an account of $100,000.00 that holds nothing; its peak was far higher."""
    bot = bot_at("empty")
    bot.bankroll.write_text('{"current_bankroll": 100000.00, "balance": 100000.00, "peak_bankroll": 120000}')
    assert bot.run("plan").code == 0
    return bot


def numbers(bot: Bot) -> dict[str, Decimal]:
    """The bankroll file's numbers."""
    found = json.loads(bot.bankroll.read_text(), parse_float=Decimal, parse_int=Decimal)
    return {key: value for key, value in found.items() if isinstance(value, Decimal)}


def buy(bot: Bot) -> None:
    """A trade of the bot's own, so that there is something else to write."""
    bot.sandbox.do(
        {"do": "buy", "symbol": CALL, "qty": 1, "price": "2.00", "client_order_id": "bot-1"}, LATER
    )


def test_a_deposit_is_not_forgotten_where_a_part_is_synced_first(bot: Bot) -> None:
    """It is far below the tolerance; the bankroll follows it all the same, and the peak moves by it."""
    bot.sandbox.do(SMALL)
    buy(bot)

    synced = bot.run("sync", "--sync-type", "positions")
    planned = bot.run("plan")
    bot.run("apply", "--yes")

    assert "bankroll" not in synced.out
    assert "cash flow" in planned.out
    assert numbers(bot)["current_bankroll"] == Decimal("100200.00")
    assert numbers(bot)["peak_bankroll"] == Decimal("120200.00")
    assert bot.run("plan", "--detailed-exitcode").code == 0


def test_a_trade_by_hand_is_not_forgotten_where_a_part_is_synced_first(bot: Bot) -> None:
    """Its result is far below the tolerance; the bankroll follows it all the same."""
    bot.sandbox.do(
        {"do": "buy", "symbol": CALL, "qty": 1, "price": "2.00"},
        {"do": "sell", "symbol": CALL, "qty": 1, "price": "3.00"},
        LATER,
    )

    bot.run("sync", "--sync-type", "transactions")
    planned = bot.run("plan")
    bot.run("apply", "--yes")

    assert "manual" in planned.out
    assert numbers(bot)["current_bankroll"] == Decimal("100100.00")
    assert bot.run("plan", "--detailed-exitcode").code == 0


def test_a_bankroll_on_hold_stays_so_while_other_things_are_synced(bot: Bot) -> None:
    """It waits for a yes; with that the deposit is written, and moves the peak once."""
    bot.sandbox.do(SMALL, LATER)
    bot.run("sync")
    bot.run("undo", "--yes")
    buy(bot)

    first, second = bot.run("sync"), bot.run("sync")
    status = bot.run("status")
    bot.run("plan")
    applied = bot.run("apply", "--yes")

    assert "bankroll      held" in first.out
    assert "bankroll      held" in second.out
    assert "On hold: bankroll." in status.out
    assert applied.code == 21
    bot.run("approve", "--yes", "--reason", "it was a deposit")
    assert bot.run("apply", "--yes").code == 0
    assert numbers(bot)["peak_bankroll"] == Decimal("120200.00")
    assert bot.run("plan", "--detailed-exitcode").code == 0


def test_an_undo_of_what_was_written_before_other_things_waits_for_a_yes(bot: Bot) -> None:
    """The bankroll's correction is taken back, cell by cell; it is on hold, however small the deposit was."""
    bot.sandbox.do(SMALL, LATER)
    bot.run("sync")
    correction = bot.run("log", "--json").json["operations"][0]["id"]
    buy(bot)
    bot.run("sync")

    bot.run("undo", correction, "--yes")

    assert numbers(bot)["current_bankroll"] == Decimal("100000.00")
    assert numbers(bot)["peak_bankroll"] == Decimal(120000)
    assert "bankroll      held" in bot.run("sync").out


def test_what_still_differs_is_named_as_people_name_it(bot: Bot) -> None:
    """Not by an order's id, and not by what the bankroll is to follow."""
    bot.sandbox.do(SMALL)
    buy(bot)
    bot.run("plan", "--only", "positions")

    applied = bot.run("apply", "--yes")

    assert "still different: bankroll, 1 trade (plan again)" in applied.out
    assert "Left different: bankroll, 1 trade." in bot.run("status").out
