"""Which trades of both sides are worth comparing: those that moved, and what lies near them.

Near in time is enough: a row that names no order is matched to one of its own time, and one that names an
order is found by its key. So the work of a plan follows what moved. Where nothing was agreed, or under other
rules, all that the broker shows has moved, and every row of the time that it is proven for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cache, partial

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


class Sides:
    """The trades to compare, of the book and of the broker, by key.

    ``named`` maps an order to the row that has the bot's own id of it, the client order id, where the
    broker's belongs; such a row stays as it is.
    """

    def __init__(self, look: Look, moves: Moves, since: Instant, ended: Ended) -> None:
        self._look, self._ended = look, ended
        self._book = _finder(look.find_in_book, look.book.transactions)
        self._broker = _finder(look.find_at_broker, look.broker.transactions)
        if moves.moved is None:
            self.broker = look.broker.transactions.by_key()
            recent = {row.key: row for row in look.book.transactions.between(_day(since, -_NEAR))}
            self.book = recent | _found(self._book, self.broker.keys() - recent.keys())
        else:
            self.book, self.broker = _found(self._book, moves.moved), _found(self._broker, moves.moved)
        self.named = dict(self._named_by_orders()) | dict(self._named_by_rows())
        self.broker |= _found(self._broker, self.named)

    def booked(self, key: str) -> Transaction | None:
        """The book's trade of a key, whether it is to be compared or not."""
        return self.book.get(key) or self._book(key)

    def imported(self) -> list[Transaction]:
        """The orders that we imported and that a row which has come since may stand for."""
        found = {key: order for key, order in self.broker.items() if key in self.book}
        fresh = [row for row in self.book.values() if not row.linked]
        alike = {(row.symbol, row.action) for row in fresh}
        for order in self._filled_near(fresh) if alike else ():
            if (order.symbol, order.action) in alike:
                found[order.key] = order
        return [order for key, order in sorted(found.items()) if self._is_imported(key)]

    def around(self, orders: Iterable[Transaction]) -> Iterator[Transaction]:
        """The book's trades that may stand for any of these orders, among others."""
        spans = ((_day(order.time, -_NEAR), _day(self._ended(order), _NEAR)) for order in orders)
        for first, last in _joined(spans):
            yield from self._look.book.transactions.between(first, last)

    def _is_imported(self, key: str) -> bool:
        row = self.booked(key)
        return row is not None and row.origin == IMPORTED

    def _named_by_orders(self) -> Iterator[tuple[str, Transaction]]:
        for key, order in self.broker.items():
            if order.client_order_id and key not in self.book:
                row = self.booked(f"{ORDER}{order.client_order_id}")
                if row and self._broker(row.key) is None and _alike(row, order):
                    yield key, row

    def _named_by_rows(self) -> Iterator[tuple[str, Transaction]]:
        rows = [row for key, row in self.book.items() if row.linked and key not in self.broker]
        near = self._near(rows, self._look.broker.transactions)
        orders = {f"{ORDER}{order.client_order_id}": order for order in near if order.client_order_id}
        for row in rows:
            order = orders.get(row.key)
            if order and self.booked(order.key) is None and _alike(row, order):
                yield order.key, row

    def _filled_near(self, rows: Iterable[Transaction]) -> Iterator[Transaction]:
        """The orders that were filled first, or once more, about the time of these rows."""
        rows = list(rows)
        yield from self._near(rows, self._look.broker.transactions)
        symbols = {row.symbol for row in rows}
        for first, last in _about(rows):
            fills = (each for each in self._look.ledger.between(first, last) if each.type == FILL)
            keys = {f"{ORDER}{each.order_id}" for each in fills if each.symbol in symbols}
            yield from _found(self._broker, keys).values()

    def _near(self, rows: Iterable[Transaction], pages: Pages[Transaction]) -> Iterator[Transaction]:
        for first, last in _about(rows):
            yield from pages.between(first, last)


def _finder(find: Find | None, pages: Pages[Transaction]) -> Finder:
    return cache(partial(find, pages)) if find else pages.by_key().get


def _found(find: Finder, keys: Iterable[str]) -> Trades:
    return {key: row for key in keys if (row := find(key)) is not None}


def _alike(row: Transaction, order: Transaction) -> bool:
    return (row.symbol, row.action) == (order.symbol, order.action)


def _about(rows: Iterable[Transaction]) -> list[tuple[str, str]]:
    """The days about the times of these rows."""
    return _joined({(_day(row.time, -_NEAR), _day(row.time, _NEAR)) for row in rows})


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
