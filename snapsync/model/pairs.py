"""Which order of the broker goes with which row of the book: by id, else by what both say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from operator import attrgetter

import msgspec

from .change import changed_fields
from .dated import Days
from .instant import Instant, seconds_between, shift
from .last_fills import LastFills
from .match import WINDOW_SECONDS, Ended, Matches, Pair, match
from .plan import Look
from .sides import Finder, Sides
from .state import IMPORTED, ORDER, Transaction
from .threeway import Base, Moves, transaction_moves


class Pairs(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The broker's trades that are compared, each with the book's row for it.

    ``late`` maps an order that we imported to the row that the bot wrote for it afterwards; ``kept`` are
    those of them whose imported row is no longer as it was written. ``doubled`` are imported orders for
    which the bot has written a row with the order's id. ``named`` maps an order to the row that has the bot's
    own id of it, the client order id, where the broker's belongs. ``strays`` are rows that name an order
    which the broker does not show. ``mistimed`` pairs the bot's own rows with their orders, where the row's
    time is not that of the fills. ``booked`` finds any trade of the book by its key.
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
    booked: Finder
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
    days, ended = Days(look.book_zone), cache(LastFills(look.ledger, look.at).ended)
    since = look.broker.coverage.since if look.broker.coverage else look.at
    found = Sides(look, moves, since, ended)

    def compared(row: Transaction) -> bool:
        return row.time >= since and look.scope.covers(row.symbol, row.asset_class)

    orders = [order for _, order in sorted(found.broker.items()) if compared(order)]
    mine = {order.key: row for order in orders if (row := found.book.get(order.key))}
    missing = [order for order in orders if order.key not in mine and order.key not in found.named]
    wanted = [*missing, *filter(compared, found.imported())]
    matches = match(_nameless(found.around(wanted), since, days), wanted, ended, days)
    keys = {order.key for order in orders}
    late = [(row, order) for row, order in matches.links if found.booked(order.key)]
    return Pairs(
        since=since,
        moves=moves,
        orders=[
            *orders,
            *sorted((order for _, order in late if order.key not in keys), key=attrgetter("key")),
        ],
        rows={**mine, **{order.key: row for row, order in matches.links}, **found.named},
        matches=matches,
        late={order.key: row for row, order in late},
        kept=sorted(order.key for _, order in late if not _may_go(look, found, order, days)),
        doubled=frozenset(key for key, row in mine.items() if _doubled(look, row, found.broker[key])),
        named=found.named,
        booked=found.booked,
        strays=sorted(row.key for row in _strays(look, found) if compared(row)),
        mistimed=[
            (mine[order.key], order)
            for order in orders
            if order.key in mine and not _timely(mine[order.key], order, ended, days)
        ],
    )


def _may_go(look: Look, found: Sides, order: Transaction, days: Days) -> bool:
    """Whether the imported row of an order is as we wrote it, and says what the broker says."""
    row = found.booked(order.key)
    return row is not None and look.untouched(order.key) and _same(row, order, days)


def _doubled(look: Look, row: Transaction, order: Transaction) -> bool:
    return row.origin != IMPORTED and row.qty == 2 * order.qty and look.untouched(order.key)


def _strays(look: Look, found: Sides) -> Iterator[Transaction]:
    """The rows that name an order which the broker does not show."""
    working = {f"{ORDER}{order.id}" for order in look.open_orders}
    working |= {row.key for row in found.named.values()}
    for key, row in found.book.items():
        if row.linked and key not in found.broker and key not in working:
            yield row


def _nameless(rows: Iterable[Transaction], since: Instant, days: Days) -> list[Transaction]:
    """The rows of the time compared that name no order; one that tells a day alone may be of its evening."""
    first = shift(since, minutes=-5)
    earliest = min(first, days.midnight(since) or first)
    return [
        row
        for row in rows
        if not row.linked and row.time >= earliest and (row.time >= first or days.dated(row.time))
    ]


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
