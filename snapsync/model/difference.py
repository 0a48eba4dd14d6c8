"""How two States differ, record by record and field by field; what is equal is not even read.

A Change is what the book *should* become; a Difference is what *is* different between any two States:
two times of one side, or a book beside a broker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Literal, TypeVar

import msgspec

from .change import BANKROLL, Sign, comparable, either
from .fields import FIELDS
from .match import Pair, match
from .state import Position, Scope, State, Transaction

Part = Literal["bankroll", "cash", "positions", "transactions"]
CASH = "cash"

R = TypeVar("R", Position, Transaction)
_Changed = Mapping[str, tuple[R | None, R | None]]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One record that two States do not have in common, or not in the same words.

    ``before`` and ``after`` are the whole records, of bankroll and cash the dollars; None where a State
    has none. ``fields`` are the names that differ where both have one; ``key`` is among them where a row
    without an id has become the row of an order, or the reverse.
    """

    component: Part
    key: str
    before: Position | Transaction | Decimal | None
    after: Position | Transaction | Decimal | None
    fields: tuple[str, ...] = ()

    @property
    def record(self) -> Position | Transaction | Decimal | None:
        """The record as the second State has it, else as the first did."""
        return self.before if self.after is None else self.after

    @property
    def sign(self) -> Sign:
        """Whether the second State adds the record, lacks it, or tells it otherwise."""
        if self.before is None:
            return Sign.ADD
        return Sign.CLOSE if self.after is None else Sign.UPDATE


def differences(before: State, after: State, *, all_fields: bool = False) -> tuple[Difference, ...]:
    """How the second State differs from the first: bankroll, cash, positions by key, trades by time.

    Of two times of one side every difference counts. A book and a broker are compared as a plan does it:
    inside Scope and Coverage, a price as the book rounds it is the true one, and bankroll and cash are
    two things.

    Args:
        before: one side at one time.
        after: the same or the other side, at the same or another time.
        all_fields: whether companions (entry price, times, …) count too, not compared fields alone.
    """
    compare = _Compare(before, after, all_fields=all_fields)
    trades = compare.records("transactions", _linked(after.transactions.changed_since(before.transactions)))
    return (
        *compare.amounts(),
        *compare.records("positions", after.positions.changed_since(before.positions)),
        *sorted(trades, key=_when),
    )


class _Compare:
    def __init__(self, before: State, after: State, *, all_fields: bool) -> None:
        self._before, self._after, self._all_fields = before, after, all_fields
        self._across = (before.scope is None) != (after.scope is None)
        self._book_first = before.scope is None
        broker = after if self._book_first else before
        self._scope: Scope | None = broker.scope if self._across else None
        self._since = broker.coverage.since if self._across and broker.coverage else None

    def amounts(self) -> Iterator[Difference]:
        if self._across:
            return
        if self._before.bankroll != self._after.bankroll:
            yield Difference(
                component="bankroll",
                key=BANKROLL,
                before=self._before.bankroll,
                after=self._after.bankroll,
                fields=(BANKROLL,),
            )
        if self._before.cash != self._after.cash:
            yield Difference(
                component="cash", key=CASH, before=self._before.cash, after=self._after.cash, fields=(CASH,)
            )

    def records(self, part: Part, changed: _Changed[R]) -> Iterator[Difference]:
        for key, (old, new) in changed.items():
            fields = self._fields(old, new) if old is not None and new is not None else ()
            if self._within(old, new) and (fields or old is None or new is None):
                yield Difference(component=part, key=key, before=old, after=new, fields=fields)

    def _within(self, old: R | None, new: R | None) -> bool:
        """Whether a record is compared at all; the broker's own word on it wins."""
        if self._scope is None:
            return True
        record = either(new, old) if self._book_first else either(old, new)
        if isinstance(record, Position):
            return self._scope.covers(record.key, record.asset_class)
        timely = self._since is None or record.time >= self._since
        return timely and self._scope.covers(record.symbol, record.asset_class)

    def _fields(self, old: R, new: R) -> tuple[str, ...]:
        kinds = FIELDS[type(old)]
        if not self._across:
            wanted = (name for name, kind in kinds.items() if self._all_fields or kind != "companion")
            return tuple(name for name in wanted if getattr(old, name) != getattr(new, name))
        book, broker = (old, new) if self._book_first else (new, old)
        named = {"key"} if book.key != broker.key else set()
        ours, theirs = comparable(book, broker)
        named |= {name for name, value in ours.items() if value != theirs[name]}
        companions = [name for name, kind in kinds.items() if self._all_fields and kind == "companion"]
        named |= {name for name in companions if _told(book, broker, name)}
        return tuple(name for name in kinds if name in named)


def _told(book: Position | Transaction, broker: Position | Transaction, name: str) -> bool:
    """Whether both sides tell a field, and differently; what one leaves unsaid is no difference."""
    ours, theirs = getattr(book, name), getattr(broker, name)
    return ours is not None and theirs is not None and ours != theirs


def _linked(changed: _Changed[Transaction]) -> _Changed[Transaction]:
    """The same, with a row without an id and the order that it stands for made one record."""
    found = dict(changed)
    gone = [old for old, new in changed.values() if old and not new]
    come = [new for old, new in changed.values() if new and not old]
    for row, order in _pairs(gone, come):
        if found.pop(row.key, None):  # several rows of one order stay several
            found[order.key] = (row, order)
    for row, order in _pairs(come, gone):
        if found.pop(row.key, None):
            found[order.key] = (order, row)
    return found


def _pairs(rows: list[Transaction], orders: list[Transaction]) -> Iterable[Pair]:
    return match([row for row in rows if not row.linked], [order for order in orders if order.linked]).links


def _when(difference: Difference) -> tuple[str, str]:
    record = difference.record
    return (record.time if isinstance(record, Transaction) else "", difference.key)
