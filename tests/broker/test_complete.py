"""Everything is read: every page, every late row, every kind of order, holding and symbol."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from snapsync.ends.alpaca import BrokerReading, Reach, Session
from snapsync.errors import BrokerError, Exit
from snapsync.model.instant import midnight
from snapsync.sandbox import Sandbox, World, trading
from snapsync.sandbox.activities import Event
from snapsync.sandbox.clock import SECOND
from snapsync.sandbox.events import post_event
from snapsync.sandbox.orders import Ticket
from snapsync.sandbox.positions import Position
from snapsync.sandbox.trading import Part

from .conftest import CALL, EARLIER, LATER, MORNING, PUT
from .truth import REACH, assert_true, prices, read, true_prices

Shows = Callable[[World], Sandbox]
Step = dict[str, Any]
MINUTE: Step = {"do": "clock", "by": "1m"}


def read_in_two(shows: Shows, world: World, steps: list[Step], cut: int) -> BrokerReading:
    """Read when the first ``cut`` steps are done, and on from there when all are."""
    sandbox = shows(world)
    sandbox.do(*steps[:cut], {"do": "clock", "by": "1h"})
    known = read(sandbox)
    assert_true(known, sandbox)
    sandbox.do(*steps[cut:], MINUTE)
    found = read(sandbox, known)
    assert_true(found, sandbox)
    assert found.doubts == ()
    return found


def trade(reading: BrokerReading, client: str) -> Any:  # noqa: ANN401 - a Transaction
    """The transaction of an order of this client_order_id."""
    return next(t for t in reading.state.transactions if t.client_order_id == client)


# --- pages of activities ---------------------------------------------------------------------------


def many_fills(world: World, groups: list[int]) -> None:
    """Fills in groups: those of one group share a millisecond."""
    with world.held():
        for size in groups:
            world.advance_to(world.now() + min(SECOND, 600 * SECOND // len(groups)))
            parts = [Part(qty=Decimal(1), price=Decimal(600), after=0) for _ in range(size)]
            trading.trade(world, Ticket(symbol="SPY", side="buy", qty=Decimal(size)), parts)


@pytest.mark.parametrize("oddities", [(), ("token-skips-millisecond",)])
@pytest.mark.parametrize(
    "groups",
    [
        [1] * 99,
        [1] * 100,
        [1] * 101,
        [1] * 200,
        [*[1] * 99, 2],
        [98, 4],
        [*[1] * 60, 90, 90, 90, 10],
        [99, 99],
    ],
    ids=lambda groups: f"{len(groups)}-instants-of-{sum(groups)}",
)
def test_rows_that_share_a_millisecond_at_a_page_edge_are_kept(
    shows: Shows, groups: list[int], oddities: tuple[str, ...]
) -> None:
    """Also where a page that is continued by token lacks the rest of the token's millisecond."""
    world = World(now=MORNING, oddities=oddities)
    sandbox = shows(world)
    known = read(sandbox)
    many_fills(world, groups)
    assert_true(read(sandbox), sandbox)
    sandbox.do({"do": "clock", "by": "1h"})
    later = read(sandbox, known)
    assert_true(later, sandbox)
    assert later.doubts == ()


def test_more_rows_of_one_millisecond_than_a_page_holds(shows: Shows) -> None:
    """Without the oddity the token takes us through; nothing loops."""
    world = World(now=MORNING)
    sandbox = shows(world)
    many_fills(world, [1, 350, 1])
    assert_true(read(sandbox), sandbox)


def test_a_page_that_repeats_for_ever_is_refused(shows: Shows, world: World) -> None:
    """A proxy that forgets the token must not keep us for ever."""
    sandbox = shows(world)
    many_fills(world, [1] * 150)
    first = read_body(sandbox, {"direction": "asc"})
    sandbox.fault("activities", times=100, answer={"status": 200, "body": first})
    with pytest.raises(BrokerError, match="repeats"):
        read(sandbox)


def read_body(sandbox: Sandbox, params: dict[str, str], endpoint: str = "activities") -> str:
    """What the activities answer, or another endpoint."""
    asks = Session(sandbox.url, sandbox.key, sandbox.secret)
    path = "/account/activities" if endpoint == "activities" else f"/{endpoint}"
    try:
        return asks.get(path, params).body.decode()
    finally:
        asks.close()


def test_a_short_page_is_not_the_end(shows: Shows, world: World) -> None:
    """Nothing says that a server fills its pages: the end is where nothing new comes."""
    sandbox = shows(world)
    many_fills(world, [1] * 150)
    short = read_body(sandbox, {"direction": "asc", "page_size": "40"})
    sandbox.fault("activities", answer={"status": 200, "body": short})
    assert_true(read(sandbox), sandbox)


@pytest.mark.parametrize("shown", [0, 1, 39])
def test_a_page_that_a_later_look_takes_for_the_last_is_found_short(
    shows: Shows, world: World, shown: int
) -> None:
    """What a short page holds back leaves a position or cash unexplained, so it is read on."""
    sandbox = shows(world)
    many_fills(world, [1] * 20)
    sandbox.do({"do": "clock", "by": "5s"})
    known = read(sandbox)
    many_fills(world, [1] * 40)
    sandbox.do({"do": "clock", "by": "5s"})
    rows = msgspec.json.decode(read_body(sandbox, {"direction": "asc"}))
    some = msgspec.json.encode(rows[: 20 + shown]).decode()
    sandbox.fault("activities", answer={"status": 200, "body": some})

    assert_true(read(sandbox, known), sandbox)


