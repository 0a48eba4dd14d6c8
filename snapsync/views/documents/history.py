"""The documents of what was: the log, stored things, and how two of them differ."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

from snapsync.model.blame import How
from snapsync.model.change import Cause, Sign
from snapsync.model.collection import Collection
from snapsync.model.difference import Part as Component
from snapsync.model.history import Actor, BookSnapshot, BrokerSnapshot, Verb
from snapsync.model.image import Branch, Image
from snapsync.model.ledger import Activity
from snapsync.model.policy import Rules
from snapsync.model.side import Name
from snapsync.model.state import Position, StateRoot, Transaction
from snapsync.model.tree import Node

from .parts import ApprovalPart, AsOf, Document, OperationPart, Piece, either


class OperationDocument(OperationPart, frozen=True, kw_only=True, tag_field="kind", tag="operation"):
    """One operation, with what was said in it: ``snapsync show``."""

    format: str
    said: ApprovalPart | None
    redacted: bool = False


class ApprovalDocument(ApprovalPart, frozen=True, kw_only=True, tag_field="kind", tag="approval"):
    """One approval: ``snapsync show``."""

    format: str
    redacted: bool = False


class EntryPart(OperationPart, frozen=True, kw_only=True):
    """One operation, with what was said in it of a plan."""

    said: ApprovalPart | None


class StretchPart(Piece, frozen=True, kw_only=True):
    """Consecutive looks in step as one; there are more of them before ``first`` unless it is ``whole``."""

    folded: Literal["in step"]
    count: int
    whole: bool
    first: EntryPart
    last: EntryPart


class LogDocument(Document, frozen=True, kw_only=True, tag="log"):
    """Operations and stretches, newest first; ``more`` says that there are older ones than these."""

    as_of: AsOf | None
    operations: list[Annotated[Any, either(EntryPart, StretchPart)]]
    more: bool


class StoredDocument(Piece, frozen=True, kw_only=True):
    """An object of the store: ``stored`` is as it lies there, but that the account is masked."""

    format: str
    id: str


class BrokerSnapshotDocument(StoredDocument, frozen=True, tag_field="kind", tag="broker-snapshot"):
    """What was seen of the account, with the open positions and the number of trades then."""

    stored: BrokerSnapshot
    positions: list[Position]
    transactions: int


class BookSnapshotDocument(StoredDocument, frozen=True, tag_field="kind", tag="book-snapshot"):
    """What was seen of the book; ``files`` are sizes in bytes, null where there was no file."""

    stored: BookSnapshot
    positions: list[Position]
    transactions: int
    files: dict[str, int | None]


class StateDocument(StoredDocument, frozen=True, tag_field="kind", tag="state"):
    """A State of either side."""

    stored: StateRoot
    positions: list[Position]
    transactions: int


class PagePart(Piece, frozen=True, kw_only=True):
    """A page as it is stored; its rows are of one kind."""

    kind: Literal["page"]
    format: int
    rows: list[Annotated[Any, either(Position, Transaction, Activity)]]


class PageDocument(StoredDocument, frozen=True, tag_field="kind", tag="page"):
    """Positions, trades or activities of a page."""

    stored: PagePart


class NodeDocument(StoredDocument, frozen=True, tag_field="kind", tag="node"):
    """A node: pages, or nodes, by name."""

    stored: Node


class ImageDocument(StoredDocument, frozen=True, tag_field="kind", tag="image"):
    """A file's image."""

    stored: Image


class BranchDocument(StoredDocument, frozen=True, tag_field="kind", tag="branch"):
    """Some chunks of a file."""

    stored: Branch


class ChunkDocument(StoredDocument, frozen=True, tag_field="kind", tag="chunk"):
    """Bytes of a file as text; what is no UTF-8 is replaced."""

    stored: None
    chunk: str


class RulesDocument(StoredDocument, frozen=True, tag_field="kind", tag="rules"):
    """The rules of a plan."""

    stored: Rules


class CollectionDocument(StoredDocument, frozen=True, tag_field="kind", tag="collection"):
    """One run of gc."""

    stored: Collection


class ThenDocument(Document, frozen=True, kw_only=True, tag="then"):
    """Both sides at a point of the history: ``show --at``; null for one that nobody had looked at."""

    as_of: AsOf
    book: BookSnapshotDocument | None
    broker: BrokerSnapshotDocument | None


class ComparedPart(Piece, frozen=True, kw_only=True):
    """One side of a comparison; ``snapshot`` is null for the book's files as they are now."""

    side: Name
    snapshot: str | None
    state: str


class DifferencePart(Piece, frozen=True, kw_only=True):
    """One record that differs; of bankroll and cash the dollars."""

    sign: Sign
    component: Component
    key: str
    fields: list[str]
    before: Annotated[Any, either(Position, Transaction, Decimal | None)]
    after: Annotated[Any, either(Position, Transaction, Decimal | None)]


class DifferencesPart(Piece, frozen=True, kw_only=True):
    """How the second State differs from the first."""

    a: ComparedPart
    b: ComparedPart
    summary: dict[Literal["added", "different", "gone"], int]
    other_bytes: list[str]
    differences: list[DifferencePart]


class NamedPart(Piece, frozen=True, kw_only=True):
    """What was compared, in words."""

    is_: str = msgspec.field(name="is")
    operation: str | None


class DiffDocument(Document, frozen=True, kw_only=True, tag="diff"):
    """Two things that were compared: ``snapsync diff``."""

    as_of: AsOf | None
    a: NamedPart
    b: NamedPart
    parts: list[DifferencesPart]


class ActPart(Piece, frozen=True, kw_only=True):
    """The operation of a step."""

    operation: str
    verb: Verb
    time: str
    actor: Actor
    plan: str | None


class StepPart(Piece, frozen=True, kw_only=True):
    """One step of a quantity."""

    at: str
    before: Decimal
    after: Decimal
    how: How
    cause: Cause | None
    activity: Activity | None
    client_order_id: str | None
    seen: ActPart | None
    planned: ActPart | None
    written: ActPart | None
    approved: ApprovalPart | None


class ChainPart(Piece, frozen=True, kw_only=True):
    """The steps on one side, oldest first, and what they come to."""

    quantity: Decimal
    steps: list[StepPart]


class BlameDocument(Document, frozen=True, kw_only=True, tag="blame"):
    """The story of one quantity: ``snapsync blame``."""

    as_of: AsOf | None
    key: str
    broker: ChainPart
    book: ChainPart
    agree: bool
