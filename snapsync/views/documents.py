"""The documents that ``--json`` prints, as types: the schemas under docs/schema/ are made of them.

The views build them member by member (json.py and its neighbours); the tests hold every document that
they see against its schema. Later minor versions add members, so a reader has to bear unknown ones.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from snapsync.model.approval import Hole, Job, Word
from snapsync.model.brief import Brief
from snapsync.model.change import Basis, Execution, FileChange, Sign, Why
from snapsync.model.history import Actor, Tally, Verb
from snapsync.model.plan import Origin, Part, Reading
from snapsync.model.policy import Finding
from snapsync.model.state import Position, Transaction
from snapsync.model.status import Standing as Where
from snapsync.model.verdict import Standing


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a document."""


class _Document(_Part, frozen=True, kw_only=True, tag_field="kind"):
    """What every document has beside its kind: the format's version, ``1.x``."""

    format: str


class BankrollLine(_Part, frozen=True, kw_only=True, tag_field="component", tag="bankroll"):
    """The bankroll should be what ``basis`` says; ``amount`` is its reading, in dollars."""

    sign: Sign
    key: str
    before: Decimal | None
    basis: Basis
    amount: Decimal
    why: Why
    flows: Decimal
    triggers: list[str]
    fields: list[str]


class PositionLine(_Part, frozen=True, kw_only=True, tag_field="component", tag="positions"):
    """A holding that the book should gain, correct or close."""

    sign: Sign
    key: str
    before: Position | None
    after: Position | None
    why: Why
    execution: Execution | None
    fields: list[str]
    reopens: bool


class TransactionLine(_Part, frozen=True, kw_only=True, tag_field="component", tag="transactions"):
    """A trade that the history should gain or correct."""

    sign: Sign
    key: str
    before: Transaction | None
    after: Transaction
    why: Why
    fields: list[str]
    withdraws: bool


Line = BankrollLine | PositionLine | TransactionLine


class PlanDocument(_Document, frozen=True, kw_only=True, tag="plan"):
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


class ApplyDocument(_Document, frozen=True, kw_only=True, tag="apply"):
    """What an apply did; ``operation`` is null where there was nothing to do."""

    operation: str | None
    plan: str
    env: str
    summary: Tally
    changes: list[Line]
    files: list[str]
    open: list[str]


class OperationPart(_Part, frozen=True, kw_only=True):
    """One completed act."""

    id: str
    verb: Verb
    time: str
    env: str
    account: str | None
    actor: Actor
    version: str
    parents: list[str]
    plan: str | None
    summary: Tally | None
    reading: Reading | None
    recovered: bool
    refused: bool
    approval: str | None
    origin: Origin
    target: str | None


class ApprovalPart(_Part, frozen=True, kw_only=True):
    """What somebody said of a plan."""

    id: str | None
    word: Word
    plan: str
    account: str
    actor: Actor
    planner: Actor
    job: Job | None
    by: str
    reason: str
    at: str
    until: str
    reading: Reading | None
    revokes: str | None


class OperationDocument(OperationPart, frozen=True, kw_only=True, tag_field="kind", tag="operation"):
    """One operation, with what was said in it: ``snapsync show``."""

    format: str
    said: ApprovalPart | None
    redacted: bool = False


class LogDocument(_Document, frozen=True, kw_only=True, tag="log"):
    """Operations, newest first."""

    operations: list[OperationPart]


class StatusDocument(_Document, frozen=True, kw_only=True, tag="status"):
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


class CheckDocument(_Document, frozen=True, kw_only=True, tag="check"):
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


class ApproveDocument(_Document, frozen=True, kw_only=True, tag="approve"):
    """A yes; ``operation`` is null and ``file`` is set where it was written into a file."""

    operation: str | None
    approval: ApprovalPart
    file: str | None = None


class RevokeDocument(_Document, frozen=True, kw_only=True, tag="revoke"):
    """A no, or a word taken back."""

    operation: str
    approval: ApprovalPart


class ApprovalDocument(ApprovalPart, frozen=True, kw_only=True, tag_field="kind", tag="approval"):
    """One approval: ``snapsync show``."""

    format: str
    redacted: bool = False


class ObjectDocument(_Document, frozen=True, kw_only=True, tag="object"):
    """Any other stored object as it is, or the bytes of a chunk of a file."""

    id: str
    stored: dict[str, Any] | None
    chunk: str | None


class RecoverDocument(_Document, frozen=True, kw_only=True, tag="recover"):
    """What a recovery did; null where nothing was interrupted."""

    operation: str | None


class RebindDocument(_Document, frozen=True, kw_only=True, tag="rebind"):
    """Another account, and the plan from it."""

    operation: str
    before: str
    after: str
    plan: PlanDocument


class ErrorDocument(_Document, frozen=True, kw_only=True, tag="error"):
    """An error, as every command gives it with ``--json``."""

    exit: int
    summary: str
    detail: str
    hint: str


DOCUMENTS: tuple[type[msgspec.Struct], ...] = (
    PlanDocument,
    ApplyDocument,
    LogDocument,
    StatusDocument,
    CheckDocument,
    ApproveDocument,
    RevokeDocument,
    OperationDocument,
    ApprovalDocument,
    ObjectDocument,
    RecoverDocument,
    RebindDocument,
    ErrorDocument,
)


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schemas of the documents, by kind; members that they do not know are let pass."""
    return {str(each.__struct_config__.tag): _open(schema(each)) for each in DOCUMENTS}


def _open(described: Any) -> Any:  # noqa: ANN401 - a tree of what JSON can hold
    if isinstance(described, list):
        return [_open(each) for each in described]
    if not isinstance(described, dict):
        return described
    closed = {"additionalProperties": False}
    return {name: _open(each) for name, each in described.items() if {name: each} != closed}


def schema(type: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of what a type is written as."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(type)}
