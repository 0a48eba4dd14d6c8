"""The Plan: the whole instruction, made by the planner (planner.py) from facts alone.

Apply does exactly what a plan says, or refuses. The plan's id is the content of its body, which holds
no prices: planning twice on unchanged facts gives one id, and so does a price tick.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Literal

import msgspec

from .accruals import Habit
from .brief import Brief
from .canon import ImageId, OperationId, PlanId, Record, RulesId, SnapshotId, Stored, encode, identify
from .change import (
    TURN,
    Change,
    FileChange,
    Step,
    step,
)
from .find import Find
from .holds import Hold
from .instant import Instant
from .ledger import Ledger
from .missing import Missing
from .named import Named
from .policy import (
    Finding,
    Severity,
)
from .proven import Proven
from .state import Marks, OpenOrder, Scope, State

Origin = Literal["sync", "undo", "restore", "repair"]


class Judged(Record, frozen=True):
    """What of a finding is hashed: that it stands in the way, and of what."""

    code: str
    severity: Severity
    key: str


class Part(Record, frozen=True):
    """What of a plan is wanted: components and symbol globs; of ``only`` any, and of ``leave`` none."""

    only: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()


class PlanBody(Stored, frozen=True, tag="plan"):
    """What a plan's id is the content of. Notes are left out: they neither block nor change anything."""

    account: str
    scope: Scope
    rules: RulesId
    origin: Origin
    changes: tuple[Step, ...]
    findings: tuple[Judged, ...]
    part: Part | None = None


class FileStep(Record, frozen=True):
    """A file's way from one image to another: of a plan's file the part that is hashed."""

    role: str
    before: ImageId
    after: ImageId


class FilesBody(Stored, frozen=True, tag="file-plan"):
    """What the id of an undo, a restore or a repair is the content of: no rule has a part in it."""

    account: str
    origin: Origin
    files: tuple[FileStep, ...]
    findings: tuple[Judged, ...]


class Reading(Record, frozen=True):
    """The broker's dollars when the plan was made: shown, and copied into an approval; not in the id."""

    equity: Decimal
    cash: Decimal | None
    bankroll: Decimal | None


class Plan(Stored, frozen=True, tag="plan-details"):
    """The whole instruction, with all that a person needs to judge it.

    ``withheld`` are keys that differ but are left alone for now. ``at`` is the broker's time of the look,
    ``explanation`` in sums what the account did since the agreed point.
    An undo, a restore or a repair has ``files`` instead of ``changes``; the first two name the Operation
    that they take back, or go back to (``target``). ``book`` is None where it could not be read.
    ``part`` says which part of the whole this is, where it is one.
    """

    env: str
    account: str
    scope: Scope
    rules: RulesId
    origin: Origin
    at: Instant
    book: SnapshotId | None
    broker: SnapshotId | None
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    withheld: tuple[str, ...]
    reading: Reading | None
    files: tuple[FileChange, ...] = ()
    target: OperationId | None = None
    part: Part | None = None
    explanation: Brief | None = None

    @property
    def body(self) -> PlanBody | FilesBody:
        judged = tuple(
            Judged(code=finding.code, severity=finding.severity, key=finding.key)
            for finding in self.findings
            if finding.severity != "note"
        )
        if self.origin != "sync":
            files = tuple(FileStep(role=f.role, before=f.before, after=f.after) for f in self.files)
            return FilesBody(account=self.account, origin=self.origin, files=files, findings=judged)
        return PlanBody(
            account=self.account,
            scope=self.scope,
            rules=self.rules,
            origin=self.origin,
            changes=tuple(step(change) for change in self.changes),
            findings=judged,
            part=self.part,
        )

    @property
    def id(self) -> PlanId:
        """Equal for equal instructions, whenever and by whomever they were planned."""
        return PlanId(identify(encode(self.body)))

    @property
    def drift(self) -> bool:
        """Whether there is anything to apply; asked here and nowhere worked out again."""
        return bool(self.changes or self.files)

    @property
    def waiting(self) -> tuple[str, ...]:
        """What of ``withheld`` is to be told: not what is only kept to know a holding's turn again."""
        return tuple(key for key in self.withheld if not key.startswith(TURN))

    @property
    def asking(self) -> tuple[Finding, ...]:
        """The findings that want a person's yes."""
        return tuple(finding for finding in self.findings if finding.severity == "approve")

    @property
    def refused(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "refuse")


class Recheck(Record, frozen=True):
    """A plan held against newer facts: what of it is still due, and which of its steps are not."""

    due: tuple[Change, ...]
    gone: tuple[Step, ...]


def recheck(plan: Plan, now: Plan) -> Recheck:
    """What of a plan is still true.

    A step counts only if key, before and after are what they were; its dollars and companions are taken
    from the newer facts. Steps that the newer plan has beside it do not disturb: they wait for a plan of
    their own.
    """
    current = {encode(step(change)): change for change in now.changes}
    wanted = [(step(change), encode(step(change))) for change in plan.changes]
    return Recheck(
        due=tuple(current[data] for _, data in wanted if data in current),
        gone=tuple(each for each, data in wanted if data not in current),
    )


class Written(msgspec.Struct, frozen=True):
    """A step that an apply has written into the book, and when."""

    step: Step
    at: Instant


def _never(key: str) -> bool:
    del key
    return False


class Look(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What was seen of both sides at one time, stored: the facts that a plan is made of.

    ``untouched`` tells of a key whether its imported row is as we wrote it, ``corrected`` is when the
    bankroll was last written by us, ``book_zone`` the zone of the book's times that name none,
    ``written`` what was applied in the last 24 hours, and ``holds`` what waits for a person's yes.
    ``hosts`` are the names of the host that last wrote the book and of this one, if these are two machines.
    ``missing`` is what the account leaves unexplained, ``named`` whose its trades seem to be by their names.
    ``opened`` is since when the book has had a holding, by the newest of its rows, where each of them tells a
    time. The two ways to find a trade by its key are there where they are quicker than to go through all.
    """

    env: str
    account: str
    at: Instant
    book: State
    book_snapshot: SnapshotId
    broker: State
    broker_snapshot: SnapshotId
    marks: Marks
    ledger: Ledger
    open_orders: tuple[OpenOrder, ...] = ()
    rebound: bool = False
    observations: tuple[Finding, ...] = ()
    untouched: Callable[[str], bool] = _never
    find_in_book: Find | None = None
    find_at_broker: Find | None = None
    corrected: Instant | None = None
    book_zone: str = "UTC"
    written: tuple[Written, ...] = ()
    holds: tuple[Hold, ...] = ()
    hosts: tuple[str, str] | None = None
    missing: tuple[Missing, ...] = ()
    habit: Habit | None = None
    opened: dict[str, Instant] = msgspec.field(default_factory=dict)
    named: Named | None = None

    @property
    def now(self) -> Proven:
        """The account's part."""
        return Proven(at=self.at, state=self.broker, marks=self.marks, ledger=self.ledger)

    @property
    def scope(self) -> Scope:
        if self.broker.scope is None:
            raise ValueError("a broker's State carries its Scope")
        return self.broker.scope


def reading_of(look: Look) -> Reading:
    """The dollars of a look."""
    return Reading(equity=look.marks.equity, cash=look.broker.cash, bankroll=look.book.bankroll)
