"""Reading the positions file: open rows are lots; the lots of one contract add up to a Position."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from snapsync.errors import BookError
from snapsync.model.canon import normal
from snapsync.model.instant import Instant
from snapsync.model.policy import Finding
from snapsync.model.state import Position
from snapsync.model.symbols import multiplier
from snapsync.model.trades import average

from . import instrument
from .cells import SHORT, word
from .faults import DUPLICATE, fault, quoted
from .sheet import Names, Sheet, imported, needed
from .table import Row

NAMES: Names = {
    **instrument.NAMES,
    "quantity": ("qty",),
    "contracts": (),
    "side": (),
    "entry_price": ("entry_premium", "avg_entry_price"),
    "current_price": (),
    "pnl_pct": (),
    "pnl_amount": (),
    "timestamp": (),
    "status": (),
    "close_time": (),
    "exit_price": (),
    "close_reason": (),
    "market_value": (),
    "unrealized_pnl": ("unrealized_pl",),
    "entry_time": ("open_time", "opened_at"),
    "source": (),
    "sync_detected": (),
    "broker": (),
    "environment": ("env",),
    "last_sync": (),
}
QUANTITIES = ("quantity", "contracts")
OPEN = frozenset({"open", "opened", "active", "holding", "held", "live", "normalized"})
"""What a row that is a holding says of itself; the old sync wrote the last word."""
LEAVING = frozenset(
    {
        "partial",
        "partially_closed",
        "partially_filled",
        "closing",
        "exiting",
        "pending_close",
        "close_pending",
        "pending_exit",
        "exit_pending",
    }
)
"""What a row says of itself that is on its way out, or out in part: it holds something until it is closed."""
_CLOSED = re.compile(
    r"clos|exit|expir|assign|exercis|sold|stop|profit|loss|cancel|reject|roll|liquidat|settled|done|inactive"
)
_NO_WORD = re.compile(r"[\d.+-]")
OPTIONAL = ("status",)
"""A column that we may add to a bot's file; rows that the bot writes afterwards may lack it."""


def added(file: Sheet) -> tuple[str, ...]:
    """Columns that a sync may have added at the right end of this file, in its order."""
    del file
    return OPTIONAL


class Lot(msgspec.Struct, frozen=True, eq=False):
    """One row; ``qty`` is signed, ``ours`` says that a sync has added it and not the bot.

    ``closed`` is the time of its close, where it tells one.
    """

    row: Row
    key: str
    asset_class: str
    qty: Decimal
    price: Decimal | None
    time: Instant | None
    ours: bool
    closed: Instant | None = None


class Holdings(msgspec.Struct, frozen=True, eq=False):
    """A positions file as read: its open lots by key, in the file's order, and the other rows."""

    file: Sheet
    lots: dict[str, list[Lot]]
    closed: list[Row]


def holdings(file: Sheet) -> Holdings:
    """Read every open row.

    Raises:
        BookError: a row cannot be understood, or not be told from another.
    """
    required(file)
    found = Holdings(file, {}, [])
    for row in file.table.rows:
        take(found, row)
    return found


def required(file: Sheet) -> None:
    """Insist on the columns without which there are no holdings.

    Raises:
        BookError: the file lacks one.
    """
    needed(file, "symbol", "occ_symbol", "underlying")
    needed(file, *QUANTITIES)


def take(found: Holdings, row: Row) -> None:
    """Read one more row.

    Raises:
        BookError: it cannot be understood, or not be told from another.
    """
    if not is_open(found.file, row):
        found.closed.append(row)
        return
    lot = lot_of(found.file, row)
    lots = found.lots.setdefault(lot.key, [])
    _distinct(found.file, lot, lots)
    lots.append(lot)


def is_open(file: Sheet, row: Row) -> bool:
    """Whether a row is a holding: its status says so, or is blank with no closing time.

    Raises:
        BookError: its status is a number or a date, or a closing time alone says that it is closed and it
            names neither holding nor quantity; then its cells have slipped, and it may well be open.
    """
    status = word(file.cell(row, "status"))
    if _NO_WORD.match(status):
        problem = f"{quoted(status)} is not a status; expected a word such as open or closed"
        raise file.error(row, "status", problem)
    if not status:
        return not _closed_by_its_time(file, row)
    return status in OPEN or status.replace(" ", "_").replace("-", "_") in LEAVING


def _closed_by_its_time(file: Sheet, row: Row) -> bool:
    if not file.cell(row, "close_time"):
        return False
    instrument.identify(file, row)
    for name in QUANTITIES:
        file.number(row, name)
    return True


