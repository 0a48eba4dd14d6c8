"""A long history, gone through once: at no time are all its rows in memory.

Most rows are plain, each the only one of its order: those become trades many at once. All others become
entries one by one, which wait for the other rows of their orders.
"""

from __future__ import annotations

from array import array
from collections import Counter, deque
from collections.abc import Container
from itertools import chain, compress, groupby, islice
from operator import attrgetter

from snapsync.model.collect import Collector
from snapsync.model.state import ROW, Transaction
from snapsync.model.whereabouts import whereabouts, whereabouts_on

from . import costs
from .batch import Batch, Batches
from .columns import Block, Columns, apart
from .entries import ORDER_ID, Entries, Entry, order_key, required
from .history import one_trade, row_key, transaction
from .sheet import LOOK_BACK
from .sheets import added
from .stream import Stream
from .summary import Counts, Summary
from .table import Row, fitting, widths

_WAITING = 1 << 15
"""So many orders may get one more row before they are taken for whole."""
_SEVERAL = 2
_line, _line_of = attrgetter("line"), attrgetter("row.line")


def streamed(stream: Stream) -> Summary:
    """What a history comes to whose rows come in blocks.

    Raises:
        BookError: a row cannot be understood.
    """
    return _Pass(stream).summary()


class _End:
    """The filled rows of a block."""

    def __init__(self) -> None:
        self.plain: list[Columns] = []
        self.others: list[Row] = []

    def __len__(self) -> int:
        return len(self.others) + sum(map(len, self.plain))

    def last(self) -> list[Row]:
        """Its last rows, in the file's order."""
        return sorted(chain(self.others, *(each.last(LOOK_BACK) for each in self.plain)), key=_line)


class _Pass:
    """One pass over a history; rows become trades, and trades pages."""

    def __init__(self, stream: Stream) -> None:
        required(stream.file)
        self._stream, self._file = stream, stream.file
        self._optional = added(self._file, "history")
        self._seen: dict[str, int] = {}
        self._read = Entries(self._file)
        self._batches = Batches(self._file, self._read, self._seen)
        self._waiting: dict[str, list[Entry]] = {}
        self._done: set[int] = set()
        """Hashes of the keys that are done; a collision only has the rows gone through once more."""
        self._late: dict[str, list[Entry]] = {}
        self._counts, self._trades = Counts(), Collector(Transaction)
        self._places = array("Q")
        self._ends: deque[_End] = deque()
        """The last blocks, which have the last rows that were filled."""

    def summary(self) -> Summary:
        for block in self._stream:
            self._take_block(block)
        self._finish(len(self._waiting))
        if self._late:
            self._join()
        last = [entry for each in self._ends for row in each.last() if (entry := self._read(row))]
        return Summary(
            pages=self._trades.pages(),
            actionless=self._counts.actionless,
            contractless=self._counts.contractless,
            costs=tuple(costs.observations(self._file, last[-LOOK_BACK:])),
            made=self._trades.objects,
            places=self._places,
        )

    def _take_block(self, block: Block) -> None:
        plain, other = self._apart(block)
        rows = [row for piece in other for row in self._stream.rows(piece)]
        end, batches, entries = _End(), list[Batch](), list[Entry]()
        for each in plain:
            batch = self._batches(each)
            if batch is None:
                rows += each.last(len(each))
            else:
                batches.append(batch)
                end.plain.append(batch.rows)
        shared = self._shared(batches, rows)
        for row in sorted(rows, key=_line):
            entry = self._read(fitting(self._file.table, row, self._optional))
            if entry:
                entries.append(entry)
                end.others.append(row)
        for batch in batches:
            entries += self._but_alone(batch, shared)
        for entry in sorted(entries, key=_line_of):
            self._take(entry)
        self._ends.append(end)
        while sum(map(len, islice(self._ends, 1, None))) >= LOOK_BACK:
            self._ends.popleft()

    def _shared(self, batches: list[Batch], rows: list[Row]) -> frozenset[str]:
        """The orders that are named in more than one of some batches and rows."""
        if len(batches) + bool(rows) < _SEVERAL:
            return frozenset()
        named = [set(batch.keys) for batch in batches]
        named.append({order_key(self._file.cell(row, ORDER_ID)) for row in rows})
        often = Counter(chain.from_iterable(named))
        return frozenset(key for key, count in often.items() if count >= _SEVERAL)

    def _apart(self, block: Block) -> tuple[list[Columns], list[Block]]:
        return apart(block, *widths(self._file.table, self._optional))

    def _but_alone(self, batch: Batch, shared: frozenset[str]) -> list[Entry]:
        """Take the trades that have no other rows so far; gives the entries of all others."""
        keys, days, texts = batch.keys, batch.days, batch.texts
        hashes, others = set(map(hash, keys)), list[Entry]()
        known = not self._done.isdisjoint(hashes) or not self._waiting.keys().isdisjoint(keys)
        if known or shared or len(hashes) < len(keys):
            alone = self._alone(keys, shared)
            others = self._batches.entries(batch.rows.only([not each for each in alone]))
            keys, days, texts = (list(compress(each, alone)) for each in (keys, days, texts))
            hashes = set(map(hash, keys))
        self._done |= hashes
        start = 0
        for day, same in groupby(days):
            end = start + len(list(same))
            self._trades.extend(day, keys[start:end], texts[start:end])
            self._places.extend(whereabouts_on(day, keys[start:end]))
            start = end
        return others

    def _alone(self, keys: list[str], shared: frozenset[str]) -> list[bool]:
        """Which of some keys no other row has, as far as is known."""
        often = Counter(keys)
        several = shared | {key for key, count in often.items() if count >= _SEVERAL} | self._waiting.keys()
        return [key.startswith(ROW) or (key not in several and hash(key) not in self._done) for key in keys]

    def _take(self, entry: Entry) -> None:
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
        self._add(row_key(entry.row.values, self._seen), [entry])

    def _finish(self, count: int) -> None:
        for key in list(islice(self._waiting, count)):
            self._add(key, self._waiting.pop(key))
            self._done.add(hash(key))

    def _add(self, key: str, entries: list[Entry]) -> None:
        self._counts.take(key, entries)
        trade = transaction(key, entries)
        self._trades.add(trade)
        self._places.append(whereabouts(trade))

    def _join(self) -> None:
        """Put rows to their orders' that were done long before they came."""
        early: dict[str, list[Entry]] = {key: [] for key in self._late}
        for block in self._stream:
            for row in self._naming(self._late.keys(), block):
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

    def _naming(self, orders: Container[str], block: Block) -> list[Row]:
        """The rows of a block that may name one of these orders."""
        plain, other = self._apart(block)
        rows = [row for piece in other for row in self._stream.rows(piece)]
        for each in plain:
            rows += [each.row(at) for at, key in enumerate(self._batches.keys(each)) if key in orders]
        return sorted(rows, key=_line)
