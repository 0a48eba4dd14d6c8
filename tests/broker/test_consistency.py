"""The account moves while it is read: the State is of one instant, or there is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from snapsync import plan
from snapsync.ends.alpaca import BrokerReading
from snapsync.errors import BrokerError, Exit
from snapsync.sandbox import Sandbox, World

from .conftest import CALL, EARLIER, LATER, MORNING, Account, _point_at
from .truth import assert_true, read, seen

Step = dict[str, Any]
Shows = Callable[[World], Sandbox]

MOVES: dict[str, Step | list[Step]] = {
    "fill": {"do": "buy", "symbol": "SPY", "qty": 1, "price": 600},
    "fill-of-a-known-order": {"do": "fill", "order": "bot-old", "qty": 1},
    "last-fill-of-a-known-order": {"do": "fill", "order": "bot-old"},
    "close": {"do": "sell", "symbol": "BTC/USD", "qty": "0.0789", "price": 64000},
    "fill-for-nothing": [
        {"do": "buy", "symbol": "SPY", "qty": 1, "price": 600},
        {"do": "sell", "symbol": "IWM", "qty": 1, "price": 600},
    ],
    "coin-for-coin": {"do": "buy", "symbol": "ETH/BTC", "qty": "0.5", "price": "0.0412"},
    "deposit": {"do": "deposit", "amount": 500},
    "withdrawal": {"do": "withdrawal", "amount": 500},
    "fee-of-cents": {"do": "fee", "amount": "0.07", "date": "-1d"},
    "expiry": {"do": "expiry", "symbol": CALL},
    "shares-arrive": {"do": "activity", "type": "ACATS", "symbol": "AAPL", "qty": 7, "price": 190},
    "split": {"do": "split", "symbol": "TSLA", "new": 3},
    "order": {"do": "order", "side": "buy", "symbol": "SPY", "qty": 1, "limit": 500},
    "cancel": {"do": "cancel", "order": "bot-old"},
}
READINGS = ("first", "next")
MANY = 14
"""More requests than a reading of these accounts makes, even if it is made twice."""


def start(kind: str, sandbox: Sandbox) -> BrokerReading | None:
    """An account with a past; for the next reading, one that was read before and moved on since."""
    sandbox.do(*EARLIER)
    if kind == "first":
        return None
    known = read(sandbox)
    sandbox.do({"do": "clock", "by": "20h"}, *LATER[:3])
    return known


@pytest.mark.parametrize("ticking", [True, pytest.param(False, marks=pytest.mark.exhaustive)])
@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("reading", READINGS)
def test_a_move_between_any_two_requests_is_in_the_state_or_not_at_all(
    shows: Shows, undisturbed: Shows, reading: str, move: str, *, ticking: bool
) -> None:
    """After request n, for every n: positions, cash, trades and ledger are those of one instant."""
    for request in range(1, MANY):
        world = World(now=MORNING)
        sandbox = shows(world)
        known = start(reading, sandbox)
        if ticking:
            world.clock.start()
        sandbox.fault(request=request, then=MOVES[move])
        before, asked = portrait(read(undisturbed(world), known)), len(sandbox.requests)
        found = read(sandbox, known)
        if len(sandbox.requests) - asked < request:
            break  # it was over before the move
        assert found.doubts == ()
        if portrait(found) != before:
            assert_true(found, sandbox)
    assert request > 5


def portrait(reading: BrokerReading) -> object:
    """All that must be of one instant; open orders are only shown."""
    return {name: value for name, value in seen(reading).items() if name != "open"}


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("move", [MOVES["deposit"], MOVES["fill"], MOVES["shares-arrive"]])
def test_what_keeps_moving_is_refused(world: World, shows: Shows, reading: str, move: Step) -> None:
    """A change after every request: exit 14, and the message says what moved."""
    sandbox = shows(world)
    known = start(reading, sandbox)
    sandbox.fault(times=10**6, then=move)
    with pytest.raises(BrokerError, match="kept moving") as caught:
        read(sandbox, known)
    assert caught.value.exit == Exit.UNSETTLED
    assert any(word in caught.value.detail for word in ("cash", "came in", "the broker lists"))


def test_what_keeps_moving_changes_nothing(account: Account) -> None:
    """No snapshot, the head and the book as they were."""
    sandbox = Sandbox(World(now=MORNING), rate_limit=10**6)
    with sandbox, pytest.MonkeyPatch.context() as patch:
        sandbox.world.account = account.sandbox.world.account
        _point_at(sandbox, account.folder, patch)
        sandbox.fault(times=10**6, then=MOVES["deposit"])
        files = account.files
        with pytest.raises(BrokerError) as caught:
            plan(account.env)
        assert caught.value.exit == Exit.UNSETTLED
        assert account.files == files


# --- what converges late (pitfall 31) --------------------------------------------------------------


@pytest.mark.parametrize("endpoint", ["activities", "orders", "any"])
@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("move", ["fill", "close", "coin-for-coin", "expiry", "shares-arrive"])
def test_a_list_that_lags_is_waited_for(
    world: World,
    shows: Shows,
    move: str,
    reading: str,
    endpoint: str,
) -> None:
    """The account and the positions know of it already, a list not yet: the State has both in the end."""
    sandbox = shows(world)
    known = start(reading, sandbox)
    sandbox.do(MOVES[move])  # type: ignore[arg-type]
    sandbox.fault(endpoint, lag=1)
    found = read(sandbox, known)
    assert_true(found, sandbox, but="open")
    assert found.doubts == ()


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("endpoint", ["positions", "account"])
@pytest.mark.parametrize("move", ["fill", "close", "coin-for-coin", "expiry", "shares-arrive"])
def test_positions_or_cash_that_lag_are_waited_for(
    world: World, shows: Shows, move: str, endpoint: str, reading: str
) -> None:
    """The activities know of it already, the positions or the cash do not yet."""
    sandbox = shows(world)
    known = start(reading, sandbox)
    stale = body(sandbox, endpoint)
    sandbox.do(MOVES[move])  # type: ignore[arg-type]
    sandbox.fault(endpoint, answer={"status": 200, "body": stale})
    found = read(sandbox, known)
    assert_true(found, sandbox)
    assert found.doubts == ()


def body(sandbox: Sandbox, endpoint: str) -> str:
    """What an endpoint answers now."""
    from snapsync.ends.alpaca import Session  # noqa: PLC0415

    asks = Session(sandbox.url, sandbox.key, sandbox.secret)
    try:
        return asks.get(f"/{endpoint}").body.decode()
    finally:
        asks.close()


def test_a_disagreement_that_stays_is_reported_with_both_numbers(world: World, shows: Shows) -> None:
    """The positions list more than the activities make: a note, for it will not settle."""
    sandbox = shows(world)
    known = start("next", sandbox)
    stale = body(sandbox, "positions").replace('"qty":"-5"', '"qty":"-6"')
    sandbox.fault("positions", times=100, answer={"status": 200, "body": stale})
    (finding,) = read(sandbox, known).doubts
    assert finding.code == "quantity-unexplained"
    assert finding.key == "TSLA"
    assert "lists -6" in finding.detail
    assert "make it -5" in finding.detail


def test_an_account_whose_equity_is_not_its_parts_is_reported(world: World, shows: Shows) -> None:
    """Cash and market value of one answer make another sum: a note with both numbers."""
    sandbox = shows(world)
    sandbox.do({"do": "buy", "symbol": "SPY", "qty": 9, "price": 600}, {"do": "clock", "by": "1m"})
    account = json.loads(body(sandbox, "account"))
    account["equity"] = str(Decimal(account["equity"]) + 250)
    sandbox.fault("account", times=100, answer={"status": 200, "body": json.dumps(account)})
    (finding,) = read(sandbox).doubts
    assert finding.code == "equity-unlike"
    assert "equity is $250.00" in finding.detail
    assert "make $0.00" in finding.detail


@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize("wait", ["1m", "1d"])
def test_a_fill_that_is_taken_back_is_undone_where_the_numbers_say_so(
    world: World, shows: Shows, wait: str, *, keeps: bool
) -> None:
    """Positions and cash are as if it had never been: busted in the ledger, whatever its order says."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, {"do": "buy", "symbol": "SPY", "qty": 9, "limit": 600, "fills": [5, 4],
                          "client_order_id": "bot-9"}, {"do": "clock", "by": "1m"})  # fmt: skip
    known = read(sandbox)
    bust = {"do": "bust", "order": "bot-9", "keeps_filled_qty": keeps}
    sandbox.do({"do": "clock", "by": wait}, bust, {"do": "clock", "by": "1m"})
    for told in (["activity-gone"], []):  # from then on it is void in the ledger
        known = read(sandbox, known)
        assert [each.code for each in known.doubts] == told
        assert known.missing == ()
        (busted,) = [row for row in known.ledger if row.void]
        assert (busted.status, busted.qty) == ("busted", Decimal(4))
        (trade,) = [each for each in known.state.transactions if each.client_order_id == "bot-9"]
        assert trade.qty == 5
        sandbox.do({"do": "clock", "by": "1m"})


