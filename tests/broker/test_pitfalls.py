"""What else the notes on the API warn of (alpaca-api.md, section 11); the tests name its numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from snapsync import plan
from snapsync.ends.alpaca import Session
from snapsync.errors import BrokerError, Exit
from snapsync.sandbox import Sandbox, World, trading
from snapsync.sandbox.clock import SECOND
from snapsync.sandbox.orders import Ticket
from snapsync.sandbox.trading import Part

from .conftest import ADJUSTED, CALL, EARLIER, LATER, PUT, Account
from .test_complete import MINUTE, many_fills, read_in_two
from .truth import assert_true, read

Shows = Callable[[World], Sandbox]
Step = dict[str, Any]


def test_what_is_asked_is_what_is_meant(shows: Shows, world: World) -> None:
    """1, 5: a filter that is misspelt returns everything, so the queries themselves are looked at."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, *LATER)
    read(sandbox)
    asked = {(each.endpoint, *sorted(parse_qs(each.query))) for each in sandbox.requests}
    assert asked == {
        ("account",),
        ("positions",),
        ("contract",),
        ("orders", "direction", "limit", "nested", "status"),
        ("orders", "after", "direction", "limit", "nested", "status"),
        ("activities", "after", "direction", "page_size"),
        ("activities", "after", "direction", "page_size", "page_token"),
    }
    values = [parse_qs(each.query) for each in sandbox.requests]
    assert {value["limit"][0] for value in values if "limit" in value} == {"500"}
    assert {value["page_size"][0] for value in values if "page_size" in value} == {"100"}
    assert {value["status"][0] for value in values if "status" in value} == {"open", "all"}
    assert {value["direction"][0] for value in values if "direction" in value} == {"asc"}


def test_orders_of_one_instant_at_a_page_edge_are_kept(shows: Shows, world: World) -> None:
    """2, 3, 4: hundreds share one submission time, and the pages go on by id."""
    sandbox = shows(world)
    with world.held():
        at = world.now()
        for _ in range(1100):
            part = Part(qty=Decimal(1), price=Decimal(600))
            made = trading.trade(world, Ticket(symbol="SPY", side="buy", qty=Decimal(1)), [part])
            world.touch(made, submitted=at)
        world.advance_to(world.now() + 60 * SECOND)
    assert_true(read(sandbox), sandbox)
    assert sum(each.endpoint == "order" for each in sandbox.requests) == 0


@pytest.mark.parametrize("kind", ["partial", "whole"])
def test_a_wrong_scale_of_cost_is_not_believed(shows: Shows, world: World, kind: str) -> None:
    """17: cost basis without the hundred was seen on paper accounts; a plain contract stays a hundred."""
    sandbox = shows(world)
    sandbox.do(*EARLIER)
    body = read_positions(sandbox)
    wrong = body.replace('"cost_basis":"460"', '"cost_basis":"4.6"')
    if kind == "partial":
        wrong = wrong.replace('"cost_basis":"4.6"', '"cost_basis":"46"')
    assert wrong != body
    sandbox.fault("positions", times=100, answer={"status": 200, "body": wrong})
    assert_true(read(sandbox), sandbox)


def test_a_size_that_is_guessed_is_asked_for_once_and_stays_a_guess(shows: Shows, world: World) -> None:
    """17: one request and one note though first contact looks twice; the note goes when the cost tells."""
    sandbox = shows(world)
    sandbox.do({"do": "asset", "symbol": ADJUSTED, "multiplier": 150},
               {"do": "buy", "symbol": ADJUSTED, "qty": 2, "price": 1}, MINUTE)  # fmt: skip
    costless = [row | {"cost_basis": None} for row in json.loads(read_positions(sandbox))]
    sandbox.fault("positions", times=99, answer={"status": 200, "body": json.dumps(costless)})
    unknown = {"status": 404, "body": '{"code":40410000,"message":"option contract not found"}'}
    sandbox.fault("contract", times=99, answer=unknown)
    known = None
    for _ in range(4):
        known = read(sandbox, known)
        assert [(each.code, each.key) for each in known.observations] == [("multiplier-assumed", ADJUSTED)]
        assert next(iter(known.state.positions)).multiplier == 100
        sandbox.do({"do": "clock", "by": "1d"})
    assert sum(each.endpoint == "contract" for each in sandbox.requests) == 1
    sandbox.clear_faults()
    told = read(sandbox, known)
    assert told.observations == ()
    assert next(iter(told.state.positions)).multiplier == 150


