"""Laws over files and planner together: read, planned, written, read again, whatever the files look like."""

from __future__ import annotations

import csv
import io
from collections import Counter
from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from snapsync.ends.book import Writing
from snapsync.model.canon import SnapshotId
from snapsync.model.change import TransactionChange, changed_fields
from snapsync.model.instant import instant
from snapsync.model.plan import Look, Plan
from snapsync.model.planner import plan
from snapsync.model.state import Transaction
from tests.model.world import RULES, SINCE, applied, fill, later, look, of, position

from .shelf import Shelf
from .test_laws import KEYS, Made, history_files, laws, positions_files

fewer = settings(laws, max_examples=40)
FILLS = instant("2025-08-20T13:25:00Z")
CONTRACTS = KEYS[:3]
orders = st.builds(
    lambda order, symbol, qty, price, side, minute: fill(
        order,
        symbol=symbol,
        qty=str(qty),
        price=str(price),
        side=side,
        at=later(FILLS, 60 * minute),
    ),
    st.sampled_from(["a", "b", "c", "d", "e"]),
    st.sampled_from(CONTRACTS),
    st.integers(1, 40),
    st.decimals("0.01", "99", places=2),
    st.sampled_from(["buy", "sell"]),
    st.integers(0, 20),
)
ledgers = st.lists(orders, max_size=5, unique_by=lambda row: row.order_id)
accounts = st.dictionaries(st.sampled_from(CONTRACTS), st.integers(-3, 40), max_size=3)


@st.composite
def books(draw: st.DrawFn) -> tuple[Shelf, Made, Made]:
    """A positions and a history file in any layout and dialect, and a bankroll."""
    positions, history = draw(positions_files()), draw(history_files())
    bankroll = draw(st.sampled_from([None, b"{}", b'{"balance": 900, "mine": [1]}', b'{"balance": 1000}']))
    return Shelf(bankroll=bankroll, positions=positions.data, history=history.data), positions, history


@st.composite
def looks(draw: st.DrawFn, shelf: Shelf) -> Look:
    """The book beside any account, some of whose orders the book's rows stand for."""
    rows = draw(ledgers)
    held = [position(key, str(qty)) for key, qty in draw(accounts).items() if qty]
    known = [
        msgspec.structs.replace(row, key=f"order:linked{n}")
        for n, row in enumerate(shelf.read().state.transactions)
        if not row.linked and draw(st.booleans())
    ]
    trades: dict[str, Transaction] = {each.key: each for each in known}
    for row in rows:
        key = f"order:{row.order_id}"
        trades[key] = Transaction(
            key=key,
            symbol=row.symbol,
            asset_class="us_option",
            action=row.side or "buy",
            qty=row.qty or Decimal(1),
            price=row.price,
            multiplier=Decimal(100),
            time=row.time,
        )
    return look(shelf.read().state, held, trades.values(), rows, since=SINCE)


def sync(shelf: Shelf, seen: Look) -> tuple[Plan, Look]:
    """Plan on the files as they are, write them, and read them again."""
    made = plan(seen, None, RULES)
    shelf.change(*made.changes, writing=Writing(at=seen.at, marks=seen.marks, cash=seen.broker.cash))
    state = shelf.read().state
    return made, msgspec.structs.replace(of(seen, state), book_snapshot=SnapshotId(state.id))


@fewer
@given(data=st.data(), book=books())
def test_the_book_becomes_the_plans_target(data: st.DataObject, book: tuple[Shelf, Made, Made]) -> None:
    """After an apply the files say what the plan's target State says, and the next plan is empty."""
    shelf, _, _ = book
    seen = data.draw(looks(shelf))

    made, after = sync(shelf, seen)

    target = applied(seen.book, made)
    held = {each.key: each.qty for each in target.positions if each.qty}
    assert {each.key: each.qty for each in after.book.positions} == held
    wanted, found = target.transactions.by_key(), after.book.transactions.by_key()
    assert found.keys() == wanted.keys()
    assert [key for key in wanted if changed_fields(found[key], wanted[key])] == []
    bytes_ = dict(shelf.data)
    again, _ = sync(shelf, after)
    assert again.changes == ()
    assert shelf.data == bytes_


@fewer
@given(data=st.data(), book=books())
def test_two_syncs_import_an_order_once(data: st.DataObject, book: tuple[Shelf, Made, Made]) -> None:
    """However often it is synced, an order that the book lacked has one row; the bot's rows all stay."""
    shelf, _, history = book
    seen = data.draw(looks(shelf))
    imported: Counter[str] = Counter()

    for _ in range(3):
        made, seen = sync(shelf, seen)
        added = (change for change in made.changes if isinstance(change, TransactionChange))
        imported.update(change.after.key.removeprefix("order:") for change in added if change.before is None)

    rows = _rows(shelf.data["history"] or b"")
    ids = Counter(row.get("alpaca_order_id") or row.get("order_id") for row in rows)
    assert {order: (count, ids[order]) for order, count in imported.items()} == dict.fromkeys(
        imported, (1, 1)
    )
    assert len(rows) == len(history.rows) + len(imported)


def _rows(data: bytes) -> list[dict[str, str]]:
    text = data.decode().removeprefix("\ufeff")
    return [row for row in csv.DictReader(io.StringIO(text, newline="")) if any(row.values())]
