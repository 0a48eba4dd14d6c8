"""What a change writes, to the byte; on the left what is expected."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import pytest

from snapsync.ends.book import Writing
from snapsync.errors import BookError
from snapsync.model.change import Execution
from snapsync.model.instant import shift
from snapsync.model.state import Marks

from .shelf import (
    AT,
    FILES,
    FILLED,
    QQQ,
    SPY,
    Shelf,
    cash_in,
    fill,
    holding,
    position,
    renamed,
    trade,
    trading,
)

CLOSED_AT = b"2025-08-21 09:45:00"


# --- the bankroll ---------------------------------------------------------------------------------


def test_a_new_bankroll_file_is_complete() -> None:
    """Where there is no bankroll file, a whole one is made."""
    new = Shelf().change(cash_in(None))

    assert new["bankroll"] == (
        b"{\n"
        b'  "start_capital": 100262.75,\n'
        b'  "current_bankroll": 100262.75,\n'
        b'  "balance": 100262.75,\n'
        b'  "cash": 100010.75,\n'
        b'  "buying_power": 200525.50,\n'
        b'  "peak_bankroll": 100262.75,\n'
        b'  "total_trades": 0,\n'
        b'  "winning_trades": 0,\n'
        b'  "losing_trades": 0,\n'
        b'  "created_at": "2025-08-21T15:30:00Z",\n'
        b'  "last_updated": "2025-08-21T15:30:00Z",\n'
        b'  "last_sync": "2025-08-21T15:30:00Z",\n'
        b'  "sync_source": "snapsync"\n'
        b"}\n"
    )


def test_a_bankroll_file_keeps_all_that_is_the_bots() -> None:
    """Only our members change; order, indentation, newlines, number text and other keys stay."""
    before = (
        b'\xef\xbb\xbf{\r\n    "current_bankroll": 95000.0,\r\n    "start_capital":100000.000,\r\n'
        b'    "trades": [{"balance": 1.50}, "\\u00e9\xc3\xa9"],\r\n'
        b'    "last_updated" : "2025-08-20T09:30:00.123456",\r\n'
        b'    "balance": "95000.00",\r\n    "win_rate": 1e-2\r\n}'
    )

    new = Shelf(bankroll=before).change(cash_in("95000"))

    assert new["bankroll"] == (
        b'\xef\xbb\xbf{\r\n    "current_bankroll": 100262.75,\r\n    "start_capital":100000.000,\r\n'
        b'    "trades": [{"balance": 1.50}, "\\u00e9\xc3\xa9"],\r\n'
        b'    "last_updated" : "2025-08-21T15:30:00Z",\r\n'
        b'    "balance": "100262.75",\r\n    "win_rate": 1e-2,\r\n'
        b'    "cash": 100010.75,\r\n    "buying_power": 200525.50,\r\n'
        b'    "last_sync": "2025-08-21T15:30:00Z",\r\n    "sync_source": "snapsync",\r\n'
        b'    "peak_bankroll": 100262.75,\r\n    "previous_balance": 95000.00,\r\n'
        b'    "sync_adjustment": 5262.75\r\n}'
    )


@pytest.mark.parametrize(
    ("before", "start", "end"),
    [
        (b'{"balance": 1}', b'{"balance": 100262.75, "current_bankroll"', b'"sync_adjustment": 100261.75}'),
        (b'{"balance":1}', b'{"balance":100262.75,"current_bankroll":', b'"sync_adjustment":100261.75}'),
        (b'{"balance":1,"x":2}', b'{"balance":100262.75,"x":2,"current_ban', b'"sync_adjustment":100261.75}'),
        (b"{ }\n", b'{\n  "current_bankroll": 100262.75,', b'"peak_bankroll": 100262.75\n}\n'),
    ],
)
def test_members_are_added_in_the_style_of_the_file(before: bytes, start: bytes, end: bytes) -> None:
    """A file on one line stays on one line; a file without any member gets indentation."""
    shelf = Shelf(bankroll=before)
    change = cash_in("1") if b"1" in before else cash_in(None)

    after = shelf.change(change)["bankroll"]

    assert (after[: len(start)], after[-len(end) :]) == (start, end)


@pytest.mark.parametrize(
    ("before", "after"), [("1755696600.5", "1755790200"), ("1755696600500", "1755790200000")]
)
def test_a_time_in_seconds_stays_in_seconds(before: str, after: str) -> None:
    """A bot that reckons with the number finds no text in its place."""
    shelf = Shelf(bankroll=f'{{"last_updated": {before}, "balance": 95000}}'.encode())

    assert shelf.change(cash_in("95000"))["bankroll"].startswith(f'{{"last_updated": {after}, '.encode())


@pytest.mark.parametrize(
    ("peak", "flows", "expected"),
    [
        ("100000", "0", "100262.75"),
        ("120000", "0", "120000"),
        ("100000", "5000", "105000.00"),
        ("120000", "-5000", "115000.00"),
        ("95000", "5000", "100262.75"),
    ],
)
def test_flows_shift_the_peak_and_results_raise_it(peak: str, flows: str, expected: str) -> None:
    """A deposit is no profit: the peak moves by it, and rises further only by trading."""
    before = f'{{"balance": 95000, "peak_bankroll": {peak}}}'.encode()

    after = Shelf(bankroll=before).change(cash_in("95000", flows))["bankroll"]

    assert f'"peak_bankroll": {expected}'.encode() in after


def test_the_bankroll_is_what_its_basis_says_at_the_time_of_writing() -> None:
    """A price tick between plan and apply is written, not the plan's reading."""
    later = Writing(at=AT, marks=Marks(equity=Decimal("100300.125")), cash=None)
    shelf = Shelf(bankroll=b'{"balance": 1, "buying_power": 5}')

    after = json.loads(shelf.change(cash_in("1"), writing=later)["bankroll"])

    assert (after["balance"], after["buying_power"], "cash" in after) == (100300.125, 5, False)


