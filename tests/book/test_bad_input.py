"""Every broken file is one clear error that names file, line and column; none is taken for an empty one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from snapsync.ends.book import raw as raw_module
from snapsync.ends.book import read
from snapsync.errors import BookError

from .shelf import FILES, Shelf, on_disk, trouble

HEAD = b"symbol,strike,option_type,expiry,quantity,contracts,entry_price,timestamp\n"
LOG = b"timestamp,symbol,action,quantity,price,alpaca_order_id\n"

BANKROLLS = {
    "truncated": (b'{\n  "balance": 95', "bankroll.json:2, column 16: the file breaks off here"),
    "truncated in a text": (
        b'{\n  "balance": 95,\n  "las',
        "bankroll.json:3, column 3: a text begins here that is never closed",
    ),
    "trailing comma": (
        b'{\n  "balance": 95000,\n}',
        "bankroll.json:3, column 1: expecting property name enclosed in double quotes",
    ),
    "nan": (
        b'{"cash": 1,\n "balance": NaN}',
        "bankroll.json:2, column 13: NaN is not a number; expected digits",
    ),
    "nan behind the word in a text": (
        b'{"x": "NaN",\n"balance":\nNaN}',
        "bankroll.json:3, column 1: NaN is not a number; expected digits",
    ),
    "infinity": (
        b'{"balance": -Infinity}',
        "bankroll.json:1, column 13: -Infinity is not a number; expected digits",
    ),
    "a comment": (
        b'{\n  // dollars\n  "balance": 1\n}',
        "bankroll.json:2, column 3: expecting property name enclosed in double quotes",
    ),
    "python's own words": (
        b"{'balance': 1}",
        "bankroll.json:1, column 2: expecting property name enclosed in double quotes",
    ),
    "one object a line": (b'{"balance": 1}\n{"balance": 2}\n', "bankroll.json:2, column 1: extra data"),
    "duplicate key": (
        b'{\n"balance": 1,\n"balance": 2\n}',
        'bankroll.json:3, column 1: the key "balance" is there twice',
    ),
    "nested duplicate key": (
        b'{"b": {"b": 1,\n"b": 2}}',
        'bankroll.json:2, column 1: the key "b" is there twice',
    ),
    "duplicate key in other letters": (
        b'{"b\\u0061lance": 1, "balance": 2}',
        'bankroll.json:1, column 21: the key "balance" is there twice',
    ),
    "a list": (b"[1]", "bankroll.json:1: a list; expected an object"),
    "a number": (b"95000", "bankroll.json:1: a number; expected an object"),
    "two objects": (b'{"balance": 1}{"balance": 2}', "bankroll.json:1, column 15: extra data"),
    "a word": (
        b'{"cash": 1,\n "balance": "lots"}',
        'bankroll.json:2, key balance: "lots" is not a number; expected one such as 95000.00',
    ),
    "true": (
        b'{"balance": true}',
        'bankroll.json:1, key balance: "true" is not a number; expected one such as 95000.00',
    ),
    "a list in the number's place": (
        b'{"balance": [1, 2]}',
        'bankroll.json:1, key balance: "[1, 2]" is not a number; expected one such as 95000.00',
    ),
    "currency": (
        b'{"balance": "$95,000.00"}',
        'bankroll.json:1, key balance: "$95,000.00" is not a number; expected one such as 95000.00',
    ),
    "more digits than any amount": (
        b'{"balance": ' + b"9" * 5000 + b"}",
        f'bankroll.json:1, key balance: "{"9" * 40}…" is not a number; expected one such as 95000.00',
    ),
    "too large an exponent": (
        b'{"balance": 1e999999999}',
        'bankroll.json:1, key balance: "1e999999999" is not a number; expected one such as 95000.00',
    ),
    "nested too deeply": (b'{"a": ' + b"[" * 100_000, "bankroll.json: nested too deeply"),
    "empty": (
        b"",
        "bankroll.json: has no content; a file that does not exist is an empty book, an empty one is not",
    ),
    "nul": (b'{"balance": 1\0}', "bankroll.json:1: a NUL byte at offset 13; expected text"),
    "utf-16": ('{"balance": 1}'.encode("utf-16"), "bankroll.json:1: begins as UTF-16 does; expected UTF-8"),
    "latin-1": (
        b'{\n"who": "Andr\xe9"}',
        "bankroll.json:2: the byte 0xe9 at offset 14 is not UTF-8",
    ),
}

POSITIONS = {
    "shifted columns": (
        HEAD + b"2025-08-20T09:30:00,SPY,635,CALL,2025-08-22,1,1,2.4,2025-08-20 09:30:00\n",
        'positions.csv:2: 9 fields, first "2025-08-20T09:30:00"; expected 8',
    ),
    "too few fields": (
        HEAD + b"SPY,635,CALL\nSPY,635,CALL,2025-08-22,1,1,2.4,2025-08-20 09:30:00\n",
        'positions.csv:2: 3 fields, first "SPY"; expected 8',
    ),
    "shifted within the width": (
        HEAD + b"2025-08-20T09:30:00,SPY,2025-08-22,635,CALL,1,2.4,\n",
        'positions.csv:2, column symbol: "2025-08-20T09:30:00" is not a symbol; expected one such as SPY',
    ),
    "half a last row": (
        HEAD + b"SPY,635,CALL,2025-08-22,1,1,2.4,2025-08-20 09:30:00\nSPY,640,CA",
        "positions.csv:3: the last row breaks off after 3 of 8 fields",
    ),
    "open quote": (
        HEAD + b'SPY,635,CALL,2025-08-22,1,1,2.4,"2025-08-20 09',
        "positions.csv:2: field 8 opens a quote that is never closed",
    ),
    "a spreadsheet's thousands": (
        b'symbol,quantity\nAAPL,"1,000"\n',
        'positions.csv:2, column quantity: "1,000" is not a number; expected digits such as 1 or 2.40',
    ),
    "a spreadsheet's currency": (
        b"symbol,quantity,entry_price\nSPY250822C00635000,1,$2.40\n",
        'positions.csv:2, column entry_price: "$2.40" is not a number; expected digits such as 1 or 2.40',
    ),
    "a spreadsheet's times": (
        HEAD + b"SPY,635,CALL,8/22/2025,1,1,2.4,8/20/2025\n",
        (
            'positions.csv:2, column timestamp: "8/20/2025" is not a time;'
            " expected one such as 2025-08-21 09:45:00"
        ),
    ),
    "a year in two digits": (
        HEAD + b"SPY,635,CALL,8/22/25,1,1,2.4,2025-08-20 09:30:00\n",
        'positions.csv:2, column expiry: "8/22/25" is not a date; expected one such as 2025-08-22',
    ),
    "day before month": (
        HEAD + b"SPY,635,CALL,22/8/2025,1,1,2.4,2025-08-20 09:30:00\n",
        'positions.csv:2, column expiry: "22/8/2025" is not a date; expected one such as 2025-08-22',
    ),
    "an OCC symbol that a spreadsheet took for a number": (
        b"symbol,quantity\n2.50822E+12,1\n",
        'positions.csv:2, column symbol: "2.50822E+12" is not a symbol; expected one such as SPY',
    ),
    "an OCC symbol without its zeros": (
        b"symbol,quantity\n.SPY250822C635,1\n",
        'positions.csv:2, column symbol: ".SPY250822C635" is not an OCC symbol such as SPY250822C00635000',
    ),
    "another vendor's symbol": (
        b"symbol,quantity\nO:SPY250822C635,1\n",
        'positions.csv:2, column symbol: "O:SPY250822C635" is not an OCC symbol such as SPY250822C00635000',
    ),
    "the header once more": (
        b"symbol,quantity\nSPY250822C00635000,1\nsymbol,quantity\nQQQ250822P00480000,1\n",
        "positions.csv:3: the header stands here once more",
    ),
    "a comma too many in a row": (
        b"symbol,quantity\nSPY250822C00635000,1,\n",
        'positions.csv:2: 3 fields, first "SPY250822C00635000"; expected 2',
    ),
    "a comma too many in the header": (
        b"symbol,quantity,\nSPY250822C00635000,1\n",
        'positions.csv:2: 2 fields, first "SPY250822C00635000"; expected 3',
    ),
    "a return in a cell without quotes": (
        b"symbol,note,quantity\nSPY250822C00635000,a\rb,1\n",
        'positions.csv:2: 2 fields, first "SPY250822C00635000"; expected 3',
    ),
    "a merge that was never finished": (
        b"symbol,quantity\n<<<<<<< HEAD\nSPY250822C00635000,1\n=======\n",
        'positions.csv:2: 1 fields, first "<<<<<<< HEAD"; expected 2',
    ),
    "a status that is a number": (
        b"symbol,quantity,status\nSPY250822C00635000,1,2\n",
        'positions.csv:2, column status: "2" is not a status; expected a word such as open or closed',
    ),
    "a status that is a time": (
        b"symbol,quantity,status\nSPY250822C00635000,1,2025-08-20T09:30:00\n",
        (
            'positions.csv:2, column status: "2025-08-20t09:30:00" is not a status;'
            " expected a word such as open or closed"
        ),
    ),
    "a row of other columns, closed by what stands under its closing time": (
        b"close_time,symbol,quantity,status\n2025-08-20T09:30:00,SPY,2025-08-22,\n",
        'positions.csv:2, column quantity: "2025-08-22" is not a number; expected digits such as 1 or 2.40',
    ),
    "tabs": (
        b"symbol\tquantity\nSPY\t1\n",
        "positions.csv:1: no column symbol or occ_symbol or underlying; found symbol\tquantity",
    ),
    "more digits than any amount": (
        b"symbol,quantity\nSPY250822C00635000," + b"1" * 1_000_000 + b"\n",
        f'positions.csv:2, column quantity: "{"1" * 40}…" is not a number; expected digits such as 1 or 2.40',
    ),
    "brackets for less than nothing": (
        b"symbol,quantity\nSPY250822C00635000,(2)\n",
        'positions.csv:2, column quantity: "(2)" is not a number; expected digits such as 1 or 2.40',
    ),
    "text behind a quote": (
        HEAD + b'"SPY"x,635,CALL,2025-08-22,1,1,2.4,2025-08-20 09:30:00\n',
        'positions.csv:2: field 1 has "x" behind its closing quote; expected a comma or the end of the line',
    ),
    "no quantity column": (
        b"symbol,price\nSPY,1\n",
        "positions.csv:1: no column quantity or contracts; found symbol, price",
    ),
    "no symbol column": (
        b"quantity,price\n1,1\n",
        "positions.csv:1: no column symbol or occ_symbol or underlying; found quantity, price",
    ),
    "semicolons": (
        b"symbol;quantity\nSPY;1\n",
        "positions.csv:1: no column symbol or occ_symbol or underlying; found symbol;quantity",
    ),
    "a column twice": (
        b"symbol,quantity,Quantity\nSPY,1,2\n",
        "positions.csv:1: quantity is in 2 columns (2, 3); expected one",
    ),
    "no number": (
        HEAD + b"SPY,635,CALL,2025-08-22,abc,1,2.4,2025-08-20 09:30:00\n",
        'positions.csv:2, column quantity: "abc" is not a number; expected digits such as 1 or 2.40',
    ),
    "nan quantity": (
        b"symbol,quantity\nSPY,nan\n",
        "positions.csv:2, column quantity: is blank in an open row; expected a number",
    ),
    "underscored number": (
        b"symbol,quantity\nSPY,1_000\n",
        'positions.csv:2, column quantity: "1_000" is not a number; expected digits such as 1 or 2.40',
    ),
    "wrong line after a quoted newline": (
        b'symbol,quantity,note\nSPY,1,"two\nlines"\nQQQ,x,\n',
        'positions.csv:4, column quantity: "x" is not a number; expected digits such as 1 or 2.40',
    ),
    "no expiry": (
        HEAD + b"SPY,635,CALL,,1,1,2.4,2025-08-20 09:30:00\n",
        "positions.csv:2, column expiry: is blank in the row of an option on SPY",
    ),
    "a word that is no type of an option": (
        HEAD + b"SPY,635,CALLS,2025-08-22,1,1,2.4,2025-08-20 09:30:00\n",
        'positions.csv:2, column option_type: "CALLS" is not call or put in the row of an option on SPY',
    ),
    "a strike of nothing": (
        HEAD + b"SPY,0.0,CALL,2025-08-22,1,1,2.4,2025-08-20 09:30:00\n",
        (
            'positions.csv:2, column strike: "0.0" is not a strike such as 635.00'
            " in the row of an option on SPY"
        ),
    ),
    "wrong date": (
        HEAD + b"SPY,635,CALL,2025-02-30,1,1,2.4,2025-08-20 09:30:00\n",
        'positions.csv:2, column expiry: "2025-02-30" is not a date; expected one such as 2025-08-22',
    ),
    "impossible strike": (
        HEAD + b"SPY,635.0001,CALL,2025-08-22,1,1,2.4,2025-08-20 09:30:00\n",
        "positions.csv:2, column strike: a strike of 635.0001 cannot be written in an OCC symbol",
    ),
    "no OCC symbol": (
        b"occ_symbol,quantity\nSPY,1\n",
        'positions.csv:2, column occ_symbol: "SPY" is not an OCC symbol such as SPY250822C00635000',
    ),
    "nothing to tell the symbol": (
        b"symbol,quantity\n,1\n",
        "positions.csv:2, column symbol: names no symbol; expected one such as SPY",
    ),
    "wrong time": (
        HEAD + b"SPY,635,CALL,2025-08-22,1,1,2.4,noon\n",
        'positions.csv:2, column timestamp: "noon" is not a time; expected one such as 2025-08-21 09:45:00',
    ),
    "twins": (
        HEAD + b"SPY,635,CALL,2025-08-22,1,1,2.4,2025-08-20 09:30:00\n" * 2,
        "positions.csv:3: an open row of SPY250822C00635000 with the entry time and price of line 2",
    ),
    "renamed column": (
        b"Symbol,Shares\nSPY,x\n",
        'positions.csv:2, column Shares: "x" is not a number; expected digits such as 1 or 2.40',
    ),
    "bom only": (
        b"\xef\xbb\xbf\r\n",
        "positions.csv: has no content; a file that does not exist is an empty book, an empty one is not",
    ),
    "two byte order marks": (
        b"\xef\xbb\xbf" * 2 + b"symbol,quantity\nSPY,1\n",
        "positions.csv:1: begins with two byte order marks; expected one at most",
    ),
    "utf-16 without mark": (
        "symbol,quantity\n".encode("utf-16-le"),
        "positions.csv:1: a NUL byte at offset 1; expected text",
    ),
}

HISTORIES = {
    "no action": (
        b"timestamp,symbol,quantity\n",
        "history.csv:1: no column action or decision; found timestamp, symbol, quantity",
    ),
    "no time": (
        LOG + b",SPY,BUY,1,2.4,\n",
        "history.csv:2, column timestamp: is blank; expected a time such as 2025-08-21 09:45:00",
    ),
    "blank action": (
        LOG + b"2025-08-20 09:30:00,SPY,,1,2.4,\n",
        "history.csv:2, column action: is blank; expected buy or sell",
    ),
    "price in words": (
        LOG + b"2025-08-20 09:30:00,SPY,BUY,1,cheap,\n",
        'history.csv:2, column price: "cheap" is not a number; expected digits such as 1 or 2.40',
    ),
    "two schemas": (
        LOG + b"2025-08-20 09:30:00,SPY,BUY,1,2.4,,bot,alpaca\n",
        'history.csv:2: 8 fields, first "2025-08-20 09:30:00"; expected 6',
    ),
    "half a row that could lack our own column": (
        LOG + b"2025-08-20 09:30:00,SPY,BUY,1,2.",
        "history.csv:2: the last row breaks off after 5 of 6 fields",
    ),
    "one field short, and not because of our own column": (
        b"timestamp,symbol,action,quantity,alpaca_order_id,note\n2025-08-20 09:30:00,SPY,BUY,1,abc\n",
        'history.csv:2: 5 fields, first "2025-08-20 09:30:00"; expected 6',
    ),
}


@pytest.mark.parametrize(("data", "detail"), BANKROLLS.values(), ids=BANKROLLS)
def test_a_broken_bankroll_file_is_an_error(data: bytes, detail: str) -> None:
    """A bankroll file that is not whole and valid JSON is refused at its line."""
    assert trouble(Shelf(bankroll=data)) == detail


@pytest.mark.parametrize(("data", "detail"), POSITIONS.values(), ids=POSITIONS)
def test_a_broken_positions_file_is_an_error(data: bytes, detail: str) -> None:
    """A positions file with a row that cannot be understood is refused at its cell."""
    files = msgspec.structs.replace(FILES, columns={"Shares": "quantity"}) if b"Shares" in data else FILES

    assert trouble(Shelf(positions=data, files=files)) == detail


@pytest.mark.parametrize(("data", "detail"), HISTORIES.values(), ids=HISTORIES)
def test_a_broken_history_file_is_an_error(data: bytes, detail: str) -> None:
    """A history file with a row that cannot be understood is refused at its cell."""
    assert trouble(Shelf(history=data)) == detail


def test_a_folder_in_the_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    """A folder is neither a file nor an empty book."""
    files = on_disk(tmp_path)
    files.positions.mkdir()

    assert trouble(files) == "positions.csv: a folder"


def test_a_fifo_in_the_place_of_a_file_is_an_error(tmp_path: Path) -> None:
    """A FIFO without a writer is refused instead of waited for."""
    files = on_disk(tmp_path)
    os.mkfifo(files.history)

    assert trouble(files) == "history.csv: not a plain file"


def test_a_link_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    """A dangling link is no missing file: the disk behind it may be away."""
    files = on_disk(tmp_path)
    files.bankroll.symlink_to("away.json")

    assert trouble(files) == "bankroll.json: a link to away.json, which does not exist"


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    """A path that leads through a plain file is refused."""
    (tmp_path / "logs").write_bytes(b"")
    files = msgspec.structs.replace(on_disk(tmp_path), history=tmp_path / "logs" / "history.csv")

    assert trouble(files) == "history.csv: Not a directory"


def test_a_file_without_permission_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read is refused with what to do."""
    # tests may run as root, whom no permission stops
    monkeypatch.setattr(os, "open", _forbidden)

    with pytest.raises(BookError) as caught:
        read(on_disk(tmp_path, bankroll=b"{}"))

    assert caught.value.detail == "bankroll.json: Permission denied"
    assert "chmod u+r" in caught.value.hint


