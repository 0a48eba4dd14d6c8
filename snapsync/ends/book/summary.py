"""What a whole history comes to: its trades in pages, and what is to be said of it.

A long one is gone through once, as a stream: at no time are all its rows in memory.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice

import msgspec

from snapsync.model.canon import ObjectId
from snapsync.model.collect import Collector
from snapsync.model.pages import Pages
from snapsync.model.past import Count
from snapsync.model.policy import Finding
from snapsync.model.state import ROW, Transaction
from snapsync.model.whereabouts import whereabouts

from . import costs
from .entries import EVENTS, Entries, Entry, required
from .faults import quoted
from .history import Trades, one_trade, row_key, transaction, transactions
from .sheet import LOOK_BACK, Sheet
from .table import Row

_WAITING = 1 << 15
"""So many orders may get one more row before they are taken for whole."""


class Summary(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What is known of a history without its rows.

    ``actionless`` and ``contractless`` are the rows to which no order can ever be matched. ``made`` is what
    the pages consist of, where they were made as bytes: a store may lack it. ``places`` are then the
    whereabouts of all trades.
    """

    pages: Pages[Transaction]
    actionless: Count
    contractless: Count
    costs: tuple[Finding, ...]
    made: Mapping[ObjectId, bytes] = msgspec.field(default_factory=dict)
    places: Collection[int] = ()


def summary(found: Trades) -> Summary:
    """What a history comes to that is in memory whole.

    Raises:
        BookError: its rows cannot be understood.
    """
    counts = Counts()
    for key, entries in found.entries.items():
        counts.take(key, entries)
    return Summary(
        pages=Pages.of(Transaction, transactions(found)),
        actionless=counts.actionless,
        contractless=counts.contractless,
        costs=tuple(costs.observations(found.file, found.in_order()[-LOOK_BACK:])),
    )


def streamed(file: Sheet, rows: Iterable[Row], again: Iterable[Row]) -> Summary:
    """What a history comes to whose rows come one by one.

    Args:
        file: its columns.
        rows: its rows.
        again: the same once more; they are gone through only if rows of one order lie far apart.

    Raises:
        BookError: a row cannot be understood.
    """
    return _Stream(file).of(rows, again)


class Counts:
    """Counts the rows that no order can be matched to."""

    def __init__(self) -> None:
        self.actionless, self.contractless = Count(), Count()

    def take(self, key: str, entries: Iterable[Entry]) -> None:
        """Count the rows of one trade."""
        if not key.startswith(ROW):
            return
        for entry in entries:
            if entry.action not in _KNOWN:
                self.actionless = self.actionless.and_one(entry.row.line, entry.action)
            if entry.what.lacks:
                self.contractless = self.contractless.and_one(entry.row.line)


_KNOWN = frozenset({"buy", "sell", *EVENTS})


class _Stream:
    """One pass over a history: rows become entries, entries trades, and trades pages."""

    def __init__(self, file: Sheet) -> None:
        required(file)
        self._file, self._read = file, Entries(file)
        self._waiting: dict[str, list[Entry]] = {}
        self._done: set[int] = set()
        """Hashes of the keys that are done; a collision only has the rows gone through once more."""
        self._late: dict[str, list[Entry]] = {}
        self._seen: dict[str, int] = {}
        self._counts, self._trades = Counts(), Collector(Transaction)
        self._places = array("Q")
        self._last: deque[Entry] = deque(maxlen=LOOK_BACK)

    def of(self, rows: Iterable[Row], again: Iterable[Row]) -> Summary:
        for row in rows:
            entry = self._read(row)
            if entry:
                self._take(entry)
        self._finish(len(self._waiting))
        if self._late:
            self._join(again)
        return Summary(
            pages=self._trades.pages(),
            actionless=self._counts.actionless,
            contractless=self._counts.contractless,
            costs=tuple(costs.observations(self._file, self._last)),
            made=self._trades.objects,
            places=self._places,
        )

    def _take(self, entry: Entry) -> None:
        self._last.append(entry)
        key = entry.key
        known = self._waiting.get(key)
        if not key or (known and not one_trade(known, entry)):
            self._nameless(entry)
        elif known:
            known.append(entry)
        elif hash(key) in self._done:
            self._late.setdefault(key, []).append(entry)
        else:
            self._waiting[key] = [entry]
            if len(self._waiting) > _WAITING:
                self._finish(_WAITING // 2)

    def _nameless(self, entry: Entry) -> None:
        self._add(row_key(entry.row, self._seen), [entry])

    def _finish(self, count: int) -> None:
        for key in list(islice(self._waiting, count)):
            self._add(key, self._waiting.pop(key))
            self._done.add(hash(key))

    def _add(self, key: str, entries: list[Entry]) -> None:
        self._counts.take(key, entries)
        trade = transaction(key, entries)
        self._trades.add(trade)
        self._places.append(whereabouts(trade))

    def _join(self, again: Iterable[Row]) -> None:
        """Put rows to their orders' that were done long before they came."""
        early: dict[str, list[Entry]] = {key: [] for key in self._late}
        for row in again:
            entry = self._read(row)
            late = self._late.get(entry.key) if entry else None
            if entry and late and row.line < late[0].row.line:
                early[entry.key].append(entry)
        for key, late in self._late.items():
            found = early[key]
            trade = [entry for entry in found if one_trade(found, entry)]
            if trade:
                self._trades.remove(transaction(key, trade))
            for entry in late:
                if one_trade(trade, entry):
                    trade.append(entry)
                else:
                    self._nameless(entry)
            self._add(key, trade)


def observations(name: str, found: Summary) -> Iterator[Finding]:
    """Note rows to which no order can ever be matched, and costs that cannot be; ``name`` is the file's."""
    unknown, lacking = found.actionless, found.contractless
    if unknown.rows:
        yield Finding(
            code="unknown-action",
            severity="note",
            key="transactions",
            summary="Rows of the history say neither buy nor sell: they cannot be matched to orders.",
            detail=f"{name}: {unknown.rows} row(s), the last in line {unknown.line}, which"
            f" says {quoted(unknown.said)}. Orders that they stand for are imported beside them.",
        )
    if lacking.rows:
        yield Finding(
            code="rows-without-contract",
            severity="note",
            key="transactions",
            summary="Rows of the history name an option but not which: they cannot be matched to orders.",
            detail=f"{name}: {lacking.rows} row(s), the last in line {lacking.line}, lack the"
            " expiry, the type or the strike. Orders that they stand for are imported beside them.",
        )
    yield from found.costs
