"""The Ledger read backwards: a day at a time, each day once, its rows by the holding that they move."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

from .effects import quantity_effects
from .instant import Instant
from .ledger import DELIVERY, OPTION_EVENTS, Activity, Ledger


def newness(row: Activity) -> tuple[str, bool, Instant, str]:
    """By what activities stand in their order: an option's end is dated by its day, and comes last in it."""
    return row.time[:10], row.type in OPTION_EVENTS or row.type == DELIVERY, row.time, row.id


class Newest:
    """Answers about the newest activities; no more days are read than an answer needs."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._days = sorted(ledger.buckets)
        self._moving: dict[str, list[tuple[Activity, Decimal]]] = {}

    def moving(self, key: str) -> Iterator[tuple[Activity, Decimal]]:
        """The activities that move a holding, newest first, each with its signed effect."""
        given = 0
        while True:
            known = self._moving.get(key, [])
            while given < len(known):
                yield known[given]
                given += 1
            if not self._read_a_day():
                return

    def of_keys(self, keys: Collection[str]) -> Iterator[Activity]:
        """The activities of these keys, as far as they are there."""
        missing = set(keys)
        for name in sorted(self._ledger.buckets, reverse=True) if missing else ():
            for row in self._ledger.buckets[name].rows:
                if row.key in missing:
                    missing.discard(row.key)
                    yield row
            if not missing:
                return

    def since(self, moment: Instant) -> Iterator[Activity]:
        """The activities after a moment, in no order."""
        for name, page in self._ledger.buckets.items():
            if name >= moment[:10]:
                yield from (row for row in page.rows if row.time > moment)

    def _read_a_day(self) -> bool:
        if not self._days:
            return False
        page = self._ledger.buckets[self._days.pop()]
        for row in sorted(page.rows, key=newness, reverse=True):
            for key, effect in quantity_effects(row):
                if effect:
                    self._moving.setdefault(key, []).append((row, effect))
        return True
