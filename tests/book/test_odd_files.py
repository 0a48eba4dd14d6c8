"""Odd-looking books that are right as they are, each with what it says."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from .shelf import FILES, QQQ, SPY, Shelf, cash_in

# name -> (file, expected {key: quantity})
POSITIONS: dict[str, tuple[bytes, dict[str, int | str]]] = {
    "header only": (b"symbol,quantity\n", {}),
    "header without newline": (b"symbol,quantity", {}),
    "byte order mark": (b"\xef\xbb\xbfsymbol,quantity\nSPY250822C00635000,1\n", {SPY: 1}),
    "windows newlines": (b"symbol,quantity\r\nSPY250822C00635000,1\r\n", {SPY: 1}),
    "old mac newlines": (b"symbol,quantity\rSPY250822C00635000,1\r", {SPY: 1}),
    "mixed newlines": (b"symbol,quantity\r\nSPY250822C00635000,1\nQQQ250822P00480000,2", {SPY: 1, QQQ: 2}),
    "everything in quotes": (b'"symbol","quantity"\n"SPY250822C00635000","1"\n', {SPY: 1}),
    "quoted commas, quotes and newlines": (
        b'symbol,note,quantity\nSPY250822C00635000,"a, ""b""\nc",3\n',
        {SPY: 3},
    ),
    "a bare quote inside a field": (b'symbol,note,quantity\nSPY250822C00635000,5" low,3\n', {SPY: 3}),
    "blank lines at the end": (b"symbol,quantity\nSPY250822C00635000,1\n\n\n", {SPY: 1}),
    "blank line in the middle": (b"symbol,quantity\n\nSPY250822C00635000,1\n", {SPY: 1}),
    "spreadsheet's empty rows": (b"symbol,quantity,x\nSPY250822C00635000,1,\n,,\n,,\n", {SPY: 1}),
    "padded OCC symbol": (b"symbol,quantity\nSPY   250822C00635000,1\n", {SPY: 1}),
    "blanks around cells": (b"symbol , quantity\n SPY250822C00635000 , 1 \n", {SPY: 1}),
    "lower case": (b"Symbol,QUANTITY\nspy250822c00635000,1\n", {SPY: 1}),
    "the bot's own first header": (
        (
            b"symbol,strike,option_type,expiry,quantity,contracts,entry_price,current_price,pnl_pct,pnl_amount,"
            b"timestamp\nSPY,635.0,CALL,2025-08-22,1,1,2.4,2.5,4.17,10.0,2025-08-20T09:30:00.123456\n"
        ),
        {SPY: 1},
    ),
    "the older header, with call or put as the side": (
        (
            b"entry_time,symbol,expiry,strike,side,contracts,entry_premium\n"
            b"2025-08-12T12:15:00.000000,SPY,2025-08-22,635.0,CALL,2,2.50\n"
        ),
        {SPY: 2},
    ),
    "american and compact dates": (
        b"symbol,strike,option_type,expiry,quantity\nSPY,635,c,8/22/2025,1\nQQQ,480.00,P,20250822,1\n",
        {SPY: 1, QQQ: 1},
    ),
    "dates as pandas writes them": (
        b"symbol,strike,option_type,expiry,quantity\nSPY,635,call,2025-08-22 00:00:00,1.0\n",
        {SPY: 1},
    ),
    "the symbol is the underlying, occ_symbol the contract": (
        b"symbol,occ_symbol,quantity\nSPY,SPY250822C00635000,1\n",
        {SPY: 1},
    ),
    "only occ_symbol": (b"occ_symbol,contracts\nSPY250822C00635000,1\n", {SPY: 1}),
    "pandas' nan words": (
        (
            b"symbol,occ_symbol,strike,expiry,option_type,quantity,status,close_time,entry_price\n"
            b"SPY250822C00635000,nan,nan,NaT,None,1.0,nan,NaT,nan\n"
        ),
        {SPY: 1},
    ),
    "quantity is blank, contracts says": (b"symbol,quantity,contracts\nSPY250822C00635000,,2\n", {SPY: 2}),
    "quantity wins over contracts": (b"symbol,quantity,contracts\nSPY250822C00635000,3,2\n", {SPY: 3}),
    "a short, signed": (b"symbol,quantity\nSPY250822C00635000,-2\n", {SPY: -2}),
    "a short, by its side": (b"symbol,side,quantity\nSPY250822C00635000,SHORT,2\n", {SPY: -2}),
    "a short, by both": (b"symbol,side,quantity\nSPY250822C00635000,short,-2\n", {SPY: -2}),
    "closed rows in every spelling": (
        (
            b"symbol,quantity,status\nSPY250822C00635000,1,closed\nSPY250822C00635000,1,Closed_Sync\n"
            b"QQQ250822P00480000,1,expired\nQQQ250822P00480000,1,OPEN\n"
        ),
        {QQQ: 1},
    ),
    "closed by its closing time alone": (
        b"symbol,quantity,status,close_time\nSPY250822C00635000,1,,2025-08-20\n",
        {},
    ),
    "a closed row may be nonsense": (b"symbol,quantity,status\n???,x,closed\n", {}),
    "lots of one contract": (
        (
            b"symbol,quantity,entry_price,entry_time\nSPY250822C00635000,1,2.40,2025-08-20 09:30:00\n"
            b"SPY250822C00635000,2,2.40,2025-08-20 09:31:00\nSPY250822C00635000,3,2.55,2025-08-20 09:31:00\n"
        ),
        {SPY: 6},
    ),
    "lots that cancel out": (
        b"symbol,quantity,entry_price\nSPY250822C00635000,1,2.40\nSPY250822C00635000,-1,2.50\n",
        {},
    ),
    "stocks and coins beside options": (
        (
            b"symbol,strike,option_type,expiry,quantity\nSPY,635,call,2025-08-22,1\nAAPL,,,,12.5\nBRK.B,0.0,,,1\n"
            b"BTC/USD,,,,0.000000001\n"
        ),
        {SPY: 1, "AAPL": "12.5", "BRK.B": 1, "BTCUSD": "0.000000001"},
    ),
    "numbers as floats print them": (
        b"symbol,quantity\nBTC/USD,1e-05\nAAPL,+2.50\n",
        {"BTCUSD": "0.00001", "AAPL": "2.5"},
    ),
    "an emoji and a column that is named twice but foreign": (
        "symbol,note,note,quantity\nSPY250822C00635000,🚀,é,1\n".encode(),
        {SPY: 1},
    ),
    "rows that lack the status column that we once added": (
        b"symbol,quantity,status\nSPY250822C00635000,1\nQQQ250822P00480000,1,closed\n",
        {SPY: 1},
    ),
    "every word for open": (
        (
            b"symbol,quantity,entry_price,status\nSPY250822C00635000,1,1.00,ACTIVE\n"
            b"SPY250822C00635000,1,1.10,opened\nSPY250822C00635000,1,1.20,holding\n"
            b"SPY250822C00635000,1,1.30,normalized\nSPY250822C00635000,1,1.40,stopped_out\n"
        ),
        {SPY: 4},
    ),
    "rows that are on their way out, or out in part": (
        (
            b"symbol,quantity,entry_price,status\nSPY250822C00635000,1,1.00,partially_closed\n"
            b"SPY250822C00635000,1,1.10,Partially Closed\nSPY250822C00635000,1,1.20,CLOSING\n"
            b"SPY250822C00635000,1,1.30,pending-close\nSPY250822C00635000,1,1.40,closed_partially\n"
        ),
        {SPY: 4},
    ),
    "an open row that holds nothing, beside one of the same price": (
        b"symbol,quantity,entry_price,status\nSPY250822C00635000,0,2.40,open\nSPY250822C00635000,1,2.40,open\n",
        {SPY: 1},
    ),
    "enumerations as Python prints them": (
        (
            b"symbol,strike,option_type,expiry,side,quantity,asset_class,status\n"
            b"SPY,635,ContractType.CALL,2025-08-22,PositionSide.SHORT,2,AssetClass.US_OPTION,Status.OPEN\n"
        ),
        {SPY: -2},
    ),
    "a spreadsheet's numbers and dates": (
        b"symbol,strike,option_type,expiry,quantity,entry_price\nSPY,6.35E+02,C,8/22/2025,2.00E+00,1.85E+00\n",
        {SPY: 2},
    ),
    "money and percent in columns that are not read": (
        b'symbol,quantity,market_value,pnl_pct\nSPY250822C00635000,1,"$1,234.50",4.17%\n',
        {SPY: 1},
    ),
    "commas behind the last column": (b"symbol,quantity,,\nSPY250822C00635000,1,,\n,,,\n\n", {SPY: 1}),
    "pandas' index": (b",symbol,quantity\n0,SPY250822C00635000,1\n", {SPY: 1}),
    "an open row that holds nothing": (b"symbol,quantity,status\nSPY250822C00635000,0,open\n", {}),
    "a cell of a megabyte": (
        b'symbol,note,quantity\nSPY250822C00635000,"' + b'x,"""",\n' * 125_000 + b'",1\n',
        {SPY: 1},
    ),
    "returns and other ends of lines inside a cell": (
        'symbol,note,quantity\r\nSPY250822C00635000,"a\rb\r\nc\u2028d\u0085e\x0c",1\r\n'.encode(),
        {SPY: 1},
    ),
    "adjusted contract": (b"symbol,quantity\nSPY1250822C00635000,1\n", {"SPY1250822C00635000": 1}),
}

