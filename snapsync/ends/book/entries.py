"""Reading one row of the trade history: what was traded, and under which key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import NamedTuple

import msgspec

from snapsync.model.instant import Instant
from snapsync.model.state import ACTIVITY, ORDER

from . import instrument
from .cells import BLANK, blank, word
from .said import Said
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
_NOWHERE = 1 << 30
"""The place of a column that no row has."""
# the broker writes its ids in small letters
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


class Entry(msgspec.Struct, frozen=True, eq=False):
    """One filled row; ``ours`` says that a sync has imported it, and not the bot written it.

    ``key`` is empty where the row names no order.
    """

    row: Row
    key: str
    what: instrument.Instrument
    action: str
    qty: Decimal
    price: Decimal | None
    time: Instant
    ours: bool


class Filled(NamedTuple):
    """How much a row says was traded, which way, and whether a sync has imported it."""

    qty: Decimal
    action: str
    ours: bool


class Entries:
    """Reads the rows of one file, each for itself.

    ``fill``, ``what`` and ``price`` read a part of a row; the first is None where nothing was filled.
    """

    def __init__(self, file: Sheet) -> None:
        self._file = file
        told = ("status", *ACTIONS, *QUANTITIES, "sync_imported", "source")
        self.fill = Said(file, told, self._fill_of)
        self.what = Said(file, (*instrument.NAMES, "side"), partial(instrument.identify, file))
        self.price = Said(file, PRICES, self._price_of)
        self._id_at = file.columns.get(ORDER_ID, _NOWHERE)

    def __call__(self, row: Row) -> Entry | None:
        """What a row says was traded, under the key of its order if it names one; None: nothing was filled.

        Raises:
            BookError: it cannot be understood.
        """
        fill = self.fill(row)
        if fill is None:
            return None
        file, what = self._file, self.what(row)
        time = file.time(row, "timestamp")
        if time is None:
            raise file.error(row, "timestamp", "is blank; expected a time such as 2025-08-21 09:45:00")
        qty, action, ours = fill
        if not action:
            name = next(name for name in ACTIONS if file.has(name))
            raise file.error(row, name, "is blank; expected buy or sell")
        values, at = row.values, self._id_at
        key = order_key(file.cell(row, ORDER_ID)) if at < len(values) and values[at] else ""
        return Entry(row, key, what, action, qty, self.price(row), time, ours)

    def _fill_of(self, row: Row) -> Filled | None:
        file = self._file
        qty = _filled(file, row)
        if not qty:
            return None
        action = action_of(file.cell(row, file.first(row, *ACTIONS)))
        return Filled(abs(qty), action, imported(file, row, "sync_imported"))

    def _price_of(self, row: Row) -> Decimal | None:
        name = self._file.first(row, *PRICES)
        return self._file.number(row, name) if name else None


def required(file: Sheet) -> None:
    """Insist on the columns without which there are no trades.

    Raises:
        BookError: the file lacks one.
    """
    needed(file, "timestamp")
    needed(file, "symbol", "occ_symbol", "underlying")
    needed(file, *ACTIONS)
    needed(file, *QUANTITIES)


def added(file: Sheet) -> tuple[str, ...]:
    """Columns that a sync may have added at the right end of this file, in its order."""
    return _ADDED_BEFORE if file.has("decision") else OPTIONAL


def order_key(text: str) -> str:
    """The key that an order id's cell stands for; empty where it is blank."""
    if not text or text.startswith((ORDER, ACTIVITY)):
        return text
    return ORDER + (text if text.islower() or not _UUID.fullmatch(text) else text.lower())


def order_keys(texts: Sequence[str]) -> list[str]:
    """The keys that the cells of many order ids stand for."""
    joined = "".join(texts)
    if (
        joined == joined.lower()
        and ":" not in joined
        and joined.split() == [joined]
        and BLANK.isdisjoint(texts)
    ):
        return list(map(ORDER.__add__, texts))
    return [order_key("" if blank(text) else text) for text in map(str.strip, texts)]


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