@pytest.mark.parametrize("reading", READINGS)
def test_a_fill_that_was_taken_back_before_it_was_seen_blocks_nothing(
    world: World, shows: Shows, reading: str
) -> None:
    """Its order claims it for ever, no list shows it: the trade is what was, with a note."""
    sandbox = shows(world)
    known = start(reading, sandbox)
    sandbox.do({"do": "buy", "symbol": "SPY", "qty": 5, "price": 600, "fills": [2, 3],
                "client_order_id": "bot-9"}, {"do": "bust", "order": "bot-9", "keeps_filled_qty": True},
               {"do": "clock", "by": "1m"})  # fmt: skip
    for told in (["fills-unlike"], []):  # from then on the order is proven
        known = read(sandbox, known)
        assert [each.code for each in known.doubts] == told
        assert_true(known, sandbox)
        assert known.missing == ()
        sandbox.do({"do": "clock", "by": "25h"})


def test_a_fill_that_only_its_order_and_the_positions_know_is_waited_for(world: World, shows: Shows) -> None:
    """The activities lag: exit 14 for now, and a true State once they have it."""
    sandbox = shows(world)
    known = start("next", sandbox)
    sandbox.do({"do": "buy", "symbol": "SPY", "qty": 5, "price": 600, "fills": [2, 3]},
               {"do": "clock", "by": "1m"})  # fmt: skip
    sandbox.fault("activities", times=100, lag=1)
    with pytest.raises(BrokerError, match="kept moving") as caught:
        read(sandbox, known)
    assert "says 5 filled, its fills add up to 2" in caught.value.detail
    sandbox.clear_faults()
    found = read(sandbox, known)
    assert_true(found, sandbox)
    assert found.doubts == ()