# --- positions ------------------------------------------------------------------------------------


def test_a_new_positions_file_is_complete() -> None:
    """Where there is no positions file, one with the guide's columns is made."""
    new = Shelf().change(holding(None, position(), fill("2.4")))

    assert new["positions"] == (
        b"symbol,occ_symbol,strike,option_type,expiry,quantity,contracts,entry_price,current_price,pnl_pct,"
        b"pnl_amount,timestamp,status,close_time,exit_price,market_value,unrealized_pnl,entry_time,source,"
        b"sync_detected,asset_class\n"
        b"SPY,SPY250822C00635000,635,CALL,2025-08-22,1,1,2.40,2.52,5.00,12.00,2025-08-21T09:45:00-04:00,open,"
        b",,252.00,12.00,2025-08-21T09:45:00-04:00,sync,True,us_option\n"
    )


def test_a_holding_is_added_in_the_words_of_the_file() -> None:
    """A new row is written as its neighbours are: newline, quotes, floats, times, symbols, cases."""
    before = (
        b'"symbol","strike","option_type","expiry","quantity","entry_price","timestamp","status","mine"\r\n'
        b'"QQQ","480.0","put","8/22/2025","1.0","1.1","2025-08-20 09:30:00.500000","","x, y"'
    )

    edit = Shelf(positions=before).propose(holding(None, position(qty="-2"), fill("2.45")))[0]

    assert edit.appended == (
        b'\r\n"SPY","635.0","call","8/22/2025","-2.0","2.45","2025-08-21 09:45:00.123456","",""\r\n'
    )


@pytest.mark.parametrize(
    ("open_", "closed"),
    [("OPEN", "CLOSED"), ("Open", "Closed"), ("PositionStatus.OPEN", "PositionStatus.CLOSED")],
)
def test_a_status_is_written_as_the_bot_writes_it(open_: str, closed: str) -> None:
    """A bot that asks for CLOSED does not find closed; without an open row it follows the others."""
    row = f"symbol,quantity,status\nSPY250822C00635000,1,{open_}\n".encode()
    shelf = Shelf(positions=row)

    assert shelf.change(holding(position(), None, fill("3")))["positions"].endswith(f",{closed}\n".encode())
    assert shelf.change(holding(None, position(QQQ), fill("3")))["positions"].endswith(f",{open_}\n".encode())


