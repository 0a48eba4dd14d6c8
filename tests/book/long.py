"""Histories that are too long to be read whole each time, and ways in which they change."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from snapsync.ends.book import BookFiles, Reading, Remembered, understand
from snapsync.ends.book.annals import SHORT
from snapsync.model.canon import ObjectId
from snapsync.model.past import Past, stamp
from snapsync.model.state import Transaction

HEAD = (
    "timestamp,symbol,action,quantity,price,total_cost,fees,alpaca_order_id,source,broker,environment,"
    "sync_imported\n"
)
ROWS = 3_600


def row(number: int, **said: str) -> str:
    """One of a bot's rows; ``said`` replaces some of its cells."""
    day, minute = divmod(number, 390)
    cells = {
        "timestamp": f"2025-{1 + day // 28:02}-{1 + day % 28:02} {9 + minute // 60:02}:{minute % 60:02}:07",
        "symbol": f"SPY251219C00{600 + number % 40}000",
        "action": ("BUY", "SELL")[number % 2],
        "quantity": str(1 + number % 5),
        "price": f"{2 + number % 7}.{number % 100:02}",
        "total_cost": f"{(1 + number % 5) * (200 + 100 * (number % 7) + number % 100)}.00",
        "fees": "0.65",
        "alpaca_order_id": str(UUID(int=number * 0x9E3779B97F4A7C15 % 2**128)),
        "source": "bot",
        "broker": "alpaca",
        "environment": "paper",
        "sync_imported": "",
    }
    return ",".join((cells | said).values()) + "\n"


def lines(count: int = ROWS) -> list[str]:
    """The lines of a long history."""
    return [HEAD, *map(row, range(count))]


def data_of(lines: list[str]) -> bytes:
    """Such a history's bytes; they are long enough."""
    data = "".join(lines).encode()
    assert len(data) > SHORT
    return data


class Kept:
    """What a store would hold of a reading, and what would be remembered of it."""

    def __init__(self, reading: Reading, path: Path, *, settled: bool = True) -> None:
        self.objects: dict[ObjectId, bytes] = dict(reading.annals.objects())
        self.objects |= reading.annals.summary.made
        self.objects |= dict(reading.state.objects())
        self.trades = reading.state.transactions.by_key()
        past = reading.annals.past(stamp(path.stat()), settled=settled)
        assert past is not None
        self.past: Past = past

    def remembered(self) -> Remembered:
        """For the next reading."""
        return Remembered(past=self.past, fetch=self.objects.__getitem__, find=self.find)

    def find(self, key: str) -> Transaction | None:
        """A trade of that reading."""
        return self.trades.get(key)


def whole(files: BookFiles, data: bytes) -> Reading:
    """What reading all of it says."""
    return understand({"bankroll": None, "positions": None, "history": data}, files)