def test_real_twins_are_two(shows: Shows, world: World) -> None:
    """Two fills equal in everything but their id, and two deposits alike, all count."""
    twins = [{"qty": 5, "after": "1s"}, {"qty": 5, "after": "0s"}]
    steps: list[Step] = [
        {"do": "buy", "symbol": "SPY", "qty": 10, "price": 600, "fills": twins, "client_order_id": "bot-1"},
        {"do": "deposit", "amount": 100},
        {"do": "deposit", "amount": 100},
    ]
    found = read_in_two(shows, world, steps, 1)
    assert trade(found, "bot-1").qty == 10
    assert Counter(row.type for row in found.ledger) == {"FILL": 2, "CSD": 2}


def test_the_same_row_twice_in_one_answer_is_one(shows: Shows, world: World) -> None:
    """A repeated row is no second fill; one id with two contents is refused."""
    sandbox = shows(world)
    sandbox.do(*EARLIER)
    body = read_body(sandbox, {"direction": "asc"})
    twice = body[:-1] + "," + body[1:]
    sandbox.fault("activities", answer={"status": 200, "body": twice})
    assert_true(read(sandbox), sandbox)
    other = body[:-1] + "," + body[1:].replace('"qty":"4"', '"qty":"3"')
    sandbox.fault("activities", answer={"status": 200, "body": other})
    with pytest.raises(BrokerError, match="one row for each id"):
        read(sandbox)


# --- rows that come late, are void, or unknown -----------------------------------------------------


@pytest.mark.parametrize("days", [1, 4, 20])
def test_a_late_fee_with_an_earlier_id_is_found_by_the_next_reading(
    shows: Shows, world: World, days: int
) -> None:
    """Its id sorts before all that came earlier: the filter is by when it was made (pitfall 21)."""
    sandbox = shows(world)
    sandbox.do(*EARLIER)
    known = read(sandbox)
    sandbox.do(*LATER, {"do": "fee", "amount": "0.42", "sub_type": "TAF", "date": f"-{days}d"}, MINUTE)
    found = read(sandbox, known)
    assert_true(found, sandbox)
    (fee,) = [row for row in found.ledger if row.type == "FEE"]
    assert fee.id < min(row.id for row in found.ledger if row.type == "FILL")
    assert found.doubts == ()


def test_a_row_that_was_made_earlier_and_shows_up_later_is_found_within_a_day(
    shows: Shows, world: World
) -> None:
    """Beyond the short overlap the daily proof of days finds it, and says nothing false before."""
    sandbox = shows(world)
    sandbox.do(*EARLIER)
    with world.held():
        late = Event(
            id="20250819000000000::00000000-0000-4000-8000-000000000001",
            type="FEE",
            created=world.now() - 7200 * SECOND,
            date=date(2025, 8, 19),
            net_amount=Decimal("-0.31"),
        )
    known = read(sandbox)
    with world.held():
        world.post(late)
    sandbox.do(MINUTE)
    soon = read(sandbox, known)
    assert late.id not in {row.id for row in soon.ledger}
    sandbox.do({"do": "clock", "by": "1d"})
    proof = read(sandbox, soon)
    assert late.id in {row.id for row in proof.ledger}
    assert proof.manifest.proven == proof.at
    assert_true(proof, sandbox)


def test_a_canceled_row_is_kept_and_counts_for_nothing(shows: Shows, world: World) -> None:
    """Recorded but void: neither cash nor a flow; a correction is a row of its own."""
    steps: list[Step] = [
        *EARLIER,
        {"do": "activity", "type": "JNLC", "net_amount": 5000, "status": "canceled"},
        {"do": "activity", "type": "JNLC", "net_amount": 50, "status": "correct"},
    ]
    found = read_in_two(shows, world, steps, len(EARLIER))
    assert [(row.status, row.void) for row in found.ledger if row.type == "JNLC"] in (
        [("canceled", True), ("correct", False)],
        [("correct", False), ("canceled", True)],
    )