@pytest.mark.parametrize(("there", "new"), [("ETH/USD", "BTC/USD"), ("ETHUSD", "BTCUSD")])
def test_a_coin_is_called_as_the_files_coins_are(there: str, new: str) -> None:
    """With a slash or without: a bot looks for its own way of writing it."""
    shelf = Shelf(positions=f"symbol,quantity\n{there},1\nAAPL,1\n".encode())

    text = shelf.change(holding(None, position("BTCUSD", "0.5", "60000", "crypto")))["positions"]

    assert text.endswith(f"AAPL,1\n{new},0.5\n".encode())
    assert shelf.held()["BTCUSD"] == Decimal("0.5")


def test_a_result_of_nothing_has_no_sign() -> None:
    """A short whose price has not moved has neither won nor lost."""
    shelf = Shelf(positions=b"symbol,quantity,entry_price,pnl_amount,pnl_pct\n")

    new = shelf.change(holding(None, position(qty="-1", price="2.52"), fill("2.52")))["positions"]

    assert new.endswith(b"SPY250822C00635000,-1,2.52,0.00,0.00\n")


def test_an_average_from_the_broker_is_marked() -> None:
    """An entry price that no fill proves says so; its time is the time of writing."""
    shelf = Shelf(positions=b"symbol,quantity,entry_price,entry_time,source\n")

    new = shelf.change(holding(None, position(), Execution(price=None, time=None, source="broker average")))

    assert new["positions"].splitlines()[1] == (
        b"SPY250822C00635000,1,2.40,2025-08-21T11:30:00-04:00,sync (broker average)"
    )


def test_a_close_changes_status_time_and_price_alone() -> None:
    """A closed row says when and for how much, from the fills; no other byte moves."""
    before = (
        b"symbol,quantity,status,close_time,exit_price,close_reason,note\n"
        b"SPY250822C00635000,1,open,,,,keep\n"
        b'QQQ250822P00480000,2,"open",,"",,2025-08-20 09:30:00\n'
    )
    event = Execution(price=Decimal(0), time=FILLED, source="expired")

    new = Shelf(positions=before).change(holding(position(QQQ, "2"), None, event))

    assert new["positions"] == (
        b"symbol,quantity,status,close_time,exit_price,close_reason,note\n"
        b"SPY250822C00635000,1,open,,,,keep\n"
        b'QQQ250822P00480000,2,"closed",2025-08-21T09:45:00-04:00,"0.00",expired,2025-08-20 09:30:00\n'
    )


def test_a_file_without_room_for_a_close_gets_a_status_column() -> None:
    """A row that could not be told from an open one is marked in one new column at the right end."""
    before = b"symbol,quantity\nSPY250822C00635000,1\n\nQQQ250822P00480000,2"
    shelf = Shelf(positions=before)

    first = shelf.change(holding(position(), None, fill("2")))["positions"]
    shelf.data["positions"] = first + b"\nIWM250822P00200000,3\n"

    assert first == b"symbol,quantity,status\nSPY250822C00635000,1,closed\n\nQQQ250822P00480000,2,"
    assert shelf.held() == {QQQ: 2, "IWM250822P00200000": 3}
    assert shelf.change(holding(position("IWM250822P00200000", "3"), None))["positions"] == (
        first + b"\nIWM250822P00200000,3,closed\n"
    )


def test_a_correction_writes_every_quantity_column() -> None:
    """The twins are written together, each in its own style, with what follows from the price."""
    before = (
        b"symbol,contracts,quantity,entry_price,current_price,market_value,pnl_pct,mine\n"
        b"SPY250822C00635000,1,2.0,2.40,9,9,9,9\n"
    )

    new = Shelf(positions=before).change(holding(position(qty="2"), position(qty="3")))

    assert new["positions"].splitlines()[1] == b"SPY250822C00635000,3,3.0,2.40,2.52,756.00,5.00,9"


LOTS = (
    b"symbol,quantity,entry_price,entry_time,status,close_time\n"
    b"SPY250822C00635000,2,2.40,2025-08-20 11:00:00,open,\n"
    b"SPY250822C00635000,1,2.50,2025-08-20 12:00:00,open,\n"
    b"SPY250822C00635000,1,2.60,2025-08-20 10:00:00,open,\n"
)


