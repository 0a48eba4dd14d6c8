"""The two long lists of a world, kept in the order in which the API lists them, however long they grow.

A test's world has a handful of rows; one that somebody measures with has a million. So no request may walk
through a whole list, and no move may either.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from .activities import Activity
from .orders import Order

_BLOCK = 1000


class Entry(NamedTuple):
    """Where an order stands: by its submission, then by when the account first heard of it."""

    submitted: int
    number: int
    id: str


class OrderQueue:
    """Which orders there are, by their submission; which of them are open; whose legs are whose."""

    def __init__(self) -> None:
        self.open: dict[str, Entry] = {}
        self.symbols: dict[str, None] = {}
        self._all: list[Entry] = []
        self._legs: dict[str, list[str]] = {}
        self._heard_of = 0

    def note(self, before: Order | None, order: Order) -> None:
        """Take in an order, new or changed."""
        if before is None:
            bisect.insort(self._all, self._enter(order))
        elif before.submitted != order.submitted:
            entry = self.entry(before)
            self._all.remove(entry)
            bisect.insort(self._all, entry._replace(submitted=order.submitted))
            self.open.pop(order.id, None)
        if order.parent and (before is None or before.parent != order.parent):
            self._legs.setdefault(order.parent, []).append(order.id)
        if not order.is_open:
            self.open.pop(order.id, None)
        elif order.id not in self.open:
            self.open[order.id] = self.entry(order)

    def extend(self, orders: Iterable[Order]) -> None:
        """Take in many new orders at once that have ended and are nobody's legs."""
        self._all += map(self._enter, orders)
        self._all.sort()

    def rows(self, *, heads: bool) -> Sequence[Entry]:
        """All entries in order; only those of orders that are nobody's legs where ``heads`` says so."""
        if not (heads and self._legs):
            return self._all
        legs = {id for ids in self._legs.values() for id in ids}
        return [entry for entry in self._all if entry.id not in legs]

    def legs(self, order: Order) -> Sequence[str]:
        """The ids of an order's legs, in the order in which they were made."""
        return self._legs.get(order.id, ())

    def entry(self, order: Order) -> Entry:
        """The entry of an order that was noted."""
        first = bisect.bisect_left(self._all, order.submitted, key=_submitted)
        return next(self._all[place] for place in count(first) if self._all[place].id == order.id)

    def _enter(self, order: Order) -> Entry:
        self._heard_of += 1
        self.symbols[order.ticket.symbol] = None
        return Entry(order.submitted, self._heard_of, order.id)


class _Block:
    """Rows that follow each other, and between which instants they were created."""

    def __init__(self, rows: list[Activity]) -> None:
        self.rows = rows
        self.earliest = min(row.created for row in rows)
        self.latest = max(row.created for row in rows)

    def outside(self, after: int | None, until: int | None) -> bool:
        return (after is not None and self.latest <= after) or (until is not None and self.earliest >= until)


class ActivityQueue:
    """The activities in the order of their ids: a fee that comes late lies among older rows."""

    def __init__(self, rows: Iterable[Activity] = ()) -> None:
        ordered = sorted(rows, key=_id)
        self._blocks = [_Block(ordered[n : n + _BLOCK]) for n in range(0, len(ordered), _BLOCK)]

    def __iter__(self) -> Iterator[Activity]:
        return (row for block in self._blocks for row in block.rows)

    def add(self, row: Activity) -> None:
        """Put a row where it belongs."""
        if not self._blocks:
            self._blocks.append(_Block([row]))
            return
        number = max(bisect.bisect_right(self._blocks, row.id, key=_first) - 1, 0)
        block = self._blocks[number]
        bisect.insort(block.rows, row, key=_id)
        block.earliest, block.latest = min(block.earliest, row.created), max(block.latest, row.created)
        if len(block.rows) > 2 * _BLOCK:
            halves = block.rows[:_BLOCK], block.rows[_BLOCK:]
            self._blocks[number : number + 1] = map(_Block, halves)

    def remove(self, row: Activity) -> None:
        """Take a row out.

        Raises:
            ValueError: it is not there.
        """
        block = next((each for each in self._blocks if row in each.rows), None)
        if block is None:
            raise ValueError(row.id)
        block.rows.remove(row)
        if not block.rows:
            self._blocks.remove(block)

    def ascending(self, beyond: str, after: int | None, until: int | None) -> Iterator[Activity]:
        """The rows with greater ids, without many of those that were created outside of the bounds."""
        start = max(bisect.bisect_right(self._blocks, beyond, key=_first) - 1, 0)
        for number in range(start, len(self._blocks)):
            block = self._blocks[number]
            if not block.outside(after, until):
                first = bisect.bisect_right(block.rows, beyond, key=_id) if number == start else 0
                yield from block.rows[first:]

    def descending(self, beyond: str | None, after: int | None, until: int | None) -> Iterator[Activity]:
        """The rows with smaller ids, from the last one on; all of them for None."""
        end = len(self._blocks) if beyond is None else bisect.bisect_left(self._blocks, beyond, key=_first)
        for number in range(end - 1, -1, -1):
            block = self._blocks[number]
            if not block.outside(after, until):
                last = len(block.rows)
                if beyond is not None and number == end - 1:
                    last = bisect.bisect_left(block.rows, beyond, key=_id)
                yield from reversed(block.rows[:last])


def _submitted(entry: Entry) -> int:
    return entry.submitted


def _id(row: Activity) -> str:
    return row.id


def _first(block: _Block) -> str:
    return block.rows[0].id