def _forbidden(path: Path, flags: int) -> int:
    raise PermissionError(13, "Permission denied", str(path), flags)


def test_a_failing_disk_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that fails in the middle is refused."""
    monkeypatch.setattr(os, "read", _broken)

    assert trouble(on_disk(tmp_path, bankroll=b"{}")) == "bankroll.json: Input/output error"


def _broken(handle: int, size: int) -> bytes:
    raise OSError(5, "Input/output error", handle, size)


def test_a_file_that_changes_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written during a reading is seen by the next one."""
    files = on_disk(tmp_path, bankroll=b'{"balance": 1}', positions=b"symbol,quantity\n")
    _write_during_reads(monkeypatch, files.bankroll, [b'{"balance": 22}'])

    assert str(read(files).state.bankroll) == "22"


def test_a_file_that_never_rests_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that changes during every reading is refused in the end."""
    files = on_disk(tmp_path, bankroll=b'{"balance": 1}')
    _write_during_reads(monkeypatch, files.bankroll, (b'{"balance": %d}' % 10**n for n in range(1, 99)))
    monkeypatch.setattr(raw_module, "PAUSE_SECONDS", 0)

    assert trouble(files) == "bankroll.json: changed during each of 5 readings"


def _write_during_reads(monkeypatch: pytest.MonkeyPatch, path: Path, contents: Iterable[bytes]) -> None:
    real, new = os.read, iter(contents)

    def read_and_write(handle: int, size: int) -> bytes:
        block = real(handle, size)
        if not block and (content := next(new, None)) is not None:
            path.write_bytes(content)
        return block

    monkeypatch.setattr(os, "read", read_and_write)