def test_a_size_that_is_guessed_is_noted_until_the_contract_has_expired(shows: Shows, world: World) -> None:
    """17: also when it is held no more and its trades are not read again."""
    sandbox = shows(world)
    sandbox.do({"do": "buy", "symbol": ADJUSTED, "qty": 2, "price": 1},
               {"do": "sell", "symbol": ADJUSTED, "qty": 2, "price": 3}, MINUTE)  # fmt: skip
    unknown = {"status": 404, "body": '{"code":40410000,"message":"option contract not found"}'}
    sandbox.fault("contract", times=99, answer=unknown)
    known, noted = None, []
    for wait in ("8d", "20d", "3d", "1d"):  # the 20th of August, then the 28th, the 17th of September, ...
        known = read(sandbox, known)
        noted.append(len(known.observations))
        sandbox.do({"do": "clock", "by": wait})
    assert noted == [1, 1, 1, 1]
    known = read(sandbox, known)
    assert read(sandbox, known).observations == ()


def read_positions(sandbox: Sandbox) -> str:
    """What the positions answer."""
    asks = Session(sandbox.url, sandbox.key, sandbox.secret)
    try:
        return asks.get("/positions").body.decode()
    finally:
        asks.close()


@pytest.mark.parametrize("cut", [4, 6, 7])
def test_exercise_assignment_and_expiry_move_without_fills(shows: Shows, world: World, cut: int) -> None:
    """18: both rows count, the contracts go and the shares come, and cash is explained."""
    steps: list[Step] = [
        {"do": "deposit", "amount": 500000},
        {"do": "buy", "symbol": CALL, "qty": 4, "price": 1.15},
        {"do": "sell", "symbol": PUT, "qty": 3, "price": 2.1},
        {"do": "buy", "symbol": "IWM250829P00210000", "qty": 2, "price": 2.1},
        {"do": "exercise", "symbol": CALL, "qty": 1},
        {"do": "assignment", "symbol": PUT, "qty": 2},
        {"do": "expiry", "symbol": "IWM250829P00210000"},
        {"do": "expiry", "symbol": CALL},
    ]
    found = read_in_two(shows, world, steps, cut)
    assert sorted(t.action for t in found.state.transactions) == [
        "assigned", "buy", "buy", "exercised", "expired", "expired", "sell",
    ]  # fmt: skip


def test_splits_dividends_and_renames_are_explained(shows: Shows, world: World) -> None:
    """19: quantities change without a fill, in one symbol or from one to another."""
    steps: list[Step] = [
        {"do": "buy", "symbol": "AAPL", "qty": 10, "price": 230},
        {"do": "buy", "symbol": "OLD", "qty": 8, "price": 10},
        {"do": "dividend", "symbol": "AAPL", "per_share": "0.26"},
        {"do": "split", "symbol": "AAPL", "new": 4},
        {"do": "activity", "type": "NC", "symbol": "OLD", "qty": -8},
        {"do": "activity", "type": "NC", "symbol": "NEW", "qty": 8, "price": 10},
        {"do": "activity", "type": "DIV", "sub_type": "SDIV", "symbol": "NEW", "qty": "0.5"},
    ]
    for cut in (2, 4, 5):
        found = read_in_two(shows, World(now=world.now()), steps, cut)
        assert {p.key: p.qty for p in found.state.positions} == {"AAPL": Decimal(40), "NEW": Decimal("8.5")}


def test_a_fee_that_is_known_and_not_posted_makes_no_noise(shows: Shows, world: World) -> None:
    """20: it is shown with the account and explained when its row comes."""
    sandbox = shows(world)
    sandbox.do(*EARLIER)
    known = read(sandbox)
    sandbox.do(*LATER[:1], {"do": "accrue", "amount": "0.42"})
    found = read(sandbox, known)
    assert found.marks.accrued_fees == Decimal("0.42")
    assert found.doubts == ()


