"""The story of a quantity, against real accounts: every chain is whole and ends at what is held."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

import pytest

from snapsync import Env, apply, blame, plan
from snapsync.errors import UsageError
from snapsync.model.blame import Step
from snapsync.model.change import Cause
from snapsync.model.history import BookSnapshot, BrokerSnapshot
from snapsync.model.ledger import Activity
from snapsync.model.pages import Pages
from snapsync.model.state import State, stored_state
from snapsync.verbs.at import point
from tests.conftest import Bot

ALL = "ALPACA_SYNC_ASSET_CLASSES: [us_option, us_equity, crypto]\n"
CALL = "SPY250919C00650000"
BOUGHT = {"do": "buy", "symbol": CALL}


def sides(env: Env) -> tuple[State, State, set[str]]:
    """Book and broker as the newest operation saw them, and all symbols of activities."""
    latest = env.store.latest()
    assert latest is not None
    act, get = latest[1], env.store.place.get
    assert act.book is not None
    assert act.broker is not None
    seen = env.store.get(act.broker, BrokerSnapshot)
    symbols = {row.symbol for row in Pages.stored(Activity, seen.ledger, get) if row.qty and row.symbol}
    book = stored_state(env.store.get(act.book, BookSnapshot).state, get)
    return book, stored_state(seen.state, get), symbols


def held(state: State, key: str) -> Decimal:
    """How much of a key a State holds."""
    return next((each.qty for each in state.positions if each.key == key), Decimal(0))


def assert_whole(chain: tuple[Step, ...], end: Decimal) -> None:
    """A chain begins at nothing, has no gaps, and ends at what is held."""
    assert all(one.after == other.before for one, other in pairwise(chain))
    assert (chain[0].before if chain else 0) == 0
    assert (chain[-1].after if chain else 0) == end


def spans(chain: tuple[Step, ...]) -> list[tuple[int, int]]:
    """From where to where each step goes."""
    return [(int(step.before), int(step.after)) for step in chain]


def stories(env: Env) -> dict[str, tuple[Step, ...]]:
    """The broker's chain of everything that moved, each checked beside the book's."""
    book, broker, symbols = sides(env)
    keys = symbols | {each.key for side in (book, broker) for each in side.positions}
    found = {}
    for key in sorted(keys):
        try:
            story = blame(env, key)
        except UsageError:  # a dividend's symbol, or another row that moves no holding
            assert held(book, key) == held(broker, key) == 0
            continue
        assert_whole(story.broker, held(broker, key))
        assert_whole(story.book, held(book, key))
        found[key] = story.broker
    return found


@pytest.mark.parametrize("days", [7, 60])
def test_a_busy_account_leaves_nothing_unexplained(bot_at: Callable[..., Bot], days: int) -> None:
    """Shorts, fractions, coins, legs, expiry, assignment, exercise and split: each step has its activity."""
    bot = bot_at("busy", until="trades")
    bot.configure(f"{ALL}ALPACA_SYNC_LOOKBACK_DAYS: {days}\n")
    env = bot.env()
    for stage in (None, "events", "working"):
        if stage:
            bot.sandbox.stage(stage)
        plan(env)
        apply(env)

    found = stories(env)

    ways = {step.how for chain in found.values() for step in chain}
    assert ways == ({"activity"} if days == 60 else {"activity", "earlier"})
    types = {step.activity.type for chain in found.values() for step in chain if step.activity}
    assert {"FILL", "OPEXP", "OPASN", "OPTRD", "OPEXC", "SPLIT", "CFEE"} <= types
    for chain in found.values():
        for step in chain:
            assert step.seen is not None


def test_an_odd_account_leaves_nothing_unexplained(bot_at: Callable[..., Bot]) -> None:
    """Shares from another broker, a dividend in shares, an adjusted contract."""
    bot = bot_at("odd")
    bot.configure(f"{ALL}ALPACA_SYNC_LOOKBACK_DAYS: 60\n")
    plan(bot.env())

    found = stories(bot.env())

    assert [step.activity.type for step in found["NEWCO"] if step.activity] == ["FILL", "DIV"]
    assert {step.how for chain in found.values() for step in chain} == {"activity"}


def test_the_whole_story_of_a_quantity(bot_at: Callable[..., Bot]) -> None:
    """Two partial fills of the bot's, one by hand; who planned, who wrote, and who edited afterwards."""
    bot = bot_at("empty")
    bot.sandbox.do(
        {
            "do": "buy",
            "symbol": CALL,
            "qty": "5",
            "price": "2",
            "fills": ["2", "3"],
            "client_order_id": "bot-1",
        },
        {"do": "sell", "symbol": CALL, "qty": "7", "price": "3"},
        {"do": "clock", "by": "5m"},
    )
    env = bot.env()
    first = plan(env)
    written = apply(env)
    bot.positions.write_text(bot.positions.read_text().replace(",-2,-2,", ",-9,-9,"))
    edited = plan(env)
    bot.positions.unlink()

    story = blame(env, CALL)

    assert spans(story.broker) == [(0, 2), (2, 5), (5, -2)]
    assert [step.cause for step in story.broker] == [Cause.BOT, Cause.BOT, Cause.MANUAL]
    assert [step.client_order_id for step in story.broker[:2]] == ["bot-1", "bot-1"]
    assert {step.seen and step.seen[0] for step in story.broker} == {first.operation}
    assert {step.written and step.written[0] for step in story.broker} == {written.operation}
    assert spans(story.book) == [(0, -2), (-2, -9), (-9, 0)]
    assert [(step.how, step.seen and step.seen[0]) for step in story.book] == [
        ("written", written.operation),
        ("edited", edited.operation),
        ("edited", None),
    ]
    assert story.book[0].planned == (first.operation, env.store.operation(first.operation))
    assert (story.held_by_broker, story.held_in_book) == (Decimal(-2), Decimal(0))
    then = blame(env, CALL, point(env, str(written.operation)))
    assert (then.held_by_broker, then.held_in_book) == (Decimal(-2), Decimal(-2))


def test_an_edit_between_plan_and_apply_is_told(bot_at: Callable[..., Bot]) -> None:
    """A row that a bot adds after the plan, of another contract, is an edit that the apply saw."""
    bot = bot_at("guide")
    bot.write_book()
    env = bot.env()
    plan(env)
    with bot.positions.open("a") as file:
        file.write(f"SPY,{CALL},4,4,2.00,2025-08-21 11:00:00,open,\n")
    done = apply(env)

    (step,) = blame(env, CALL).book

    assert step.how == "edited"
    assert spans((step,)) == [(0, 4)]
    assert step.seen is not None
    assert step.seen[0] == done.operation


def test_the_story_begins_anew_with_another_account(bot_at: Callable[..., Bot]) -> None:
    """After a rebind the broker's chain is the new account's; the book's goes on."""
    bot = bot_at("guide")
    bot.write_book()
    env = bot.env()
    plan(env)
    apply(env)
    bot.sandbox.do({"do": "reset", "cash": "1000"})
    assert bot.run("rebind", "--confirm", "paper").code == 0

    story = blame(bot.env(), "SPY250822C00635000")

    assert story.broker == ()
    assert_whole(story.book, Decimal(1))
