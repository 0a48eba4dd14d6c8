"""Laws over generated books, in every dialect that we can think of.

The checks read the files with the standard library's csv and json, not with the code under test.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from snapsync.model.change import Execution, PositionChange, TransactionChange, changed_fields
from snapsync.model.instant import instant
from snapsync.model.state import Position, Transaction
from snapsync.model.symbols import asset_class, contract, multiplier

from .shelf import FILLED, WHY, Shelf, cash_in, renamed, trading

KEYS = ("SPY250822C00635000", "QQQ250822P00480500", "SPXW251219C05000000", "AAPL", "BRK.B", "BTCUSD")
CONTRACTS = KEYS[:3]
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=8)
prices = st.decimals("0.01", "99", places=2)
quantities = st.integers(1, 40).map(str)


class Dialect(msgspec.Struct, frozen=True):
    """How a file is written, whatever is in it."""

    newline: str
    mark: str
    quoting: int
    end: str

    def text(self, rows: list[list[str]]) -> list[str]:
        """Each row as text, without its newline."""
        lines = []
        for row in rows:
            out = io.StringIO()
            # the module quotes only those newlines that it ends lines with itself
            csv.writer(out, quoting=self.quoting, lineterminator="\r\n").writerow(row)  # type: ignore[arg-type]
            lines.append(out.getvalue().removesuffix("\r\n"))
        return lines

    def file(self, lines: list[str]) -> bytes:
        """The whole file."""
        return (self.mark + self.newline.join(lines) + self.end).encode()


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    """Any newline, with and without mark, quotes, a last newline, blank lines behind."""
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return Dialect(
        newline=newline,
        mark=draw(st.sampled_from(["", "\ufeff"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        end=newline * draw(st.integers(0, 3)),
    )


class Made(msgspec.Struct, frozen=True):
    """A generated CSV file: its rows as dictionaries beside their text."""

    dialect: Dialect
    head: list[str]
    rows: list[dict[str, str]]
    lines: list[str]

    @property
    def data(self) -> bytes:
        return self.dialect.file(self.lines)


def made(draw: st.DrawFn, head: list[str], rows: list[dict[str, str]]) -> Made:
    """Add columns of the bot's own, shuffle them all, and write the file in some dialect."""
    dialect = draw(dialects())
    foreign = [f"mine {n}" for n in range(draw(st.integers(0, 3)))]
    head = draw(st.permutations([*head, *foreign]))
    rows = [{**row, **{name: draw(texts) for name in foreign}} for row in rows]
    lines = dialect.text([head, *([row.get(name, "") for name in head] for row in rows)])
    return Made(dialect, head, rows, lines)


@st.composite
def positions_files(draw: st.DrawFn) -> Made:
    """Open and closed rows of any instruments, in any columns that identify them."""
    naming = draw(st.sampled_from(["symbol", "occ", "parts", "all"]))
    amounts = draw(st.sampled_from([["quantity"], ["contracts"], ["quantity", "contracts"]]))
    optional = ["status", "close_time", "exit_price", "market_value", "entry_time", "timestamp"]
    others = draw(st.lists(st.sampled_from([*optional, "source", "pnl_pct", "sync_detected"]), unique=True))
    parts = ["strike", "expiry", "option_type"] if naming in {"parts", "all"} else []
    occ = ["occ_symbol"] if naming in {"occ", "all"} else []
    rows = []
    count = draw(st.integers(0, 6))
    for n in range(count):
        key = draw(st.sampled_from(KEYS))
        row = _named(key, naming) | dict.fromkeys(amounts, draw(quantities))
        # distinct prices keep the lots of one contract apart
        row |= {"entry_price": f"{n + 1}.50", "entry_time": f"2025-08-20 09:{30 + n}:00"}
        if "status" in others:
            row["status"] = draw(st.sampled_from(["", "open", "OPEN", "closed", "closed_sync"]))
        rows.append(row)
    return made(draw, ["symbol", *occ, *parts, *amounts, "entry_price", *others], rows)


def _named(key: str, naming: str) -> dict[str, str]:
    option = contract(key)
    if not option:
        return {"symbol": key}
    return {
        "symbol": key if naming == "symbol" else option.root,
        "occ_symbol": key,
        "strike": f"{option.strike:.1f}",
        "expiry": option.expiry.isoformat(),
        "option_type": option.option_type,
    }


@st.composite
def holding_changes(draw: st.DrawFn, shelf: Shelf) -> tuple[PositionChange, ...]:
    """The way from the book's holdings to any others."""
    book = shelf.read().state.positions.by_key()
    changes = []
    for key in draw(st.lists(st.sampled_from(KEYS), unique=True)):
        before, after = book.get(key), _holding(draw, key)
        if before and draw(st.booleans()):
            after = before
        proof = st.sampled_from([None, Execution(price=Decimal("2.5"), time=FILLED, source="fills")])
        made, closed = draw(proof), draw(proof) if before and after else None
        if before and after and before.qty == after.qty and not closed:
            continue
        if before or after:
            change = PositionChange(before=before, after=after, why=WHY, execution=made, fields=("qty",))
            changes.append(msgspec.structs.replace(change, closed=closed))
    return tuple(changes)


