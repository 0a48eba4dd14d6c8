"""The trades of many plain rows at once, as the text that pages have of them.

Where anything is unusual there is no batch: the rows are then read one by one, and what is wrong with one
is told there. A row means the same either way.
"""

from __future__ import annotations

from typing import NamedTuple

from snapsync.errors import BookError
from snapsync.model.state import IMPORTED
from snapsync.model.symbols import all_contracts
from snapsync.model.written import Deal, Subject, contracts, deal, price_text, subject, written

from .columns import Columns
from .entries import ORDER_ID, Entries, Entry, Filled, order_keys
from .history import row_key
from .instrument import Instrument
from .sheet import Sheet
from .summary import KNOWN
from .times import read_times

_DAY = len("2025-08-21")


class Batch(NamedTuple):
    """The filled ones of some rows, each as a trade of its own: its key, the day it lies on, and its text."""

    rows: Columns
    keys: list[str]
    days: list[str]
    texts: list[str]


class Batches:
    """Makes batches of the rows of one file; ``seen`` counts those without ids that say the very same."""

    def __init__(self, file: Sheet, read: Entries, seen: dict[str, int]) -> None:
        self._read, self._seen, self._zone = read, seen, file.zone
        self._deal, self._subject = read.fill.then(_deal), read.what.then(_subject)
        self._price = read.price.then(price_text)
        # an OCC symbol tells all; these are told of so many contracts that remembering them is in vain
        self._symbol_at = file.columns.get("occ_symbol", file.columns.get("symbol"))
        self._time_at, self._id_at = file.columns["timestamp"], file.columns.get(ORDER_ID)

    def __call__(self, rows: Columns) -> Batch | None:
        """The trades of some rows; None where these have to be read one by one."""
        try:
            return self._batch(rows)
        except (BookError, ValueError):
            return None

    def keys(self, rows: Columns) -> list[str]:
        """The keys of the orders that rows name; empty where one names none."""
        return [""] * len(rows) if self._id_at is None else order_keys(rows.column(self._id_at))

    def entries(self, rows: Columns) -> list[Entry]:
        """The entries of rows of which there was a batch, for trades with several of them."""
        read, keys, times = self._read, self.keys(rows), read_times(rows.column(self._time_at), self._zone)
        said = (read.what.all(rows), read.fill.all(rows), read.price.all(rows))
        return [
            Entry(rows.row(at), key, what, fill.action, fill.qty, price, time, fill.ours)
            for at, (key, time, what, fill, price) in enumerate(zip(keys, times, *said, strict=True))
            if fill
        ]

    def _batch(self, rows: Columns) -> Batch | None:
        told = self._deal.all(rows)
        if None in told:
            rows = rows.only([each is not None for each in told])
        deals = [each for each in told if each is not None]
        subjects, prices, keys = self._subjects(rows), self._price.all(rows), self.keys(rows)
        times = read_times(rows.column(self._time_at), self._zone)
        if "" in keys and not self._matchable(rows, keys):
            return None
        for number, key in enumerate(keys) if "" in keys else ():
            if not key:  # counted last: rows of which there is no batch are counted elsewhere
                keys[number] = row_key(rows.values(number), self._seen)
        return Batch(
            rows, keys, [time[:_DAY] for time in times], written(keys, times, deals, subjects, prices)
        )

    def _subjects(self, rows: Columns) -> list[Subject]:
        if self._symbol_at is not None:
            symbols = rows.column(self._symbol_at)
            if all_contracts(symbols):
                return contracts(symbols)
        return self._subject.all(rows)

    def _matchable(self, rows: Columns, keys: list[str]) -> bool:
        """Whether all rows without an id may stand for an order; the others are counted one by one."""
        rows = rows.only([not key for key in keys])
        fills, whats = self._read.fill.all(rows), self._read.what.all(rows)
        return all(fill and fill.action in KNOWN for fill in fills) and not any(each.lacks for each in whats)


def _deal(fill: Filled | None) -> Deal | None:
    if fill is None:
        return None
    if not fill.action:
        raise ValueError("it is not said which way")
    return deal(fill.action, IMPORTED if fill.ours else None, fill.qty)


def _subject(what: Instrument) -> Subject:
    return subject(what.key, what.asset_class)
