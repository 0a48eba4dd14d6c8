"""Which keys are worth comparing, and which side moved: book and broker, each against the agreed point.

A key that neither side changed since both were last in agreement needs no look, so work follows what
moved. Keys that were left different on purpose (pending, withheld) stay ``open`` until they agree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from .change import TURN, BankrollChange, Change, Moved, PositionChange
from .instant import Instant
from .ledger import Ledger, moves_bankroll
from .missing import Missing
from .proven import Proven
from .state import Marks, State


class Base(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The agreed pair of States, the Ledger as it then was, and the keys left open.

    ``same_terms`` is false where rules or scope have changed since: then every key is worth a look.
    ``at`` is the broker's time of it, ``missing`` what was unexplained then.
    """

    at: Instant
    book: State
    broker: State
    marks: Marks
    ledger: Ledger
    open: frozenset[str] = frozenset()
    same_terms: bool = True
    missing: tuple[Missing, ...] = ()

    @property
    def then(self) -> Proven:
        """The account's part."""
        return Proven(at=self.at, state=self.broker, marks=self.marks, ledger=self.ledger)


class Moves:
    """Answers, for one kind of record, which keys to look at and who moved each of them."""

    __slots__ = ("_base", "_book", "_broker")

    def __init__(self, base: Base | None, book: Collection[str], broker: Collection[str]) -> None:
        """The keys that moved on either side since ``base``; None on first contact."""
        self._base, self._book, self._broker = base, frozenset(book), frozenset(broker)

    @property
    def moved(self) -> frozenset[str] | None:
        """The keys to compare; None on first contact, and under new rules: all of them."""
        if self._base is None or not self._base.same_terms:
            return None
        return self._book | self._broker | self._base.open

    def worth_a_look(self, keys: Iterable[str]) -> list[str]:
        """The keys to compare, sorted; on first contact, and under new rules, all of them."""
        moved = self.moved
        return sorted(set(keys) if moved is None else moved.intersection(keys))

    def of(self, *keys: str) -> Moved:
        """Who moved any of these keys; what only stayed open counts as the broker's move."""
        if self._base is None:
            return Moved.BASELINE
        book = not self._book.isdisjoint(keys)
        broker = not self._broker.isdisjoint(keys)
        if book:
            return Moved.BOTH if broker else Moved.BOOK
        return Moved.BROKER if broker or not self._base.open.isdisjoint(keys) else Moved.BASELINE


def position_moves(base: Base | None, book: State, broker: State) -> Moves:
    """The holdings that moved."""
    if base is None:
        return Moves(None, (), ())
    return Moves(
        base,
        book.positions.changed_since(base.book.positions),
        broker.positions.changed_since(base.broker.positions),
    )


def transaction_moves(base: Base | None, book: State, broker: State) -> Moves:
    """The trades that moved."""
    if base is None:
        return Moves(None, (), ())
    return Moves(
        base,
        book.transactions.changed_since(base.book.transactions),
        broker.transactions.changed_since(base.broker.transactions),
    )


def still_open(left: Iterable[Change], withheld: Iterable[str]) -> frozenset[str]:
    """The keys that differ at an agreed point all the same: they stay worth a look.

    With a bankroll that is left goes what moved it. Else a deposit would be forgotten once something else is
    applied: neither would it correct the bankroll any more, nor move its peak.
    """
    return frozenset({*withheld, *(key for change in left for key in kept_open(change))})


def kept_open(change: Change) -> Iterable[str]:
    """What stays open with a change that is not made: its key, and the activities without which it is none.

    Of a holding that ended and began anew these are marked: they are no reason to correct the bankroll.
    """
    yield change.key
    if isinstance(change, BankrollChange):
        yield from change.why.evidence
    elif isinstance(change, PositionChange) and change.closed:
        yield from (f"{TURN}{key}" for key in change.why.evidence)


def turning(keys: Iterable[str]) -> set[str]:
    """The activities among open keys that made a holding another one."""
    return {key.removeprefix(TURN) for key in keys if key.startswith(TURN)}


def differing(keys: Iterable[str]) -> tuple[str, ...]:
    """Those of the open keys that are records of the book, sorted; not the activities that moved some."""
    return tuple(sorted(key for key in keys if not (moves_bankroll(key) or key.startswith(TURN))))
