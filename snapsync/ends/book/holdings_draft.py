"""Writing the positions file: a holding is added as a row, corrected in its newest lot, or closed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import assert_never

import msgspec

from snapsync.model.canon import normal
from snapsync.model.change import Execution, PositionChange, Sign, sign
from snapsync.model.fields import same_price
from snapsync.model.instant import Instant
from snapsync.model.state import Position, PositionMark
from snapsync.model.symbols import multiplier

from . import instrument
from .cells import LONG, SHORT, cased, cents_text, count_text, flag_text, price_text, word
from .draft import Draft
from .faults import GONE, fault
from .positions import OPEN, QUANTITIES, Holdings, Lot, is_open
from .reopening import closed_lots, never_closed
from .sheet import Sheet, their_name
from .times import time_text
from .values import BookFiles, Writing

HEADER = (
    "symbol",
    "occ_symbol",
    "strike",
    "option_type",
    "expiry",
    "quantity",
    "contracts",
    "entry_price",
    "current_price",
    "pnl_pct",
    "pnl_amount",
    "timestamp",
    "status",
    "close_time",
    "exit_price",
    "market_value",
    "unrealized_pnl",
    "entry_time",
    "source",
    "sync_detected",
    "asset_class",
)
"""The columns of a new positions file."""

_FROM_FILLS = "fills"


class Pen(msgspec.Struct, frozen=True, eq=False):
    """What all writers of one positions file share; ``columns`` grows where one has to be added."""

    held: Holdings
    closed: dict[str, list[Lot]]
    draft: Draft
    columns: dict[str, int]
    writing: Writing
    files: BookFiles

    @property
    def file(self) -> Sheet:
        return self.held.file

    def put(self, lot: Lot, cells: Mapping[str, str]) -> None:
        """Replace cells of a lot's row, as far as the file has such columns."""
        for name, text in cells.items():
            if name in self.columns:
                self.draft.set(lot.row, self.columns[name], text)

    def time(self, name: str, at: Instant | None = None) -> str:
        """A time, by default the moment of writing, in the style of a column."""
        style = self.file.time_style(name, "entry_time", "timestamp", "close_time")
        return time_text(at or self.writing.at, style, self.file.zone)


def draft_holdings(
    held: Holdings, changes: tuple[PositionChange, ...], writing: Writing, files: BookFiles
) -> str:
    """The positions file's text with these changes made.

    Raises:
        BookError: the file has no open row of a holding that is to be corrected or closed.
    """
    closed = closed_lots(held, {change.key for change in changes if sign(change) is Sign.ADD})
    pen = Pen(held, closed, Draft(held.file.table), dict(held.file.columns), writing, files)
    for change in changes:
        match sign(change):
            case Sign.ADD:
                _add(pen, change)
            case Sign.UPDATE:
                _update(pen, change)
            case Sign.CLOSE:
                _close(pen, _lots(pen, change), change.execution)
            case unreachable:
                assert_never(unreachable)
    return pen.draft.text()


def _lots(pen: Pen, change: PositionChange) -> list[Lot]:
    """The open lots of a change's key, newest first."""
    lots = pen.held.lots.get(change.key, [])
    if not lots:
        raise fault(GONE, f"{pen.file.table.name}: no open row of {change.key}", "Plan again: snapsync plan")
    return sorted(lots, key=lambda lot: (lot.time or "", lot.row.line), reverse=True)


def _update(pen: Pen, change: PositionChange) -> None:
    lots = _lots(pen, change)
    if change.after is None:
        return
    if change.closed or change.after.qty * sum((lot.qty for lot in lots), Decimal(0)) < 0:
        # another holding, as where a long became a short: two events, two rows
        _close(pen, lots, change.closed or change.execution)
        _add(pen, change)
        return
    for lot, qty in corrected(lots, change.after.qty):
        if qty:
            _correct(pen, lot, qty, change.after if len(lots) == 1 else None)
        else:
            _close(pen, [lot], change.execution)


def corrected(lots: list[Lot], target: Decimal) -> list[tuple[Lot, Decimal]]:
    """Which lots, newest first, get which quantity, so that all add up to the target."""
    total = sum((lot.qty for lot in lots), Decimal(0))
    same_way = [lot for lot in lots if lot.qty * total > 0]
    if abs(target) > abs(total):
        return [(same_way[0], normal(same_way[0].qty + target - total))]
    found = []
    surplus = abs(total) - abs(target)
    # a row that we added, and that the bot has now written too, is the one that is too many
    extra = next((lot for lot in same_way if lot.ours and abs(lot.qty) == surplus), None)
    for lot in [extra] if extra else same_way:
        if not surplus:
            break
        taken = min(surplus, abs(lot.qty))
        found.append((lot, normal(lot.qty - taken.copy_sign(lot.qty))))
        surplus -= taken
    return found


