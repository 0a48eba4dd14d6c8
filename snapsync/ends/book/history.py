"""Reading the trade history: rows that were filled, one Transaction per order id, or per row without one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from snapsync.model.canon import normal
from snapsync.model.instant import Instant
from snapsync.model.policy import Finding
from snapsync.model.state import ACTIVITY, IMPORTED, ORDER, ROW, Transaction
from snapsync.model.symbols import multiplier
from snapsync.model.trades import average

from . import instrument
from .cells import word
from .faults import quoted
from .sheet import Names, Sheet, imported, needed
from .table import Row

NAMES: Names = {
    **instrument.NAMES,
    "timestamp": ("datetime", "time", "date"),
    "action": ("side",),
    "decision": ("type",),
    "quantity": ("qty",),
    "contracts": (),
    "price": (),
    "fill_price": (),
    "premium": (),
    "total_cost": (),
    "fees": (),
    "alpaca_order_id": ("order_id",),
    "source": (),
    "broker": (),
    "environment": ("env",),
    "sync_imported": (),
    "status": (),
}
QUANTITIES = ("quantity", "contracts")
ACTIONS = ("action", "decision")
PRICES = ("price", "fill_price", "premium")
ORDER_ID = "alpaca_order_id"
OPTIONAL = ("price", "total_cost", "fees", ORDER_ID, "source", "broker", "environment", "sync_imported")
"""Columns that we add to a bot's file, in this order; rows that the bot writes afterwards may lack them."""

_ADDED_BEFORE = ("action", *OPTIONAL)
"""The same for the columns that the old sync added to a log of decisions, in its order."""

EVENTS = frozenset({"expired", "assigned", "exercised"})
_ACTIONS = {
    **dict.fromkeys(
        ("b", "buy", "bot", "bought", "bto", "btc", "buy_to_open", "buy_to_close", "open"), "buy"
    ),
    **dict.fromkeys(
        ("s", "sell", "sld", "sold", "sto", "stc", "sell_to_open", "sell_to_close", "close"), "sell"
    ),
    **dict.fromkeys(("sell_short", "short"), "sell"),
    **dict.fromkeys(("expire", "expired", "expiry", "expiration", "opexp"), "expired"),
    **dict.fromkeys(("assign", "assigned", "assignment", "opasn"), "assigned"),
    **dict.fromkeys(("exercise", "exercised", "opexc", "opxrc"), "exercised"),
}
_UNFILLED = frozenset(
    {
        "canceled",
        "cancelled",
        "rejected",
        "submitted",
        "new",
        "accepted",
        "accepted_for_bidding",
        "suspended",
        "held",
        "failed",
        "error",
        "replaced",
    }
)
_UNFILLED_STARTS = ("pending", "no_trade", "not_")
_DIGEST = 16
# the broker writes its ids in small letters
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


class Entry(msgspec.Struct, frozen=True, eq=False):
    """One filled row."""

    row: Row
    key: str
    what: instrument.Instrument
    action: str
    qty: Decimal
    price: Decimal | None
    time: Instant


class Trades(msgspec.Struct, frozen=True, eq=False):
    """A history file as read: its filled rows by the key of their transaction, in the file's order."""

    file: Sheet
    entries: dict[str, list[Entry]]


def trades(file: Sheet) -> Trades:
    """Read every row that was filled.

    Raises:
        BookError: a row cannot be understood.
    """
    required(file)
    found = Trades(file, {})
    seen: dict[str, int] = {}
    for row in file.table.rows:
        entry = entry_of(file, row)
        if not entry:
            continue
        key = entry.key
        if not key or not _one_trade(found.entries.get(key, ()), entry):
            entry = msgspec.structs.replace(entry, key=_row_key(row, seen))
        found.entries.setdefault(entry.key, []).append(entry)
    return found


def required(file: Sheet) -> None:
    """Insist on the columns without which there are no trades.

    Raises:
        BookError: the file lacks one.
    """
    needed(file, "timestamp")
    needed(file, "symbol", "occ_symbol", "underlying")
    needed(file, *ACTIONS)
    needed(file, *QUANTITIES)


def _one_trade(known: Sequence[Entry], entry: Entry) -> bool:
    """Whether a row is one more fill of those; the legs of an order are trades of their own under one id."""
    return not known or (known[0].what.key, known[0].action) == (entry.what.key, entry.action)


def added(file: Sheet) -> tuple[str, ...]:
    """Columns that a sync may have added at the right end of this file, in its order."""
    return _ADDED_BEFORE if file.has("decision") else OPTIONAL


def order_key(text: str) -> str:
    """The key that an order id's cell stands for; empty where it is blank."""
    if not text or text.startswith((ORDER, ACTIVITY)):
        return text
    return ORDER + (text.lower() if _UUID.fullmatch(text) else text)


def _filled(file: Sheet, row: Row) -> Decimal | None:
    status = word(file.cell(row, "status"))
    if status in _UNFILLED or status.startswith(_UNFILLED_STARTS):
        return None
    if status == "expired" and action_of(file.cell(row, file.first(row, *ACTIONS))) not in EVENTS:
        return None
    name = file.first(row, *QUANTITIES)
    return file.number(row, name) if name else None


