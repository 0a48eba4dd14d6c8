"""Rows that are taken column by column say what they say one by one."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snapsync.ends.book.columns import Block, apart
from snapsync.ends.book.history import trades
from snapsync.ends.book.one_pass import streamed
from snapsync.ends.book.sheets import opened
from snapsync.ends.book.stream import Stream
from snapsync.ends.book.summary import Summary, summary
from snapsync.errors import BookError
from snapsync.model.whereabouts import whereabouts

from .shelf import on_disk

UUID = "7DEDBCA9-2D3A-46B6-AE61-0130B84C1926"
OCC = "SPY251219C00600000"
COLUMNS = {
    "timestamp": [
        "2025-03-01 10:00:00",
        "2025-03-01 10:00:59",
        "2025-03-02T10:00:00Z",
        "2025-03-02 10:00:00.250000",
        "2025-03-09 02:30:00",
        "2025-11-02 01:30:00-05:00",
        " 2025-03-01 10:00:00 ",
        "2025-03-01",
        "soon",
    ],
    "symbol": [
        "SPY",
        "spy",
        "SPY251219C00600000",
        "SPY   251219C00600000",
        "BTC/USD",
        "SPY251319C00600000",
        "",
    ],
    "occ_symbol": ["", "", "QQQ251219P00480000", "nan"],
    "strike": ["", "", "600", "600.5"],
    "expiry": ["", "", "2025-12-19"],
    "option_type": ["", "", "CALL", "p"],
    "action": ["BUY", "SELL", "sell_to_close", "expired", "roll", "OrderSide.BUY", ""],
    "status": ["", "filled", "canceled", "no_trade: too late"],
    "quantity": ["1", "2.50", "-3", "0", "", "many"],
    "price": ["1.25", "2", "", "1e1", "0.10"],
    "total_cost": ["", "250.00", "1"],
    "alpaca_order_id": [
        "a",
        "b",
        "c",
        "",
        "nan",
        UUID,
        UUID.lower(),
        " a",
        "order:a",
        'say "a"',
        "ä",
        "a\\b",
        "7",
    ],
    "sync_imported": ["", "True"],
}
"""Columns, each with cells that are read in different ways; the first is the usual one."""
OPTIONAL = ("alpaca_order_id", "sync_imported")


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A history in one of the ways in which programs write one."""
    left_out = draw(
        st.sets(st.sampled_from(["occ_symbol", "strike", "status", "alpaca_order_id", "total_cost"]))
    )
    names = [name for name in COLUMNS if name not in left_out]
    usual = draw(st.floats(0, 1))
    cell = {name: st.sampled_from(COLUMNS[name]) for name in names}
    text = io.StringIO()
    quoting: Literal[0, 1] = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(text, quoting=quoting, lineterminator=draw(st.sampled_from(["\n", "\n", "\r\n"])))
    writer.writerow(names)
    for number in range(draw(st.integers(1, 30))):
        row = [
            f"id{number}"
            if name == "alpaca_order_id" and draw(st.booleans())
            else draw(cell[name])
            if draw(st.floats(0, 1)) > usual
            else COLUMNS[name][0]
            for name in names
        ]
        short = draw(st.sampled_from([0, 0, 0, 1, 2]))
        writer.writerow(row[: len(row) - short])
    data = text.getvalue().encode()
    return data if draw(st.booleans()) else data.removesuffix(b"\n").removesuffix(b"\r")


def told(found: Summary) -> tuple[object, ...]:
    """All that a history comes to."""
    return found.pages.by_key(), found.pages.root, found.actionless, found.contractless, found.costs


@given(data=files(), size=st.sampled_from([100, 1000, 1 << 18]))
@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=400,
)
def test_columns_say_what_rows_say(
    data: bytes, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the cells hold, and however the file is written, nothing else comes of it."""
    monkeypatch.setattr("snapsync.ends.book.stream._BLOCK", size)
    where = on_disk(tmp_path)
    try:
        expected = told(summary(trades(opened(data, where, "history"))))
    except BookError:
        with pytest.raises(BookError):
            streamed(Stream(data, where, "history"))
        return

    found = streamed(Stream(data, where, "history"))

    assert told(found) == expected
    assert set(found.places) >= set(map(whereabouts, found.pages))


def many(*rows: str) -> bytes:
    """A history with usual rows around these."""
    head = "timestamp,symbol,action,quantity,price,reason,alpaca_order_id,sync_imported"
    usual = [f"2025-03-01 10:00:{number % 60:02},{OCC},BUY,1,1.25,,id{number}," for number in range(300)]
    return "\n".join([head, *usual[:150], *rows, *usual[150:], ""]).encode()


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (f"2025-03-01 10:00:00,{OCC},BUY,many,1.25,,x,", "quantity"),
        (f"soon,{OCC},BUY,1,1.25,,x,", "timestamp"),
        ("2025-03-01 10:00:00,SPY251319C00600000,BUY,1,1.25,,x,", "symbol"),
        (f"2025-03-01 10:00:00,{OCC},,1,1.25,,x,", "action"),
        (f"2025-03-01 10:00:00,{OCC},BUY,1,cheap,,x,", "price"),
        (f"2025-03-01 10:00:00,{OCC},BUY,1,1.25,a,b,x,", "9 fields"),
        ("timestamp,symbol,action,quantity,price,reason,alpaca_order_id,sync_imported", "once more"),
    ],
)
def test_a_row_that_is_wrong_is_told_with_its_line(row: str, problem: str, tmp_path: Path) -> None:
    """The rows around it are taken by columns; the error says the same as if they were not."""
    data = many(row)
    where = on_disk(tmp_path)
    with pytest.raises(BookError) as one_by_one:
        trades(opened(data, where, "history"))

    with pytest.raises(BookError) as caught:
        streamed(Stream(data, where, "history"))

    assert "history.csv:152" in str(caught.value.detail)
    assert problem in str(caught.value.detail)
    assert caught.value.detail == one_by_one.value.detail


def test_rows_that_are_not_plain_leave_the_others_plain() -> None:
    """Of a block only what has another width, or breaks off, is to be read row by row."""
    plain, other = apart(Block('a,b\n"c,1",d\n\ne\nf,g\r\nh,i,j\nk', 7), 1, 2)

    rows = sorted((row.line, row.values) for each in plain for row in each.last(9))
    assert rows == [(7, ("a", "b")), (8, ("c,1", "d")), (9, ("",)), (10, ("e",)), (11, ("f", "g"))]
    assert other == [Block("h,i,j\n", 12), Block("k", 13)]


def test_a_line_end_between_quotes_leaves_nothing_plain() -> None:
    """Then only reading from the start tells where a row begins."""
    block = Block('a,"b\nc"\nd,e\n', 1)

    assert apart(block, 2, 2) == ([], [block])