def test_an_expiry_that_is_canceled_later_is_taken_back(shows: Shows, world: World) -> None:
    """The position is there again, its trade is gone, and both are explained."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, {"do": "expiry", "symbol": CALL}, MINUTE)
    known = read(sandbox)
    assert any(t.action == "expired" for t in known.state.transactions)
    with world.held():
        row = next(row for row in world.activities if row.type == "OPEXP")
        void = msgspec.structs.replace(row, status="canceled")
        world.activities[world.activities.index(row)] = void
        world.activities_by_id.remove(row)
        world.activities_by_id.add(void)
        contract = world.instrument(CALL)
        world.positions[CALL] = Position(instrument=contract, qty=Decimal(4), avg_entry_price=Decimal("1.15"))
    found = read(sandbox, known)
    assert_true(found, sandbox)
    assert found.doubts == ()
    assert not any(t.action == "expired" for t in found.state.transactions)


def test_an_unknown_type_is_kept_and_counted(shows: Shows, world: World) -> None:
    """Nobody knows what QQZ is: it is evidence all the same, and its dollars explain cash."""
    steps: list[Step] = [*EARLIER, {"do": "activity", "type": "QQZ", "net_amount": -300, "description": "?"}]
    found = read_in_two(shows, world, steps, len(EARLIER))
    (row,) = [row for row in found.ledger if row.type == "QQZ"]
    assert (row.net_amount, row.description) == (Decimal(-300), "?")


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ({"date": "2025-08-20"}, "2025-08-20"),
        ({"date": "2025-08-20T00:00:00Z"}, "2025-08-20"),
        ({"date": "2025-08-20", "transaction_time": "2025-08-19T14:00:00Z"}, "2025-08-20"),
        ({"transaction_time": "2025-08-20T03:59:59Z", "created_at": "2025-08-21T01:00:00Z"}, "2025-08-19"),
        ({"date": "", "created_at": "2025-08-20T14:00:00.123456789Z"}, "2025-08-20"),
        ({"date": None, "transaction_time": None, "created_at": "2025-08-20T14:00:00Z"}, "2025-08-20"),
    ],
)
def test_a_row_without_a_date_is_of_the_day_of_its_time(
    shows: Shows, world: World, told: Step, day: str
) -> None:
    """A type that nobody knows may tell a time instead, as fills do: New York's day of it."""
    sandbox = shows(world)
    sandbox.do(*EARLIER)
    rows = json.loads(read_body(sandbox, {"direction": "asc"}))
    rows.append({"activity_type": "QQZ", "id": "20250820100000000::z", "net_amount": "0", **told})
    sandbox.fault("activities", times=9, answer={"status": 200, "body": json.dumps(rows)})
    (row,) = [row for row in read(sandbox).ledger if row.type == "QQZ"]
    assert row.time == midnight(day)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({}, "date"),
        ({"date": "2025-08-20garbage"}, "date"),
        ({"date": "2025-08-20T10:00"}, "date"),
        ({"date": "2025-08-20 "}, "date"),
        ({"date": "yesterday", "created_at": "2025-08-20T14:00:00Z"}, "date"),
        ({"transaction_time": "2025-08-20garbage"}, "transaction_time"),
        ({"created_at": "2025-08-20"}, "created_at"),
    ],
)
def test_a_day_that_is_none_is_refused(shows: Shows, world: World, told: Step, field: str) -> None:
    """Nothing behind a day is overlooked, and no other field stands in for one that is wrong."""
    sandbox = shows(world)
    row = {"activity_type": "QQZ", "id": "20250820100000000::z", "net_amount": "0", **told}
    sandbox.fault("activities", times=9, answer={"status": 200, "body": json.dumps([row])})
    with pytest.raises(BrokerError, match=f"row 0, field {field}: .*; expected a ") as caught:
        read(sandbox)
    assert caught.value.exit == Exit.UNREACHABLE


# --- orders ----------------------------------------------------------------------------------------


def test_an_order_filled_today_and_submitted_weeks_ago_is_found(shows: Shows, world: World) -> None:
    """No list that is bounded by time shows it (pitfall 6): its fill leads to it."""
    steps: list[Step] = [
        {"do": "order", "side": "buy", "symbol": "SPY", "qty": 3, "limit": 500, "time_in_force": "gtc",
         "client_order_id": "bot-old"},
        {"do": "clock", "by": "40d"},
        {"do": "fill", "order": "bot-old"},
    ]  # fmt: skip
    found = read_in_two(shows, world, steps, 2)
    assert trade(found, "bot-old").qty == 3
    world = World(now=MORNING)
    sandbox = shows(world)
    sandbox.do(*steps)
    assert trade(read(sandbox), "bot-old").qty == 3


def test_of_a_replaced_pair_each_keeps_its_own_fills(shows: Shows) -> None:
    """Two ids, one intent: the fills stay on the id that traded (pitfall 8)."""
    order = {"do": "order", "side": "buy", "symbol": "SPY", "qty": 5, "limit": 600, "client_order_id": "a"}
    steps: list[Step] = [
        order,
        {"do": "fill", "order": "a", "qty": 2},
        {"do": "replace", "order": "a", "limit": 601, "client_order_id": "b"},
        {"do": "fill", "order": "b"},
        {**order, "client_order_id": "c"},
        {"do": "replace", "order": "c", "limit": 602, "client_order_id": "d"},
        {"do": "cancel", "order": "d"},
    ]
    for cut in range(len(steps)):
        found = read_in_two(shows, World(now=MORNING), steps, cut)
        assert (trade(found, "a").qty, trade(found, "b").qty) == (2, 3)
        assert len(found.state.transactions) == 2


