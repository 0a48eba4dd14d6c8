"""Which closed rows of the positions file stand for a holding that the broker never closed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal

import msgspec

from snapsync.errors import BookError
from snapsync.model.change import PositionChange
from snapsync.model.instant import Instant, seconds_between
from snapsync.model.match import WINDOW_SECONDS
from snapsync.model.state import Position

from .positions import Holdings, Lot, lot_of


def closed_lots(held: Holdings, keys: Collection[str]) -> dict[str, list[Lot]]:
    """The closed rows of these holdings, the newest first."""
    found: dict[str, list[Lot]] = {}
    for row in reversed(held.closed) if keys else ():
        try:
            lot = lot_of(held.file, row)
            closed = held.file.time(row, "close_time")
        except BookError:  # a closed row is the bot's own history, and need not be understood
            continue
        if lot.key in keys:
            found.setdefault(lot.key, []).append(msgspec.structs.replace(lot, closed=closed))
    return found


def never_closed(closed: Iterable[Lot], change: PositionChange, held: Position) -> list[Lot]:
    """The closed rows that together are the holding which is to be added; empty where there are none.

    Args:
        closed: the closed rows of its key, the newest first.
        change: what is to be done.
        held: the holding.
    """
    opened = change.execution.time if change.execution else None
    found: list[Lot] = []
    for lot in closed:
        if opened and lot.closed and lot.closed <= opened:
            continue  # an earlier holding of the same contract: its close is history
        if not change.reopens and not (opened and _same_opening(lot, opened)):
            continue
        found.append(lot)
        total = sum((each.qty for each in found), Decimal(0))
        if total == held.qty:
            return found
        if abs(total) > abs(held.qty):
            break
    return []


def _same_opening(lot: Lot, opened: Instant) -> bool:
    """Whether a row began with the very fills that the holding began with."""
    return lot.time is not None and abs(seconds_between(lot.time, opened)) <= WINDOW_SECONDS
