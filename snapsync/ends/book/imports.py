"""Rows of the history that the older sync imported and that are no trades: copies, and orders never filled.

A row that a bot wrote is never among them, nor one of an option event: an expiry at price 0 is a trade.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from .entries import ACTIONS, EVENTS, ORDER_ID, Entry
from .sheet import Sheet, imported
from .table import Row
from .values import Fix

_OURS = "sync"
_OUT = "It is taken out."


class Surplus(msgspec.Struct, frozen=True, eq=False):
    """Rows to take out, each with the fix that says so; and what only a person can decide."""

    rows: list[tuple[Row, Fix]]
    left: list[Fix]


def surplus(file: Sheet, entries: Iterable[Entry]) -> Surplus:
    """Which rows are too many.

    Args:
        file: the history.
        entries: its filled rows, in the file's order.
    """
    found = Surplus([], [])
    orders: dict[str, list[Entry]] = {}
    for entry in entries:
        if _never_filled(file, entry):
            found.rows.append((entry.row, _no_trade(file, entry)))
        elif entry.key:
            orders.setdefault(entry.key, []).append(entry)
    for rows in orders.values():
        _of_one_order(file, rows, found)
    return found


def names_nothing(file: Sheet, row: Row) -> bool:
    """Whether an import says of nothing that it was traded: the old sync's of an order with several legs."""
    named = file.first(row, "symbol", "occ_symbol", "underlying", *ACTIONS)
    return not named and _by_the_old_sync(file, row)


def whole_order(file: Sheet, row: Row) -> Fix:
    """What becomes of such a row."""
    return Fix(
        line=row.line,
        wrong=f"Order {file.cell(row, ORDER_ID)} was imported without a symbol: it had several legs.",
        becomes="It is taken out. Its legs are trades of their own.",
    )


def _by_the_old_sync(file: Sheet, row: Row) -> bool:
    return imported(file, row, "sync_imported") and file.cell(row, "source").lower() != _OURS


def _never_filled(file: Sheet, entry: Entry) -> bool:
    # the old sync wrote canceled orders like filled ones, at a price of 0; ours writes none of those
    old = _by_the_old_sync(file, entry.row)
    return old and entry.key.startswith("order:") and entry.price == 0 and entry.action not in EVENTS


def _no_trade(file: Sheet, entry: Entry) -> Fix:
    return Fix(
        line=entry.row.line,
        wrong=f"Order {file.cell(entry.row, ORDER_ID)} was imported at price 0: it was canceled, not filled.",
        becomes=_OUT,
    )


def _of_one_order(file: Sheet, entries: list[Entry], found: Surplus) -> None:
    """Of rows that say the same keep the bot's own, else the first import."""
    imported = [entry for entry in entries if entry.ours]
    own = [entry for entry in entries if not entry.ours]
    if own:
        # a bot that is late has its row beside ours until the next plan: that is no damage
        copies = [entry for entry in imported if _by_the_old_sync(file, entry.row)]
    else:
        own, copies = imported[:1], imported[1:]
    for entry in copies:
        if _same(entry, own, exactly=own == imported[:1]):
            wrong = f"Order {file.cell(entry.row, ORDER_ID)} is there already, in line {own[0].row.line}."
            found.rows.append((entry.row, Fix(line=entry.row.line, wrong=wrong, becomes=_OUT)))
        else:
            found.left.append(_differs(file, entry, own[0]))


def _same(copy: Entry, rows: list[Entry], *, exactly: bool) -> bool:
    """Whether a row says what others say together; a bot notes its own price and time."""
    first = rows[0]
    said = (first.what.key, first.action, sum((row.qty for row in rows), Decimal(0)))
    same = (copy.what.key, copy.action, copy.qty) == said
    return same and (not exactly or (copy.price, copy.time) == (first.price, first.time))


def _differs(file: Sheet, entry: Entry, first: Entry) -> Fix:
    return Fix(
        line=entry.row.line,
        wrong=f"Order {file.cell(entry.row, ORDER_ID)} is there already, in line {first.row.line}, and says"
        " something else.",
        becomes="Which of the rows is right, nobody can say without the account.",
    )
