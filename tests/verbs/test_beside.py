"""A bot, and other programs, that write the book while snapsync keeps it: through the public door."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from snapsync import apply, plan
from snapsync.model.change import TransactionChange
from tests.conftest import Bot

CALL = "SPY250822C00635000"
ASSETS = "\nALPACA_SYNC_ASSET_CLASSES: [us_option, us_equity]\n"


@pytest.fixture
def bot(bot_at: Callable[..., Bot]) -> Bot:
    """A bot on a quiet account, in step."""
    bot = bot_at("quiet")
    bot.configure(ASSETS)
    settle(bot)
    return bot


def settle(bot: Bot) -> None:
    """Plan and apply until all is in step."""
    env = bot.env()
    if plan(env).plan.drift:
        apply(env)
    assert not plan(env).plan.drift


def rows(bot: Bot) -> list[dict[str, str]]:
    """The history's rows."""
    with bot.history.open(newline="") as file:
        return list(csv.DictReader(file))


def buys(bot: Bot, name: str, qty: int = 2) -> None:
    """The bot's own order is filled; more than the grace period goes by."""
    bot.sandbox.do(
        {"do": "buy", "symbol": CALL, "qty": qty, "price": "2.40", "client_order_id": name},
        {"do": "clock", "by": "5m"},
    )


def append(bot: Bot, name: str, **cells: str) -> None:
    """The bot writes its own row for that order, in its own columns."""
    order = next(each for each in bot.sandbox.world.orders.values() if each.client_order_id == name)
    with bot.history.open(newline="") as file:
        head = next(csv.reader(file))
    ours = next(each for each in rows(bot) if each["alpaca_order_id"] == order.id)
    own = {key: ours[key] for key in ("timestamp", "symbol", "action", "quantity", "price", "total_cost")}
    row = own | {"source": "bot"} | cells
    with bot.history.open("a") as file:
        file.write(",".join(row.get(name, "") for name in head) + "\n")


def day(bot: Bot, name: str) -> str:
    """The day of an order's fill in New York."""
    order = next(each for each in bot.sandbox.world.orders.values() if each.client_order_id == name)
    at = datetime.fromtimestamp((order.filled_at or 0) / 1e9, tz=ZoneInfo("America/New_York"))
    return f"{at:%Y-%m-%d}"


def edited(text: str, old: str, new: str) -> str:
    """The row of the one contract, with something replaced."""
    (row,) = (line for line in text.splitlines() if CALL in line)
    assert old in row
    return text.replace(row, row.replace(old, new))


@pytest.mark.parametrize("named", [False, True])
def test_a_bot_that_is_late_has_its_row_and_the_trade_is_there_once(bot: Bot, *, named: bool) -> None:
    """The order was imported after the grace period; the bot's row for it takes the place of ours."""
    before = len(rows(bot))
    buys(bot, "late-1")
    settle(bot)
    (ours,) = (each for each in rows(bot)[before:])
    assert ours["source"] == "sync"

    append(bot, "late-1", alpaca_order_id=ours["alpaca_order_id"] if named else "")
    (change,) = plan(bot.env()).plan.changes
    assert isinstance(change, TransactionChange)
    assert change.withdraws
    assert "imported row withdrawn" in bot.run("show", plan(bot.env()).plan.id[:12]).out
    settle(bot)
    (bots,) = (each for each in rows(bot)[before:])
    assert (bots["source"], bots["alpaca_order_id"]) == ("bot", ours["alpaca_order_id"])


def test_a_row_with_the_bots_own_id_of_an_order_is_that_order(bot: Bot) -> None:
    """Nothing is imported beside it and its id stays; what it says wrongly is corrected."""
    buys(bot, "mine-1")
    order = next(each for each in bot.sandbox.world.orders.values() if each.client_order_id == "mine-1")
    at = datetime.fromtimestamp((order.filled_at or 0) / 1e9, tz=UTC).isoformat()
    with bot.history.open("a") as file:
        file.write(f"{at},{CALL},BUY,2,2.40,480.00,,mine-1,bot,,,\n")
    before = bot.history.read_bytes()

    settle(bot)

    assert bot.history.read_bytes() == before
    assert "order that the broker does not show" not in bot.run("plan").out

    bot.history.write_bytes(before.replace(b"BUY,2,2.40,480.00,,mine-1", b"BUY,3,2.40,480.00,,mine-1"))
    settle(bot)
    assert rows(bot)[-1]["quantity"] == "2"


@pytest.mark.parametrize("late", [False, True])
def test_a_row_that_tells_a_day_alone_is_the_order_of_that_day(bot: Bot, *, late: bool) -> None:
    """A bot that notes no time has its row linked, also for an order that was imported before."""
    bot.history.write_text("date,symbol,action,quantity,price,note\n")
    settle(bot)
    buys(bot, "day-1")
    buys(bot, "day-2", qty=3)
    if late:
        settle(bot)
    orders = {each.client_order_id: each for each in bot.sandbox.world.orders.values()}
    with bot.history.open("a") as file:
        for name, qty in (("day-1", 2), ("day-2", 3)):
            file.write(f"{day(bot, name)},{CALL},BUY,{qty},2.40,mine\n")

    settle(bot)

    found = {each["alpaca_order_id"]: each["note"] for each in rows(bot)}
    assert (found[orders["day-1"].id], found[orders["day-2"].id]) == ("mine", "mine")
    assert len([each for each in rows(bot) if each["symbol"] == CALL]) == 2
    assert "time" not in bot.run("plan").out