HEAD = b"timestamp,symbol,action,quantity,price,alpaca_order_id\n"

# name -> (file, expected [(key without digest, symbol, action, quantity, price, time to the second)])
Said = tuple[str, str, str, str, str | None, str]
HISTORIES: dict[str, tuple[bytes, list[Said]]] = {
    "a row with an order id": (
        HEAD + b"2025-08-20 09:30:00,SPY250822C00635000,BUY,1,2.40,abc\n",
        [("order:abc", SPY, "buy", "1", "2.4", "2025-08-20T13:30:00")],
    ),
    "a row without": (
        HEAD + b"2025-08-20 09:30:00,SPY250822C00635000,BUY,1,2.40,\n",
        [("row:", SPY, "buy", "1", "2.4", "2025-08-20T13:30:00")],
    ),
    "real twins": (
        HEAD + b"2025-08-20 09:30:00,SPY250822C00635000,BUY,1,2.40,\n" * 2,
        [("row:", SPY, "buy", "1", "2.4", "2025-08-20T13:30:00")] * 2,
    ),
    "an activity": (
        HEAD + b"2025-08-22,SPY250822C00635000,EXPIRED,1,0,activity:OPEXP:7:SPY250822C00635000\n",
        [(f"activity:OPEXP:7:{SPY}", SPY, "expired", "1", "0", "2025-08-22T04:00:00")],
    ),
    "each fill of an order": (
        HEAD + b"2025-08-20 09:30:05,SPY250822C00635000,BUY,1,2.40,abc\n"
        b"2025-08-20 09:30:00,SPY250822C00635000,BUY,3,2.80,abc\n",
        [("order:abc", SPY, "buy", "4", "2.7", "2025-08-20T13:30:00")],
    ),
    "the legs of an order under its one id": (
        HEAD + b"2025-08-20 09:30:00,SPY250822C00635000,BUY,1,2.40,abc\n"
        b"2025-08-20 09:30:00,QQQ250822P00480000,SELL,1,1.10,abc\n",
        [
            ("order:abc", SPY, "buy", "1", "2.4", "2025-08-20T13:30:00"),
            ("row:", QQQ, "sell", "1", "1.1", "2025-08-20T13:30:00"),
        ],
    ),
    "orders that were not filled": (
        (
            b"time,symbol,side,qty,premium,status\n2025-08-20 09:30:00,SPY,BUY,1,x,canceled\n"
            b"2025-08-20 09:30:00,SPY,BUY,1,0,Rejected\n2025-08-20 09:30:00,SPY,BUY,1,,SUBMITTED\n"
            b"2025-08-20 09:30:00,SPY,BUY,0,,filled\n2025-08-20 09:30:00,SPY,BUY,1,,pending_new\n"
            b"2025-08-20 09:30:00,SPY,BUY,1,,expired\n2025-08-20 09:30:00,,,,,\n"
        ),
        [],
    ),
    "other names and words": (
        (
            b"datetime,symbol,side,qty,fill_price,order_id\n"
            b"2025-08-20T09:30:00-04:00,SPY250822C00635000,sell to close,-2,3.10,x\n"
            b"2025-08-20T13:30:00Z,SPY250822C00635000,BTO,2,3,y\n2025-08-20T13:30:00Z,SPY250822C00635000,S,2,3,s\n"
            b"2025-08-20 13:30:00.123456+00:00,SPY250822C00635000,Roll,2,,z\n"
        ),
        [
            ("order:x", SPY, "sell", "2", "3.1", "2025-08-20T13:30:00"),
            ("order:y", SPY, "buy", "2", "3", "2025-08-20T13:30:00"),
            ("order:s", SPY, "sell", "2", "3", "2025-08-20T13:30:00"),
            ("order:z", SPY, "roll", "2", None, "2025-08-20T13:30:00"),
        ],
    ),
    "the bot's decision log": (
        (
            b"timestamp,symbol,decision,confidence,current_price,strike,premium,quantity,total_cost,reason,status,"
            b"fill_price,pnl_pct,pnl_amount,exit_reason\n"
            b"2025-08-20T09:30:00-04:00,SPY,NO_TRADE,0.3,635.0,,,,,No clear pattern,NO_TRADE_LOOP,,,,\n"
            b"2025-08-20T09:31:00-04:00,SPY,BUY,0.9,635.0,635.0,2.45,1,245.0,breakout,FILLED,2.40,,,\n"
        ),
        [("row:", "SPY", "buy", "1", "2.4", "2025-08-20T13:31:00")],
    ),
    "doubled quotes in a cell that is read": (
        HEAD + b'2025-08-20 09:30:00,SPY250822C00635000,"ro""ll, up",1,2.40,abc\n',
        [("order:abc", SPY, 'ro"ll, up', "1", "2.4", "2025-08-20T13:30:00")],
    ),
    "a log of decisions into which the old sync has imported": (
        (
            b"timestamp,symbol,decision,confidence,quantity,premium,status,action,price,alpaca_order_id,source,"
            b"broker,environment,sync_imported\n"
            b"2025-08-20T09:31:00-04:00,SPY250822C00635000,BUY,0.9,1.0,2.45,FILLED,,,,,,,\n"
            b"2025-08-20T13:40:00+00:00,QQQ250822P00480000,,,2.0,,,SELL,1.1,abc,sync_detected,alpaca,paper,True\n"
            b"2025-08-20T09:50:00-04:00,SPY250822C00635000,BUY,0.9,1,2.50,FILLED\n"
        ),
        [
            ("row:", SPY, "buy", "1", "2.45", "2025-08-20T13:31:00"),
            ("order:abc", QQQ, "sell", "2", "1.1", "2025-08-20T13:40:00"),
            ("row:", SPY, "buy", "1", "2.5", "2025-08-20T13:50:00"),
        ],
    ),
    "words of the SDK": (
        (
            b"timestamp,symbol,side,qty,price,status,order_id\n"
            b"2025-08-20 09:30:00,SPY250822C00635000,OrderSide.BUY,1,2.40,OrderStatus.FILLED,"
            b"61E69015-8549-4BFD-B9C3-01E75843F47D\n"
            b"2025-08-20 09:31:00,SPY250822C00635000,OrderSide.SELL,1,0,OrderStatus.CANCELED,y\n"
        ),
        [("order:61e69015-8549-4bfd-b9c3-01e75843f47d", SPY, "buy", "1", "2.4", "2025-08-20T13:30:00")],
    ),
    "one id for buying and selling": (
        HEAD + b"2025-08-20 09:30:00,SPY250822C00635000,BUY,1,2.40,abc\n"
        b"2025-08-20 09:40:00,SPY250822C00635000,SELL,1,2.60,abc\n",
        [
            ("order:abc", SPY, "buy", "1", "2.4", "2025-08-20T13:30:00"),
            ("row:", SPY, "sell", "1", "2.6", "2025-08-20T13:40:00"),
        ],
    ),
    "a decision beside the type of the option": (
        b"timestamp,symbol,type,decision,quantity\n2025-08-20 09:30:00,SPY250822C00635000,CALL,BUY,1\n",
        [("row:", SPY, "buy", "1", None, "2025-08-20T13:30:00")],
    ),
    "the action in a column for the type": (
        b"timestamp,symbol,type,quantity,price\n2025-08-20 09:30:00,SPY250822C00635000,BUY,1,2.40\n",
        [("row:", SPY, "buy", "1", "2.4", "2025-08-20T13:30:00")],
    ),
    "winter time": (
        HEAD + b"2025-01-20 09:30,SPY250822C00635000,buy,1,2.40,abc\n",
        [("order:abc", SPY, "buy", "1", "2.4", "2025-01-20T14:30:00")],
    ),
    "rows that lack the id column that we once added": (
        HEAD + b"2025-08-20 09:30:00,SPY250822C00635000,BUY,1,2.40\n",
        [("row:", SPY, "buy", "1", "2.4", "2025-08-20T13:30:00")],
    ),
}

