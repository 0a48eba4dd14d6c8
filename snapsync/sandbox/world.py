"""The world behind the server: one account, what it holds, what it did, and what time it is.

Moves live in ``trading`` and ``events``; they change money and holdings through ``World.post``
alone. Whoever reads or moves a world that a server shows does so inside ``World.held()``.
"""

from __future__ import annotations

import random
import string
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Context, Decimal, localcontext
from typing import Literal
from uuid import UUID

from msgspec import Struct, structs

from snapsync.errors import UsageError

from . import clock
from .activities import Activity, Effect, Event, event_effect, fill_effect
from .oddities import ODDITIES
from .orders import Order
from .positions import Position, changed
from .queues import ActivityQueue, OrderQueue
from .symbols import Instrument, instrument

Env = Literal["paper", "live"]

# wide enough for nine decimals of quantity times nine of price on any account
_EXACT = Context(prec=60)


class Account(Struct, frozen=True, kw_only=True):
    """Who the account is; a reset makes another one."""

    id: str
    number: str
    created: int
    key: str
    secret: str


class Close(Struct, frozen=True, kw_only=True):
    """What the account was worth, and at which prices, at 16:00 of a trading day."""

    day: date
    equity: Decimal
    marks: dict[str, Decimal]


class World:
    """An account that moves.

    Args:
        env: whether the account says of itself that it is paper or live.
        seed: equal seeds and equal moves at equal times give equal ids.
        now: the instant at which the account is opened; the real one if None.
        cash: dollars that it starts with, without an activity that would explain them.
        oddities: which of ``ODDITIES`` the API's answers have.
    """

    def __init__(
        self,
        *,
        env: Env = "paper",
        seed: str = "snapsync",
        now: int | None = None,
        cash: Decimal = Decimal(0),
        oddities: Collection[str] = (),
    ) -> None:
        if unknown := set(oddities) - ODDITIES.keys():
            raise UsageError(
                "There is no such oddity.",
                detail=f"found {min(unknown)!r}",
                hint=f"allowed: {', '.join(ODDITIES)}",
            )
        self.env: Env = env
        self.oddities = frozenset(oddities)
        self.lag = 0
        self.clock = clock.VirtualClock(clock.real_now() if now is None else now)
        self._lock = threading.RLock()
        self._random = random.Random(seed)  # noqa: S311 (ids that repeat are the purpose)
        self._accounts = 0
        self.listings: dict[str, Instrument] = {}
        self.marks: dict[str, Decimal] = {}
        self.open_account(cash, new_keys=True)

    def open_account(self, cash: Decimal, *, new_keys: bool) -> None:
        """Forget everything but prices and start as another account, as a paper reset does."""
        if new_keys:
            self._accounts += 1
        suffix = str(self._accounts) if self._accounts > 1 else ""
        self.account = Account(
            id=self.new_id(),
            number=self._account_number(),
            created=self.clock.now(),
            key=f"SANDBOX{self.env.upper()}KEY{suffix}",
            secret=f"sandbox-{self.env}-secret{suffix}",
        )
        self.cash = self.opening_cash = cash
        self.accrued_fees = self.pending_fees = Decimal(0)
        self.positions: dict[str, Position] = {}
        self.opening_positions: dict[str, Position] = {}
        self.orders: dict[str, Order] = {}
        self.queue = OrderQueue()
        self.listeners: list[Callable[[Order | None, Order], None]] = []
        self.clients: dict[str, str] = {}
        self.activities: list[Activity] = []
        self.activities_by_id = ActivityQueue()
        self.hidden: set[str] = set()
        self.closes: list[Close] = []
        self._seen_until = self.account.created

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else moves or reads the world meanwhile, and decimals are exact."""
        with self._lock, localcontext(_EXACT):
            self._note_closings(self.clock.now())
            yield

    @contextmanager
    def lagging(self, rows: int) -> Iterator[None]:
        """The lists of orders and activities lack so many of their newest rows meanwhile."""
        self.lag = rows
        try:
            yield
        finally:
            self.lag = 0

    def now(self) -> int:
        """The world's present instant."""
        return self.clock.now()

    def advance_to(self, instant: int) -> None:
        """Let time pass up to an instant; one that is past changes nothing."""
        self._note_closings(instant)
        if instant > self.clock.now():
            self.clock.set(instant)

    def set_clock(self, instant: int) -> None:
        """Make it that instant, even one that is past."""
        self._note_closings(instant)
        self.clock.set(instant)

    def jitter(self, low: int, high: int) -> int:
        """Nanoseconds between two bounds, with 9, 6 or 3 fraction digits as real times have."""
        unit = self._random.choice((1, 1_000, 1_000_000))
        return max(self._random.randint(low, high) // unit, 1) * unit

    def new_id(self) -> str:
        """The next UUID of this world."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def instrument(self, symbol: str) -> Instrument:
        """The instrument of a symbol or of a position's key, as listed here."""
        if symbol in self.positions:
            return self.positions[symbol].instrument
        found = instrument(symbol)
        return self.listings.get(found.key, found)

    def mark(self, symbol: str) -> Decimal:
        """The price of one unit in dollars; 0 if there was never one."""
        key = self.instrument(symbol).key
        return self.marks.get(key, Decimal(0))

    @property
    def working(self) -> list[Order]:
        """The orders that can still change."""
        return [self.orders[id] for id in self.queue.open]

    def put(self, order: Order) -> Order:
        """Keep an order, new or changed."""
        before = self.orders.get(order.id)
        self.orders[order.id] = order
        self.queue.note(before, order)
        self.clients[order.client_order_id] = order.id
        self.advance_to(order.updated)
        for listener in self.listeners:
            listener(before, order)
        return order

    def post(self, activity: Activity) -> None:
        """Write an activity down and let it have its effect: the only way money moves."""
        self.settle(activity)
        self.activities.append(activity)
        self.activities_by_id.add(activity)
        self.advance_to(activity.created)

    def settle(self, activity: Activity) -> None:
        """The effect alone: for whoever writes many activities down at once."""
        effect = self._effect(activity)
        self.cash += effect.cash
        for change in effect.changes:
            traded = self.instrument(change.symbol)
            left = changed(self.positions.get(traded.key), traded, change)
            if left is None:
                del self.positions[traded.key]
            else:
                self.positions[traded.key] = left

    def unpost(self, activity: Activity) -> None:
        """Take an activity back as if it had never been: the others alone say what there is."""
        marks, rest = dict(self.marks), [row for row in self.activities if row is not activity]
        self.cash, self.positions = self.opening_cash, dict(self.opening_positions)
        self.activities, self.activities_by_id = [], ActivityQueue()
        for row in rest:
            self.post(row)
        self.marks = marks

    @property
    def shown_cash(self) -> Decimal:
        """The cash that the account shows."""
        early = "fees-leave-cash-early" in self.oddities
        return self.cash - (self.accrued_fees + self.pending_fees if early else 0)

    def value(self, position: Position) -> Decimal:
        """The market value of a position."""
        return position.value(self.marks.get(position.instrument.key, Decimal(0)))

    @property
    def equity(self) -> Decimal:
        """Cash and the market value of every position."""
        return self.shown_cash + sum(map(self.value, self.positions.values()), Decimal(0))

    def order(self, reference: str) -> Order:
        """An order by its id or by its client_order_id.

        Raises:
            UsageError: there is none.
        """
        found = self.orders.get(self.clients.get(reference, reference))
        if found is not None:
            return found
        raise UsageError(
            "There is no such order.",
            detail=f"order: found {reference!r}",
            hint="name the id or the client_order_id of an order of this account",
        )

    def children(self, order: Order) -> list[Order]:
        """The legs of an order, in the order in which they were made."""
        return [self.orders[id] for id in self.queue.legs(order)]

    def position(self, symbol: str) -> Position:
        """What is held of a symbol.

        Raises:
            UsageError: nothing is.
        """
        found = self.positions.get(self.instrument(symbol).key)
        if found is None:
            held = ", ".join(sorted(self.positions)) or "nothing"
            raise UsageError(
                "There is no such position.",
                detail=f"symbol: found {symbol!r}",
                hint=f"the account holds {held}",
            )
        return found

    def list_instrument(self, listing: Instrument) -> None:
        """Give a symbol other facts than the usual ones.

        Raises:
            UsageError: the symbol was traded already.
        """
        if listing.symbol in self.queue.symbols:
            raise UsageError(
                "An asset cannot change after it was traded.", detail=f"symbol: {listing.symbol}"
            )
        self.listings[listing.key] = listing

    def touch(self, order: Order, **changes: object) -> Order:
        """Keep an order with some fields changed."""
        return self.put(structs.replace(order, **changes))

    def _effect(self, activity: Activity) -> Effect:
        if isinstance(activity, Event):
            return event_effect(activity)
        traded = self.instrument(activity.symbol)
        quote = Decimal(1) if traded.quote == "USD" else self.mark(f"{traded.quote}/USD")
        self.marks[traded.key] = activity.price * quote
        return fill_effect(activity, traded, quote)

    def _note_closings(self, until: int) -> None:
        """Remember the account as it stood at each 16:00 that has passed since the last look."""
        if until <= self._seen_until:
            return
        for day, _ in clock.closings(self._seen_until, until):
            self.closes.append(Close(day=day, equity=self.equity, marks=dict(self.marks)))
        del self.closes[:-7]
        self._seen_until = until

    def _account_number(self) -> str:
        if self.env == "live":
            return "".join(self._random.choices(string.digits, k=9))
        return "PA" + "".join(self._random.choices(string.ascii_uppercase + string.digits, k=10))
