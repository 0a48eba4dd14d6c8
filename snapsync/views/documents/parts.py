"""What several documents have in common: changes, operations, approvals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from snapsync.model.approval import Job, Word
from snapsync.model.change import Basis, Execution, Sign, Why
from snapsync.model.history import Actor, Tally, Verb
from snapsync.model.plan import Origin, Reading
from snapsync.model.state import Position, Transaction


def either(*types: Any) -> msgspec.Meta:  # noqa: ANN401 - a type, or several as one
    """That a value is of one of these types, which nothing but their members tells apart."""
    return msgspec.Meta(extra_json_schema={"anyOf": [msgspec.json.schema(each) for each in types]})


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a document."""


class Document(Piece, frozen=True, kw_only=True, tag_field="kind"):
    """What every document has beside its kind: the format's version, ``1.x``."""

    format: str


class BankrollLine(Piece, frozen=True, kw_only=True, tag_field="component", tag="bankroll"):
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


class PositionLine(Piece, frozen=True, kw_only=True, tag_field="component", tag="positions"):
    """A holding that the book should gain, correct or close."""

    sign: Sign
    key: str
    before: Position | None
    after: Position | None
    why: Why
    execution: Execution | None
    closed: Execution | None
    fields: list[str]
    reopens: bool


class TransactionLine(Piece, frozen=True, kw_only=True, tag_field="component", tag="transactions"):
    """A trade that the history should gain or correct."""

    sign: Sign
    key: str
    before: Transaction | None
    after: Transaction
    why: Why
    fields: list[str]
    withdraws: bool


Line = BankrollLine | PositionLine | TransactionLine


class OperationPart(Piece, frozen=True, kw_only=True):
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


class ApprovalPart(Piece, frozen=True, kw_only=True):
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


class AsOf(Piece, frozen=True, kw_only=True):
    """The point of the history that ``--at`` came to: the instant, and what was done last until then."""

    at: str
    operation: str


class Trouble(Piece, frozen=True, kw_only=True):
    """An error that a command tells of and goes on."""

    summary: str
    detail: str
    hint: str
