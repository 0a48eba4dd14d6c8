"""What was done: Snapshots (what was seen), and Operations chained by the hashes of their parents.

Each Operation holds the whole state after it, so that undo is one more Operation and nothing is erased.
"""

from __future__ import annotations

from typing import Literal

from .accruals import Habit
from .canon import ImageId, ObjectId, OperationId, PlanId, Record, RulesId, SnapshotId, StateId, Stored
from .change import Sign
from .instant import Instant
from .missing import Missing
from .plan import Reading
from .policy import Finding
from .state import Marks, OpenOrder, Scope

Verb = Literal["plan", "apply", "recover", "rebind"]


class Manifest(Record, frozen=True):
    """Proof of what one read of the broker covered: rows by endpoint, first and last activity.

    ``proven`` is the beginning of the last reading that re-read days of overlap; ``working`` are the ids
    of orders that have fills and may get more.
    """

    since: Instant
    proven: Instant
    rows: dict[str, int]
    first_activity: str | None = None
    last_activity: str | None = None
    requests: int = 0
    working: tuple[str, ...] = ()


class BrokerSnapshot(Stored, frozen=True, tag="broker-snapshot"):
    """At this time the broker was in this State, with these Marks and this Ledger.

    ``observations`` are findings of the reading itself; ``doubts`` those of its numbers that disagree.
    ``missing`` is what stays unexplained from look to look, ``habit`` when the account's fees leave cash.
    """

    at: Instant
    account: str
    state: StateId
    marks: Marks
    ledger: ObjectId
    manifest: Manifest
    open_orders: tuple[OpenOrder, ...] = ()
    observations: tuple[Finding, ...] = ()
    doubts: tuple[Finding, ...] = ()
    missing: tuple[Missing, ...] = ()
    habit: Habit | None = None


class BookSnapshot(Stored, frozen=True, tag="book-snapshot"):
    """The book in this State; ``images`` holds the very bytes of its files by their role.

    It has no time of its own, so that an unchanged book is one object however often it is looked at.
    """

    state: StateId
    images: dict[str, ImageId]


class Agreed(Record, frozen=True):
    """The pair of Snapshots after which book and broker last agreed: the base of every comparison.

    ``open`` are keys that were left different then; ``rules`` and ``scope`` are what they agreed by.
    """

    book: SnapshotId
    broker: SnapshotId
    rules: RulesId
    scope: Scope
    open: tuple[str, ...] = ()


class Actor(Record, frozen=True):
    """Who did something, and on which machine."""

    user: str
    host: str


class Tally(Record, frozen=True):
    """How many changes of each sign."""

    add: int = 0
    update: int = 0
    close: int = 0


class Operation(Stored, frozen=True, tag="operation"):
    """One completed act. ``plan`` is the id that people approve; ``details`` the stored Plan itself.

    ``reading`` is the broker's dollars that were written or planned with. ``recovered`` marks an apply
    that was interrupted and finished later.
    """

    verb: Verb
    time: Instant
    parents: tuple[OperationId, ...]
    env: str
    account: str | None
    actor: Actor
    version: str
    book: SnapshotId | None = None
    broker: SnapshotId | None = None
    agreed: Agreed | None = None
    plan: PlanId | None = None
    details: ObjectId | None = None
    tally: Tally | None = None
    reading: Reading | None = None
    refused: bool = False
    recovered: bool = False


def tally(signs: list[Sign]) -> Tally:
    """Count changes by their sign."""
    return Tally(add=signs.count(Sign.ADD), update=signs.count(Sign.UPDATE), close=signs.count(Sign.CLOSE))