@pytest.mark.parametrize(
    ("qty", "expected"),
    [
        ("6", [(b"2", b"open"), (b"3", b"open"), (b"1", b"open")]),
        ("3", [(b"2", b"open"), (b"1", b"closed"), (b"1", b"open")]),
        ("2", [(b"1", b"open"), (b"1", b"closed"), (b"1", b"open")]),
        ("1", [(b"2", b"closed"), (b"1", b"closed"), (b"1", b"open")]),
    ],
)
def test_a_correction_goes_to_the_newest_lot(qty: str, expected: list[tuple[bytes, bytes]]) -> None:
    """More goes to the newest lot; less is taken from the newest first, and an empty one is closed."""
    new = Shelf(positions=LOTS).change(holding(position(qty="4"), position(qty=qty)))["positions"]

    rows = [line.split(b",") for line in new.splitlines()[1:]]
    assert [(row[1], row[4]) for row in rows] == expected


def test_all_lots_are_closed_together() -> None:
    """A holding that is gone has no open lot left."""
    shelf = Shelf(positions=LOTS)

    new = shelf.change(holding(position(qty="4"), None, fill("3")))["positions"]

    assert new.count(b"closed,2025-08-21 09:45:00\n") == 3
    assert shelf.held() == {}


def test_a_long_that_became_a_short_is_a_close_and_a_new_row() -> None:
    """Selling more than there was is two events, so it is two rows."""
    before = b"symbol,side,quantity,status,entry_price\nSPY250822C00635000,long,1,open,2.40\n"
    shelf = Shelf(positions=before)

    new = shelf.change(holding(position(), position(qty="-2", price="2.5"), fill("2.5")))["positions"]

    assert new == (
        b"symbol,side,quantity,status,entry_price\nSPY250822C00635000,long,1,closed,2.40\n"
        b"SPY250822C00635000,short,2,open,2.50\n"
    )
    assert shelf.held() == {SPY: -2}


def test_where_one_order_ends_a_long_and_begins_a_short_each_has_its_price() -> None:
    """Two were sold at 2.75 and one more at 2.80: the average of the three is the price of neither row."""
    before = b"symbol,quantity,status,entry_price,exit_price\nSPY250822C00635000,2,open,2.00,\n"
    shelf = Shelf(positions=before)
    change = holding(position(qty="2", price="2"), position(qty="-1", price="2.80"), fill("2.80"))

    new = shelf.change(msgspec.structs.replace(change, closed=fill("2.75")))["positions"]

    assert new == (
        b"symbol,quantity,status,entry_price,exit_price\nSPY250822C00635000,2,closed,2.00,2.75\n"
        b"SPY250822C00635000,-1,open,2.80,\n"
    )


@pytest.mark.parametrize("qty", ["4", "6", "1"])
def test_a_holding_that_is_another_one_now_is_a_new_row(qty: str) -> None:
    """All lots of the former one are closed as it ended, and stay; the new one is a row behind them."""
    shelf = Shelf(positions=LOTS)
    change = holding(position(qty="4"), position(qty=qty, price="2.80"), fill("2.80"))
    ended = Execution(price=Decimal(3), time=shift(FILLED, seconds=-60), source="fills")

    new = shelf.change(msgspec.structs.replace(change, closed=ended))["positions"]

    closed = LOTS.replace(b"open,\n", b"closed,2025-08-21 09:44:00\n")
    assert new == closed + f"{SPY},{qty},2.80,2025-08-21 09:45:00,open,\n".encode()
    assert shelf.held() == {SPY: Decimal(qty)}
    assert shelf.read().opened == {SPY: FILLED[:20] + "000000000Z"}


def test_a_short_stays_short() -> None:
    """A short in a file with a side column keeps its positive quantity."""
    shelf = Shelf(positions=b"symbol,side,quantity\nSPY250822C00635000,SHORT,1\n")

    new = shelf.change(holding(position(qty="-1"), position(qty="-3")))["positions"]

    assert new == b"symbol,side,quantity\nSPY250822C00635000,SHORT,3\n"


def test_the_older_header_is_written_in_its_own_words() -> None:
    """Where the side says call or put, and the price is a premium, a new row does likewise."""
    before = b"entry_time,symbol,expiry,strike,side,contracts,entry_premium\n"
    shelf = Shelf(positions=before + b"2025-08-12T12:15:00,QQQ,2025-08-22,480.0,PUT,1,2.50\n")

    edit = shelf.propose(holding(None, position(), fill("2.4")))[0]

    assert edit.appended == b"2025-08-21T09:45:00,SPY,2025-08-22,635.0,CALL,1,2.40\n"


