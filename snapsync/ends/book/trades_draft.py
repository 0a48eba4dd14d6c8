"""Writing the trade history: a missing trade is one more row, a row without its order's id gets it.

A row that we imported goes again when the bot has written its own for that order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from snapsync.model.canon import normal
from snapsync.model.change import TransactionChange
from snapsync.model.fields import same_price
from snapsync.model.state import ORDER, SEVERAL, Transaction

from . import instrument
from .cells import cased, count_text, flag_text, price_text
from .draft import Draft
from .entries import ACTIONS, OPTIONAL, ORDER_ID, PRICES, QUANTITIES, Entry
from .faults import GONE, fault
from .history import Trades, price_of
from .sheet import Sheet, their_name
from .times import time_text
from .values import BookFiles

HEADER = (
    "timestamp",
    "symbol",
    "action",
    "quantity",
    "price",
    "total_cost",
    "fees",
    "alpaca_order_id",
    "source",
    "broker",
    "environment",
    "sync_imported",
)
"""The columns of a new history file."""

_PLACES = Decimal("1e-9")


class Pen(msgspec.Struct, frozen=True, eq=False):
    """What all writers of one history file share; ``columns`` has the added ones too."""

    held: Trades
    draft: Draft
    columns: dict[str, int]
    files: BookFiles

    @property
    def file(self) -> Sheet:
        return self.held.file

    def put(self, entry: Entry, cells: Mapping[str, str]) -> None:
        """Replace cells of a row, as far as the file has such columns."""
        for name, text in cells.items():
            if name in self.columns:
                self.draft.set(entry.row, self.columns[name], text)

    def add_columns(self, names: Iterable[str]) -> None:
        """Add columns at the file's right end."""
        for name in names:
            self.columns[name] = self.draft.add_column(their_name(name, self.files.columns))


def draft_trades(held: Trades, changes: tuple[TransactionChange, ...], files: BookFiles) -> str:
    """The history file's text with these changes made.

    Raises:
        BookError: the file has no row of a trade that is to be corrected.
    """
    pen = Pen(held, Draft(held.file.table), dict(held.file.columns), files)
    pen.add_columns(missing_columns(held.file, changes))
    for change in changes:
        if change.before is None:
            cells = imported_cells(pen.file, change.after, files.env)
            pen.draft.append({pen.columns[name]: text for name, text in cells.items() if name in pen.columns})
        else:
            _correct(pen, change, change.before.key)
    return pen.draft.text()


def missing_columns(file: Sheet, changes: Iterable[TransactionChange]) -> list[str]:
    """The columns that a file needs for these changes and does not have."""
    if any(change.before is None for change in changes):
        # all that an imported row says of itself: without its id it would be imported once more
        needed = [name for name in OPTIONAL if not (file.has(*PRICES) and name == "price")]
    else:
        needed = [ORDER_ID]
    return [name for name in needed if not file.has(name)]


def imported_cells(file: Sheet, trade: Transaction, env: str) -> dict[str, str]:
    """What a new row for a trade says, by our names of columns, in the way of the rows that are there."""
    price = "" if trade.price is None else price_text(trade.price)
    cost = None if trade.price is None else trade.qty * trade.price * trade.multiplier
    style = file.time_style("timestamp")
    action = next((name for name in ACTIONS if file.has(name)), "action")
    return {
        **instrument.cells_for(file, trade.symbol, trade.asset_class),
        "timestamp": time_text(trade.time, style, file.zone),
        action: cased(trade.action, file.like(action) or "BUY"),
        **{name: count_text(trade.qty, file.like(name)) for name in QUANTITIES},
        **dict.fromkeys(PRICES, price),
        "total_cost": "" if cost is None else price_text(cost),
        ORDER_ID: id_text(trade.key),
        "source": "sync",
        "broker": "alpaca",
        "environment": env,
        "sync_imported": flag_text(file.like("sync_imported")),
        "status": cased("filled", file.like("status") or "filled"),
    }


def id_text(key: str) -> str:
    """What an order id's cell holds for a key: the bare id, or the whole key of an activity."""
    return key.removeprefix(ORDER)


def _correct(pen: Pen, change: TransactionChange, key: str) -> None:
    entries = [entry for part in key.split(SEVERAL) for entry in pen.held.entries.get(part, ())]
    if not entries:
        raise fault(GONE, f"{pen.file.table.name}: no row of {key}", "Plan again: snapsync plan")
    target = change.after
    if change.withdraws:
        ours = [entry for entry in pen.held.entries.get(target.key, ()) if entry.ours]
        for entry in ours:
            pen.draft.remove(entry.row)
        entries = [entry for entry in entries if entry not in ours]
    for entry in entries:
        pen.put(entry, _words(pen.file, entry, change, key))
    newest = sorted(entries, key=lambda entry: (entry.ours, entry.time, entry.row.line), reverse=True)
    amounts = [entry.qty for entry in newest]
    if "qty" in change.fields:
        amounts = _shared_out(amounts, target.qty)
        for entry, qty in zip(newest, amounts, strict=True):
            pen.put(entry, _quantity_cells(pen.file, entry, qty))
    if "price" in change.fields and target.price is not None:
        _correct_price(pen, newest, amounts, target.price)


def _words(file: Sheet, entry: Entry, change: TransactionChange, key: str) -> dict[str, str]:
    """What all rows of one order have in common, as far as it is to change: id, contract, action."""
    target, cells = change.after, {}
    if key != target.key:
        cells[ORDER_ID] = id_text(target.key)
    if "symbol" in change.fields:
        cells |= instrument.cells_for(file, target.symbol, target.asset_class)
    if "action" in change.fields:
        name = file.first(entry.row, *ACTIONS)
        cells[name] = cased(target.action, file.cell(entry.row, name))
    return cells


def _shared_out(amounts: list[Decimal], target: Decimal) -> list[Decimal]:
    """The newest first: it takes the difference; what would fall below zero is left to the next."""
    surplus = sum(amounts, Decimal(0)) - target
    found = []
    for qty in amounts:
        taken = min(surplus, qty)
        surplus -= taken
        found.append(normal(qty - taken))
    return found


def _quantity_cells(file: Sheet, entry: Entry, qty: Decimal) -> dict[str, str]:
    if qty == entry.qty:
        return {}
    cells = {}
    for name in QUANTITIES:
        old = file.cell(entry.row, name)
        cells[name] = count_text(-qty if old.startswith("-") else qty, old)
    return cells


def _correct_price(pen: Pen, newest: list[Entry], amounts: list[Decimal], price: Decimal) -> None:
    column = next((name for name in PRICES if pen.file.has(name)), "")
    filled = [(entry, qty) for entry, qty in zip(newest, amounts, strict=True) if qty]
    if not column or not filled:
        return
    alone = _newest_price(filled, price)
    for entry, _ in filled[:1] if alone is not None else filled:
        pen.put(entry, {column: price_text(price if alone is None else alone)})


def _newest_price(filled: list[tuple[Entry, Decimal]], price: Decimal) -> Decimal | None:
    """The newest row's price that makes the average right; None where only all rows together can."""
    (_, qty), *others = filled
    fills = [(each, entry.price) for entry, each in others]
    paid = sum((each * (known or 0) for each, known in fills), Decimal(0))
    total = sum((each for _, each in filled), Decimal(0))
    alone = normal(((price * total - paid) / qty).quantize(_PLACES))
    right = alone > 0 and same_price(price_of([(qty, alone), *fills]), price)
    return alone if right else None
