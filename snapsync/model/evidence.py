"""What the Ledger proves about a change: the fills or events that made it, their price, whose they were."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence
from decimal import Decimal
from itertools import chain

import msgspec

from .causes import cause_of
from .change import Cause, Execution, Moved, Why, either
from .dated import Days
from .effects import quantity_effects
from .fields import same_price
from .instant import Instant, midnight, seconds_between
from .ledger import DELIVERY, FILL, OPTION_EVENTS, Activity, Ledger, moves_bankroll
from .match import WINDOW_SECONDS
from .newest import Newest, newness
from .plan import Look
from .policy import Rules
from .senders import Orders, Senders
from .state import ORDER, Position, Transaction
from .symbols import contract
from .threeway import Base
from .trades import average
from .trading_days import market_close, past_expiry
from .turn import Move, Turn, Turns, quantity

FROM_FILLS = "fills"
FROM_BROKER = "broker average"
FROM_RESET = "account reset"
EVIDENCE_PENDING = "expired or assigned, evidence pending"
"""How an option ended that vanished after its last day, before any activity says how."""


class How(msgspec.Struct, frozen=True, kw_only=True):
    """How a holding came to differ; ``closed`` as in a PositionChange."""

    execution: Execution | None
    why: Why
    closed: Execution | None = None


BY_HAND = (Cause.MANUAL, Cause.BROKER)
"""Whose trades the bot did not order."""


class Evidence:
    """The Ledger's answers about one look; the ledger's pages are read newest first, as far as needed.

    ``booked`` are the keys of the orders that the book has a row for: those are the bot's.
    """

    def __init__(self, look: Look, rules: Rules, *, booked: Container[str], base: Base | None) -> None:
        ledger = look.ledger
        self._at = look.at
        self._opened, self._days = look.opened, Days(look.book_zone)
        self._newest = Newest(ledger)
        self.recent: tuple[Activity, ...] = tuple(_new_rows(ledger, base)) if base else ()
        """The activities that were not known at the agreed point; none on first contact."""
        self._new = sorted(self.recent, key=newness, reverse=True)
        waiting = {key for key in base.open if moves_bankroll(key)} if base else set()
        self.unbooked = tuple(
            {row.key: row for row in (*self._newest.of_keys(waiting), *self.recent)}.values()
        )
        """What the bankroll has not followed yet: ``recent``, and what was left open at the agreed point."""
        self._turns = Turns(self._newest, self.recent, base)
        orders = Orders(look.broker.transactions, {each.id for each in look.open_orders})
        self.senders = Senders(orders, booked, rules.bot_prefix)

    @property
    def moved(self) -> frozenset[str]:
        """The holdings that new activities moved, be it there and back."""
        return self._turns.keys

    def filled_since(self, moment: Instant) -> frozenset[str]:
        """The symbols with a fill after a moment."""
        return frozenset(row.symbol for row in self._newest.since(moment) if row.type == FILL)

    def delivered_since(self, moment: Instant) -> dict[str, str]:
        """The symbols that an assignment or exercise after a moment has moved, with the activity's key."""
        return {row.symbol: row.key for row in self._newest.since(moment) if row.type == DELIVERY}

    def by_hand(self, young: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Keys of the new fills that the bot did not order: those that count now, and those that wait.

        Those on ``young`` symbols wait: the bot's own row may still come. They stay new until they count.
        """
        fills = [row for row in self.unbooked if row.type == FILL and self._sender(row) in BY_HAND]
        return (
            tuple(row.key for row in fills if row.symbol not in young),
            tuple(row.key for row in fills if row.symbol in young),
        )

    def of_position(
        self, before: Position | None, after: Position | None, agreed: Position | None, moved: Moved
    ) -> How:
        """How a holding came to differ: the newest fills or events that add up to the broker's own move.

        Args:
            before: the book's holding.
            after: the broker's.
            agreed: the broker's at the agreed point. Where the book has not moved its own stands in for
                it: the same, but for a key that was left open, whose fills came before that point.
            moved: which side moved.
        """
        turned = self._turns.of(before, after, agreed, moved)
        how = self._turned(turned, before, after, moved) if turned else None
        if how:
            return how
        start = agreed if moved is Moved.BOTH else before
        key = either(before, after).key
        moves = self._making(key, quantity(after) - quantity(start))
        rows = [row for row, _ in moves]
        cause = Cause.BOOK_EDIT if moved is Moved.BOOK else self._cause(rows)
        terms = contract(key)
        if after is None and not rows and terms and past_expiry(terms.expiry, self._at):
            execution = Execution(price=None, time=None, source=EVIDENCE_PENDING)
            return How(execution=execution, why=Why(moved=moved, cause=Cause.OPTION_EVENT))
        return How(
            execution=_execution(key, moves, after, self._at),
            why=Why(moved=moved, cause=cause, evidence=_keys(rows)),
        )

    def _turned(
        self, turned: Turn, before: Position | None, after: Position | None, moved: Moved
    ) -> How | None:
        """How the former holding ended and this one began; None where nothing of that is to be written."""
        key = either(before, after).key
        ended = _execution(key, turned.ended, None, self._at)
        began = _execution(key, turned.began, after, self._at)
        if quantity(before) == quantity(after) and not (before and self._former(before, ended, began)):
            return None
        moves = turned.ended if after is None else turned.moves if before else turned.began
        rows = [row for row, _ in reversed(moves)]
        if key in self.moved:  # by its State alone it may look as if the broker's had never moved
            moved = Moved.BOTH if moved in {Moved.BOOK, Moved.BOTH} else Moved.BROKER
        return How(
            execution=began if after else ended,
            why=Why(moved=moved, cause=self._cause(rows), evidence=_keys(rows)),
            closed=ended if before and after else None,
        )

    def _former(self, before: Position, ended: Execution | None, began: Execution | None) -> bool:
        """Whether it shows that the book's rows are the former holding's: else they may be the new one's."""
        if ended is None or began is None:
            return False
        if before.entry_price is not None and not same_price(before.entry_price, began.price):
            return True
        opened = self._opened.get(before.key)
        if opened is None or ended.time is None or self._days.dated(opened):
            return False
        return seconds_between(opened, ended.time) > WINDOW_SECONDS

    def of_transaction(self, order: Transaction, moved: Moved) -> Why:
        """Whose an order was."""
        if not order.key.startswith(ORDER):
            return Why(moved=moved, cause=Cause.OPTION_EVENT, evidence=(order.key,))
        cause = Cause.BOOK_EDIT if moved is Moved.BOOK else self.senders.of_order(order).cause
        return Why(moved=moved, cause=cause, evidence=(order.key,))

    def _making(self, key: str, difference: Decimal) -> list[Move]:
        # Only what moves the holding the right way, until the difference is made up: first what is new, for
        # an event may be dated before a fill that the book knows already; then the newest of the rest.
        found: list[Move] = []
        missing = difference
        new = [(row, effect) for row in self._new for each, effect in quantity_effects(row) if each == key]
        known = {row.key for row, _ in new}
        older = (pair for pair in self._newest.moving(key) if pair[0].key not in known)
        for row, effect in chain(new, older) if difference else ():
            if (effect > 0) == (difference > 0):
                found.append((row, effect))
                missing -= effect
                if not missing or (missing > 0) != (difference > 0):
                    break
        return found

    def _cause(self, rows: list[Activity]) -> Cause:
        if any(row.type in OPTION_EVENTS for row in rows):
            return Cause.OPTION_EVENT
        senders = {self._sender(row) for row in rows if row.type == FILL}
        for by_hand in BY_HAND:
            if by_hand in senders:
                return by_hand
        if senders:
            return Cause.BOT if senders == {Cause.BOT} else Cause.UNKNOWN
        causes = {cause_of(row) for row in rows}
        return causes.pop() if len(causes) == 1 else Cause.UNKNOWN

    def _sender(self, fill: Activity) -> Cause:
        return self.senders.of(fill).cause


def _execution(key: str, moves: Sequence[Move], after: Position | None, now: Instant) -> Execution | None:
    rows = [row for row, _ in moves]
    events = [row for row in rows if row.type in OPTION_EVENTS]
    if events:
        end = events[0]
        # it is dated by its day, and comes after the market's close: not before the day's own fills
        time = end.time if end.time != midnight(end.time[:10]) else min(market_close(end.time), now)
        return Execution(price=Decimal(0), time=time, source=OPTION_EVENTS[end.type])
    # a split or a transfer has no price, and another pair's is not in dollars
    fills = [(row, abs(effect)) for row, effect in moves if row.type == FILL and row.symbol == key]
    if fills:
        qty = sum((each for _, each in fills), Decimal(0))
        paid = sum((each * (row.price or Decimal(0)) for row, each in fills), Decimal(0))
        # an opening counts from its first fill, a close from its last
        times = [row.time for row, _ in fills]
        time = min(times) if after else max(times)
        return Execution(price=average(paid, qty), time=time, source=FROM_FILLS)
    if after:
        return Execution(price=after.entry_price, time=None, source=FROM_BROKER)
    if rows:
        return Execution(price=None, time=rows[0].time, source=f"activity {rows[0].type}")
    return None


def _new_rows(ledger: Ledger, base: Base) -> Iterator[Activity]:
    """What came in since the agreed point; not what a reading further back (--since) has dug up."""
    covered = base.broker.coverage.since if base.broker.coverage else None
    for before, after in ledger.changed_since(base.ledger).values():
        if after is not None and before is None and (covered is None or after.time >= covered[:10]):
            yield after


def of_reset(moved: Moved) -> tuple[Execution, Why]:
    """How a holding ended whose account is gone: no fill closed it."""
    return Execution(price=None, time=None, source=FROM_RESET), Why(moved=moved, cause=Cause.ACCOUNT_RESET)


def _keys(rows: list[Activity]) -> tuple[str, ...]:
    return tuple(row.key for row in rows)
