"""A point of the history: the operation that an id or a time on the command line came to."""

from __future__ import annotations

import msgspec

from .canon import OperationId
from .history import Operation
from .instant import Instant


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """What was done last at that time. ``at`` is the instant that was meant; of an id, the operation's."""

    at: Instant
    operation: OperationId
    act: Operation
