"""Rows that a bot wrote without an order id, matched to the orders that they stand for.

One-to-one by symbol, action, quantity, price as written, and time; or several rows that together are one
order, as a bot writes that notes each fill. A match that could be two is never guessed: it is reported
with its candidates, and nothing is imported for it, or a trade would count twice.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from operator import attrgetter

from .canon import Record, normal
from .dated import Days
from .fields import same_price
from .instant import Instant, shift
from .state import SEVERAL, Transaction
from .trades import average

WINDOW_SECONDS = 120
"""How far a bot's own time of a trade may lie from its fills."""
_HALF_A_CENT = Decimal("0.005")
_HOUR = 3600
_MOST_HOURS = 14
"""No zone lies further from UTC than this."""
_HOURS = [hours for hours in range(-_MOST_HOURS, _MOST_HOURS + 1) if hours]

Pair = tuple[Transaction, Transaction]
"""A row of the book, and the order that it stands for."""
Rows = tuple[Transaction, ...]
Ended = Callable[[Transaction], Instant]
"""Tells the time of an order's last fill."""


class Matches(Record, frozen=True):
    """``links`` pairs a book row with its order; ``ambiguous`` lists an order with all its candidates.

    ``shifted`` pairs rows and orders that are alike but for their times, which all lie the same number of
    ``hours`` apart (positive: the book's time is the later one).
    """

    links: tuple[Pair, ...] = ()
    ambiguous: tuple[tuple[Transaction, Rows], ...] = ()
    shifted: tuple[Pair, ...] = ()
    hours: int = 0


def match(
    rows: Iterable[Transaction],
    orders: Iterable[Transaction],
    ended: Ended = attrgetter("time"),
    days: Days | None = None,
) -> Matches:
    """Find for each order the one row without an id that stands for it, or the several that do.

    Args:
        rows: the book's transactions that name no order.
        orders: the broker's transactions that no row of the book names.
        ended: the time of an order's last fill.
        days: tells the rows that name a day alone, and which day that is.
    """
    rest = _Rest(rows, orders, ended, days)
    found = Matches()
    for candidates in (rest.of_equal_size, rest.adding_up, rest.shared):
        more = _resolved([(order, candidates(order)) for order in rest.orders])
        found = Matches(links=found.links + more.links, ambiguous=found.ambiguous + more.ambiguous)
        rest = rest.without(more)
    return found if found.links else rest.shifted(found)


def _resolved(found: list[tuple[Transaction, tuple[Rows, ...]]]) -> Matches:
    """Link each order to its only candidate, if no other order may claim any row of it."""
    claims: dict[str, int] = {}
    for _, candidates in found:
        for key in {row.key for rows in candidates for row in rows}:
            claims[key] = claims.get(key, 0) + 1
    links: list[Pair] = []
    ambiguous = []
    for order, candidates in found:
        if len(candidates) == 1 and all(claims[row.key] == 1 for row in candidates[0]):
            links.append((together(candidates[0]), order))
        elif candidates:
            ambiguous.append((order, tuple(row for rows in candidates for row in rows)))
    return Matches(links=tuple(links), ambiguous=tuple(ambiguous))


