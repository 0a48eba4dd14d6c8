"""Reading the trade history: rows that were filled, one Transaction per order id, or per row without one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from snapsync.model.canon import normal
from snapsync.model.state import IMPORTED, ROW, Transaction
from snapsync.model.symbols import multiplier
from snapsync.model.trades import average

from .entries import Entries, Entry, required
from .sheet import Sheet, imported

_DIGEST = 16


class Trades(msgspec.Struct, frozen=True, eq=False):
    """A history file as read: its filled rows by the key of their transaction, in the file's order.

    Of a long file it may be the last rows alone: ``start`` is at which byte they begin.
    """

    file: Sheet
    entries: dict[str, list[Entry]]
    start: int = 0

    def in_order(self) -> list[Entry]:
        """The filled rows in the file's order."""
        found = [entry for entries in self.entries.values() for entry in entries]
        return sorted(found, key=lambda entry: entry.row.line)


def trades(file: Sheet, start: int = 0) -> Trades:
    """Read every row that was filled.

    Raises:
        BookError: a row cannot be understood.
    """
    required(file)
    found = Trades(file, {}, start)
    seen: dict[str, int] = {}
    read = Entries(file)
    for row in file.table.rows:
        entry = read(row)
        if not entry:
            continue
        key = entry.key
        if not key or not one_trade(found.entries.get(key, ()), entry):
            entry = msgspec.structs.replace(entry, key=row_key(row.values, seen))
        found.entries.setdefault(entry.key, []).append(entry)
    return found


def one_trade(known: Sequence[Entry], entry: Entry) -> bool:
    """Whether a row is one more fill of those; the legs of an order are trades of their own under one id."""
    return not known or (known[0].what.key, known[0].action) == (entry.what.key, entry.action)


def row_key(values: Iterable[str], seen: dict[str, int]) -> str:
    """The key of a row that names no order, by its cells; ``seen`` counts those that say the very same."""
    # columns added at the right end leave the cells, and so the key, as they were
    cells = "\x1f".join(values).rstrip("\x1f")
    digest = hashlib.sha256(cells.encode()).hexdigest()[:_DIGEST]
    seen[digest] = seen.get(digest, 0) + 1
    return f"{ROW}{digest}#{seen[digest]}"


def transactions(found: Trades) -> Iterable[Transaction]:
    """The rows of each order added up."""
    return (transaction(key, entries) for key, entries in found.entries.items())


def transaction(key: str, entries: list[Entry]) -> Transaction:
    """Some rows of one order, added up."""
    first = entries[0]
    kind = first.what.asset_class
    alone = len(entries) == 1  # as most are
    return Transaction(
        key=key,
        symbol=first.what.key,
        asset_class=kind,
        action=first.action,
        qty=first.qty if alone else normal(sum((entry.qty for entry in entries), Decimal(0))),
        price=first.price if alone else price_of([(entry.qty, entry.price) for entry in entries]),
        multiplier=multiplier(kind),
        time=first.time if alone else min(entry.time for entry in entries),
        origin=IMPORTED if first.ours and all(entry.ours for entry in entries) else None,
    )


def lines_of_the_bot(found: Trades) -> frozenset[int]:
    """The lines of all rows that no sync has written, filled or not."""
    file = found.file
    return frozenset(row.line for row in file.table.rows if not imported(file, row, "sync_imported"))


def price_of(fills: list[tuple[Decimal, Decimal | None]]) -> Decimal | None:
    """The average price of (quantity, price) pairs; exact for one; None where one has none."""
    if len(fills) == 1:
        return fills[0][1]
    priced = [(qty, price) for qty, price in fills if price is not None]
    if len(priced) < len(fills):
        return None
    qty = sum((each for each, _ in priced), Decimal(0))
    return average(sum((each * price for each, price in priced), Decimal(0)), qty)
