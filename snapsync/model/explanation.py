"""An Explanation as a value: the parts of a difference, each with its cause, its evidence and its rule."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import msgspec

from .accruals import Habit
from .canon import Record
from .change import Cause
from .instant import Instant

ZERO = Decimal(0)
CASH = "cash"
"""The key of what is missing in dollars."""
BASELINE = "baseline"
FELT_BEFORE = "felt before"
"""An activity of this time was in the first point's numbers already."""
MISSING_BEFORE = "was missing before"
"""An activity of this time makes up for what was unexplained at the first point."""


class Sums(NamedTuple):
    """An amount at both points, in dollars."""

    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        return self.after - self.before


class Part(Record, frozen=True):
    """What one cause did: to cash in dollars, to one holding in units, to equity at the later prices.

    ``evidence`` names activities by their keys, ``rule`` says how the cause was decided, ``or_else`` what it
    may have been instead. ``restates`` is the day that an activity belongs to when that lies before the
    first point.
    """

    cause: Cause
    what: str
    symbol: str = ""
    cash: Decimal = ZERO
    qty: Decimal = ZERO
    equity: Decimal = ZERO
    evidence: tuple[str, ...] = ()
    rule: str = ""
    or_else: str = ""
    restates: str | None = None


class Unexplained(Record, frozen=True):
    """What no activity accounts for: dollars of cash, units by symbol, and what both are worth in dollars."""

    cash: Decimal = ZERO
    equity: Decimal = ZERO
    quantities: dict[str, Decimal] = msgspec.field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.cash or self.quantities)


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """All parts of what changed between two points; ``since`` is None on first contact.

    ``habit`` is when the account's fees leave cash, as far as it is proven; ``or_else`` how else the fees of
    an equation may be read that does not close.
    """

    since: Instant | None
    until: Instant
    cash: Sums
    equity: Sums
    parts: tuple[Part, ...]
    unexplained: Unexplained
    habit: Habit | None = None
    or_else: str = ""