BANKROLLS: dict[str, tuple[bytes, str | None]] = {
    "both": (b'{"current_bankroll": 95000.00, "balance": 95000}', "95000"),
    "one only": (b'{"balance": 95000.10}', "95000.1"),
    "the other wins": (b'{"balance": 1, "current_bankroll": 2}', "2"),
    "in quotes": (b'{"balance": "95000.10"}', "95000.1"),
    "null": (b'{"balance": null, "current_bankroll": ""}', None),
    "neither": (b"{}", None),
    "neither, and an exponent elsewhere": (b'{"x": 1e400}', None),
    "byte order mark, windows newlines": (b'\xef\xbb\xbf{\r\n\t"balance": 1.5e3\r\n}\r\n', "1500"),
    "numbers of the bot's that no amount can be": (
        b'{"x": 1e999999999999999999999, "y": ' + b"9" * 5000 + b', "balance": 7}',
        "7",
    ),
    "half a character in a text of the bot's": (b'{"x": "\\ud800", "balance": 7}', "7"),
    "nested things of the bot": (b'{"trades": [{"balance": 3, "x": "}"}], "balance": 7}', "7"),
    "more digits than a float has": (b'{"balance": 12345678901234567890.12}', "12345678901234567890.12"),
    "escaped key": (b'{"b\\u0061lance": 7}', "7"),
}


