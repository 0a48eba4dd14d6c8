"""A holding that came to nothing and began anew: told from all that moved it, in order of time."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from .change import Moved, either
from .effects import quantity_effects
from .ledger import Activity
from .newest import Newest, newness
from .state import Position
from .threeway import Base, turning

Move = tuple[Activity, Decimal]
"""An activity, and by how much it, or a part of it, moved a holding; signed."""


class Turn(msgspec.Struct, frozen=True, eq=False):
    """What ended a holding, and what began the one that is there after all ``moves``; if there is one.

    A trade that went through nothing has a part in both. A holding ended when it first came to nothing, and
    the present one began after the last time: what came and went wholly in between is in neither.
    """

    ended: tuple[Move, ...]
    began: tuple[Move, ...]
    moves: tuple[Move, ...]


def turn(start: Decimal, moves: Iterable[Move]) -> Turn | None:
    """How a holding of this quantity ended; None where it was there all the time, or never.

    Args:
        start: how much of it there was; signed.
        moves: what moved it since, oldest first.
    """
    moves = tuple(moves)
    held, over = start, False
    ended: list[Move] = []
    began: list[Move] = []
    for row, effect in moves if start else ():
        before, held = held, held + effect
        if before * held <= 0 and before:
            if not over:
                ended.append((row, -before))
            over, began = True, [(row, held)] if held else []
        elif over and effect * held > 0:
            began.append((row, effect))
        elif not over and effect * before < 0:
            ended.append((row, effect))
    return Turn(ended=tuple(ended), began=tuple(began), moves=moves) if over else None


class Turns:
    """Which holdings ended, and began anew, since the agreed point; none on first contact."""

    def __init__(self, newest: Newest, new: Iterable[Activity], base: Base | None) -> None:
        """``new`` is what came in since ``base``, the agreed point."""
        self._newest = newest
        self._open = base.open if base else frozenset()
        rows = {row.key: row for row in (*newest.of_keys(turning(self._open)), *new)}
        self._moves: dict[str, list[Move]] = {}
        for row in rows.values():
            for key, effect in quantity_effects(row):
                self._moves.setdefault(key, []).append((row, effect))

    @property
    def keys(self) -> frozenset[str]:
        """The holdings that were moved; their quantities may be what they were."""
        return frozenset(self._moves)

    def of(
        self, before: Position | None, after: Position | None, agreed: Position | None, moved: Moved
    ) -> Turn | None:
        """How a holding ended; None where the book may have noted that itself, or it is not certain.

        Args:
            before: the book's holding; None: it has closed it, and the broker's at the agreed point counts.
            after: the broker's.
            agreed: the broker's at the agreed point.
            moved: which side moved.
        """
        if before and moved in {Moved.BOOK, Moved.BOTH}:
            return None
        start, end = quantity(before or agreed), quantity(after)
        key = either(before, after).key
        moves = self._moves.get(key, [])
        missing = end - start - sum((effect for _, effect in moves), Decimal(0))
        if missing and before and (key in self._open or start * end < 0):
            # what was left open at the agreed point was moved before it
            moves, missing = self._further(key, moves, missing)
        if missing:
            return None
        return turn(start, sorted(moves, key=lambda move: newness(move[0])))

    def _further(self, key: str, moves: list[Move], missing: Decimal) -> tuple[list[Move], Decimal]:
        known = {row.key for row, _ in moves}
        found = [*moves]
        for row, effect in self._newest.moving(key):
            if not missing:
                break
            if row.key not in known:
                found.append((row, effect))
                missing -= effect
        return found, missing


def quantity(position: Position | None) -> Decimal:
    """How much is held; nothing where there is no holding."""
    return position.qty if position else Decimal(0)
