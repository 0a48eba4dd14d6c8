"""A Change: one keyed difference between what the book says and what it should say.

Whether it adds, updates or closes follows from before and after, so it can never disagree with them.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Literal, TypeVar

from .canon import ImageId, Record, plain
from .fields import compared, same_price
from .instant import Instant
from .state import Position, Transaction

Component = Literal["bankroll", "positions", "transactions"]
COMPONENTS: tuple[Component, ...] = ("bankroll", "positions", "transactions")
Basis = Literal["equity", "cash"]

T = TypeVar("T")

BANKROLL = "bankroll"
"""The key of the one record that its component has."""
TURN = "turn:"
"""Stands before the key of an activity that is kept open with a holding which ended and began anew."""
OPENED = "opened"
"""What differs between two holdings of one key, beside their quantities, if these do."""


class Sign(StrEnum):
    """What a change does, as people see it."""

    ADD = "+"
    UPDATE = "~"
    CLOSE = "-"


class Moved(StrEnum):
    """Which side left the agreed point; a baseline has no agreed point yet."""

    BROKER = "broker"
    BOOK = "book"
    BOTH = "both"
    BASELINE = "baseline"


class Cause(StrEnum):
    """Who or what made a difference, as far as the evidence says."""

    BOT = "bot"
    MANUAL = "manual"
    BROKER = "broker-initiated"
    OPTION_EVENT = "option event"
    CORPORATE = "corporate action"
    CASH_FLOW = "cash flow"
    FEE = "fee"
    INCOME = "income"
    MARKET = "market"
    BOOK_EDIT = "book edited"
    ACCOUNT_RESET = "account reset"
    RESTATEMENT = "restatement"
    ROUNDING = "rounding"
    UNKNOWN = "unknown"


class Why(Record, frozen=True):
    """Where a change comes from. For people: nothing decides by it but findings.

    ``evidence`` names ledger rows by their keys.
    """

    moved: Moved
    cause: Cause
    evidence: tuple[str, ...] = ()


class Execution(Record, frozen=True):
    """At what price (dollars per unit) and when a position was opened or closed, and how that is known."""

    price: Decimal | None
    time: Instant | None
    source: str


class PositionChange(Record, frozen=True, tag_field="component", tag="positions"):
    """A holding that the book should gain, correct or close.

    ``reopens``: the book has closed it since the agreed point, and the broker never did. ``closed``: what the
    book has is over, and how it ended; ``after`` is another holding, which began with ``execution``.
    """

    before: Position | None
    after: Position | None
    why: Why
    execution: Execution | None = None
    closed: Execution | None = None
    fields: tuple[str, ...] = ()
    reopens: bool = False

    @property
    def key(self) -> str:
        return either(self.before, self.after).key


class TransactionChange(Record, frozen=True, tag_field="component", tag="transactions"):
    """A trade that the book's history should gain or correct; linking a row to its order is an update.

    ``withdraws``: the order was imported before the bot wrote this row for it, and the imported row goes.
    """

    before: Transaction | None
    after: Transaction
    why: Why
    fields: tuple[str, ...] = ()
    withdraws: bool = False

    @property
    def key(self) -> str:
        return self.after.key


class BankrollChange(Record, frozen=True, tag_field="component", tag="bankroll"):
    """The bankroll should be what ``basis`` says at the time of writing; ``amount`` is its reading now.

    ``flows`` is the net of deposits and withdrawals that it has not followed yet, in dollars: they shift the
    peak, because only trading result may raise it. ``triggers`` says why the change is due.
    """

    before: Decimal | None
    basis: Basis
    amount: Decimal
    why: Why
    flows: Decimal = Decimal(0)
    triggers: tuple[str, ...] = ()
    fields: tuple[str, ...] = (BANKROLL,)

    @property
    def key(self) -> str:
        return BANKROLL

    @property
    def after(self) -> Decimal:
        return self.amount


Change = BankrollChange | PositionChange | TransactionChange


class Spot(Record, frozen=True):
    """One place of a file that gets other text: a cell, a member of the JSON object, or a whole row.

    ``line`` counts from 1, in the file as it is (a row that is put in has the line that it comes after).
    ``field`` is the column or key as the file names it; None where a whole row goes (``after`` is None) or
    comes (``before`` is None).
    """

    line: int
    field: str | None
    before: str | None
    after: str | None


class FileChange(Record, frozen=True):
    """A file of the book that gets back earlier bytes (undo, restore), or sound ones (repair).

    It is the step from one image to another. Where the file still is as ``before`` it becomes ``after``
    byte for byte (``whole``); else each spot in which the two differ is set, if the file still holds there
    what ``before`` held. ``spots`` are the first of ``count`` that are set, ``left`` those that are not.
    Of a repair ``notes`` say for each place what was wrong and what becomes of it.
    """

    role: str
    name: str
    before: ImageId
    after: ImageId
    whole: bool
    spots: tuple[Spot, ...]
    count: int
    left: tuple[Spot, ...] = ()
    notes: tuple[str, ...] = ()


class Step(Record, frozen=True):
    """What of a change is hashed into a plan's id: key, and the compared fields before and after.

    The bankroll's after is the word of its basis, not a number, so that a price tick leaves the id alone.
    """

    component: Component
    key: str
    before: dict[str, str | None] | None
    after: dict[str, str | None] | None


def component(change: Change) -> Component:
    """Which of the book's three parts a change is about."""
    match change:
        case BankrollChange():
            return "bankroll"
        case PositionChange():
            return "positions"
        case TransactionChange():
            return "transactions"