def test_a_holding_that_is_no_longer_there_is_an_error() -> None:
    """A plan made on other rows never touches these."""
    shelf = Shelf(positions=b"symbol,quantity\n")

    with pytest.raises(BookError) as caught:
        shelf.propose(holding(position(), None))

    assert caught.value.detail == f"positions.csv: no open row of {SPY}"


def test_a_file_without_room_for_a_share_is_an_error_before_anything_is_written() -> None:
    """What would not read back as planned is never proposed."""
    shelf = Shelf(positions=b"underlying,strike,expiry,option_type,quantity,entry_price\n")
    shares = position("AAPL", "1", "200", "us_equity")
    shelf_without = Shelf(positions=b"occ_symbol,quantity\n")

    assert shelf.propose(holding(None, position()))
    with pytest.raises(BookError) as caught:
        shelf_without.propose(holding(None, shares))

    assert caught.value.summary == "The book's columns cannot hold what is to be written."


# --- the history ----------------------------------------------------------------------------------

LOG = b"timestamp,symbol,action,quantity,price,alpaca_order_id\n"
ROW = b"2025-08-20 09:30:00,SPY250822C00635000,BUY,1,2.40,"
WHOLE = (
    b"timestamp,symbol,action,quantity,price,total_cost,fees,alpaca_order_id,source,broker,environment,"
    b"sync_imported\n"
)
BOTS = b"2025-08-20 09:30:00,SPY250822C00635000,BUY,1,2.40,240.00,0.65,x,main,alpaca,paper,\n"


def test_a_new_history_file_has_the_guides_columns() -> None:
    """Where there is no history file, one is made; the true cost counts the contract's hundred."""
    new = Shelf().change(trading(None, trade()))

    assert new["history"] == (
        b"timestamp,symbol,action,quantity,price,total_cost,fees,alpaca_order_id,source,broker,environment,"
        b"sync_imported\n"
        b"2025-08-21T09:45:00-04:00,SPY250822C00635000,BUY,1,2.40,240.00,,abc,sync,alpaca,paper,True\n"
    )


def test_importing_appends() -> None:
    """A missing trade is one more row; what was there is not even rewritten."""
    shelf = Shelf(history=WHOLE + BOTS)

    edit = shelf.propose(trading(None, trade()), trading(None, trade("activity:OPEXP:1:" + SPY)))[0]

    assert edit.appended == (
        b"2025-08-21 09:45:00,SPY250822C00635000,BUY,1,2.40,240.00,,abc,sync,alpaca,paper,True\n"
        b"2025-08-21 09:45:00,SPY250822C00635000,BUY,1,2.40,240.00,,activity:OPEXP:1:SPY250822C00635000,"
        b"sync,alpaca,paper,True\n"
    )


def test_an_option_event_is_a_row_with_its_word() -> None:
    """An expiry is no order: its cell has the activity's key, and it reads back as the same event."""
    event = msgspec.structs.replace(
        trade(f"activity:OPEXP:1:{SPY}", price="0"), action="expired", time=FILLED
    )
    shelf = Shelf(history=WHOLE + BOTS)

    assert shelf.propose(trading(None, event))[0].appended == (
        b"2025-08-21 09:45:00,SPY250822C00635000,EXPIRED,1,0.00,0.00,,activity:OPEXP:1:SPY250822C00635000,"
        b"sync,alpaca,paper,True\n"
    )


def test_what_an_imported_row_says_gets_its_columns_once() -> None:
    """Missing columns are added at the right end, once; the bot's next rows may lack them."""
    shelf = Shelf(history=b"time,symbol,side,qty\r\n2025-08-20 09:30:00,SPY250822C00635000,buy,1\r\n")

    first = shelf.change(trading(None, trade()))["history"]
    late = b"2025-08-20 09:40:00,QQQ250822P00480000,sell,1"
    shelf.data["history"] = first + late + b"\r\n"
    (row,) = (each for each in shelf.traded().values() if each.symbol == QQQ)

    assert first == (
        b"time,symbol,side,qty,price,total_cost,fees,alpaca_order_id,source,broker,environment,sync_imported"
        b"\r\n2025-08-20 09:30:00,SPY250822C00635000,buy,1,,,,,,,,\r\n"
        b"2025-08-21 09:45:00,SPY250822C00635000,buy,1,2.40,240.00,,abc,sync,alpaca,paper,True\r\n"
    )
    assert shelf.change(trading(row, renamed(row, "order:new")))["history"] == (first + late + b",,,,new\r\n")
    assert len(shelf.change(trading(None, trade("order:last")))["history"].splitlines()) == 5