class _Rest:
    """Rows and orders that nothing was found for yet, and the ways to find candidates among them."""

    def __init__(
        self, rows: Iterable[Transaction], orders: Iterable[Transaction], ended: Ended, days: Days | None
    ) -> None:
        self._rows, self._ended, self._days = sorted(rows, key=attrgetter("time")), ended, days
        self._shelves: dict[tuple[str, str], list[Transaction]] = {}
        self._dated: dict[tuple[str, str], list[Transaction]] = {}
        for row in self._rows:
            shelves = self._dated if days and days.dated(row.time) else self._shelves
            shelves.setdefault((row.symbol, row.action), []).append(row)
        known = self._shelves.keys() | self._dated.keys()
        self.orders = [order for order in orders if (order.symbol, order.action) in known]

    def without(self, found: Matches) -> _Rest:
        """What is left when these are taken."""
        taken = {key for row, _ in found.links for key in row.key.split(SEVERAL)}
        taken |= {row.key for _, rows in found.ambiguous for row in rows}
        done = {order.key for _, order in found.links} | {order.key for order, _ in found.ambiguous}
        return _Rest(
            (row for row in self._rows if row.key not in taken),
            (order for order in self.orders if order.key not in done),
            self._ended,
            self._days,
        )

    def of_equal_size(self, order: Transaction) -> tuple[Rows, ...]:
        """Each row that alone may be the order."""
        return tuple((row,) for row in self._timely(order) if row.qty == order.qty and _priced(row, order))

    def adding_up(self, order: Transaction) -> tuple[Rows, ...]:
        """All the smaller rows of an order's time, if they add up to its quantity and average price."""
        rows = self._smaller(order)
        if not rows or _sum(rows) != order.qty:
            return ()
        paid = together(rows).price
        # each row may be rounded to cents, so their average is as far off as that
        near = paid is None or order.price is None or abs(paid - order.price) <= _HALF_A_CENT
        return (rows,) if near else ()

    def shared(self, order: Transaction) -> tuple[Rows, ...]:
        """Each smaller row of an order's time, where they add up to several orders: whose is which?"""
        rows = self._smaller(order)
        if not rows or _sum(rows) <= order.qty:
            return ()
        first, last = self._span(order)
        rivals = [
            other
            for other in self.orders
            if (other.symbol, other.action) == (order.symbol, order.action)
            and self._span(other)[0] <= last
            and first <= self._span(other)[1]
        ]
        return tuple((row,) for row in rows) if _sum(rows) == _sum(rivals) else ()

    def shifted(self, found: Matches) -> Matches:
        """Where nothing matches, but all that is alike misses by the same hours: times in another zone."""
        alike: dict[int, list[Pair]] = {}
        for order in self.orders:
            for hours in _HOURS:
                rows = self._timely(order, hours)
                like = [row for row in rows if row.qty == order.qty and row.price is not None]
                if pairs := [(row, order) for row in like if _priced(row, order)]:
                    alike.setdefault(hours, []).extend(pairs)
            if len(alike) > 1:
                return found
        for hours, pairs in alike.items():
            return Matches(ambiguous=found.ambiguous, shifted=tuple(pairs), hours=hours)
        return found

    def _smaller(self, order: Transaction) -> Rows:
        return tuple(row for row in self._timely(order) if row.qty < order.qty)

    def _timely(self, order: Transaction, hours: int = 0) -> Sequence[Transaction]:
        """The rows of an order's time, or of so many hours later."""
        shelf = self._shelves.get((order.symbol, order.action), [])
        first, last = self._span(order, hours)
        time = attrgetter("time")
        timely = shelf[bisect_left(shelf, first, key=time) : bisect_right(shelf, last, key=time)]
        return timely if hours else [*self._of_its_day(order), *timely]

    def _of_its_day(self, order: Transaction) -> Iterable[Transaction]:
        """The rows that name the day of an order's first or last fill, and no time."""
        dated = self._dated.get((order.symbol, order.action), ())
        if not dated or self._days is None:
            return ()
        midnights = {self._days.midnight(order.time), self._days.midnight(self._ended(order))}
        return (row for row in dated if row.time in midnights)

    def _span(self, order: Transaction, hours: int = 0) -> tuple[Instant, Instant]:
        """Between which times the rows of an order lie: from its first fill to its last, or not far off."""
        first, last = hours * _HOUR - WINDOW_SECONDS, hours * _HOUR + WINDOW_SECONDS
        return shift(order.time, seconds=first), shift(self._ended(order), seconds=last)


def together(rows: Rows) -> Transaction:
    """Several rows as the one trade that they are; its key is theirs, joined."""
    if len(rows) == 1:
        return rows[0]
    qty = _sum(rows)
    paid = [row.qty * row.price for row in rows if row.price is not None]
    first = rows[0]
    return Transaction(
        key=SEVERAL.join(row.key for row in rows),
        symbol=first.symbol,
        asset_class=first.asset_class,
        action=first.action,
        qty=normal(qty),
        price=average(sum(paid, Decimal(0)), qty) if len(paid) == len(rows) else None,
        multiplier=first.multiplier,
        time=first.time,
    )


def _sum(trades: Iterable[Transaction]) -> Decimal:
    return sum((each.qty for each in trades), Decimal(0))


def _priced(row: Transaction, order: Transaction) -> bool:
    return row.price is None or same_price(row.price, order.price)


def whole_hours(seconds: float) -> int | None:
    """How many hours a time is off, if it is off by whole hours; 0 is not off, None is off otherwise."""
    hours = round(seconds / _HOUR)
    near = abs(seconds - hours * _HOUR) <= WINDOW_SECONDS
    return hours if near and abs(hours) <= _MOST_HOURS else None
