"""The trades of many plain rows at once, as the text that pages have of them.

Where anything is unusual there is no batch: the rows are then read one by one, and what is wrong with one
is told there. A row means the same either way.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from snapsync.errors import BookError
from snapsync.model.state import IMPORTED
from snapsync.model.written import Deal, Subject, deal, price_text, subject, written

from .columns import Columns
from .entries import ORDER_ID, Entries, Filled, order_keys
from .history import row_key
from .instrument import Instrument
from .sheet import Sheet
from .summary import KNOWN
from .times import read_times

_DAY = len("2025-08-21")
T = TypeVar("T")


class Batch(NamedTuple):
    """The filled ones of some rows, each as a trade of its own: its key, the day it lies on, and its text."""

    rows: Columns
    keys: list[str]
    days: list[str]
    texts: list[str]


class _Told(NamedTuple, Generic[T]):
    """What some cells of a row come to; ``matchable`` says that a row without an id may stand for an order."""

    parts: T
    matchable: bool


class Batches:
    """Makes batches of the rows of one file; ``seen`` counts those without ids that say the very same."""

    def __init__(self, file: Sheet, read: Entries, seen: dict[str, int]) -> None:
        self._seen, self._zone = seen, file.zone
        self._deal = read.fill.then(_deal)
        self._subject = read.what.then(_subject)
        self._price = read.price.then(price_text)
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

    def _batch(self, rows: Columns) -> Batch | None:
        told = self._deal.all(rows)
        if None in told:
            rows = rows.only([each is not None for each in told])
        deals = [each for each in told if each is not None]
        subjects, prices, keys = self._subject.all(rows), self._price.all(rows), self.keys(rows)
        times = read_times(list(map(str.strip, rows.column(self._time_at))), self._zone)
        if "" in keys:
            # the last thing that may fail: what is counted here must not be read again
            nameless = [number for number, key in enumerate(keys) if not key]
            if not all(deals[at].matchable and subjects[at].matchable for at in nameless):
                return None
            for number in nameless:
                keys[number] = row_key(rows.values(number), self._seen)
        texts = written(
            keys, times, (each.parts for each in deals), (each.parts for each in subjects), prices
        )
        return Batch(rows, keys, [time[:_DAY] for time in times], texts)


def _deal(fill: Filled | None) -> _Told[Deal] | None:
    if fill is None:
        return None
    if not fill.action:
        raise ValueError("it is not said which way")
    parts = deal(fill.action, IMPORTED if fill.ours else None, fill.qty)
    return _Told(parts, fill.action in KNOWN)


def _subject(what: Instrument) -> _Told[Subject]:
    return _Told(subject(what.key, what.asset_class), not what.lacks)