def sign(change: Change) -> Sign:
    """What a change does."""
    if change.before is None:
        return Sign.ADD
    return Sign.CLOSE if change.after is None else Sign.UPDATE


def step(change: Change) -> Step:
    """What of a change is hashed into a plan's id."""
    before: dict[str, str | None] | None
    after: dict[str, str | None] | None
    if isinstance(change, BankrollChange):
        before = None if change.before is None else {BANKROLL: plain(change.before)}
        after = {BANKROLL: change.basis}
    else:
        before, after = _words(change.before), _words(change.after)
        if isinstance(change, TransactionChange) and change.withdraws and before:
            before["imported"] = change.key
        if isinstance(change, PositionChange) and change.closed and before and after:
            # of equal quantities nothing else would say that there is anything to do
            before["closed"] = change.closed.time
            after[OPENED] = change.execution.time if change.execution else None
    return Step(component=component(change), key=change.key, before=before, after=after)


def _words(record: Position | Transaction | None) -> dict[str, str | None] | None:
    if record is None:
        return None
    words: dict[str, str | None] = {"key": record.key}
    for name, value in compared(record).items():
        words[name] = plain(value) if isinstance(value, Decimal) else None if value is None else str(value)
    return words


def comparable(
    before: Position | Transaction, after: Position | Transaction
) -> tuple[dict[str, object], dict[str, object]]:
    """The compared fields of two records, without those that the book leaves unsaid or says as it may."""
    old, new = compared(before), compared(after)
    if isinstance(before, Transaction) and isinstance(after, Transaction):
        for name in [name for name, value in old.items() if value is None]:
            del old[name], new[name]
        if "price" in old and same_price(before.price, after.price):
            del old["price"], new["price"]
    return old, new


def changed_fields(before: Position | Transaction, after: Position | Transaction) -> tuple[str, ...]:
    """The compared fields in which two records differ; what the book leaves unsaid does not differ."""
    old, new = comparable(before, after)
    if old == new:
        return ()
    from deepdiff import DeepDiff  # noqa: PLC0415 - imports pandas where alpaca-py has brought it

    tree = DeepDiff(old, new, view="tree")
    return tuple(sorted({level.path(output_format="list")[0] for kind in tree.values() for level in kind}))


def either(before: T | None, after: T | None) -> T:
    """The record that a difference is about, from the side that has it.

    Raises:
        ValueError: neither side has one, so there is no difference.
    """
    record = after if before is None else before
    if record is None:
        raise ValueError("a change with neither before nor after")
    return record