@pytest.mark.parametrize(("data", "expected"), POSITIONS.values(), ids=POSITIONS)
def test_an_odd_positions_file_is_read(data: bytes, expected: dict[str, int | str]) -> None:
    """The holdings are those that a person would read out of the file."""
    assert Shelf(positions=data).held() == {key: Decimal(qty) for key, qty in expected.items()}


@pytest.mark.parametrize(("data", "expected"), HISTORIES.values(), ids=HISTORIES)
def test_an_odd_history_file_is_read(data: bytes, expected: list[Said]) -> None:
    """The trades are those that a person would read out of the file."""
    said = [
        (
            "row:" if each.key.startswith("row:") else each.key,
            each.symbol,
            each.action,
            str(each.qty),
            None if each.price is None else str(each.price),
            each.time[:19],
        )
        for each in Shelf(history=data).traded().values()
    ]

    assert sorted(said) == sorted(expected)


@pytest.mark.parametrize(("data", "expected"), BANKROLLS.values(), ids=BANKROLLS)
def test_an_odd_bankroll_file_is_read(data: bytes, expected: str | None) -> None:
    """The bankroll is the exact number that the file has."""
    assert Shelf(bankroll=data).read().state.bankroll == (Decimal(expected) if expected else None)


def test_missing_files_are_an_empty_book() -> None:
    """Where there is no file there is nothing, and that is no error."""
    state = Shelf().read().state

    assert (len(state.positions), len(state.transactions), state.bankroll) == (0, 0, None)


