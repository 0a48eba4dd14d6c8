"""Rows that a bot wrote without an order id, matched to the orders that they stand for.

One-to-one by symbol, action, quantity, price as written, and time. A match that could be two is never
guessed: it is reported with its candidates, and nothing is imported for it, or a trade would count twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .canon import Record
from .fields import same_price
from .instant import seconds_between
from .state import Transaction

WINDOW_SECONDS = 120
"""How far a bot's own time of a trade may lie from its first fill."""


class Matches(Record, frozen=True):
    """``links`` pairs a book row with its order; ``ambiguous`` lists an order with all its candidates."""

    links: tuple[tuple[Transaction, Transaction], ...]
    ambiguous: tuple[tuple[Transaction, tuple[Transaction, ...]], ...]


def match(rows: Iterable[Transaction], orders: Iterable[Transaction]) -> Matches:
    """Find for each order the one row without an id that stands for it.

    Args:
        rows: the book's transactions that name no order.
        orders: the broker's transactions that no row of the book names.
    """
    wanted = tuple(orders)
    shelves: dict[tuple[str, str, Decimal], list[Transaction]] = {}
    for row in rows:
        shelves.setdefault((row.symbol, row.action, row.qty), []).append(row)
    candidates = {
        order.key: tuple(
            row for row in shelves.get((order.symbol, order.action, order.qty), ()) if _same_trade(row, order)
        )
        for order in wanted
    }
    claims: dict[str, int] = {}
    for found in candidates.values():
        for row in found:
            claims[row.key] = claims.get(row.key, 0) + 1
    links, ambiguous = [], []
    for order in wanted:
        found = candidates[order.key]
        if len(found) == 1 and claims[found[0].key] == 1:
            links.append((found[0], order))
        elif found:
            ambiguous.append((order, found))
    return Matches(links=tuple(links), ambiguous=tuple(ambiguous))


def _same_trade(row: Transaction, order: Transaction) -> bool:
    priced = row.price is None or same_price(row.price, order.price)
    return priced and abs(seconds_between(row.time, order.time)) <= WINDOW_SECONDS
