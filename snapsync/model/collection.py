"""What gc took away, when and by whom: so that what was collected is never taken for what was lost."""

from __future__ import annotations

from .canon import ObjectId, Stored
from .history import Actor
from .instant import Instant


class Collection(Stored, frozen=True, tag="collection"):
    """One run of gc: what it was told to keep, and the ids of all that it took away.

    ``keep_last`` is a count of operations, ``keep_days`` an age; what either keeps was kept.
    """

    time: Instant
    actor: Actor
    version: str
    keep_last: int | None
    keep_days: int | None
    ids: tuple[ObjectId, ...]
