"""The demo's tale through the public API: read this to see snapsync at work."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

from snapsync import apply, log, plan, status
from snapsync.model.change import BankrollChange, PositionChange, Sign, TransactionChange, sign

from .conftest import Bot


def test_the_guides_three_scenarios(bot_at: Callable[..., Bot]) -> None:
    """A manual trade, a deposit and a partial fill are planned, applied, logged; then all is in step."""
    bot = bot_at("guide", until="before")
    bot.write_book()
    env = bot.env()

    # In the evening the book is right, but its row does not name its order yet.
    evening = plan(env)
    assert [type(change) for change in evening.plan.changes] == [TransactionChange]
    apply(env)
    assert not plan(env).plan.drift

    # Next morning: a hand in the app, a deposit, and an order of the bot's that fills in part.
    bot.sandbox.stage("after")
    with bot.positions.open("a") as file:
        file.write("IWM,IWM250829C00225000,10,10,1.10,2025-08-21 11:00:00,open,\n")
    with bot.history.open("a") as file:
        order = bot.order_id("bot-iwm-0821")
        file.write(f"2025-08-21 11:00:00,IWM250829C00225000,BUY,10,1.10,1100.00,{order},breakout\n")
    before = bot.book

    morning = plan(env).plan
    assert bot.book == before
    bankroll, *others = morning.changes
    assert isinstance(bankroll, BankrollChange)
    assert (bankroll.before, bankroll.amount) == (Decimal(95000), Decimal("100262.75"))
    assert bankroll.flows == Decimal(5000)
    positions = [change for change in others if isinstance(change, PositionChange)]
    assert {change.key: sign(change) for change in positions} == {
        "IWM250829C00225000": Sign.UPDATE,
        "QQQ250822P00480000": Sign.CLOSE,
        "SPY250822C00635000": Sign.ADD,
    }
    assert {change.key: change.why.cause.value for change in positions} == {
        "IWM250829C00225000": "bot",
        "QQQ250822P00480000": "manual",
        "SPY250822C00635000": "manual",
    }

    # Planning again on unchanged facts, or after a price tick, gives the same id.
    bot.sandbox.do({"do": "price", "symbol": "SPY250822C00635000", "price": "2.52"})
    assert plan(env).plan.id == morning.id

    done = apply(env)
    book = json.loads(bot.bankroll.read_text(), parse_float=Decimal)
    assert book["current_bankroll"] == book["balance"] == Decimal("100263.75")
    assert book["start_capital"] == Decimal(95000)
    assert book["strategy_note"] == "mine"
    assert "keep me" in bot.positions.read_text()

    assert not plan(env).plan.drift
    assert status(env).standing == "in step"
    verbs = [operation.verb for _, operation in log(env)]
    assert verbs == ["plan", "apply", "plan", "plan", "plan", "apply", "plan"]
    assert done.operation in dict(log(env))