@pytest.mark.parametrize("status", ["canceled", "expired", "rejected"])
def test_what_was_filled_before_an_order_ended_is_a_trade(shows: Shows, world: World, status: str) -> None:
    """Not filled is not: no fills (pitfall 9)."""
    steps: list[Step] = [
        {"do": "buy", "symbol": "IWM", "qty": 10, "limit": 215, "fills": [3, 1], "client_order_id": "p"},
        {"do": "cancel", "order": "p", "status": status},
        {"do": "order", "side": "buy", "symbol": "SPY", "qty": 1, "limit": 1, "client_order_id": "none"},
        {"do": "cancel", "order": "none", "status": status},
    ]
    found = read_in_two(shows, world, steps, 1)
    assert trade(found, "p").qty == 4
    assert len(found.state.transactions) == 1


def test_a_working_order_becomes_a_trade_on_the_day_it_is_canceled(shows: Shows, world: World) -> None:
    """Partly filled, then silent for days: no new fill will ever lead back to it, so its id is kept."""
    sandbox = shows(world)
    sandbox.do(
        {"do": "order", "side": "buy", "symbol": "SPY", "qty": 9, "limit": 500, "time_in_force": "gtc",
         "client_order_id": "gtc"},
        {"do": "fill", "order": "gtc", "qty": 2},
        MINUTE,
    )  # fmt: skip
    known = read(sandbox)
    assert len(known.state.transactions) == 0
    for _ in range(3):
        sandbox.do({"do": "clock", "by": "9d"})
        known = read(sandbox, known)
        assert known.manifest.working
        assert_true(known, sandbox)
    sandbox.do({"do": "cancel", "order": "gtc"}, {"do": "clock", "by": "3d"})
    found = read(sandbox, known)
    assert_true(found, sandbox)
    assert trade(found, "gtc").qty == 2
    assert found.manifest.working == ()


def test_orders_that_began_before_the_coverage_are_left_out(shows: Shows, world: World) -> None:
    """Some of their fills were never read: half of an order is no trade."""
    sandbox = shows(world)
    sandbox.do(
        {"do": "order", "side": "buy", "symbol": "SPY", "qty": 9, "limit": 500, "time_in_force": "gtc",
         "client_order_id": "early"},
        {"do": "fill", "order": "early", "qty": 2},
        {"do": "buy", "symbol": "IWM", "qty": 1, "price": 200, "client_order_id": "wholly-before"},
        {"do": "clock", "by": "40d"},
        {"do": "fill", "order": "early", "qty": 7},
        {"do": "buy", "symbol": "IWM", "qty": 2, "price": 200, "client_order_id": "within"},
        MINUTE,
    )  # fmt: skip
    found = read(sandbox)
    assert_true(found, sandbox)
    assert [t.client_order_id for t in found.state.transactions] == ["within"]
    whole = read(sandbox, reach=Reach(lookback_days=60, overlap_days=5))
    assert len(whole.state.transactions) == 3


MLEG: Step = {
    "do": "mleg", "qty": 2, "client_order_id": "spread",
    "legs": [{"symbol": "QQQ250829C00600000", "side": "buy", "price": 2.41, "ratio": 2},
             {"symbol": "QQQ250829C00610000", "side": "sell", "price": 1.17}],
}  # fmt: skip
BRACKET: Step = {
    "do": "bracket", "symbol": "MSFT", "qty": 3, "limit": 420, "take_profit": 450, "stop_loss": 400,
    "client_order_id": "entry",
}  # fmt: skip


@pytest.mark.parametrize("others", [0, 1, 8])
def test_a_multi_leg_order_is_its_legs(shows: Shows, world: World, others: int) -> None:
    """Never the parent, whose quantity is units; each leg tells its parent however it was found."""
    steps: list[Step] = [{"do": "buy", "symbol": "SPY", "qty": 1, "price": 600}] * others
    found = read_in_two(shows, world, [MINUTE, MLEG, *steps], 1)
    parent = world.order("spread").id
    legs = [t for t in found.state.transactions if t.parent_id]
    assert {(t.symbol, t.action, t.qty, t.parent_id) for t in legs} == {
        ("QQQ250829C00600000", "buy", Decimal(4), parent),
        ("QQQ250829C00610000", "sell", Decimal(2), parent),
    }


@pytest.mark.parametrize("wait", ["1m", "2h", "9d"])
def test_an_exit_of_a_bracket_tells_its_parent(shows: Shows, world: World, wait: str) -> None:
    """Whenever it fills; until then both exits are shown as open orders, though their parent is done."""
    sandbox = shows(world)
    sandbox.do(BRACKET, MINUTE)
    known = read(sandbox)
    assert_true(known, sandbox)
    assert len(known.open_orders) == 2
    profit = next(row for row in world.working if row.ticket.type == "limit")
    sandbox.do({"do": "clock", "by": wait}, {"do": "fill", "order": profit.id}, MINUTE)
    found = read(sandbox, known)
    assert_true(found, sandbox)
    assert {t.parent_id for t in found.state.transactions} == {None, world.order("entry").id}
    assert found.open_orders == ()