def action_of(text: str) -> str:
    """``buy``, ``sell`` or the option event that a word stands for; another word as it is."""
    said = word(text)
    return _ACTIONS.get(said.replace(" ", "_").replace("-", "_"), said)


def _row_key(row: Row, seen: dict[str, int]) -> str:
    # columns added at the right end leave the cells, and so the key, as they were
    cells = "\x1f".join(row.values).rstrip("\x1f")
    digest = hashlib.sha256(cells.encode()).hexdigest()[:_DIGEST]
    seen[digest] = seen.get(digest, 0) + 1
    return f"{ROW}{digest}#{seen[digest]}"


def entry_of(file: Sheet, row: Row) -> Entry | None:
    """What a row says was traded, under the key of its order if it names one; None: nothing was filled.

    Raises:
        BookError: it cannot be understood.
    """
    qty = _filled(file, row)
    if not qty:
        return None
    what = instrument.identify(file, row)
    time = file.time(row, "timestamp")
    if time is None:
        raise file.error(row, "timestamp", "is blank; expected a time such as 2025-08-21 09:45:00")
    action = action_of(file.cell(row, file.first(row, *ACTIONS)))
    if not action:
        name = next(name for name in ACTIONS if file.has(name))
        raise file.error(row, name, "is blank; expected buy or sell")
    price = file.first(row, *PRICES)
    return Entry(
        row=row,
        key=order_key(file.cell(row, ORDER_ID)),
        what=what,
        action=action,
        qty=abs(qty),
        price=file.number(row, price) if price else None,
        time=time,
    )


def transactions(found: Trades) -> Iterable[Transaction]:
    """The rows of each order added up."""
    return (transaction(found.file, key, entries) for key, entries in found.entries.items())


def transaction(file: Sheet, key: str, entries: list[Entry]) -> Transaction:
    """Some rows of one order, added up."""
    first = entries[0]
    kind = first.what.asset_class
    return Transaction(
        key=key,
        symbol=first.what.key,
        asset_class=kind,
        action=first.action,
        qty=qty_of(entries),
        price=price_of([(entry.qty, entry.price) for entry in entries]),
        multiplier=multiplier(kind),
        time=min(entry.time for entry in entries),
        origin=IMPORTED if all(by_a_sync(file, entry) for entry in entries) else None,
    )


def by_a_sync(file: Sheet, entry: Entry) -> bool:
    """Whether a row was imported, and not written by the bot."""
    return imported(file, entry.row, "sync_imported")


def lines_of_the_bot(found: Trades) -> frozenset[int]:
    """The lines of all rows that no sync has written, filled or not."""
    file = found.file
    return frozenset(row.line for row in file.table.rows if not imported(file, row, "sync_imported"))


def qty_of(entries: list[Entry]) -> Decimal:
    """How much was traded in all."""
    if len(entries) == 1:
        return entries[0].qty
    return normal(sum((entry.qty for entry in entries), Decimal(0)))


def price_of(fills: list[tuple[Decimal, Decimal | None]]) -> Decimal | None:
    """The average price of (quantity, price) pairs; exact for one; None where one has none."""
    if len(fills) == 1:
        return fills[0][1]
    priced = [(qty, price) for qty, price in fills if price is not None]
    if len(priced) < len(fills):
        return None
    qty = sum((each for each, _ in priced), Decimal(0))
    return average(sum((each * price for each, price in priced), Decimal(0)), qty)


def observations(found: Trades) -> Iterable[Finding]:
    """Note rows to which no order can ever be matched: they name no contract, or say neither buy nor sell."""
    yield from _unknown_actions(found)
    rows = [
        entry.row.line
        for key, entries in found.entries.items()
        if key.startswith(ROW)
        for entry in entries
        if entry.what.lacks
    ]
    if rows:
        yield Finding(
            code="rows-without-contract",
            severity="note",
            key="transactions",
            summary="Rows of the history name an option but not which: they cannot be matched to orders.",
            detail=f"{found.file.table.name}: {len(rows)} row(s), the last in line {rows[-1]}, lack the"
            " expiry, the type or the strike. Orders that they stand for are imported beside them.",
        )


def _unknown_actions(found: Trades) -> Iterable[Finding]:
    rows = [
        entry
        for key, entries in found.entries.items()
        if key.startswith(ROW)
        for entry in entries
        if entry.action not in {"buy", "sell", *EVENTS}
    ]
    if rows:
        last = max(rows, key=lambda entry: entry.row.line)
        yield Finding(
            code="unknown-action",
            severity="note",
            key="transactions",
            summary="Rows of the history say neither buy nor sell: they cannot be matched to orders.",
            detail=f"{found.file.table.name}: {len(rows)} row(s), the last in line {last.row.line}, which"
            f" says {quoted(last.action)}. Orders that they stand for are imported beside them.",
        )