def _holding(draw: st.DrawFn, key: str) -> Position | None:
    qty = draw(st.integers(-20, 60))
    kind = asset_class(key)
    return (
        Position(
            key=key,
            asset_class=kind,
            qty=Decimal(qty),
            multiplier=multiplier(kind),
            entry_price=draw(st.none() | st.just(Decimal("7.125"))),
        )
        if qty
        else None
    )


def _parsed(data: bytes) -> list[list[str]]:
    text = data.decode().removeprefix("\ufeff")
    rows = csv.reader(io.StringIO(text, newline=""))
    return [row for row in rows if any(cell.strip() for cell in row)]


def _same_where_foreign(before: Made, after: bytes) -> None:
    # rows that hold nothing but blanks are no rows to us either
    new = _parsed(after)
    assert new[0][: len(before.head)] == before.head
    old = _parsed(before.data)[1:]
    assert len(new) > len(old)
    for was, row in zip(old, new[1:], strict=False):
        for at, name in enumerate(before.head):
            if name.startswith("mine"):
                assert row[at] == was[at]


def _in_order(lines: list[str], after: bytes) -> None:
    text, at = after.decode(), 0
    for line in lines:
        found = text.find(line, at)
        assert found >= 0
        at = found + len(line)


laws = settings(max_examples=100, deadline=None)


@laws
@given(data=st.data(), file=positions_files())
def test_positions_become_what_was_planned(data: st.DataObject, file: Made) -> None:
    """After a plan the holdings are the planned ones, the others as before, and a second plan is empty."""
    shelf = Shelf(positions=file.data)
    before = shelf.read().state.positions.by_key()
    changes = data.draw(holding_changes(shelf))

    assert shelf.propose() == ()
    shelf.change(*changes)

    after = shelf.read().state.positions.by_key()
    planned = {change.key: change.after for change in changes}
    assert {key: held.qty for key, held in after.items() if key in planned} == {
        key: held.qty for key, held in planned.items() if held
    }
    assert {key: held for key, held in after.items() if key not in planned} == {
        key: held for key, held in before.items() if key not in planned
    }


@laws
@given(data=st.data(), file=positions_files())
def test_position_rows_that_no_change_names_keep_their_bytes(data: st.DataObject, file: Made) -> None:
    """Rows of other instruments and closed rows are the same text; the bot's columns never change."""
    shelf = Shelf(positions=file.data)
    changes = data.draw(holding_changes(shelf))
    touched = {change.key for change in changes if change.before}

    shelf.change(*changes)

    after = shelf.data["positions"] or b""
    assert after.startswith(file.dialect.mark.encode())
    _same_where_foreign(file, after)
    untouched = [
        line
        for row, line in zip(file.rows, file.lines[1:], strict=True)
        if row["occ_symbol" if "occ_symbol" in row else "symbol"] not in touched
        or row.get("status", "").startswith("closed")
    ]
    _in_order(untouched, after)


@st.composite
def history_files(draw: st.DrawFn) -> Made:
    """Rows with and without order ids, several for one order, in any columns that identify them."""
    naming = draw(st.sampled_from(["symbol", "all"]))
    quantity = draw(st.sampled_from(["quantity", "qty", "contracts"]))
    action = draw(st.sampled_from(["action", "side", "decision"]))
    ids = draw(st.sampled_from([[], ["alpaca_order_id"], ["order_id"]]))
    others = draw(st.lists(st.sampled_from(["total_cost", "fees", "source", "status"]), unique=True))
    if draw(st.booleans()):
        others = [*others, *sorted(IMPORTED - {"price", "alpaca_order_id", *others})]
    parts = ["occ_symbol", "strike", "expiry", "option_type"] if naming == "all" else []
    rows = []
    for n in range(draw(st.integers(0, 6))):
        order = draw(st.sampled_from(["", "", "a", "b", "c"]))
        # one order trades one contract one way
        key = CONTRACTS[" abc".find(order) % 3] if order else draw(st.sampled_from(CONTRACTS))
        row = _named(key, naming) | {
            "timestamp": f"2025-08-20 09:{30 + n}:00",
            action: "BUY" if order else draw(st.sampled_from(["buy", "SELL"])),
            quantity: draw(quantities),
            "price": f"{draw(prices)}",
            "status": "filled",
        }
        rows.append(row | dict.fromkeys(ids, order))
    return made(draw, ["timestamp", "symbol", *parts, action, quantity, "price", *ids, *others], rows)


IMPORTED = {
    "price",
    "total_cost",
    "fees",
    "alpaca_order_id",
    "source",
    "broker",
    "environment",
    "sync_imported",
}
"""The columns of an imported row that a bot's own file may lack."""


