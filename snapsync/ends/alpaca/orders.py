"""Orders enrich fills: who sent them, whether they are done, which legs belong together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from snapsync.model.instant import Instant, day_of
from snapsync.model.ledger import FILL, Activity, Ledger
from snapsync.model.state import ORDER, Coverage, OpenOrder, State
from snapsync.model.trades import Order

from .parse import OrderSeen, open_orders, orders
from .row import Row, many, one
from .session import Asks
from .settle import UnsettledError

_PER_PAGE = 500
_WORTH_A_LIST = 5
"""From how many orders on a listing is cheaper than asking for each by its id."""


class OrdersBehind:
    """The orders behind those fills that no earlier reading has proven done."""

    def __init__(self, asks: Asks, proven: State | None, working: Collection[str]) -> None:
        self._asks = asks
        self._proven = {row.key for row in proven.transactions} if proven else set()
        self._waiting = set(working)
        self._seen: dict[str, OrderSeen | None] = {}

    def read(self, rows: Iterable[Activity], since: Instant) -> None:
        """Ask for what these fills need.

        A list filters by submission time, so an old order that filled today is missing from it: what the
        list lacks is asked for by id (pitfalls 6 and 7).
        """
        filled = {row.order_id for row in rows if row.type == FILL and row.order_id}
        wanted = {id for id in filled if ORDER + id not in self._proven} | self._waiting
        if len(wanted) > _WORTH_A_LIST:
            listed = {each.order.id: each for row in _all(self._asks, since) for each in orders(row)}
            self._seen.update((id, listed[id]) for id in wanted if id in listed)
        for id in sorted(wanted - self._seen.keys()):
            answer = self._asks.find(f"/orders/{id}", {"nested": "true"})
            found = {each.order.id: each for each in orders(one(answer))} if answer else {}
            self._seen[id] = found.get(id)

    @property
    def orders(self) -> dict[str, Order]:
        """The orders that the broker knows."""
        return {id: each.order for id, each in self._seen.items() if each}

    @property
    def working(self) -> tuple[str, ...]:
        """Ids of those that may get more fills."""
        return tuple(sorted(id for id, each in self._seen.items() if each and not each.order.done))

    def fills(self, ledger: Ledger, coverage: Coverage) -> list[Activity]:
        """All fills of the orders that are whole.

        An order that began before the Coverage is left out unless all its fills are known. One that
        began within it must have the fills that it claims (pitfalls 23 and 31).

        Raises:
            UnsettledError: an order claims other fills than the activities show.
        """
        whole: list[Activity] = []
        for id, rows in self._by_order(ledger, coverage).items():
            each = self._seen[id]
            filled = sum((row.qty or Decimal(0) for row in rows), Decimal(0))
            if each is None or each.filled_qty in {None, filled}:
                whole += rows
            elif each.submitted_at is None or each.submitted_at >= coverage.since:
                raise UnsettledError(
                    f"order {id} says {each.filled_qty} filled, its fills add up to {filled}"
                )
        return whole

    def _by_order(self, ledger: Ledger, coverage: Coverage) -> dict[str, list[Activity]]:
        begun = [each.submitted_at for each in self._seen.values() if each and each.submitted_at]
        first = day_of(min([coverage.since, *begun]))
        found: dict[str, list[Activity]] = {id: [] for id in self._seen}
        if found:
            for name, page in ledger.buckets.items():
                for row in page.rows if name >= first else ():
                    if row.type == FILL and row.order_id in found:
                        found[row.order_id].append(row)
        return found


def read_open_orders(asks: Asks) -> Iterator[OpenOrder]:
    """The orders that may still fill; a multi-leg order is its legs."""
    params = {"status": "open", "direction": "asc", "nested": "true", "limit": str(_PER_PAGE)}
    for row in _pages(asks, params):
        yield from open_orders(row)


def _all(asks: Asks, since: Instant) -> Iterator[Row]:
    """Every order submitted after an instant, whatever became of it."""
    params = {"status": "all", "direction": "asc", "nested": "true", "limit": str(_PER_PAGE)}
    return _pages(asks, {**params, "after": since[:19] + "Z"})


def _pages(asks: Asks, params: dict[str, str]) -> Iterator[Row]:
    while True:
        page = list(many(asks.get("/orders", params)))
        yield from page
        if len(page) < _PER_PAGE:
            return
        # a cursor by id is exact where many orders share one instant (pitfalls 3 and 4)
        params = {name: value for name, value in params.items() if name != "after"}
        params["after_order_id"] = page[-1].text("id")