def forget(world: World, symbol: str) -> None:
    """The list of activities lacks the first fill in a symbol from now on."""
    with world.held():
        fill = next(row for row in world.activities_by_id if row.type == "FILL" and row.symbol == symbol)
        world.activities_by_id.remove(fill)


def test_a_fill_that_a_list_forgets_still_counts(world: World, shows: Shows) -> None:
    """Positions and cash have it all the same: nothing is undone by a list that lacks a row."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, {"do": "buy", "symbol": "SPY", "qty": 9, "price": 600}, {"do": "clock", "by": "1m"})
    known = read(sandbox)
    sandbox.do({"do": "clock", "by": "1d"})
    forget(world, "SPY")
    found = read(sandbox, known)
    assert [each.code for each in found.doubts] == ["activity-gone"]
    assert found.missing == ()
    assert not any(row.void for row in found.ledger)


def test_a_fill_that_a_list_forgets_counts_in_an_order_that_goes_on(world: World, shows: Shows) -> None:
    """The order was still working then: once it is done, the trade has the forgotten fill too."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, {"do": "order", "side": "buy", "symbol": "SPY", "qty": 5, "limit": 600,
                          "client_order_id": "bot-9"}, {"do": "fill", "order": "bot-9", "qty": 2},
               {"do": "clock", "by": "1m"})  # fmt: skip
    known = read(sandbox)
    forget(world, "SPY")
    sandbox.do({"do": "fill", "order": "bot-9", "qty": 3}, {"do": "clock", "by": "1m"})
    found = read(sandbox, known)
    assert [each.code for each in found.doubts] == ["activity-gone"]
    assert_true(found, sandbox)


# --- a broker that dies ----------------------------------------------------------------------------


def planned(account: Account) -> BrokerError | None:
    """Plan; the error that stopped it, if any."""
    try:
        plan(account.env)
    except BrokerError as error:
        return error
    return None


@pytest.mark.parametrize("answer", ["die", "reset"])
def test_a_broker_that_dies_at_any_request_leaves_everything_as_it_was(account: Account, answer: str) -> None:
    """At the n-th request of a reading, for every n: exit 13, no byte of book or state changed."""
    world, files = account.sandbox.world, account.files
    for request in range(1, 40):
        with Sandbox(world, rate_limit=10**6) as sandbox, pytest.MonkeyPatch.context() as patch:
            _point_at(sandbox, account.folder, patch)
            sandbox.fault(request=request, times=10**6, answer=answer)
            died = planned(account)
        if died is None:
            break
        assert died.exit == Exit.UNREACHABLE
        assert account.files == files
    assert request > 7
    assert account.files != files