def test_columns_are_added_behind_those_of_the_old_sync() -> None:
    """A log of decisions that the old sync has widened gets what it lacks, and the bot goes on as before."""
    row = b"2025-08-20 09:30:00,SPY250822C00635000,BUY,1,2.45,FILLED"
    head = b"timestamp,symbol,decision,quantity,premium,status"
    old = b",action,price,alpaca_order_id,source,broker,environment,sync_imported\n"
    shelf = Shelf(history=head + old + row + b"\n")

    written = shelf.change(trading(None, trade("order:new")))["history"]
    shelf.data["history"] = written + row + b"\n"

    assert written.startswith(head + old[:-1] + b",total_cost,fees\n")
    assert [each.key for each in shelf.read().state.transactions if each.linked] == ["order:new"]
    assert len(shelf.traded()) == 3


def test_words_of_an_sdk_are_written_as_such() -> None:
    """Where a bot writes enumerations, a new row has them too."""
    head = b"timestamp,symbol,side,qty,price,status,order_id\n"
    row = b"2025-08-20 09:30:00,SPY250822C00635000,OrderSide.SELL,1,2.40,OrderStatus.FILLED,x\n"
    shelf = Shelf(
        positions=b"symbol,quantity,side,status\nSPY250822C00635000,1,PositionSide.LONG,Status.OPEN\n",
        history=head + row,
    )

    new = shelf.change(trading(None, trade("order:new")), holding(None, position(QQQ, "-2")))

    assert b"OrderSide.BUY,1,2.40,OrderStatus.FILLED,new" in new["history"]
    assert new["positions"].endswith(b"QQQ250822P00480000,2,PositionSide.SHORT,Status.OPEN\n")


def test_a_link_alone_adds_the_order_ids_column_alone() -> None:
    """Nothing is imported, so nothing else needs to be said."""
    shelf = Shelf(history=b"time,symbol,side,qty\n2025-08-20 09:30:00,SPY250822C00635000,buy,1\n")
    (row,) = shelf.traded().values()

    assert shelf.change(trading(row, renamed(row, "order:abc")))["history"] == (
        b"time,symbol,side,qty,alpaca_order_id\n2025-08-20 09:30:00,SPY250822C00635000,buy,1,abc\n"
    )


def test_a_bots_own_last_column_is_not_taken_for_one_of_ours() -> None:
    """A row that lacks a cell of the bot's own is no shorter row from before our columns: it is broken."""
    head = b"time,symbol,side,qty,source,total_cost,fees,alpaca_order_id,broker,environment,sync_imported\n"
    Shelf(history=head + b"2025-08-20 09:30:00,SPY250822C00635000,buy,1,main\n").traded()

    with pytest.raises(BookError, match="does not fit"):
        Shelf(history=head + b"2025-08-20 09:30:00,SPY250822C00635000,buy,1\n").traded()


def test_linking_fills_in_one_cell() -> None:
    """A row that stands for an order gets its id, and nothing else changes."""
    before = LOG + ROW + b"\n" + ROW + b'""\n' + ROW + b"z\n"
    shelf = Shelf(history=before)
    row = next(each for each in shelf.traded().values() if each.key.endswith("#2"))

    new = shelf.change(trading(row, renamed(row, "order:abc")))["history"]

    assert new == LOG + ROW + b"\n" + ROW + b'"abc"\n' + ROW + b"z\n"


def test_adding_the_id_column_leaves_the_keys_of_other_rows() -> None:
    """A row without an id is known by its cells, not by the columns that we add behind them."""
    shelf = Shelf(history=b"time,symbol,side,qty\n2025-08-20 09:30:00,SPY250822C00635000,buy,1\n")
    (before,) = shelf.traded()

    shelf.change(trading(None, trade()))

    assert before in shelf.traded()


FILLS = (
    LOG
    + b"2025-08-20 09:30:05,SPY250822C00635000,BUY,2,2.40,abc\n"
    + b"2025-08-20 09:30:00,SPY250822C00635000,BUY,3,2.50,abc\n"
)


