"""Eight bytes that say on which day the trade of a key may lie: the key's checksum, and the day."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from .state import Transaction

DAYS = 1 << 16
"""Of one checksum, the days come one after the other."""
EDGES = (0, DAYS - 1)
"""Days that stand for all before or after them too, where nobody trades."""
_EPOCH = date(1970, 1, 1).toordinal()


def whereabouts(row: Transaction) -> int:
    """Where a trade lies."""
    return first_of(row.key) + _number(row.bucket)


def whereabouts_on(day: str, keys: Iterable[str]) -> list[int]:
    """Where the trades of one day lie."""
    number = _number(day)
    return [checksum * DAYS + number for checksum in map(zlib.crc32, map(str.encode, keys))]


def first_of(key: str) -> int:
    """The least that can be said of a key; what is said of it lies between this and DAYS more."""
    return zlib.crc32(key.encode()) * DAYS


def day_name(number: int) -> str:
    """The name of the bucket of a day."""
    return date.fromordinal(number + _EPOCH).isoformat()


@lru_cache(maxsize=1 << 12)
def _number(day: str) -> int:
    return min(max(date.fromisoformat(day).toordinal() - _EPOCH, EDGES[0]), EDGES[1])