def test_renamed_columns_are_found() -> None:
    """A column that the user maps is read as ours, whatever it is called."""
    files = msgspec.structs.replace(FILES, columns={"Shares": "quantity", "wkn": "symbol"})

    assert Shelf(positions=b"WKN,shares\nSPY250822C00635000,4\n", files=files).held() == {SPY: 4}


def test_each_file_has_names_of_its_own() -> None:
    """One name may mean different things in the two files, and two names the same thing."""
    files = msgspec.structs.replace(
        FILES,
        columns={"n": "quantity", "price": "entry_price"},
        positions_columns={"Shares": "quantity"},
        history_columns={"type": "action"},
    )
    shelf = Shelf(
        positions=b"symbol,shares,price,n\nSPY250822C00635000,4,2.40,x\n",
        history=b"timestamp,symbol,type,n,price\n2025-08-20 09:30:00,SPY250822C00635000,BUY,4,2.40\n",
        files=files,
    )

    (held,) = shelf.read().state.positions
    (traded,) = shelf.traded().values()

    assert (held.qty, held.entry_price) == (Decimal(4), Decimal("2.40"))
    assert (traded.action, traded.qty, traded.price) == ("buy", Decimal(4), Decimal("2.40"))


def test_the_bankroll_may_stand_under_another_key() -> None:
    """A key of the bankroll file that the user maps is read and written, and what it hides is not."""
    files = msgspec.structs.replace(FILES, bankroll_keys={"capital": "current_bankroll", "cash": "balance"})
    shelf = Shelf(bankroll=b'{"capital": 95000, "cash": 95000}', files=files)

    assert shelf.read().state.bankroll == 95000
    written = shelf.change(cash_in("95000"))["bankroll"]

    assert b'"capital": 100262.75, "cash": 100262.75' in written
    assert b"current_bankroll" not in written


