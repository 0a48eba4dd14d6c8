"""What a whole history comes to: its trades in pages, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from snapsync.model.packed import Packed
from snapsync.model.pages import Pages
from snapsync.model.past import Count
from snapsync.model.policy import Finding
from snapsync.model.state import ROW, Transaction

from . import costs
from .entries import EVENTS, Entry
from .faults import quoted
from .history import Trades, transactions
from .sheet import LOOK_BACK

KNOWN = frozenset({"buy", "sell", *EVENTS})
"""What an order can be matched to."""


class Summary(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What is known of a history without its rows.

    ``actionless`` and ``contractless`` are the rows to which no order can ever be matched. ``made`` is what
    the pages consist of, where they were made as bytes: a store may lack it. ``places`` are then the
    whereabouts of all trades.
    """

    pages: Pages[Transaction]
    actionless: Count
    contractless: Count
    costs: tuple[Finding, ...]
    made: Packed = msgspec.field(default_factory=Packed)
    places: Collection[int] = ()


def summary(found: Trades) -> Summary:
    """What a history comes to that is in memory whole.

    Raises:
        BookError: its rows cannot be understood.
    """
    counts = Counts()
    for key, entries in found.entries.items():
        counts.take(key, entries)
    return Summary(
        pages=Pages.of(Transaction, transactions(found)),
        actionless=counts.actionless,
        contractless=counts.contractless,
        costs=tuple(costs.observations(found.file, found.in_order()[-LOOK_BACK:])),
    )


class Counts:
    """Counts the rows that no order can be matched to."""

    def __init__(self) -> None:
        self.actionless, self.contractless = Count(), Count()

    def take(self, key: str, entries: Iterable[Entry]) -> None:
        """Count the rows of one trade."""
        if not key.startswith(ROW):
            return
        for entry in entries:
            if entry.action not in KNOWN:
                self.actionless = self.actionless.and_one(entry.row.line, entry.action)
            if entry.what.lacks:
                self.contractless = self.contractless.and_one(entry.row.line)


def observations(name: str, found: Summary) -> Iterator[Finding]:
    """Note rows to which no order can ever be matched, and costs that cannot be; ``name`` is the file's."""
    unknown, lacking = found.actionless, found.contractless
    if unknown.rows:
        yield Finding(
            code="unknown-action",
            severity="note",
            key="transactions",
            summary="Rows of the history say neither buy nor sell: they cannot be matched to orders.",
            detail=f"{name}: {unknown.rows} row(s), the last in line {unknown.line}, which"
            f" says {quoted(unknown.said)}. Orders that they stand for are imported beside them.",
        )
    if lacking.rows:
        yield Finding(
            code="rows-without-contract",
            severity="note",
            key="transactions",
            summary="Rows of the history name an option but not which: they cannot be matched to orders.",
            detail=f"{name}: {lacking.rows} row(s), the last in line {lacking.line}, lack the"
            " expiry, the type or the strike. Orders that they stand for are imported beside them.",
        )
    yield from found.costs
