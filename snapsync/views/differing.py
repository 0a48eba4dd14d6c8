"""What of the book still differs, in words: holdings by their names, trades by how many there are."""

from __future__ import annotations

from collections.abc import Collection

from .neutral import terminal
from .plural import plural


def differing(keys: Collection[str]) -> str:
    """``bankroll, SPY250822C00635000, 2 trades``: an order's id says nothing to a person."""
    trades = sum(":" in key for key in keys)
    names = [terminal(key) for key in keys if ":" not in key]
    return ", ".join([*names, *([plural(trades, "trade")] if trades else [])])
