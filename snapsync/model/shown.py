"""A stored object read back, with what it names where a person wants to see that too."""

from __future__ import annotations

from typing import Any

import msgspec

from .approval import Approval
from .canon import ObjectId, OperationId, Stored
from .collection import Collection
from .history import BookSnapshot, BrokerSnapshot, Operation
from .image import Branch, Image
from .ledger import Activity, Ledger
from .plan import FilesBody, Plan, PlanBody
from .point import Point
from .policy import Rules
from .state import Position, State, StateRoot, Transaction
from .tree import Node

KINDS: dict[str, type[Stored]] = {
    "operation": Operation,
    "plan": PlanBody,
    "file-plan": FilesBody,
    "plan-details": Plan,
    "broker-snapshot": BrokerSnapshot,
    "book-snapshot": BookSnapshot,
    "state": StateRoot,
    "node": Node,
    "image": Image,
    "branch": Branch,
    "rules": Rules,
    "approval": Approval,
    "collection": Collection,
}
"""Every kind that has a type. One that is missing here is shown field by field, as it is stored."""

PAGE, CHUNK = "page", "chunk"
Row = Position | Transaction | Activity


class Shown(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An object of the store, by its kind.

    ``value`` is the object in its type, ``raw`` as it is stored (None for a chunk of a file, whose bytes
    are ``chunk``), ``rows`` those of a page. Of a snapshot or a State ``state`` is what it names, of a
    snapshot also ``ledger`` or ``sizes`` (bytes of the book's files by role, None where there was none).
    A plan comes with the operation that last made it, an operation with its plan and with the ``approval``
    that was said in it or used up by it.
    """

    id: ObjectId
    kind: str
    value: Stored | None = None
    raw: dict[str, Any] | None = None
    chunk: bytes | None = None
    rows: tuple[Row, ...] = ()
    state: State | None = None
    ledger: Ledger | None = None
    sizes: dict[str, int | None] | None = None
    plan: Plan | None = None
    approval: Approval | None = None
    operation: OperationId | None = None
    act: Operation | None = None


class Then(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What both sides last were at a point of the history; None for one that nobody had looked at yet."""

    point: Point
    book: Shown | None
    broker: Shown | None


def rows_of(data: bytes) -> tuple[Row, ...]:
    """The rows of a page's bytes: only their fields say of which kind they are.

    Raises:
        msgspec.DecodeError: they are of no kind that pages hold.
    """
    found = msgspec.json.decode(data, type=dict[str, Any])["rows"]
    for kind in (Position, Transaction, Activity):
        try:
            rows: tuple[Row, ...] = msgspec.convert(found, tuple[kind, ...])  # type: ignore[valid-type]
        except msgspec.ValidationError:
            continue
        return rows
    raise msgspec.DecodeError("rows of no kind that pages hold")
