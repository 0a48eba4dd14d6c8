"""Which order of the broker goes with which row of the book: by id, else by what both say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import msgspec

from .change import changed_fields
from .dated import Days
from .instant import Instant, seconds_between, shift
from .ledger import FILL
from .match import WINDOW_SECONDS, Ended, Matches, Pair, match
from .plan import Look
from .state import IMPORTED, ORDER, Transaction
from .threeway import Base, Moves, transaction_moves


class Pairs(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The broker's trades that are compared, each with the book's row for it.

    ``late`` maps an order that we imported to the row that the bot wrote for it afterwards; ``kept`` are
    those of them whose imported row is no longer as it was written. ``doubled`` are imported orders for
    which the bot has written a row with the order's id. ``named`` maps an order to the row that has the bot's
    own id of it, the client order id, where the broker's belongs. ``strays`` are rows that name an order
    which the broker does not show. ``mistimed`` pairs the bot's own rows with their orders, where the row's
    time is not that of the fills.
    """

    since: Instant
    moves: Moves
    orders: list[Transaction]
    rows: dict[str, Transaction]
    matches: Matches
    late: dict[str, Transaction]
    kept: list[str]
    doubled: frozenset[str]
    named: dict[str, Transaction]
    strays: list[str]
    mistimed: list[Pair]

    @property
    def links(self) -> set[str]:
        """The orders that a row without an id, or with the bot's own, was found for."""
        return {order.key for _, order in self.matches.links} | self.named.keys()

    @property
    def left_open(self) -> set[str]:
        """What differs and is left alone until a person has settled it."""
        doubtful = {order.key for order, _ in self.matches.ambiguous}
        return doubtful | {order.key for _, order in self.matches.shifted} | {*self.kept, *self.strays}


def pairs(look: Look, base: Base | None) -> Pairs:
    """Pair what both sides know of the trades inside Scope and Coverage."""
    moves = transaction_moves(base, look.book, look.broker)
    since = look.broker.coverage.since if look.broker.coverage else look.at
    book, broker = look.book.transactions.by_key(), look.broker.transactions.by_key()

    def compared(row: Transaction) -> bool:
        return row.time >= since and look.scope.covers(row.symbol, row.asset_class)

    days = Days(look.book_zone)
    nameless = _nameless(book.values(), since, days)
    named = _named(book, broker)
    fresh = {*moves.worth_a_look(row.key for row in named.values())}
    looked_at = {*moves.worth_a_look(broker.keys()), *(key for key, row in named.items() if row.key in fresh)}
    orders = [broker[key] for key in sorted(looked_at) if compared(broker[key])]
    missing = [order for order in orders if order.key not in book and order.key not in named]
    imported = _imported(book, broker, moves, nameless)
    ended = cache(_Fills(look).ended)
    matches = match(nameless, [*missing, *filter(compared, imported)], ended, days)
    late = {order.key: row for row, order in matches.links if order.key in book}
    working = {f"{ORDER}{order.id}" for order in look.open_orders} | {row.key for row in named.values()}
    return Pairs(
        since=since,
        moves=moves,
        orders=[*orders, *(broker[key] for key in sorted(late.keys() - {order.key for order in orders}))],
        rows={
            **{order.key: book[order.key] for order in orders if order.key in book},
            **{order.key: row for row, order in matches.links},
            **named,
        },
        matches=matches,
        late=late,
        kept=sorted(
            key for key in late if key not in look.untouched or not _same(book[key], broker[key], days)
        ),
        doubled=frozenset(
            order.key
            for order in orders
            if order.key in look.untouched and order.key in book
            if book[order.key].origin != IMPORTED and book[order.key].qty == 2 * order.qty
        ),
        named=named,
        strays=[
            key
            for key in moves.worth_a_look(book.keys() - broker.keys() - working)
            if book[key].linked and compared(book[key])
        ],
        mistimed=[
            (book[order.key], order)
            for order in orders
            if order.key in book and not _timely(book[order.key], order, ended, days)
        ],
    )


def _nameless(rows: Iterable[Transaction], since: Instant, days: Days) -> list[Transaction]:
    """The rows of the time compared that name no order; one that tells a day alone may be of its evening."""
    first = shift(since, minutes=-5)
    earliest = min(first, days.midnight(since) or first)
    return [
        row
        for row in rows
        if not row.linked and row.time >= earliest and (row.time >= first or days.dated(row.time))
    ]


def _named(book: Mapping[str, Transaction], broker: Mapping[str, Transaction]) -> dict[str, Transaction]:
    """The orders that a row names by the id that the bot gave them; such a row stays as it is."""
    rows = {key.removeprefix(ORDER): row for key, row in book.items() if key not in broker and row.linked}
    return {
        key: rows[order.client_order_id]
        for key, order in (broker.items() if rows else ())
        if order.client_order_id in rows and key not in book
        if _alike(rows[order.client_order_id], order)
    }


def _alike(row: Transaction, order: Transaction) -> bool:
    return (row.symbol, row.action) == (order.symbol, order.action)


def _same(row: Transaction, order: Transaction, days: Days) -> bool:
    """Whether an imported row still says what the broker says, in whole seconds, minutes or days."""
    if changed_fields(row, order):
        return False
    if row.time == days.midnight(order.time):
        return True
    return row.time[:19] == order.time[:19] or row.time[:19] == f"{order.time[:16]}:00"


def _timely(row: Transaction, order: Transaction, ended: Ended, days: Days) -> bool:
    """Whether a row of the bot's has a time of its order's fills, or one not far off; ours always has."""
    if row.origin == IMPORTED or abs(seconds_between(row.time, order.time)) <= WINDOW_SECONDS:
        return True
    last = ended(order)
    if order.time <= row.time <= shift(last, seconds=WINDOW_SECONDS):
        return True
    return row.time in {days.midnight(order.time), days.midnight(last)}


def _imported(
    book: Mapping[str, Transaction],
    broker: Mapping[str, Transaction],
    moves: Moves,
    nameless: Iterable[Transaction],
) -> list[Transaction]:
    """The orders that we imported and that a row which has come since may stand for."""
    fresh = moves.worth_a_look(row.key for row in nameless)
    alike = {(book[key].symbol, book[key].action) for key in fresh}
    unsettled = set(moves.worth_a_look(broker.keys() & book.keys()))
    return [
        broker[key]
        for key, row in book.items()
        if row.origin == IMPORTED and key in broker
        if key in unsettled or (broker[key].symbol, broker[key].action) in alike
    ]


class _Fills:
    """When an order was filled last; the Ledger is gone through once, and only if somebody asks."""

    def __init__(self, look: Look) -> None:
        self._ledger = look.ledger
        self._last: dict[str, Instant] | None = None

    def ended(self, order: Transaction) -> Instant:
        if self._last is None:
            self._last = {}
            for row in self._ledger:
                if row.type == FILL and row.order_id:
                    key = f"{ORDER}{row.order_id}"
                    self._last[key] = max(row.time, self._last.get(key, row.time))
        return self._last.get(order.key, order.time)
