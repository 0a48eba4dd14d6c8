"""What wants a person's yes, and what is refused: at the door of plan and apply, with its threshold."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.conftest import Bot

GONE = "DIA,DIA25082{}P00450000,1,1,1.85,2025-08-20 10:02:00,open,\n"


def leap(bot: Bot) -> None:
    """The bankroll is edited to half of what it was."""
    bot.bankroll.write_text(bot.bankroll.read_text().replace("100262.75", "50000"))


def closing(bot: Bot) -> None:
    """The book has four rows of contracts that the account never had, beside two that it has."""
    with bot.positions.open("a") as file:
        file.writelines(GONE.format(day) for day in "5678")


def cash(bot: Bot) -> None:
    """Four contracts are bought, and three dollars leave the account that nothing explains."""
    bot.sandbox.do(
        {"do": "buy", "symbol": "SPY250822C00635000", "qty": 4, "price": "2.40"}, {"do": "clock", "by": "5m"}
    )
    with bot.sandbox.world.held():
        bot.sandbox.world.cash -= Decimal(3)


def quantity(bot: Bot) -> None:
    """The broker's list has one contract more than its fills make."""
    world = bot.sandbox.world
    with world.held():
        held = world.positions["SPY250822C00635000"]
        world.positions["SPY250822C00635000"] = type(held)(
            instrument=held.instrument, qty=held.qty + 1, avg_entry_price=held.avg_entry_price
        )


def undone(bot: Bot) -> None:
    """Another program has taken back twice what was applied."""
    right = bot.positions.read_text()
    for _ in range(2):
        bot.positions.write_text(right.replace(",6,6,", ",7,7,"))
        bot.run("plan")
        assert bot.run("apply", "--yes").code == 0
    bot.positions.write_text(right.replace(",6,6,", ",7,7,"))


def vanished(bot: Bot) -> None:
    """The broker lists no position while its account shows market value."""
    bot.sandbox.fault("positions", answer={"status": 200, "body": "[]"}, times=9)


ASKING: dict[str, tuple[Callable[[Bot], None], str]] = {
    "bankroll-leap": (leap, "ALPACA_SYNC_ASK_BANKROLL_PCT: 101"),
    "mass-close": (closing, "ALPACA_SYNC_ASK_CLOSING_COUNT: 5"),
    "cash-unexplained": (cash, "ALPACA_SYNC_ASK_CASH: 3"),
    "undone-again": (undone, "ALPACA_SYNC_ASK_REPEATS: 3"),
}
ALSO = {
    "mass-close": "ALPACA_SYNC_ASK_CLOSING_PCT: 67",
    "cash-unexplained": "ALPACA_SYNC_ASK_CASH_PER_CONTRACT: 0.5",
}


def asked(bot: Bot) -> set[tuple[str, str]]:
    """What a plan finds that is more than a note."""
    found = bot.run("plan", "--json").json["findings"]
    return {(each["code"], each["severity"]) for each in found if each["severity"] != "note"}


def settled(bot: Bot, more: str = "") -> None:
    """Book and broker agree, under the rules of the test."""
    bot.configure(f"{more}\n")
    bot.run("plan")
    assert bot.run("apply", "--yes").code == 0


@pytest.mark.parametrize("code", ASKING)
def test_what_asks(bot: Bot, code: str) -> None:
    """By default a person's yes is wanted, and without it the book stays as it is."""
    settled(bot)
    ASKING[code][0](bot)
    book = bot.book

    assert asked(bot) == {(code, "approve")}
    assert bot.run("apply", "--yes").code == 21
    assert bot.book == book


@pytest.mark.parametrize(
    ("code", "setting"), [*((code, setting) for code, (_, setting) in ASKING.items()), *ALSO.items()]
)
def test_thresholds(bot: Bot, code: str, setting: str) -> None:
    """Where config.yaml bears as much, nothing is asked."""
    settled(bot, setting)
    ASKING[code][0](bot)

    assert asked(bot) == set()


def test_a_quantity_asks_whatever_it_is(bot: Bot) -> None:
    """There is no amount of contracts that nobody need explain."""
    settled(bot)
    quantity(bot)

    assert asked(bot) == {("quantity-unexplained", "approve")}
    assert bot.run("apply", "--yes").code == 21


def test_what_is_refused(bot: Bot) -> None:
    """An empty list beside market value is never applied, whoever says yes."""
    settled(bot)
    vanished(bot)
    book = bot.book

    assert ("positions-vanished", "refuse") in asked(bot)
    assert bot.run("plan", "--detailed-exitcode").code == 22
    assert bot.run("apply", "--yes").code == 22
    assert bot.book == book


def test_a_sync_never_takes_a_row_of_the_bots_out_of_the_history(bot: Bot) -> None:
    """A row that no order stands for is told of and kept: there is nothing to refuse."""
    settled(bot)
    with bot.history.open("a") as file:
        file.write("2025-08-21 11:20:00,SPY250822C00635000,BUY,9,9.99,8991.00,no-such-order,ghost\n")
    before = bot.history.read_bytes()
    made = bot.run("plan", "--json").json

    assert [each for each in made["changes"] if each["component"] == "transactions"] == []
    assert "row-without-order" in {each["code"] for each in made["findings"]}
    assert bot.run("apply", "--yes").code == 0
    assert bot.history.read_bytes() == before


def test_an_ambiguous_match_asks_for_nothing_because_nothing_is_written(bot: Bot) -> None:
    """Two orders that fit two rows: a note, no change of the history, and the rest is applied."""
    settled(bot)
    order = {"do": "buy", "symbol": "SPY250822C00635000", "qty": 1, "price": "2.50"}
    bot.sandbox.do(order, order, {"do": "clock", "by": "5m"})
    row = "2025-08-21 11:30:00,SPY250822C00635000,BUY,1,2.50,250.00,,twin\n"
    with bot.history.open("a") as file:
        file.write(row * 2)
    made = bot.run("plan", "--json").json

    assert {"ambiguous-match"} <= {each["code"] for each in made["findings"]}
    assert {each["severity"] for each in made["findings"]} == {"note"}
    assert [each for each in made["changes"] if each["component"] == "transactions"] == []
    assert bot.run("apply", "--yes").code == 0