@st.composite
def trade_changes(draw: st.DrawFn, shelf: Shelf) -> tuple[TransactionChange, ...]:
    """Some rows linked, some orders corrected, some imported."""
    changes: list[TransactionChange] = []
    digests = Counter(key.partition("#")[0] for key in shelf.traded())
    for key, row in shelf.traded().items():
        what = draw(st.sampled_from(["keep", "change"]))
        if what == "keep" or digests[key.partition("#")[0]] > 1:
            continue
        if row.linked:
            after = msgspec.structs.replace(
                row,
                qty=Decimal(draw(quantities)),
                price=draw(prices),
                action=draw(st.sampled_from(["buy", "sell"])),
            )
        else:
            after = renamed(row, f"order:linked{len(changes)}")
        if after.key != row.key or changed_fields(row, after):
            changes.append(trading(row, after))
    changes += [trading(None, _trade(draw, f"order:new{n}")) for n in range(draw(st.integers(0, 3)))]
    return tuple(changes)


def _trade(draw: st.DrawFn, key: str) -> Transaction:
    return Transaction(
        key=key,
        symbol=draw(st.sampled_from(CONTRACTS)),
        asset_class="us_option",
        action=draw(st.sampled_from(["buy", "sell", "expired"])),
        qty=Decimal(draw(quantities)),
        price=draw(st.decimals("0.01", "99", places=9)),
        multiplier=Decimal(100),
        time=instant(f"2025-08-21T13:{draw(st.integers(10, 59))}:00.123456789Z"),
    )


@laws
@given(data=st.data(), file=history_files())
def test_trades_become_what_was_planned(data: st.DataObject, file: Made) -> None:
    """After a plan the trades are the planned ones, the others as before, and nothing is left to do."""
    shelf = Shelf(history=file.data)
    before = shelf.traded()
    changes = data.draw(trade_changes(shelf))

    assert shelf.propose() == ()
    shelf.change(*changes)

    after = shelf.traded()
    gone = {change.before.key for change in changes if change.before}
    planned = {change.key: change.after for change in changes}
    assert {key: row for key, row in before.items() if key not in gone} == {
        key: row for key, row in after.items() if key not in planned
    }
    assert [key for key, wanted in planned.items() if changed_fields(after[key], wanted)] == []


@laws
@given(data=st.data(), file=history_files())
def test_history_rows_that_no_change_names_keep_their_bytes(data: st.DataObject, file: Made) -> None:
    """Importing appends; where rows change, the bot's columns and all other rows stay."""
    shelf = Shelf(history=file.data)
    changes = data.draw(trade_changes(shelf))

    edits = shelf.propose(*changes)
    shelf.change(*changes)

    after = shelf.data["history"] or b""
    _same_where_foreign(file, after)
    if not any(change.before for change in changes):
        _in_order(file.lines[1:], after)
        if {"alpaca_order_id" if name == "order_id" else name for name in file.head} >= IMPORTED:
            assert all(edit.appended for edit in edits)
    assert after.endswith((b"\n", b"\r")) or not any(change.before is None for change in changes)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda each: st.lists(each) | st.dictionaries(texts, each), max_leaves=8)
OURS = ("current_bankroll", "balance", "cash", "peak_bankroll", "last_sync", "previous_balance")


@st.composite
def bankroll_files(draw: st.DrawFn) -> bytes:
    """Any object, with any of our members in it, in any layout."""
    members = draw(st.dictionaries(texts, values, max_size=5))
    for name in draw(st.lists(st.sampled_from(OURS), unique=True)):
        members[name] = "2025-08-20" if name == "last_sync" else float(draw(prices))
    members = dict(draw(st.permutations(list(members.items()))))
    indent = draw(st.sampled_from([None, 0, 2, "\t"]))
    separators = draw(st.sampled_from([None, (",", ":"), (" ,", " : ")]))
    text = json.dumps(members, indent=indent, separators=separators, ensure_ascii=draw(st.booleans()))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    mark, end = draw(st.sampled_from(["", "\ufeff"])), draw(st.sampled_from(["", "\n", "\n\n"]))
    return (mark + (text + end).replace("\n", newline)).encode()


@laws
@given(before=bankroll_files())
def test_a_bankroll_file_keeps_every_member_that_is_not_ours(before: bytes) -> None:
    """Members that are not ours keep order and exact text; the bankroll is what was planned."""
    shelf = Shelf(bankroll=before)
    bankroll = shelf.read().state.bankroll
    assert shelf.propose() == ()

    shelf.change(cash_in(None if bankroll is None else str(bankroll)))

    after = shelf.data["bankroll"] or b""
    old, new = (
        json.loads(text.decode("utf-8-sig"), parse_float=str, parse_int=str) for text in (before, after)
    )
    foreign = {name: value for name, value in old.items() if name not in OURS}
    assert {name: new[name] for name in foreign} == foreign
    assert list(new)[: len(old)] == list(old)
    assert shelf.read().state.bankroll == Decimal("100262.75")
    assert new["current_bankroll"] == new["balance"] == "100262.75"
