"""The whole chain that made a quantity what it is, on each side.

A chain has no gaps: each step begins where the one before it ended, the first at nothing, and the last
ends at what the side holds. What nothing explains is a step of its own. The chains are made in
``blame_broker`` and ``blame_book``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from .approval import Approval
from .canon import OperationId
from .change import Cause
from .history import Operation
from .instant import Instant
from .ledger import Activity, Ledger
from .plan import Plan
from .state import OpenOrder, Position, State
from .stretch import Entry

How = Literal["earlier", "activity", "rounded", "unexplained", "edited", "written"]
"""``earlier``: held before anything is known; ``rounded``: a coin's last decimal; ``edited``: not by us;
``written``: by one of our acts."""

ZERO = Decimal(0)


class Glance(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One operation as far as it saw a side; ``plan`` is what it carried out."""

    id: OperationId
    act: Operation
    at: Instant
    book: State | None = None
    broker: State | None = None
    ledger: Ledger | None = None
    plan: Plan | None = None
    open_orders: tuple[OpenOrder, ...] = ()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a chain, in contracts, shares or coins; signed.

    ``seen`` is the operation that first saw it, or, of what was written, the one that wrote it; ``planned``
    made the plan for it. Of an activity ``written`` is the one that brought it into the book. ``approved`` is
    the yes that the writing used up.
    """

    at: Instant
    before: Decimal
    after: Decimal
    how: How
    seen: Entry | None = None
    planned: Entry | None = None
    activity: Activity | None = None
    cause: Cause | None = None
    client_order_id: str | None = None
    written: Entry | None = None
    approved: Approval | None = None

    @property
    def writer(self) -> Entry | None:
        """The act that wrote it into the book, by whichever chain the step is of."""
        return self.seen if self.how == "written" else self.written


class Blame(msgspec.Struct, frozen=True, kw_only=True):
    """Both chains of one key, each in the order of its steps."""

    key: str
    broker: tuple[Step, ...]
    book: tuple[Step, ...]

    @property
    def held_by_broker(self) -> Decimal:
        return self.broker[-1].after if self.broker else ZERO

    @property
    def held_in_book(self) -> Decimal:
        return self.book[-1].after if self.book else ZERO


def quantity(state: State | None, key: str) -> Decimal:
    """How much of a key one side holds; only the page that it lies in is read."""
    if state is None:
        return ZERO
    held = state.positions.get(Position.bucket_of(key), key)
    return held.qty if held else ZERO
