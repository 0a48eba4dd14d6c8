"""Sold and bought again between two looks: the old row is closed and stays, the new one has its own."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from snapsync import apply, plan
from tests.conftest import Bot

CALL = "SPY250822C00635000"
PUT = "QQQ250822P00480000"
SELLS = {"do": "sell", "symbol": CALL, "qty": 5, "price": "3.00"}
BUYS = {"do": "buy", "symbol": CALL, "qty": 5, "price": "2.80"}
MINUTE, LATER = {"do": "clock", "by": "1m"}, {"do": "clock", "by": "5m"}


@pytest.fixture
def bot(bot_at: Callable[..., Bot]) -> Bot:
    """A bot in step that holds 5 at 2.40."""
    bot = bot_at("quiet")
    bot.sandbox.do({"do": "buy", "symbol": CALL, "qty": 5, "price": "2.40", "client_order_id": "bot-1"})
    bot.sandbox.do(LATER)
    settle(bot)
    return bot


def settle(bot: Bot) -> None:
    """Plan and apply until all is in step; the next look says so too."""
    if plan(bot.env()).plan.drift:
        apply(bot.env())
    for _ in range(2):
        made = plan(bot.env()).plan
        assert (made.changes, made.withheld) == ((), ())


def rows(bot: Bot, key: str = CALL) -> list[dict[str, str]]:
    """The rows of one contract."""
    with bot.positions.open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["occ_symbol"] == key]


def said(bot: Bot, key: str = CALL) -> list[tuple[str, ...]]:
    """What they say of their beginning and end."""
    return [(row["quantity"], row["entry_price"], row["status"], row["exit_price"]) for row in rows(bot, key)]


def sells_and_buys(bot: Bot, qty: int = 5, price: str = "2.80") -> None:
    """All five are sold, and some are bought again; more than the grace period goes by."""
    bot.sandbox.do(SELLS, MINUTE, BUYS | {"qty": qty, "price": price}, LATER)


@pytest.mark.parametrize("qty", [5, 7, 3])
def test_the_old_row_is_closed_and_a_new_one_opened(bot: Bot, qty: int) -> None:
    """Whatever quantity was bought again: the old row has the sale's price and time, the new the buy's."""
    (old,) = rows(bot)
    sells_and_buys(bot, qty)
    settle(bot)

    assert said(bot) == [("5", "2.40", "closed", "3.00"), (f"{qty}", "2.80", "open", "")]
    closed, opened = rows(bot)
    times = [closed["entry_time"], closed["close_time"], opened["entry_time"]]
    assert times[0] == old["entry_time"]
    moments = [datetime.fromisoformat(each) for each in times]
    assert moments[0] < moments[1]
    assert (moments[2] - moments[1]).total_seconds() == pytest.approx(60, abs=1)


def test_bought_again_at_the_old_price_it_is_another_row_all_the_same(bot: Bot) -> None:
    """Only the rows' times tell the two apart then."""
    sells_and_buys(bot, price="2.40")
    assert bot.run("plan").code == 0
    assert bot.run("apply", "--yes", "--json").json["open"] == []
    settle(bot)
    assert said(bot) == [("5", "2.40", "closed", "3.00"), ("5", "2.40", "open", "")]


def test_a_short_that_was_covered_and_sold_again_is_two_rows(bot: Bot) -> None:
    """As a long: closed as it was covered, and opened anew."""
    short = {"do": "sell", "symbol": PUT, "qty": 2, "price": "1.85"}
    bot.sandbox.do(short, LATER)
    settle(bot)
    bot.sandbox.do(
        {"do": "buy", "symbol": PUT, "qty": 2, "price": "1.10"}, MINUTE, short | {"price": "1.30"}, LATER
    )
    settle(bot)
    assert said(bot, PUT) == [("-2", "1.85", "closed", "1.10"), ("-2", "1.30", "open", "")]


def test_all_lots_are_closed_and_one_row_opened(bot: Bot) -> None:
    """Several rows of one contract end together."""
    text = bot.positions.read_text()
    (line,) = (each for each in text.splitlines() if CALL in each)
    lots = [
        line.replace(",5,5,", f",{n},{n},").replace("2.40", price) for n, price in ((2, "2.30"), (3, "2.47"))
    ]
    bot.positions.write_text(text.replace(line, "\n".join(lots)))
    settle(bot)
    sells_and_buys(bot)
    settle(bot)
    assert said(bot) == [
        ("2", "2.30", "closed", "3.00"),
        ("3", "2.47", "closed", "3.00"),
        ("5", "2.80", "open", ""),
    ]


def test_a_round_trip_in_between_is_history_alone(bot: Bot) -> None:
    """The row is closed by the first sale, and the last buy opens the new one; all trades are imported."""
    bot.sandbox.do(SELLS, MINUTE, BUYS | {"price": "9.00"}, MINUTE, SELLS | {"price": "9.50"}, MINUTE)
    bot.sandbox.do(BUYS, LATER)
    settle(bot)
    assert said(bot) == [("5", "2.40", "closed", "3.00"), ("5", "2.80", "open", "")]
    with bot.history.open(newline="") as file:
        assert sum(CALL in row["symbol"] for row in csv.DictReader(file)) == 5