def test_when_the_bankroll_was_corrected_is_found_under_its_name() -> None:
    """The keys for it may be mapped as any others."""
    files = msgspec.structs.replace(FILES, bankroll_keys={"syncedAt": "last_sync", "by": "sync_source"})
    data = b'{"balance": 7, "syncedAt": "2025-08-21T15:30:00Z", "by": "snapsync"}'

    assert Shelf(bankroll=data, files=files).read().corrected == "2025-08-21T15:30:00.000000000Z"


def test_lots_have_their_average_price() -> None:
    """The entry price of several lots is weighted by quantity."""
    data = b"symbol,quantity,entry_price\nSPY250822C00635000,1,2.40\nSPY250822C00635000,3,2.80\n"

    (held,) = Shelf(positions=data).read().state.positions

    assert held.entry_price == Decimal("2.7")


@pytest.mark.parametrize(
    ("book", "detail"),
    [
        (
            Shelf(bankroll=b'{"current_bankroll": 2, "balance": 1.50}'),
            "bankroll.json: current_bankroll 2, balance 1.5",
        ),
        (
            Shelf(positions=b"symbol,quantity,contracts\nSPY250822C00635000,3,2.0\n"),
            "positions.csv:2: quantity 3, contracts 2.0",
        ),
        (
            Shelf(positions=b"symbol,occ_symbol,quantity\nQQQ250822P00480000,SPY250822C00635000,3\n"),
            f"positions.csv:2: occ_symbol {SPY}, symbol {QQQ}",
        ),
        (
            Shelf(positions=b"symbol,occ_symbol,quantity\nQQQ,SPY250822C00635000,3\n"),
            f"positions.csv:2: occ_symbol {SPY}, symbol QQQ",
        ),
        (
            Shelf(
                positions=b"symbol,strike,option_type,expiry,quantity\n"
                b"SPY250822C00635000,640.0,put,2025-08-29,3\n"
                b"QQQ250822P00480000,480.00,P,8/22/2025,3\nIWM250829P00221000,,nan,soon,3\n"
            ),
            f"positions.csv:2: symbol {SPY}, strike 640.0, option_type put, expiry 2025-08-29",
        ),
    ],
)
def test_twins_that_disagree_are_noted(book: Shelf, detail: str) -> None:
    """Of two columns that should say the same the first is taken, and the difference told."""
    (note,) = book.read().observations

    assert (note.code, note.severity, note.detail) == ("twin-fields", "note", detail)


def test_a_bankroll_under_another_name_is_noted() -> None:
    """Ours would be added beside it, and the bot would not read them; a mapped key is understood."""
    data = b'{"Balance": 95000.00, "wins": 3}'
    mapped = msgspec.structs.replace(FILES, bankroll_keys={"Balance": "balance"})

    (note,) = Shelf(bankroll=data).read().observations

    assert (note.code, note.severity) == ("bankroll-under-another-name", "note")
    assert "bankroll_keys: {Balance: current_bankroll}" in note.detail
    assert not Shelf(bankroll=data, files=mapped).read().observations
    assert not Shelf(bankroll=b'{"wins": 3}').read().observations


def test_a_status_that_is_not_known_is_noted() -> None:
    """A row that says neither open nor closed counts as closed, and that is told."""
    data = b"symbol,quantity,status,close_time\nSPY250822C00635000,1,pending,\n"
    data += b"QQQ250822P00480000,1,zu,2025-08-20\nQQQ250822P00480000,1,stop_loss,\n"

    (note,) = Shelf(positions=data).read().observations

    assert (note.code, note.severity) == ("unknown-status", "note")
    assert note.detail == 'positions.csv: 1 row(s), the last in line 2, which says "pending"'


def test_option_rows_without_a_contract_are_noted() -> None:
    """A history that names underlying and strike but no expiry is read, and its limit told."""
    data = b"timestamp,symbol,action,strike,quantity\n2025-08-20 09:30:00,SPY,BUY,635,1\n"

    (note,) = Shelf(history=data).read().observations

    assert note.code == "rows-without-contract"


def test_rows_that_say_neither_buy_nor_sell_are_noted() -> None:
    """They are read, and their limit is told; a row with an order's id needs no word."""
    row = b"2025-08-20 09:30:00,SPY250822C00635000,%b,1,2.40,%b\n"
    data = HEAD + row % (b"ENTRY", b"") + row % (b"ENTRY", b"abc") + row % (b"BUY", b"")

    (note,) = Shelf(history=data).read().observations

    assert (note.code, note.severity) == ("unknown-action", "note")
    assert note.detail.startswith('history.csv: 1 row(s), the last in line 2, which says "entry".')