@pytest.mark.parametrize(
    ("qty", "price", "cells"),
    [
        ("6", "2.45", [b"3,2.40", b"3,2.50"]),
        ("5", "2.5", [b"2,2.50", b"3,2.50"]),
        ("3", "2.5", [b"0,2.40", b"3,2.50"]),
        ("2", "2.5", [b"0,2.40", b"2,2.50"]),
        ("5", "0.1", [b"2,0.10", b"3,0.10"]),
        ("5", "2.333333333", [b"2,2.083333332", b"3,2.50"]),
    ],
)
def test_a_correction_goes_to_the_newest_row_of_an_order(qty: str, price: str, cells: list[bytes]) -> None:
    """The newest fill takes the difference; all of them where it alone cannot."""
    shelf = Shelf(history=FILLS)
    before = shelf.traded()["order:abc"]
    after = msgspec.structs.replace(before, qty=Decimal(qty), price=Decimal(price))

    shelf.change(trading(before, after))

    rows = (shelf.data["history"] or b"").splitlines()[1:]
    corrected = shelf.traded()["order:abc"]
    assert [b",".join(row.split(b",")[3:5]) for row in rows] == cells
    assert (corrected.qty, corrected.price) == (Decimal(qty), Decimal(price))


def test_symbol_and_action_are_corrected_in_every_row_of_an_order() -> None:
    """What all fills of an order share is corrected in all of them."""
    shelf = Shelf(history=FILLS)
    before = shelf.traded()["order:abc"]
    after = msgspec.structs.replace(before, symbol=QQQ, action="sell")

    new = shelf.change(trading(before, after))["history"]

    assert new == FILLS.replace(b"SPY250822C00635000,BUY", b"QQQ250822P00480000,SELL")


def test_the_bots_own_columns_are_used() -> None:
    """A row of ours fills the decision log of the bot as far as its columns go."""
    head = (
        b"timestamp,symbol,decision,confidence,current_price,strike,premium,quantity,total_cost,reason,status,"
        b"fill_price,alpaca_order_id,fees,source,broker,environment,sync_imported\n"
    )
    row = b"2025-08-20T09:31:00.5-04:00,SPY,BUY,0.9,635.0,635.0,2.45,1,245.0,x,FILLED,2.40,q\n"

    edit = Shelf(history=head + row).propose(trading(None, trade()))[0]

    assert edit.appended == (
        b"2025-08-21T09:45:00.1-04:00,SPY250822C00635000,BUY,,,635.0,2.40,1,240.00,,FILLED,2.40,abc,,"
        b"sync,alpaca,paper,True\n"
    )


def test_renamed_columns_are_written_under_their_names() -> None:
    """Where the user calls a column differently, a new file and a new column do too."""
    files = msgspec.structs.replace(FILES, columns={"oid": "alpaca_order_id", "when": "timestamp"})
    shelf = Shelf(history=b"when,symbol,action,quantity\n", files=files)

    assert shelf.change(trading(None, trade()))["history"].startswith(
        b"when,symbol,action,quantity,price,total_cost,fees,oid,"
    )
    assert Shelf(files=files).change(trading(None, trade()))["history"].startswith(b"when,symbol,")


def test_a_new_file_has_the_names_that_are_its_own() -> None:
    """A new file, and a new column, have the names that are mapped for that file alone."""
    files = msgspec.structs.replace(
        FILES,
        columns={"n": "quantity"},
        positions_columns={"state": "status"},
        history_columns={"lots": "quantity"},
        bankroll_keys={"capital": "current_bankroll"},
    )
    fresh = Shelf(files=files)
    fresh.change(trading(None, trade()), holding(None, position(), fill("2.40")), cash_in(None))
    made = {role: data.decode().splitlines() for role, data in fresh.data.items() if data}
    shelf = Shelf(positions=b"symbol,n\nSPY250822C00635000,1\n", files=files)
    closed = shelf.change(holding(position(), None))["positions"]

    assert {"n", "state"} <= set(made["positions"][0].split(","))
    assert "lots" in made["history"][0].split(",")
    assert '  "capital": 100262.75,' in made["bankroll"]
    assert closed.startswith(b"symbol,n,state\n")