@pytest.mark.parametrize("price", ["2.80", "2.40"])
def test_what_the_bot_has_written_itself_is_left_alone(bot: Bot, price: str) -> None:
    """It has closed its row and opened another, be it at the old price: there is nothing to do to them."""
    (old,) = rows(bot)
    sells_and_buys(bot, price=price)
    bought = datetime.fromisoformat(old["entry_time"]) + timedelta(minutes=6)
    text = bot.positions.read_text()
    (line,) = (each for each in text.splitlines() if CALL in each)
    new = line.replace("2.40", price, 1).replace(old["entry_time"], bought.isoformat())
    bot.positions.write_text(text.replace(line, line.replace(",open,", ",closed,")) + new + "\n")
    own = bot.positions.read_bytes()

    made = plan(bot.env()).plan
    assert not any(each.key == CALL for each in made.changes)
    settle(bot)
    assert bot.positions.read_bytes() == own


def test_a_bot_that_has_noted_its_sale_alone_gets_the_new_row(bot: Bot) -> None:
    """A close that was real is not taken back: what was bought again is a row of its own, from its fills."""
    sells_and_buys(bot)
    text = bot.positions.read_text()
    bot.positions.write_text(text.replace(",open,", ",closed,"))
    settle(bot)
    assert said(bot) == [("5", "2.40", "closed", ""), ("5", "2.80", "open", "")]


def test_young_fills_are_left_to_the_bot_and_not_forgotten(bot: Bot) -> None:
    """Nothing is planned within the grace period, and it is told of one position; then all is written."""
    bot.sandbox.do(SELLS, MINUTE, BUYS, {"do": "clock", "by": "10s"})
    made = plan(bot.env()).plan
    assert not any(CALL in each.key for each in made.changes)
    assert CALL in made.waiting
    assert not any(key.startswith("turn:") for key in made.waiting)
    assert "turn:" not in bot.run("sync", "--json").out

    bot.sandbox.do(LATER)
    settle(bot)
    assert said(bot) == [("5", "2.40", "closed", "3.00"), ("5", "2.80", "open", "")]


def test_what_is_left_by_a_part_comes_again(bot: Bot) -> None:
    """Other parts are applied first; it stays due, and is told of as one thing that differs."""
    sells_and_buys(bot)
    assert bot.run("plan", "--except", "positions").code == 0
    applied = bot.run("apply", "--yes", "--json").json
    assert applied["open"] == [CALL]
    assert said(bot) == [("5", "2.40", "open", "")]
    settle(bot)
    assert said(bot) == [("5", "2.40", "closed", "3.00"), ("5", "2.80", "open", "")]


def test_undo_gives_the_bytes_back_and_a_yes_writes_it_again(bot: Bot) -> None:
    """What was taken back is on hold: planned again, and not applied by a program."""
    sells_and_buys(bot)
    before = bot.book
    settle(bot)
    after = bot.positions.read_bytes()

    assert bot.run("undo", "--yes").code == 0
    assert bot.book == before
    assert "held" in [each.code for each in plan(bot.env()).plan.asking]
    assert bot.run("sync").code != 0
    assert bot.book == before
    assert bot.run("plan").code == 0
    assert bot.run("approve", "--yes").code == 0
    assert bot.run("apply", "--yes").code == 0
    assert bot.positions.read_bytes() == after


def test_every_view_tells_of_both(bot: Bot) -> None:
    """One line of the text and of the table; the document has how the former holding ended."""
    sells_and_buys(bot, 7)
    words = "5 → 0, closed @ 3.00; new: 7 @ 2.80"
    assert words in bot.run("plan").out
    assert words in bot.run("check", "--format", "markdown").out
    document = bot.run("plan", "--json").json
    (change,) = (each for each in document["changes"] if each["key"] == CALL)
    assert change["sign"] == "~"
    assert (change["before"]["qty"], change["after"]["qty"]) == ("5", "7")
    assert change["fields"] == ["opened", "qty"]
    assert (change["closed"]["price"], change["execution"]["price"]) == ("3", "2.8")
    assert change["closed"]["time"] < change["execution"]["time"]
    assert len(change["why"]["evidence"]) == 2
    assert "••• → 0, closed @ •••; new: ••• @ •••" in bot.run("plan", "--redact").out
    assert f"Position closed and opened again: {CALL} (qty: 7)" in bot.run("sync", "-v").err


def test_a_plan_that_the_bot_has_overtaken_is_stale(bot: Bot) -> None:
    """Between plan and apply it writes its own rows: nothing is written over them."""
    sells_and_buys(bot)
    assert bot.run("plan", "--only", "positions").code == 0
    text = bot.positions.read_text()
    bot.positions.write_text(text.replace("2.40", "2.80"))
    own = bot.positions.read_bytes()
    assert bot.run("apply", "--yes").code == 20
    assert bot.positions.read_bytes() == own