def test_the_family_of_a_leg_is_sought_only_around_its_submission(shows: Shows, world: World) -> None:
    """More orders of that second than a page holds, and thousands later: those are not read."""
    sandbox = shows(world)

    def others(count: int) -> None:
        with world.held():
            at = world.now()
            for _ in range(count):
                part = Part(qty=Decimal(1), price=Decimal(600), after=0)
                made = trading.trade(world, Ticket(symbol="SPY", side="buy", qty=Decimal(1)), [part])
                world.touch(made, submitted=at)

    others(300)
    sandbox.do(BRACKET)
    others(300)
    sandbox.do({"do": "clock", "by": "1h"})
    others(1100)
    sandbox.do(MINUTE)
    known = read(sandbox)
    profit = next(row for row in world.working if row.ticket.type == "limit")
    sandbox.do({"do": "clock", "by": "2h"}, {"do": "fill", "order": profit.id}, MINUTE)
    before = len(sandbox.requests)
    assert_true(read(sandbox, known), sandbox)
    assert Counter(each.endpoint for each in sandbox.requests[before:])["orders"] == 1 + 2


def test_an_order_that_a_short_page_leaves_out_is_asked_for_by_id(shows: Shows, world: World) -> None:
    """Nothing says that a server fills its pages; of orders a short page is taken for the last."""
    sandbox = shows(world)
    sandbox.do(*({"do": "buy", "symbol": "SPY", "qty": 1, "price": 600} for _ in range(6)), MINUTE)
    rows = json.loads(read_body(sandbox, {"status": "all", "direction": "asc"}, "orders"))
    sandbox.fault("orders", request=2, answer={"status": 200, "body": json.dumps(rows[:4])})
    assert_true(read(sandbox), sandbox)


def waiting_spread(world: World) -> set[str]:
    """A multi-leg order that nothing of is filled; the symbols of its legs."""
    symbols = {"QQQ250829C00600000", "QQQ250829C00610000"}
    with world.held():
        head = Ticket(symbol="", side="buy", qty=Decimal(2), type="limit", limit=Decimal(1),
                      order_class="mleg")  # fmt: skip
        parent = trading.submit(world, head)
        for symbol in sorted(symbols):
            leg = trading.submit(world, Ticket(symbol=symbol, side="buy", qty=Decimal(2), order_class="mleg"))
            world.touch(leg, parent=parent.id, submitted=parent.submitted)
    return symbols


@pytest.mark.parametrize(("flat_has_legs", "requests"), [(True, 5), (False, 6)])
def test_a_waiting_multi_leg_order_costs_a_request_only_where_its_legs_are_not_listed(
    shows: Shows, world: World, *, flat_has_legs: bool, requests: int
) -> None:
    """Whether a flat list shows legs is not documented; they are shown as open orders either way."""
    sandbox = shows(world)
    legs = waiting_spread(world)
    sandbox.do(MINUTE)
    known = read(sandbox)
    for _ in range(2):
        before = len(sandbox.requests)
        if not flat_has_legs:
            rows = json.loads(read_body(sandbox, {"status": "open"}, "orders"))
            parents = json.dumps([row for row in rows if not row["symbol"]])
            sandbox.fault("orders", answer={"status": 200, "body": parents})
            before += 1
        known = read(sandbox, known)
        assert len(sandbox.requests) - before == requests
        assert {each.symbol for each in known.open_orders} == legs


UNKNOWN = {"status": 404, "body": '{"code":40410000,"message":"order not found"}'}


@pytest.mark.parametrize("wait", ["1m", "2h", "25h"])
def test_an_order_that_the_broker_did_not_know_yet_tells_its_sender_later(
    shows: Shows, world: World, wait: str
) -> None:
    """One answer that lags does not cost the trade its ``client_order_id`` for good."""
    sandbox = shows(world)
    sandbox.do({"do": "buy", "symbol": "SPY", "qty": 5, "price": 600, "client_order_id": "bot-9"}, MINUTE)
    sandbox.fault("order", times=100, answer=UNKNOWN)
    known = read(sandbox)
    assert [t.client_order_id for t in known.state.transactions] == [None]
    sandbox.clear_faults()
    sandbox.do({"do": "clock", "by": wait})
    assert_true(read(sandbox, known), sandbox)


def test_an_order_that_is_gone_is_asked_for_only_while_its_fills_are_read_again(
    shows: Shows, world: World
) -> None:
    """In the next look, in the proofs of the days of overlap, and then never again."""
    sandbox = shows(world)
    sandbox.do({"do": "buy", "symbol": "SPY", "qty": 5, "price": 600, "client_order_id": "bot-9"}, MINUTE)
    sandbox.fault("order", times=100, answer=UNKNOWN)
    known, asked = read(sandbox), []
    for wait in ("20m", "20m", "20m", "1d", "1h", "4d", "2d", "2d"):
        sandbox.do({"do": "clock", "by": wait})
        before = len(sandbox.requests)
        known = read(sandbox, known)
        asked.append(sum(each.endpoint == "order" for each in sandbox.requests[before:]))
    assert asked == [1, 0, 0, 1, 0, 1, 0, 0]


def test_an_order_that_is_known_no_more_keeps_its_sender(shows: Shows, world: World) -> None:
    """Its fill is corrected, so it is asked for again: what was told of it before still stands."""
    sandbox = shows(world)
    sandbox.do({"do": "buy", "symbol": "SPY", "qty": 5, "price": 600, "client_order_id": "bot-9"}, MINUTE)
    known = read(sandbox)
    with world.held():
        (fill,) = world.activities
        dearer = msgspec.structs.replace(fill, price=Decimal(601))
        world.activities[:] = [dearer]
        world.activities_by_id.remove(fill)
        world.activities_by_id.add(dearer)
        world.cash -= 5
    sandbox.fault("order", times=100, answer=UNKNOWN)
    sandbox.do(MINUTE)
    found = read(sandbox, known)
    assert_true(found, sandbox)
    assert trade(found, "bot-9").price == 601