def _correct(pen: Pen, lot: Lot, qty: Decimal, whole: Position | None) -> None:
    file, price = pen.file, lot.price
    cells = _quantity_cells(pen, qty, lot)
    if whole and whole.entry_price is not None and not same_price(price, whole.entry_price):
        price = whole.entry_price
        cells["entry_price"] = price_text(price)
    held = Position(
        key=lot.key,
        asset_class=lot.asset_class,
        qty=qty,
        multiplier=whole.multiplier if whole else multiplier(lot.asset_class),
        entry_price=price,
    )
    if file.has("last_sync"):
        cells["last_sync"] = pen.time("last_sync")
    pen.put(lot, {**cells, **_companions(held, pen.writing)})


def _quantity_cells(pen: Pen, qty: Decimal, lot: Lot | None = None) -> dict[str, str]:
    file, cells = pen.file, {}
    side = file.cell(lot.row, "side") if lot else file.like("side")
    directed = file.has("side") and not instrument.side_is_kind(file)
    # where a column says short, the quantity beside it is positive, unless the row has it otherwise
    signed = not directed or (lot is not None and (word(side) not in LONG | SHORT))
    if lot and word(side) in SHORT:
        signed = any((file.number(lot.row, name) or 0) < 0 for name in QUANTITIES)
    if directed and lot is None:
        sold = {"buy": "sell"}.get(word(side), "short") if qty < 0 else "long"
        cells["side"] = cased(sold, side or "long")
    for name in QUANTITIES:
        if file.has(name):
            like = file.cell(lot.row, name) if lot else file.like(name)
            cells[name] = count_text(qty if signed else abs(qty), like)
    return cells


def _close(pen: Pen, lots: list[Lot], execution: Execution | None) -> None:
    if not pen.columns.keys() & {"status", "close_time"}:
        # without one of them the row could not be told from an open one
        pen.columns["status"] = pen.draft.add_column(their_name("status", pen.files.columns))
    cells = {"close_time": pen.time("close_time", execution.time if execution else None)}
    if execution and execution.price is not None:
        cells["exit_price"] = price_text(execution.price)
    if execution:
        cells["close_reason"] = execution.source
    for lot in lots:
        like = pen.file.cell(lot.row, "status") or pen.file.like("status")
        pen.put(lot, {"status": cased("closed", like), **cells})


def _add(pen: Pen, change: PositionChange) -> None:
    held, execution = change.after, change.execution
    if held is None:
        return
    if closed := never_closed(pen.closed.get(held.key, ()), change, held):
        _reopen(pen, closed, held)
        return
    price = execution.price if execution and execution.price is not None else held.entry_price
    at = execution.time if execution else None
    proven = execution is not None and execution.source == _FROM_FILLS
    like = pen.file.like
    cells = {
        **instrument.cells_for(pen.file, held.key, held.asset_class),
        **_quantity_cells(pen, held.qty),
        "entry_price": "" if price is None else price_text(price),
        "timestamp": pen.time("timestamp", at),
        "entry_time": pen.time("entry_time", at),
        "status": _open_word(pen),
        "source": "sync" if proven else "sync (broker average)",
        "sync_detected": flag_text(like("sync_detected")),
        "broker": "alpaca",
        "environment": pen.files.env,
        "last_sync": pen.time("last_sync"),
        **_companions(msgspec.structs.replace(held, entry_price=price), pen.writing),
    }
    pen.draft.append({pen.columns[name]: text for name, text in cells.items() if name in pen.columns})


def _reopen(pen: Pen, lots: list[Lot], held: Position) -> None:
    cells = {"status": _open_word(pen), "close_time": "", "exit_price": "", "close_reason": ""}
    if pen.file.has("last_sync"):
        cells["last_sync"] = pen.time("last_sync")
    for lot in lots:
        own = msgspec.structs.replace(held, qty=lot.qty, entry_price=lot.price or held.entry_price)
        pen.put(lot, {**cells, **_companions(own, pen.writing)})


def _open_word(pen: Pen) -> str:
    for row in reversed(pen.file.table.rows):
        said = pen.file.cell(row, "status")
        if is_open(pen.file, row) and (not said or word(said) in OPEN):
            return pen.file.raw(row, "status")
    return cased("open", pen.file.like("status"))


def _companions(held: Position, writing: Writing) -> dict[str, str]:
    """The cells that follow from the market's price; none where it is not known."""
    mark = writing.marks.positions.get(held.key, PositionMark())
    price, units = mark.price, held.qty * held.multiplier
    if price is None:
        return {}
    cells = {"current_price": price_text(price), "market_value": cents_text(price * units)}
    if held.entry_price:
        result = (price - held.entry_price) * units
        percent = result / abs(held.entry_price * units) * 100
        cells |= {
            "unrealized_pnl": cents_text(result),
            "pnl_amount": cents_text(result),
            "pnl_pct": cents_text(percent),
        }
    return cells
