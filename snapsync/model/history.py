"""What was done: Snapshots (what was seen), and Operations chained by the hashes of their parents.

Each Operation holds the whole state after it, so that undo is one more Operation and nothing is erased.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .accruals import Habit
from .canon import ImageId, ObjectId, OperationId, PlanId, Record, RulesId, SnapshotId, StateId, Stored
from .change import Sign
from .holds import Hold
from .instant import Instant
from .missing import Missing
from .named import Named
from .plan import FileStep, Origin, Reading
from .policy import Finding
from .state import Marks, OpenOrder, Scope

Verb = Literal["plan", "apply", "undo", "restore", "repair", "recover", "rebind", "approve", "revoke"]

WRITES: frozenset[Verb] = frozenset({"apply", "undo", "restore", "repair"})
"""The acts that carry out a plan, and so write the book."""
REVIEWS: frozenset[Verb] = frozenset({"approve", "revoke"})
"""Acts that say something of a plan: neither side was looked at or changed."""


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
    ``named`` is left out where nobody has said what the bot's own names begin with.
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
    named: Named | msgspec.UnsetType = msgspec.UNSET


class BookSnapshot(Stored, frozen=True, tag="book-snapshot"):
    """The book in this State; ``images`` holds the very bytes of its files by their role.

    It has no time of its own, so that an unchanged book is one object however often it is looked at.
    """

    state: StateId
    images: dict[str, ImageId]


class Actor(Record, frozen=True):
    """Who did something, and where. ``machine`` stays when the host's name changes; "" where unknown."""

    user: str
    host: str
    machine: str = ""

    def same(self, other: Actor) -> bool:
        """Whether both are one user of one machine; where a machine is unknown, its name counts."""
        known = self.machine and other.machine
        here = self.machine == other.machine if known else self.host == other.host
        return self.user == other.user and here


class Agreed(Record, frozen=True):
    """The pair of Snapshots after which book and broker last agreed: the base of every comparison.

    ``open`` are keys that were left different then; ``rules`` and ``scope`` are what they agreed by.
    """

    book: SnapshotId
    broker: SnapshotId
    rules: RulesId
    scope: Scope
    open: tuple[str, ...] = ()


class Tally(Record, frozen=True):
    """How many changes of each sign."""

    add: int = 0
    update: int = 0
    close: int = 0


class Trail(Record, frozen=True):
    """The newest acts before one: that said something of a plan or used such a word up, and that wrote.

    Whoever looks for these need not read all the looks in between. Several, where branches were joined.
    """

    reviews: tuple[OperationId, ...] = ()
    writes: tuple[OperationId, ...] = ()


class Operation(Stored, frozen=True, tag="operation"):
    """One completed act. ``plan`` is the id that people approve; ``details`` the stored Plan itself.

    ``reading`` is the broker's dollars that were written or planned with. ``recovered`` marks an apply
    that was interrupted and finished later. ``files`` is what it made of the book, ``target`` the act
    that it takes back or goes back to, ``origin`` what kind of plan it is about. ``holds`` are all changes
    that wait for a person's yes after it. ``approval`` is the word that was said, or that a write used up.
    ``trail`` is filled in when it is committed.
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
    origin: Origin = "sync"
    target: OperationId | None = None
    files: tuple[FileStep, ...] = ()
    holds: tuple[Hold, ...] = ()
    approval: ObjectId | None = None
    trail: Trail = Trail()


def tally(signs: list[Sign]) -> Tally:
    """Count changes by their sign."""
    return Tally(add=signs.count(Sign.ADD), update=signs.count(Sign.UPDATE), close=signs.count(Sign.CLOSE))