# --- holdings and symbols --------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [0, 3, 6])
def test_every_kind_of_holding(shows: Shows, world: World, cut: int) -> None:
    """Shorts, fractions, options, adjusted contracts, coins, no price, an exchange that nobody knows."""
    steps: list[Step] = [
        {"do": "asset", "symbol": "NEWCO", "exchange": "MOON"},
        {"do": "asset", "symbol": "XYZ1250919C00025000", "multiplier": 150},
        {"do": "sell", "symbol": "TSLA", "qty": 5, "price": 341.02},
        {"do": "buy", "symbol": "NEWCO", "qty": "12.345678901", "price": "12.3456"},
        {"do": "buy", "symbol": "XYZ1250919C00025000", "qty": 3, "price": 1, "fills": [1, 2]},
        {"do": "sell", "symbol": PUT, "qty": 2, "price": 2.1},
        {"do": "buy", "symbol": "BTC/USD", "qty": "0.123456789", "price": "64123.555555555"},
        {"do": "price", "symbol": "NEWCO", "price": 4, "hidden": True},
    ]
    found = read_in_two(shows, world, steps, cut)
    held = {p.key: p for p in found.state.positions}
    assert held["TSLA"].qty == -5
    assert held["XYZ1250919C00025000"].multiplier == 150
    assert found.marks.positions["NEWCO"].price is None
    assert held["BTCUSD"].qty == Decimal("0.123456789")


def test_an_adjusted_contract_of_odd_average_price_keeps_its_size(shows: Shows, world: World) -> None:
    """Cost basis / (quantity x average) is not whole where the average was rounded."""
    symbol = "XYZ1250919C00025000"
    steps: list[Step] = [
        {"do": "asset", "symbol": symbol, "multiplier": 150},
        {"do": "buy", "symbol": symbol, "qty": 1, "price": 1},
        {"do": "buy", "symbol": symbol, "qty": 2, "price": "1.5"},
    ]
    found = read_in_two(shows, world, steps, 1)
    assert next(iter(found.state.positions)).multiplier == 150


def test_an_adjusted_contract_that_was_bought_and_sold_in_between_keeps_its_size(
    shows: Shows, world: World
) -> None:
    """No position tells it: the contract's own endpoint does, and cash is explained."""
    symbol = "XYZ1250919C00025000"
    steps: list[Step] = [
        {"do": "asset", "symbol": symbol, "multiplier": 150},
        {"do": "buy", "symbol": symbol, "qty": 2, "price": 1},
        {"do": "sell", "symbol": symbol, "qty": 2, "price": 3},
    ]
    found = read_in_two(shows, world, steps, 1)
    assert {t.multiplier for t in found.state.transactions} == {150}
    assert found.doubts == ()


@pytest.mark.parametrize("form", ["BTC/USD", "BTCUSD"])
def test_coins_have_one_symbol_in_whatever_form_they_come(shows: Shows, world: World, form: str) -> None:
    """BTC/USD in orders, BTCUSD in positions, fees and old orders (pitfall 14)."""
    sandbox = shows(world)
    sandbox.do({"do": "buy", "symbol": "BTC/USD", "qty": "0.5", "price": 60000}, MINUTE)
    known = read(sandbox)
    sandbox.do({"do": "sell", "symbol": "BTC/USD", "qty": "0.2", "price": 61000},
               {"do": "crypto_fee", "symbol": "BTC/USD", "qty": "0.00125"}, MINUTE)  # fmt: skip
    body = read_body(sandbox, {"direction": "asc"}).replace("BTC/USD", form)
    sandbox.fault("activities", times=2, answer={"status": 200, "body": body})
    found = read(sandbox, known)
    assert_true(found, sandbox)
    assert found.doubts == ()
    assert {t.symbol for t in found.state.transactions} == {"BTCUSD"}
    assert next(iter(found.state.positions)).qty == Decimal("0.29875")


def test_prices_of_coins_far_below_a_cent_are_exact(shows: Shows, world: World) -> None:
    """Nine decimals are not enough for every coin; a price is never rounded where it is one number."""
    sandbox = shows(world)
    sandbox.do({"do": "buy", "symbol": "DOGE/USD", "qty": "1234567.891", "price": "0.000012345"}, MINUTE)
    body = read_body(sandbox, {"direction": "asc"}).replace("0.000012345", "0.00001234567891234")
    sandbox.fault("activities", times=100, answer={"status": 200, "body": body})
    (trade,) = read(sandbox).state.transactions
    assert trade.price == Decimal("0.00001234567891234")


