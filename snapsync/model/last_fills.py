"""When an order was filled last: the Ledger is read from its first fill on, until all its fills are found."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from .instant import Instant, day_of
from .ledger import FILL, Ledger
from .state import ORDER, Transaction

_Fills = dict[str, list[tuple[Instant, Decimal]]]


class LastFills:
    """Answers for the orders of one look."""

    def __init__(self, ledger: Ledger, now: Instant) -> None:
        self._ledger, self._today = ledger, day_of(now)
        self._days: dict[str, _Fills] = {}

    def ended(self, order: Transaction) -> Instant:
        """The time of an order's last fill; its own where the Ledger has none."""
        if not order.key.startswith(ORDER):
            return order.time
        id, day, missing, last = order.key.removeprefix(ORDER), day_of(order.time), order.qty, order.time
        while missing > 0 and day <= self._today:
            for time, qty in self._of(day).get(id, ()):
                missing, last = missing - qty, max(last, time)
            day = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        return last

    def _of(self, day: str) -> _Fills:
        if day not in self._days:
            fills: _Fills = {}
            for row in self._ledger.between(day, day):
                if row.type == FILL and row.order_id and row.qty:
                    fills.setdefault(row.order_id, []).append((row.time, row.qty))
            self._days[day] = fills
        return self._days[day]
