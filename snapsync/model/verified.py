"""What a check of a store has found: what is damaged, who needs it, and what can still be trusted."""

from __future__ import annotations

import msgspec

from .canon import ObjectId, OperationId
from .history import Operation


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as it must be.

    ``ids`` are the objects that it concerns, ``needed`` the operations that lead to them, newest first.
    """

    summary: str
    detail: str
    kind: str = ""
    ids: tuple[ObjectId, ...] = ()
    needed: tuple[OperationId, ...] = ()


class Verified(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The result of a check.

    ``notes`` are no damage. ``sound`` is the newest operation that leads to no damage, with its id.
    ``wanted`` is how the id began that was to be proven, ``proven`` the operation that has it.
    """

    env: str
    heads: tuple[OperationId, ...]
    objects: int
    operations: int
    replanned: int
    collected: int
    subset: tuple[int, int] | None
    damage: tuple[Damage, ...]
    notes: tuple[str, ...]
    affected: int
    sound: tuple[OperationId, Operation] | None
    wanted: str | None = None
    proven: OperationId | None = None

    @property
    def good(self) -> bool:
        """Whether nothing is damaged, and what was to be proven is proven."""
        return not self.damage and bool(self.proven or not self.wanted)