def test_fills_of_one_millisecond_add_up_in_any_order(shows: Shows, world: World) -> None:
    """cum_qty runs backwards there (pitfall 23): quantities are added, and the average is exact."""
    fills = [{"qty": n, "price": f"{600 + n}.{n}", "after": "0s"} for n in range(1, 8)]
    steps: list[Step] = [
        {"do": "buy", "symbol": "SPY", "qty": 28, "price": 600, "fills": fills, "client_order_id": "x"},
    ]
    found = read_in_two(shows, world, steps, 0)
    key = trade(found, "x").key
    price = prices(found)[key]
    assert price is not None
    assert abs(float(price) - float(true_prices(world)[key])) < 1e-9


# --- a large account -------------------------------------------------------------------------------


def large(world: World, orders: int, fills: int, positions: int) -> None:
    """Many orders of a few fills each over the last weeks, in many symbols, and some other activities."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    symbols = [f"Z{letters[n // 26 % 26]}{letters[n % 26]}" for n in range(positions)]
    step = 28 * 86_400 * SECOND // (orders + 1)
    each, more = divmod(fills, orders)
    with world.held():
        post_event(world, "CSD", net_amount=Decimal(10**8))
        for number in range(orders):
            world.advance_to(world.now() + step)
            count = each + (number < more)
            price = Decimal(1000 + number % 977) / 8
            parts = [Part(qty=Decimal(1 + n % 3), price=price + Decimal(n) / 100) for n in range(count)]
            qty = sum((part.qty for part in parts), Decimal(0))
            ticket = Ticket(symbol=symbols[number % positions], side="buy", qty=qty + (number % 5 == 0))
            made = trading.trade(world, ticket, parts) if parts else trading.submit(world, ticket)
            if made.is_open:
                trading.cancel(world, made)
            if number % 100 == 0:
                post_event(world, "FEE", net_amount=Decimal("-0.07"), sub_type="REG")
        world.advance_to(world.now() + 3600 * SECOND)


@pytest.mark.parametrize(("orders", "fills", "positions"), [(700, 1_500, 60), (6_000, 25_000, 300)])
def test_a_large_account_reads_exactly_and_then_costs_five_requests(
    shows: Shows, orders: int, fills: int, positions: int
) -> None:
    """Equal to the world to the last decimal; the history's length costs nothing afterwards."""
    world = World(now=MORNING - 29 * 86_400 * SECOND)
    large(world, orders, fills, positions)
    sandbox = shows(world)
    known = read(sandbox)
    assert_true(known, sandbox)
    assert len(known.ledger) == len(world.activities)
    assert known.manifest.rows["activities"] == len(world.activities)
    sandbox.do({"do": "clock", "by": "1h"})
    known = read(sandbox, known)
    before = len(sandbox.requests)
    assert read(sandbox, known).state.id == known.state.id
    assert len(sandbox.requests) - before == 5


@pytest.mark.parametrize("oddities", [(), ("token-skips-millisecond",)])
@pytest.mark.parametrize(
    "rows", [0, 1, 2, 99, 100, 101, 199, 200, 201, 299, 300, 301, 500, 999, 1000, 1001, 2000, 3333]
)
def test_a_look_costs_five_requests_and_one_per_hundred_rows(
    shows: Shows, rows: int, oddities: tuple[str, ...]
) -> None:
    """However many rows the overlap has, and however many of them share a millisecond at a page's edge."""
    world = World(now=MORNING, oddities=oddities)
    sandbox = shows(world)
    each, more = divmod(rows, 7)
    many_fills(world, [7] * each + [1] * more)
    sandbox.do({"do": "clock", "by": "5s"})
    known = read(sandbox)
    assert_true(known, sandbox)
    assert known.manifest.rows["activities"] == rows
    before = len(sandbox.requests)
    again = read(sandbox, known)
    assert len(sandbox.requests) - before <= 5 + math.ceil(rows / 100)
    assert again.state.id == known.state.id
    assert again.doubts == ()


@pytest.mark.parametrize(("new", "more"), [(1, 1), (99, 1), (100, 1), (101, 1), (250, 1)])
def test_new_trades_cost_one_request_more(shows: Shows, world: World, new: int, more: int) -> None:
    """Whose their orders were is one list of up to five hundred, or one question."""
    sandbox = shows(world)
    sandbox.do({"do": "clock", "by": "1h"})
    known = read(sandbox)
    many_fills(world, [1] * new)
    sandbox.do({"do": "clock", "by": "1m"})
    before = len(sandbox.requests)
    assert_true(read(sandbox, known), sandbox)
    assert len(sandbox.requests) - before <= 5 + math.ceil(new / 100) + more


