"""Which keys are worth comparing, and which side moved: book and broker, each against the agreed point.

A key that neither side changed since both were last in agreement needs no look, so work follows what
moved. Keys that were left different on purpose (pending, withheld) stay ``open`` until they agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from .change import Moved
from .ledger import Ledger
from .pages import Keyed, Pages
from .state import State

R = TypeVar("R", bound=Keyed)


class Base(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The agreed pair of States, the Ledger as it then was, and the keys left open."""

    book: State
    broker: State
    ledger: Ledger
    open: frozenset[str] = frozenset()


class Moves:
    """Answers, for one kind of record, which keys to look at and who moved each of them."""

    __slots__ = ("_book", "_broker", "_open")

    def __init__(self, book: frozenset[str] | None, broker: frozenset[str], open: frozenset[str]) -> None:
        self._book, self._broker, self._open = book, broker, open

    @classmethod
    def since(
        cls,
        base: tuple[Pages[R], Pages[R]] | None,
        book: Pages[R],
        broker: Pages[R],
        open: frozenset[str] = frozenset(),
    ) -> Moves:
        """The moves since ``base``, the agreed pages of (book, broker); None on first contact."""
        if base is None:
            return cls(None, frozenset(), open)
        return cls(frozenset(book.changed_since(base[0])), frozenset(broker.changed_since(base[1])), open)

    def worth_a_look(self, keys: Iterable[str]) -> list[str]:
        """The keys to compare, sorted; on first contact all of them."""
        if self._book is None:
            return sorted(set(keys))
        return sorted(set(keys) & (self._book | self._broker | self._open))

    def of(self, *keys: str) -> Moved:
        """Who moved any of these keys; what only stayed open counts as the broker's move."""
        if self._book is None:
            return Moved.BASELINE
        book = any(key in self._book for key in keys)
        broker = any(key in self._broker for key in keys)
        if book:
            return Moved.BOTH if broker else Moved.BOOK
        return Moved.BROKER
