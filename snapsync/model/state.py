"""What is known of one side, book or broker, as one immutable value in normal form.

Both sides yield the same type, so everything after the ends is one code for both. Prices and all that
follows from them are Marks: shown, kept beside a State, never part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from fnmatch import fnmatchcase

import msgspec

from .canon import ObjectId, Record, StateId, Stored, encode, identify
from .instant import Instant, day_of
from .pages import Pages
from .stored import stored
from .tree import Fetch


class Position(Record, frozen=True):
    """An open holding; one per contract or symbol (the broker nets, the book's lots are added up).

    ``qty`` is signed (a short is negative), in contracts, shares or coins. ``entry_price`` is dollars
    per share, coin or contract-share; the broker moves it overnight without a trade, so it is shown
    and written beside a change but never compared.
    """

    key: str
    asset_class: str
    qty: Decimal
    multiplier: Decimal
    entry_price: Decimal | None = None
    asset_id: str | None = None

    @property
    def bucket(self) -> str:
        return self.bucket_of(self.key)

    @staticmethod
    def bucket_of(key: str) -> str:
        """In which page the holding of a key lies."""
        return hashlib.sha256(key.encode()).hexdigest()[:1]


class Transaction(Record, frozen=True):
    """One order that is done and has fills, or one option event; in the book: one row, or a few of one order.

    ``key`` is ``order:<id>`` or ``activity:<type>:<id>:<symbol>``; a row of the book without an id is
    ``row:<digest>`` until it is linked. ``qty`` is never negative, the ``action`` says which way.
    ``price`` is the average over the fills, in dollars per share or coin. ``time`` is that of the
    first fill: the one instant that neither later fills nor corrections move. ``origin`` is ``sync`` in
    the book for a row that a sync has imported; the bot's own rows have none.
    """

    key: str
    symbol: str
    asset_class: str
    action: str
    qty: Decimal
    price: Decimal | None
    multiplier: Decimal
    time: Instant
    client_order_id: str | None = None
    parent_id: str | None = None
    origin: str | None = None

    @property
    def bucket(self) -> str:
        return day_of(self.time)

    @property
    def linked(self) -> bool:
        """Whether the row names the order or activity that it stands for."""
        return not self.key.startswith(ROW)


ORDER = "order:"
ACTIVITY = "activity:"
ROW = "row:"
SEVERAL = "+"
"""Joins the keys of rows that together are one trade."""
IMPORTED = "sync"


class Scope(Record, frozen=True):
    """Which holdings and trades are compared; all else is ignored on both sides, counted and shown."""

    asset_classes: tuple[str, ...]
    ignore: tuple[str, ...] = ()

    def covers(self, symbol: str, asset_class: str) -> bool:
        """Whether a symbol (in its canonical form) is compared."""
        return asset_class in self.asset_classes and not any(
            fnmatchcase(symbol, pattern) for pattern in self.ignore
        )


class Coverage(Record, frozen=True):
    """From when on the broker's transactions are proven complete; earlier ones are not compared."""

    since: Instant


class PositionMark(Record, frozen=True):
    """What the market says of one holding, in dollars; any of them may be unknown."""

    price: Decimal | None = None
    market_value: Decimal | None = None
    unrealized_pl: Decimal | None = None


class Marks(Record, frozen=True):
    """Prices and all that follows from them, in dollars; never hashed into a State or a plan's id."""

    equity: Decimal
    long_market_value: Decimal | None = None
    short_market_value: Decimal | None = None
    buying_power: Decimal | None = None
    accrued_fees: Decimal | None = None
    pending_reg_taf_fees: Decimal | None = None
    positions: dict[str, PositionMark] = msgspec.field(default_factory=dict)


class OpenOrder(Record, frozen=True):
    """An order that may still fill: shown, never compared. Quantities are in contracts, shares or coins."""

    id: str
    symbol: str
    side: str | None
    qty: Decimal | None
    filled_qty: Decimal | None
    client_order_id: str | None = None


class StateRoot(Stored, frozen=True, tag="state"):
    """A State as it is stored: its pages by the ids of their roots."""

    cash: Decimal | None
    bankroll: Decimal | None
    positions: ObjectId
    transactions: ObjectId
    scope: Scope | None
    coverage: Coverage | None


class State(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One side's cash, positions and transactions.

    The broker's State has ``cash``, ``scope`` and ``coverage``; the book's has ``bankroll``, the number
    that the bot sizes its trades with (None: there is no bankroll file, or it lacks the number).
    """

    positions: Pages[Position]
    transactions: Pages[Transaction]
    cash: Decimal | None = None
    bankroll: Decimal | None = None
    scope: Scope | None = None
    coverage: Coverage | None = None

    @property
    def root(self) -> StateRoot:
        return StateRoot(
            cash=self.cash,
            bankroll=self.bankroll,
            positions=self.positions.root,
            transactions=self.transactions.root,
            scope=self.scope,
            coverage=self.coverage,
        )

    @property
    def id(self) -> StateId:
        """What the State is known by; equal States have equal ids."""
        return StateId(identify(encode(self.root)))

    def objects(self) -> Iterator[tuple[ObjectId, bytes]]:
        """Everything a store needs to give this State back; children first."""
        yield from self.positions.objects()
        yield from self.transactions.objects()
        data = encode(self.root)
        yield identify(data), data


def stored_state(id: StateId, fetch: Fetch) -> State:
    """A State of a store; its pages are read when they are asked for."""
    root = stored(fetch(id), StateRoot, id)
    return State(
        cash=root.cash,
        bankroll=root.bankroll,
        positions=Pages.stored(Position, root.positions, fetch),
        transactions=Pages.stored(Transaction, root.transactions, fetch),
        scope=root.scope,
        coverage=root.coverage,
    )