def test_a_reading_asks_for_nothing_in_vain(shows: Shows, world: World) -> None:
    """Only GET leaves the process, and the real account is asked for what the docs name."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, *LATER)
    read(sandbox)
    assert {each.method for each in sandbox.requests} == {"GET"}
    assert {each.status for each in sandbox.requests} == {200}


@pytest.mark.parametrize(
    ("endpoint", "find", "put", "field"),
    [
        ("positions", '"side":"long"', '"side":"LONG"', "side"),
        ("positions", '"side":"long"', '"side":"short"', "side"),
        ("positions", '"side":"short"', '"side":"long"', "side"),
        ("positions", '"qty":"-5"', '"qty":"5"', "side"),
        ("activities", '"qty":"4"', '"qty":"0"', "qty"),
        ("activities", '"qty":"4"', '"qty":"-4"', "qty"),
        ("activities", '"price":"341.02"', '"price":"-341.02"', "price"),
        ("activities", '"symbol":"TSLA"', '"symbol":""', "symbol"),
        ("activities", '"symbol":"TSLA"', '"ticker":"TSLA"', "symbol"),
        ("activities", '"side":"buy"', '"side":"hold"', "side"),
    ],
)
def test_what_contradicts_itself_is_refused(
    shows: Shows, world: World, endpoint: str, find: str, put: str, field: str
) -> None:
    """Fills of nothing or for less than nothing, sides that nobody knows: the error names the field."""
    sandbox = shows(world)
    sandbox.do(*EARLIER)
    body = read_body(sandbox, {"direction": "asc"}, endpoint)
    assert find in body
    sandbox.fault(endpoint, times=9, answer={"status": 200, "body": body.replace(find, put)})
    with pytest.raises(BrokerError, match=f"row [0-9]+, field {field}: "):
        read(sandbox)


def test_a_position_of_nothing_is_none(shows: Shows, world: World) -> None:
    """Quantity zero means that nothing is held; it is neither a holding nor a reason to refuse."""
    sandbox = shows(world)
    sandbox.do(*EARLIER)
    known = read(sandbox)
    rows = read_body(sandbox, {}, "positions")
    for zero in ("0", "0.000", "-0"):
        empty = f'{{"asset_id":"x","symbol":"GONE","asset_class":"us_equity","side":"long","qty":"{zero}"}}'
        sandbox.clear_faults()
        sandbox.fault("positions", times=9, answer={"status": 200, "body": f"{rows[:-1]},{empty}]"})
        found = read(sandbox, known)
        assert_true(found, sandbox)
        assert found.doubts == ()


def test_one_symbol_twice_in_the_positions_is_refused(shows: Shows, world: World) -> None:
    """Equal or not, in one form or two: to add them up or to drop one would be a guess."""
    sandbox = shows(world)
    sandbox.do(*EARLIER)
    rows = read_body(sandbox, {}, "positions")
    for twice in (rows, rows.replace('"BTCUSD"', '"BTC/USD"'), rows.replace('"qty":"-5"', '"qty":"-6"')):
        sandbox.clear_faults()
        body = f"{rows[:-1]},{twice[1:]}"
        sandbox.fault("positions", times=9, answer={"status": 200, "body": body})
        with pytest.raises(BrokerError, match="two rows have the key"):
            read(sandbox)


def test_fills_of_two_symbols_are_no_order(shows: Shows, world: World) -> None:
    """Nor fills of two sides: their sum would be the quantity of nothing."""
    steps: Step = {"do": "buy", "symbol": "SPY", "qty": 10, "price": 600, "fills": [4, 6]}
    sandbox = shows(world)
    sandbox.do(steps, MINUTE)
    body = read_body(sandbox, {"direction": "asc"})
    for find, put in (('"symbol":"SPY"', '"symbol":"QQQ"'), ('"side":"buy"', '"side":"sell"')):
        sandbox.clear_faults()
        other = body.replace(find, put, 1)
        sandbox.fault("activities", times=9, answer={"status": 200, "body": other})
        with pytest.raises(BrokerError, match="two sides or in two symbols"):
            read(sandbox)


def test_working_orders_cost_no_requests_of_their_own(shows: Shows, world: World) -> None:
    """Partly filled and waiting: the list of open orders tells all that there is to know."""
    sandbox = shows(world)
    for number in range(8):
        order = {"do": "order", "side": "buy", "symbol": "SPY", "qty": 9, "limit": 500,
                 "time_in_force": "gtc", "client_order_id": f"o{number}"}  # fmt: skip
        sandbox.do(order, {"do": "fill", "order": f"o{number}", "qty": 1})
    sandbox.do({"do": "clock", "by": "1h"})
    known = read(sandbox)
    assert len(known.manifest.working) == 8
    before = len(sandbox.requests)
    assert_true(read(sandbox, known), sandbox)
    assert len(sandbox.requests) - before <= 5


def test_once_a_day_days_are_read_again_as_proof(shows: Shows, world: World) -> None:
    """The manifest says from when on, how many rows, which first and last, and when last proven."""
    sandbox = shows(world)
    sandbox.do(*EARLIER)
    first = read(sandbox)
    assert first.manifest.proven == first.at
    sandbox.do({"do": "clock", "by": "23h"})
    soon = read(sandbox, first)
    assert soon.manifest.proven == first.at
    assert soon.manifest.rows["activities"] == 0
    sandbox.do({"do": "clock", "by": "2h"})
    proof = read(sandbox, soon)
    assert proof.manifest.proven == proof.at
    rows = sorted(world.activities, key=lambda row: row.created)
    assert proof.manifest.rows["activities"] == len(rows)
    assert proof.manifest.first_activity is not None
    assert proof.manifest.first_activity.split(":")[0] == rows[0].type
    assert proof.manifest.last_activity is not None
    assert rows[-1].id in proof.manifest.last_activity
    assert REACH.overlap_days == 5
