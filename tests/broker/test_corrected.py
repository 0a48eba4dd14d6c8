"""Rows that the broker tells otherwise later, under the same id: each counts once, and as it is told last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from snapsync import plan
from snapsync.ends.alpaca import BrokerReading
from snapsync.sandbox import Sandbox, World
from snapsync.sandbox.clock import SECOND

from .conftest import CALL, EARLIER, Account
from .truth import assert_true, read

Shows = Callable[[World], Sandbox]
DAY = 86_400 * SECOND


def correct(world: World, type: str, **changes: Any) -> None:  # noqa: ANN401 - fields of a row
    """The newest activity of a type is told otherwise from now on, as if it had always been so."""
    with world.held():
        row = [each for each in world.activities if each.type == type][-1]
        other = msgspec.structs.replace(row, **changes)
        world.activities[world.activities.index(row)] = other
        world.activities_by_id.remove(row)
        world.activities_by_id.add(other)


def assert_once(reading: BrokerReading) -> None:
    """No key of ledger or trades stands on two days."""
    for rows in (reading.ledger, reading.state.transactions):
        assert {key: count for key, count in Counter(row.key for row in rows).items() if count > 1} == {}


@pytest.mark.parametrize("wait", ["1m", "25h"])
@pytest.mark.parametrize("days", [-1, 1, -2, -40])
def test_a_row_of_another_date_moves_and_is_not_doubled(
    shows: Shows, world: World, days: int, wait: str
) -> None:
    """A fee that is dated anew, in the next look or in the daily proof, and dated back again."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, {"do": "fee", "amount": "0.42"}, {"do": "clock", "by": "1m"})
    known = read(sandbox)
    first = date(2025, 8, 21)
    for day in (first + timedelta(days=days), first + timedelta(days=days - 1), first):
        correct(world, "FEE", date=day)
        sandbox.do({"do": "clock", "by": wait})
        known = read(sandbox, known)
        assert_true(known, sandbox)
        assert_once(known)
        assert known.doubts == ()
        (fee,) = [row for row in known.ledger if row.type == "FEE"]
        assert fee.time.startswith(day.isoformat())


@pytest.mark.parametrize("wait", ["1m", "25h"])
@pytest.mark.parametrize("days", [-1, 1, -40])
def test_a_row_that_is_told_as_made_anew_moves_and_is_not_doubled(
    shows: Shows, world: World, days: int, wait: str
) -> None:
    """Its ``created_at`` is that of the correction, later than the last look; its id says that it is old."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, {"do": "fee", "amount": "0.42"}, {"do": "clock", "by": "1m"})
    known = read(sandbox)
    sandbox.do({"do": "clock", "by": wait})
    day = date(2025, 8, 21) + timedelta(days=days)
    correct(world, "FEE", date=day, created=world.now() - SECOND)
    sandbox.do({"do": "clock", "by": "1m"})
    for _ in range(2):
        known = read(sandbox, known)
        assert_once(known)
        assert (known.doubts, known.missing) == ((), ())
        (fee,) = [row for row in known.ledger if row.type == "FEE"]
        assert fee.time.startswith(day.isoformat())


def test_a_fill_that_is_told_as_of_later_than_the_last_look_is_not_doubled(
    shows: Shows, world: World
) -> None:
    """Its new time lies after that look and on another day; the id still holds the old one."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, {"do": "clock", "to": "2025-08-22 19:59:30"},
               {"do": "buy", "symbol": "SPY", "qty": 5, "price": 600, "client_order_id": "bot-9"},
               {"do": "clock", "by": "10s"})  # fmt: skip
    known = read(sandbox)
    sandbox.do({"do": "clock", "by": "2m"})
    correct(world, "FILL", time=world.now() - SECOND)
    sandbox.do({"do": "clock", "by": "1m"})
    found = read(sandbox, known)
    assert_once(found)
    assert_true(found, sandbox)
    assert (found.doubts, found.missing) == ((), ())