def lot_of(file: Sheet, row: Row) -> Lot:
    """What a row says it holds, or held.

    Raises:
        BookError: it cannot be understood.
    """
    what = instrument.identify(file, row)
    if what.lacks:
        raise _unnamed(file, row, what)
    name = file.first(row, *QUANTITIES) or _blank_quantity(file)
    qty = file.number(row, name)
    if qty is None:
        raise file.error(row, name, "is blank in an open row; expected a number")
    if qty > 0 and word(file.cell(row, "side")) in SHORT:
        qty = -qty
    return Lot(
        row=row,
        key=what.key,
        asset_class=what.asset_class,
        qty=qty,
        price=file.number(row, "entry_price"),
        time=file.time(row, "entry_time") or file.time(row, "timestamp"),
        ours=imported(file, row, "sync_detected"),
    )


def _unnamed(file: Sheet, row: Row, what: instrument.Instrument) -> BookError:
    name, expected = what.lacks[0], {"option_type": "call or put", "strike": "a strike such as 635.00"}
    said = file.cell(row, name)
    problem = f"{quoted(said)} is not {expected[name]}" if said and name in expected else "is blank"
    return file.error(row, name, f"{problem} in the row of an option on {what.key}")


def _blank_quantity(file: Sheet) -> str:
    return next(name for name in QUANTITIES if file.has(name))


def _distinct(file: Sheet, lot: Lot, lots: Iterable[Lot]) -> None:
    said = (lot.time, lot.price, lot.ours)
    twin = next((each for each in lots if (each.time, each.price, each.ours) == said), None)
    # a row that holds nothing can be taken for no other
    if twin and lot.qty and twin.qty:
        raise fault(
            DUPLICATE,
            f"{file.table.name}:{lot.row.line}: an open row of {lot.key} with the entry time and price of"
            f" line {twin.row.line}",
            "If they are two lots, give them their own entry times; else remove or close one.",
        )


def positions(found: Holdings) -> Iterable[Position]:
    """The lots of each key added up; what adds up to nothing is no position."""
    for key, lots in found.lots.items():
        qty = sum((lot.qty for lot in lots), Decimal(0))
        if not qty:
            continue
        kind = lots[0].asset_class
        yield Position(
            key=key,
            asset_class=kind,
            qty=normal(qty),
            multiplier=multiplier(kind),
            entry_price=_entry_price(lots),
        )


def _entry_price(lots: list[Lot]) -> Decimal | None:
    if len(lots) == 1:
        return lots[0].price
    qty = sum((abs(lot.qty) for lot in lots), Decimal(0))
    priced = [(abs(lot.qty), lot.price) for lot in lots if lot.price is not None]
    if len(priced) < len(lots):
        return None
    return average(sum((each * price for each, price in priced), Decimal(0)), qty)


def opened(found: Holdings) -> dict[str, Instant]:
    """Since when there is each holding, by the newest of its rows, where each of them tells a time."""
    times = {key: [lot.time for lot in lots] for key, lots in found.lots.items()}
    return {key: max(filter(None, each)) for key, each in times.items() if all(each)}


def observations(found: Holdings) -> Iterable[Finding]:
    """Note open rows whose twin columns disagree, and rows that are taken for closed though none says so."""
    file = found.file
    yield from _unknown(found)
    for lots in found.lots.values():
        for lot in lots:
            said = [disagreement for disagreement in _disagreements(file, lot.row) if disagreement]
            if said:
                yield Finding(
                    code="twin-fields",
                    severity="note",
                    key=lot.key,
                    summary="Columns of the book that should say the same differ; the first is taken.",
                    detail=f"{file.table.name}:{lot.row.line}: {'; '.join(said)}",
                )


def _unknown(found: Holdings) -> Iterable[Finding]:
    file = found.file
    rows = [
        row
        for row in found.closed
        if not file.cell(row, "close_time") and not _CLOSED.search(file.cell(row, "status").lower())
    ]
    if rows:
        yield Finding(
            code="unknown-status",
            severity="note",
            key="positions",
            summary="Rows of the positions file have a status that is not known: they are taken for closed.",
            detail=f"{file.table.name}: {len(rows)} row(s), the last in line {rows[-1].line}, which says"
            f" {quoted(file.raw(rows[-1], 'status'))}",
        )


def _disagreements(file: Sheet, row: Row) -> tuple[str, str]:
    one, other = (file.number(row, name) for name in QUANTITIES)
    amounts = ""
    if one is not None and other is not None and one != other:
        amounts = f"quantity {file.cell(row, 'quantity')}, contracts {file.cell(row, 'contracts')}"
    return amounts, instrument.disagreement(file, row)
