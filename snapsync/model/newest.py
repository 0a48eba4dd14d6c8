"""The Ledger read backwards: a day at a time, each day once, its rows by the holding that they move."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal

from .effects import quantity_effects
from .instant import Instant, day_of
from .ledger import DELIVERY, OPTION_EVENTS, Activity, Ledger


def newness(row: Activity) -> tuple[str, bool, Instant, str]:
    """By what activities stand in their order: an option's end is dated by its day, and comes last in it."""
    return row.time[:10], row.type in OPTION_EVENTS or row.type == DELIVERY, row.time, row.id


class Newest:
    """Answers about the newest activities; no more days are read than an answer needs."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._days = ledger.newest_first()
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
        for rows in self._ledger.newest_first() if missing else ():
            for row in rows:
                if row.key in missing:
                    missing.discard(row.key)
                    yield row
            if not missing:
                return

    def since(self, moment: Instant) -> Iterator[Activity]:
        """The activities after a moment, in no order."""
        return (row for row in self._ledger.between(day_of(moment)) if row.time > moment)

    def _read_a_day(self) -> bool:
        rows = next(self._days, ())
        for row in sorted(rows, key=newness, reverse=True):
            for key, effect in quantity_effects(row):
                if effect:
                    self._moving.setdefault(key, []).append((row, effect))
        return bool(rows)