def test_two_orders_of_a_day_are_not_told_apart_by_a_day(bot: Bot) -> None:
    """Two that are alike are never guessed: both are listed, and none is imported."""
    bot.history.write_text("date,symbol,action,quantity,price,note\n")
    settle(bot)
    order = {"do": "buy", "symbol": CALL, "qty": 2, "price": "2.40"}
    bot.sandbox.do(order | {"client_order_id": "day-1"}, order | {"client_order_id": "day-2"})
    bot.sandbox.do({"do": "clock", "by": "5m"})
    with bot.history.open("a") as file:
        file.write(f"{day(bot, 'day-1')},{CALL},BUY,2,2.40,mine\n")

    found = plan(bot.env()).plan.findings

    assert [each.code for each in found if each.severity == "note"].count("ambiguous-match") == 2


def test_an_imported_row_with_a_remark_stays_beside_the_bots(bot: Bot) -> None:
    """Somebody wrote into our row: nothing is taken out, and the note stays until a person decides."""
    buys(bot, "late-2")
    settle(bot)
    bot.history.write_text(bot.history.read_text().replace(",sync,", ",sync: why?,"))
    append(bot, "late-2")
    bytes_ = bot.history.read_bytes()
    for _ in range(2):
        made = plan(bot.env()).plan
        assert "late-row" in [each.code for each in made.findings]
        assert not made.drift
    assert bot.history.read_bytes() == bytes_


def test_a_close_that_never_was_is_opened_again(bot: Bot) -> None:
    """The bot believes that it has sold; the account holds the contracts still."""
    buys(bot, "open-1")
    settle(bot)
    right = bot.positions.read_text()
    bot.positions.write_text(edited(right, ",open,", ",closed,"))
    assert "reopened: never closed" in bot.run("plan").out
    settle(bot)
    assert bot.positions.read_text() == right


def test_two_programs_that_undo_each_other_stop_at_a_person(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another program puts back is corrected, told, corrected, and then asked for."""
    buys(bot, "fight-1")
    settle(bot)
    wrong = edited(bot.positions.read_text(), ",2,2,", ",7,7,")
    seen = []
    for _ in range(3):
        bot.positions.write_text(wrong)
        made = plan(bot.env()).plan
        seen.append([(each.code, each.severity) for each in made.findings if each.code.startswith("undone")])
        if not made.asking:
            assert bot.run("apply", "--yes").code == 0
    assert seen == [[], [("undone-by-another", "note")], [("undone-again", "approve")]]

    refused = bot.run("apply", "--yes")
    assert refused.code == 21
    assert "undone" in refused.err
    assert bot.positions.read_text() == wrong
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("click.confirm", lambda *_, **__: True)
    assert bot.run("apply").code == 0
    assert bot.positions.read_text() != wrong


def test_two_orders_that_are_alike_are_listed_with_both_rows(bot: Bot) -> None:
    """Nothing is imported for them, until an id in one row settles both."""
    before = len(rows(bot))
    buys(bot, "twin-a", qty=1)
    settle(bot)
    append(bot, "twin-a", note="first")
    settle(bot)
    bot.sandbox.do(
        *2 * [{"do": "buy", "symbol": CALL, "qty": 3, "price": "2.50"}], {"do": "clock", "by": "5m"}
    )
    ids = [each.id for each in bot.sandbox.world.orders.values()][-2:]
    with bot.history.open(newline="") as file:
        head = next(csv.reader(file))
    like = rows(bot)[-1]
    zone = bot.env().config.book_timezone
    stamp = datetime.fromtimestamp(bot.sandbox.world.order(ids[0]).submitted / 1e9, zone)
    row = like | {"timestamp": f"{stamp:%Y-%m-%dT%H:%M:%S%z}", "quantity": "3", "price": "2.50"}
    row |= {"total_cost": "750.00", "alpaca_order_id": ""}
    with bot.history.open("a") as file:
        for _ in range(2):
            file.write(",".join(row[name] for name in head) + "\n")
    said = " ".join(bot.run("plan", "-v").out.split())
    assert said.count("ambiguous-match") == 2
    assert said.count("or the row buy 3") == 2
    text = bot.history.read_text()
    at = text.rindex(",3,2.50,750.00,,")
    bot.history.write_text(text[:at] + text[at:].replace("750.00,,", f"750.00,,{ids[0]}", 1))
    settle(bot)
    assert {each["alpaca_order_id"] for each in rows(bot)[-2:]} == set(ids)
    assert len(rows(bot)) == before + 3


def test_what_expires_on_the_day_of_a_sale_is_closed_at_nothing(bot: Bot) -> None:
    """An expiry is dated by its day: the sale that the book knows already is not taken for it."""
    buys(bot, "zero-1", qty=4)
    settle(bot)
    sale = {"do": "sell", "symbol": CALL, "qty": 2, "price": "3.00", "client_order_id": "zero-2"}
    bot.sandbox.do(sale, {"do": "clock", "by": "5m"})
    settle(bot)

    bot.sandbox.do({"do": "expiry", "symbol": CALL}, {"do": "clock", "by": "5m"})
    planned = bot.run("plan")
    settle(bot)

    assert "2 → 0, expired" in planned.out
    with bot.positions.open(newline="") as file:
        (row,) = (each for each in csv.DictReader(file) if each["occ_symbol"] == CALL)
    assert (row["status"], row["exit_price"]) == ("closed", "0.00")
