"""The documents of plans, of what is said of them, and of what carries them out."""

from __future__ import annotations

from snapsync.model.approval import Hole
from snapsync.model.brief import Brief
from snapsync.model.change import FileChange
from snapsync.model.history import Tally
from snapsync.model.plan import Origin, Part, Reading
from snapsync.model.policy import Finding
from snapsync.model.status import Standing as Where
from snapsync.model.synced import Word
from snapsync.model.verdict import Standing

from .parts import ApprovalPart, Document, Line, OperationPart, Piece


class PlanDocument(Document, frozen=True, kw_only=True, tag="plan"):
    """A plan: ``snapsync plan``, ``show``. With ``redacted`` all amounts are the word "redacted"."""

    id: str
    operation: str | None
    env: str
    account: str
    at: str
    origin: Origin
    drift: bool
    refused: bool
    summary: Tally
    changes: list[Line]
    findings: list[Finding]
    withheld: list[str]
    reading: Reading | None
    files: list[FileChange]
    target: str | None
    part: Part | None
    explanation: Brief | None
    redacted: bool = False


class ApplyDocument(Document, frozen=True, kw_only=True, tag="apply"):
    """What an apply did; null where there was nothing to do, or no approval that it used up."""

    operation: str | None
    plan: str
    env: str
    summary: Tally
    changes: list[Line]
    files: list[str]
    open: list[str]
    approval: str | None


class LeftPiece(Piece, frozen=True, kw_only=True):
    """A change that was not applied, and what stands in its way; null: an approval is missing."""

    change: Line
    finding: Finding | None


class OutcomePiece(Piece, frozen=True, kw_only=True):
    """How one part of the book stands after a sync; ``changes`` were applied, or would be."""

    standing: Word
    in_step: bool
    changes: list[Line]
    left: list[LeftPiece]
    pending: list[str]
    reason: str


class SyncDocument(Document, frozen=True, kw_only=True, tag="sync"):
    """What a sync did; ``in_step`` where all that it was asked for is so afterwards."""

    env: str
    exit: int
    in_step: bool
    checked: bool
    plan: str | None
    operation: str | None
    components: dict[str, OutcomePiece]
    refused: list[Finding]


class StatusDocument(Document, frozen=True, kw_only=True, tag="status"):
    """Where an env stands as of its last look."""

    env: str
    env_source: str
    account: str | None
    standing: Where
    last: OperationPart | None
    age_seconds: int | None
    edited: list[str]
    open: list[str]
    held: list[str]
    next: str


class CheckDocument(Document, frozen=True, kw_only=True, tag="check"):
    """A verdict; ``holes`` say why the approval does not cover the plan."""

    standing: Standing
    exit: int
    passed: bool
    summary: str
    plan: PlanDocument
    approval: ApprovalPart | None
    holes: list[Hole]
    rejection: ApprovalPart | None
    redacted: bool = False


class ApproveDocument(Document, frozen=True, kw_only=True, tag="approve"):
    """A yes; ``operation`` is null and ``file`` is set where it was written into a file."""

    operation: str | None
    approval: ApprovalPart
    file: str | None = None


class RevokeDocument(Document, frozen=True, kw_only=True, tag="revoke"):
    """A no, or a word taken back."""

    operation: str
    approval: ApprovalPart


class RecoverDocument(Document, frozen=True, kw_only=True, tag="recover"):
    """What a recovery did; null where nothing was interrupted."""

    operation: str | None


class RebindDocument(Document, frozen=True, kw_only=True, tag="rebind"):
    """Another account, and the plan from it."""

    operation: str
    before: str
    after: str
    plan: PlanDocument