@pytest.mark.parametrize(("qty", "missing", "noted"), [(10000, 5, False), (10000, 500, True), (1, 2, True)])
def test_cash_that_no_row_explains_is_reported(
    shows: Shows, world: World, qty: int, missing: int, *, noted: bool
) -> None:
    """7, 20: fees may be on their way, but a thousand dollars are no fee of ten thousand shares."""
    sandbox = shows(world)
    sandbox.do(*EARLIER)
    known = read(sandbox)
    sandbox.do({"do": "buy", "symbol": "F", "qty": qty, "price": 1}, {"do": "clock", "by": "1m"})
    with world.held():
        world.cash -= missing
    codes = [finding.code for finding in read(sandbox, known).doubts]
    assert codes == (["cash-unexplained"] if noted else [])


def test_the_state_does_not_follow_the_market(shows: Shows, world: World) -> None:
    """25: prices, trailing stops and their high-water marks move, and the State is the very same."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, {"do": "order", "side": "sell", "symbol": "AAPL", "qty": 1, "type": "trailing_stop",
                          "trail_percent": 5}, {"do": "clock", "by": "1m"})  # fmt: skip
    known = read(sandbox)
    sandbox.do({"do": "price", "symbol": "AAPL", "price": 300}, {"do": "price", "symbol": CALL, "price": 9},
               {"do": "clock", "by": "1h"})  # fmt: skip
    found = read(sandbox, known)
    assert found.state.id == known.state.id
    assert found.marks != known.marks


@pytest.mark.parametrize(
    ("plain", "odd"),
    [
        ('"qty":"9"', '"qty":"9.000"'),
        ('"qty":"9"', '"qty":9'),
        ('"qty":"9"', '"qty":9.0'),
        ('"qty":"9"', '"qty":"9e0"'),
        ('"avg_entry_price":"600.0"', '"avg_entry_price":"600"'),
        ('"exchange":"ARCA"', '"exchange":"MOON"'),
    ],
)
def test_spelling_is_not_part_of_the_state(shows: Shows, world: World, plain: str, odd: str) -> None:
    """12, 26, 28: "9", "9.000" and 9 are one number; null, "" and absent are one nothing."""
    sandbox = shows(world)
    sandbox.do({"do": "buy", "symbol": "SPY", "qty": 9, "price": 600}, {"do": "clock", "by": "1m"})
    known = read(sandbox)
    body = read_positions(sandbox)
    assert plain in body
    for nothing in ('"asset_marginable":true', '"asset_marginable":null', '"asset_marginable":""'):
        other = body.replace(plain, odd).replace('"asset_marginable":true', nothing)
        sandbox.clear_faults()
        sandbox.fault("positions", times=9, answer={"status": 200, "body": other})
        assert read(sandbox, known).state.id == known.state.id


def test_a_list_of_positions_that_lacks_one_is_noticed_at_first_contact(shows: Shows, world: World) -> None:
    """32, 38: the account's market value says that something is missing."""
    sandbox = shows(world)
    sandbox.do({"do": "buy", "symbol": "SPY", "qty": 9, "price": 600},
               {"do": "buy", "symbol": "IWM", "qty": 9, "price": 200}, MINUTE)  # fmt: skip
    half = json.dumps(json.loads(read_positions(sandbox))[:1])
    sandbox.fault("positions", times=9, answer={"status": 200, "body": half})
    assert [finding.code for finding in read(sandbox).doubts] == ["market-value-unlike"]


def test_another_account_is_refused(account: Account) -> None:
    """35, 37: after a paper reset the keys open another account; nothing is asked or stored of it."""
    world = World(seed="another")
    files = account.files
    with Sandbox(world, rate_limit=10**6) as sandbox, pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.variables.items():
            patch.setenv(name, value)
        with pytest.raises(BrokerError, match="another account") as caught:
            plan(account.env)
        asked = [each.endpoint for each in sandbox.requests]
    assert caught.value.exit == Exit.CREDENTIALS
    assert account.files == files
    assert asked == ["account"]


def test_rows_that_arrive_while_pages_are_turned_are_read_once(shows: Shows, world: World) -> None:
    """40: ascending pages stand still while new rows come after them."""
    sandbox = shows(world)
    many_fills(world, [1] * 350)
    for request in range(1, 4):
        sandbox.fault("activities", request=request, then={"do": "deposit", "amount": request})
    found = read(sandbox)
    assert_true(found, sandbox)
    assert sum(row.type == "CSD" for row in found.ledger) == 3