@pytest.mark.parametrize("days", [-1, 1])
def test_an_expiry_of_another_date_is_one_trade(shows: Shows, world: World, days: int) -> None:
    """Its trade moves with it, to the very State of a reading that never knew the other date."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, {"do": "expiry", "symbol": CALL}, {"do": "clock", "by": "1m"})
    known = read(sandbox)
    correct(world, "OPEXP", date=date(2025, 8, 21) + timedelta(days=days))
    found = read(sandbox, known)
    assert_true(found, sandbox)
    assert_once(found)
    assert found.doubts == ()
    assert found.state.transactions == read(sandbox).state.transactions


@pytest.mark.parametrize("change", ["time", "price", "qty", "all"])
@pytest.mark.parametrize("wait", ["1m", "25h"])
def test_a_corrected_fill_corrects_its_trade(shows: Shows, world: World, change: str, wait: str) -> None:
    """Also across midnight, also of an order that was proven done: trade, cash and position follow."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, {"do": "clock", "to": "2025-08-22 20:00:05"},
               {"do": "buy", "symbol": "SPY", "qty": 5, "price": 600, "client_order_id": "bot-9"},
               {"do": "clock", "by": "1m"})  # fmt: skip
    known = read(sandbox)
    (before,) = [t for t in known.state.transactions if t.client_order_id == "bot-9"]
    order = world.order("bot-9")
    fill = [row for row in world.activities if row.type == "FILL"][-1]
    changes: dict[str, Any] = {}
    if change in {"time", "all"}:
        changes["time"] = fill.created - 40 * SECOND
    if change in {"price", "all"}:
        changes["price"] = Decimal(601)
        world.cash -= 5
    if change in {"qty", "all"}:
        changes["qty"] = Decimal(4)
        world.cash += 4 * changes.get("price", Decimal(600)) // 4
        world.touch(order, filled_qty=Decimal(4))
        held = world.positions["SPY"]
        world.positions["SPY"] = msgspec.structs.replace(held, qty=Decimal(4))
    correct(world, "FILL", **changes)
    sandbox.do({"do": "clock", "by": wait})
    found = read(sandbox, known)
    assert_true(found, sandbox)
    assert_once(found)
    assert found.doubts == ()
    (after,) = [t for t in found.state.transactions if t.client_order_id == "bot-9"]
    assert after != before
    assert after.price == changes.get("price", Decimal(600))


def test_a_busted_fill_is_said_and_blocks_nothing(shows: Shows, world: World) -> None:
    """Taken back and replaced by one of another id: the trade is what the broker shows now."""
    sandbox = shows(world)
    fills = [{"qty": 2, "after": "1s"}, {"qty": 3, "after": "1s"}]
    sandbox.do(*EARLIER, {"do": "buy", "symbol": "SPY", "qty": 5, "price": 600, "fills": fills,
                          "client_order_id": "bot-9"}, {"do": "clock", "by": "1m"})  # fmt: skip
    known = read(sandbox)
    correct(world, "FILL", id="20250821140000000::00000000-0000-4000-8000-00000000beef", price=Decimal(601))
    world.cash -= 3
    for told in (1, 0, 0):  # from then on it is void in the ledger
        known = read(sandbox, known)
        assert [finding.code for finding in known.doubts].count("activity-gone") == told
        (trade,) = [t for t in known.state.transactions if t.client_order_id == "bot-9"]
        assert (trade.qty, trade.price) == (Decimal(5), Decimal("600.6"))
        sandbox.do({"do": "clock", "by": "1m"})


def test_a_fill_that_comes_late_joins_an_order_that_was_taken_as_done(shows: Shows, world: World) -> None:
    """The broker did not know the order yet, so its first fill stood for itself; then the other one came."""
    sandbox = shows(world)
    sandbox.do({"do": "order", "side": "buy", "symbol": "SPY", "qty": 5, "limit": 600,
                          "client_order_id": "bot-9"}, {"do": "fill", "order": "bot-9", "qty": 2},
               {"do": "clock", "by": "1m"})  # fmt: skip
    unknown = {"status": 404, "body": '{"code":40410000,"message":"order not found"}'}
    sandbox.fault("order", times=100, answer=unknown)
    sandbox.fault("orders", times=100, answer={"status": 200, "body": "[]"})
    known = read(sandbox)
    key = f"order:{world.order('bot-9').id}"
    assert {t.key: t.qty for t in known.state.transactions}[key] == 2
    sandbox.clear_faults()
    sandbox.do({"do": "fill", "order": "bot-9", "qty": 3}, {"do": "clock", "by": "1m"})
    found = read(sandbox, known)
    assert_true(found, sandbox)
    assert {t.key: t.qty for t in found.state.transactions}[key] == 5


def test_a_corrected_date_is_stored_once(account: Account) -> None:
    """Through the command's own verb: the stored ledger and the trades have the row on one day."""
    sandbox = account.sandbox
    world = sandbox.world
    plan(account.env)
    withdrawal = [row for row in world.activities if row.type == "CSW"][-1]
    correct(world, "CSW", date=withdrawal.date - timedelta(days=1))  # type: ignore[union-attr]
    try:
        seen = plan(account.env).seen.look
    finally:
        correct(world, "CSW", date=withdrawal.date)  # type: ignore[union-attr]
    assert [row.type for row in seen.ledger].count("CSW") == 1
    assert seen.observations == ()
