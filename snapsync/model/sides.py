"""Which trades of both sides are worth comparing: all of them, or those that moved and what lies near them.

Near in time is enough: a row that names no order is matched to one of its own time, and one that names an
order is found by its key. So the work of a plan follows what moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cache, partial
from typing import Protocol

from .find import Find
from .instant import Instant, day_of
from .ledger import FILL
from .match import Ended
from .pages import Pages
from .plan import Look
from .state import IMPORTED, ORDER, Transaction
from .threeway import Moves

Trades = dict[str, Transaction]
Finder = Callable[[str], Transaction | None]
_NEAR = 2
"""Days: farther apart a row and its order never lie; a time in a wrong zone is off by less than one."""


class Sides(Protocol):
    """The trades to compare, of the book and of the broker, by key.

    ``named`` maps an order to the row that has the bot's own id of it, the client order id, where the
    broker's belongs; such a row stays as it is.
    """

    book: Trades
    broker: Trades
    named: Trades

    def booked(self, key: str) -> Transaction | None:
        """The book's trade of a key, whether it is to be compared or not."""

    def imported(self) -> list[Transaction]:
        """The orders that we imported and that a row which has come since may stand for."""

    def around(self, orders: Iterable[Transaction]) -> Iterable[Transaction]:
        """The book's trades that may stand for any of these orders, among others."""


def sides(look: Look, moves: Moves, ended: Ended) -> Sides:
    """The trades of a look."""
    return _Everything(look) if moves.moved is None else _Moved(look, moves.moved, ended)


class _Everything:
    """Nothing was agreed, or under other rules: all is compared."""

    def __init__(self, look: Look) -> None:
        self.book, self.broker = look.book.transactions.by_key(), look.broker.transactions.by_key()
        clients = {
            key.removeprefix(ORDER): row
            for key, row in self.book.items()
            if key not in self.broker and row.linked
        }
        self.named = {
            key: clients[order.client_order_id]
            for key, order in (self.broker.items() if clients else ())
            if order.client_order_id in clients and key not in self.book
            if _alike(clients[order.client_order_id], order)
        }

    def booked(self, key: str) -> Transaction | None:
        return self.book.get(key)

    def imported(self) -> list[Transaction]:
        return [
            self.broker[key]
            for key, row in self.book.items()
            if row.origin == IMPORTED and key in self.broker
        ]

    def around(self, orders: Iterable[Transaction]) -> Iterable[Transaction]:
        del orders
        return self.book.values()


class _Moved:
    """What moved on either side since both agreed."""

    def __init__(self, look: Look, moved: frozenset[str], ended: Ended) -> None:
        self._look, self._ended = look, ended
        self._book = _finder(look.find_in_book, look.book.transactions)
        self._broker = _finder(look.find_at_broker, look.broker.transactions)
        self.book, self.broker = _found(self._book, moved), _found(self._broker, moved)
        self.named = dict(self._named())
        self.broker |= _found(self._broker, self.named)

    def booked(self, key: str) -> Transaction | None:
        return self._book(key)

    def imported(self) -> list[Transaction]:
        keys = {key: order for key, order in self.broker.items() if key in self.book}
        for row in self.book.values():
            if not row.linked:
                keys |= {order.key: order for order in self._filled_near(row) if _alike(row, order)}
        return [order for key, order in sorted(keys.items()) if self._is_imported(key)]

    def around(self, orders: Iterable[Transaction]) -> Iterable[Transaction]:
        spans = [(_day(order.time, -_NEAR), _day(self._ended(order), _NEAR)) for order in orders]
        for first, last in _joined(spans):
            yield from self._look.book.transactions.between(first, last)

    def _is_imported(self, key: str) -> bool:
        row = self._book(key)
        return row is not None and row.origin == IMPORTED

    def _named(self) -> Iterator[tuple[str, Transaction]]:
        for key, order in self.broker.items():
            row = self._book(f"{ORDER}{order.client_order_id}") if order.client_order_id else None
            if row and key not in self.book and self._broker(row.key) is None and _alike(row, order):
                yield key, row
        for key, row in self.book.items():
            if row.linked and key not in self.broker:
                alike = (each for each in self._near(row) if _alike(row, each))
                mine = (each for each in alike if f"{ORDER}{each.client_order_id}" == key)
                yield from ((each.key, row) for each in mine if self._book(each.key) is None)

    def _filled_near(self, row: Transaction) -> Iterator[Transaction]:
        """The orders that were filled first, or once more, about the time of a row."""
        yield from self._near(row)
        first, last = _day(row.time, -_NEAR), _day(row.time, _NEAR)
        fills = (each for each in self._look.ledger.between(first, last) if each.type == FILL)
        keys = {f"{ORDER}{each.order_id}" for each in fills if each.symbol == row.symbol}
        yield from _found(self._broker, keys).values()

    def _near(self, row: Transaction) -> Iterator[Transaction]:
        """The broker's orders about the time of a row."""
        return self._look.broker.transactions.between(_day(row.time, -_NEAR), _day(row.time, _NEAR))


def _finder(find: Find | None, pages: Pages[Transaction]) -> Finder:
    return cache(partial(find, pages)) if find else pages.by_key().get


def _found(find: Finder, keys: Iterable[str]) -> Trades:
    return {key: row for key in keys if (row := find(key)) is not None}


def _alike(row: Transaction, order: Transaction) -> bool:
    return (row.symbol, row.action) == (order.symbol, order.action)


def _day(at: Instant, days: int) -> str:
    try:
        return (date.fromisoformat(day_of(at)) + timedelta(days=days)).isoformat()
    except OverflowError:  # the ends of the calendar
        return day_of(at)


def _joined(spans: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Spans of days, sorted, those that overlap made one."""
    found: list[tuple[str, str]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found
