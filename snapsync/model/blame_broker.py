"""The broker's chain: every activity that moved a holding, in its order, and what no activity explains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Any

from .blame import ZERO, Glance, Step, quantity
from .canon import EXACT
from .change import Cause
from .effects import NINTH_DECIMAL, quantity_effects
from .instant import Instant, day_of, shift
from .ledger import DELIVERY, FILL, OPTION_EVENTS, Activity, ledger
from .state import IMPORTED, ORDER, State, Transaction
from .stretch import Entry

_LATE = frozenset({*OPTION_EVENTS, DELIVERY, "CFEE"})
"""Dated by day, and done after the day's trading; the other dated ones are done before it."""


def broker_steps(key: str, glances: Sequence[Glance], prefix: str) -> tuple[Step, ...]:
    """The chain of one holding.

    Args:
        key: the holding.
        glances: the operations that looked at the account, oldest first; of one account alone.
        prefix: what the bot's client order ids begin with.
    """
    looks = [each for each in glances if each.broker is not None and each.ledger is not None]
    with localcontext(EXACT):
        return _chain(key, looks, prefix) if looks else ()


def _chain(key: str, looks: list[Glance], prefix: str) -> tuple[Step, ...]:
    known = _Known(key)
    for look in looks:
        known.learn(look)
    senders = _Senders(looks[-1], known.rows, prefix)
    steps: list[Step] = []

    def step(amount: Decimal, **said: Any) -> None:  # noqa: ANN401 - the fields of a Step
        before = steps[-1].after if steps else ZERO
        steps.append(Step(before=before, after=before + amount, **said))

    if known.opening:
        first = looks[0]
        step(known.opening, at=_reach(first) or first.at, how="earlier", seen=_entry(first))
    for row, effect in sorted(known.moves(), key=lambda move: (*_when(move[0]), move[0].id)):
        cause, name = senders.of(row)
        seen = known.seen[row.key]
        step(
            effect,
            at=row.time,
            how="activity",
            seen=seen,
            activity=row,
            cause=cause,
            client_order_id=name,
        )
    for look, amount in known.unexplained():
        how = "rounded" if abs(amount) <= known.hair else "unexplained"
        step(amount, at=look.at, how=how, seen=_entry(look))
    return tuple(steps)


class _Known:
    """What the looks have taught so far of one holding."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._before: Glance | None = None
        self._rest: list[tuple[Glance | None, Decimal]] = [(None, ZERO)]
        self.opening = ZERO
        self.rows: dict[str, Activity] = {}
        self.seen: dict[str, Entry] = {}

    def learn(self, look: Glance) -> None:
        """Take in what a look saw beyond the one before it."""
        for row in self._new(look):
            self.seen.setdefault(row.key, _entry(look))
        held = quantity(look.broker, self._key)
        if self._before is None:
            self.opening = held - self._moved()
        self._tell_apart(look, held - self.opening - self._moved())
        self._before = look

    def moves(self) -> Iterable[tuple[Activity, Decimal]]:
        return ((row, _effect(row, self._key)) for row in self.rows.values())

    @property
    def hair(self) -> Decimal:
        """By how much the broker may have rounded: what a coin is paid with, once per fill."""
        return NINTH_DECIMAL * sum(len(list(quantity_effects(row))) > 1 for row in self.rows.values())

    def unexplained(self) -> Iterable[tuple[Glance, Decimal]]:
        """The looks that found the holding elsewhere than its activities put it, for good."""
        for (_, before), (look, rest) in pairwise(self._rest):
            if look is not None:
                yield look, rest - before

    def _new(self, look: Glance) -> list[Activity]:
        """The activities of this holding that the look before did not know, or knew otherwise."""
        earlier = self._before.ledger if self._before else None
        found: list[Activity] = []
        if look.ledger is None:
            return found
        for old, new in look.ledger.changed_since(ledger(()) if earlier is None else earlier).values():
            if old is not None:
                self.rows.pop(old.key, None)
            if new is not None and (effect := _effect(new, self._key)):
                self.rows[new.key] = new
                found.append(new)
                if old is None and self._dug_up(new, look):
                    self.opening -= effect
        return found

    def _dug_up(self, row: Activity, look: Glance) -> bool:
        """Whether a look that reached further back has found it: its effect was in what was held before."""
        before = _reach(self._before) if self._before else None
        now = _reach(look)
        return before is not None and now is not None and now < before and row.time < before

    def _moved(self) -> Decimal:
        return sum((effect for _, effect in self.moves()), ZERO)

    def _tell_apart(self, look: Glance, rest: Decimal) -> None:
        # An activity may be posted after its effect: what came back to where it was is no riddle any more.
        known = [each for _, each in self._rest]
        if rest in known:
            del self._rest[known.index(rest) + 1 :]
        else:
            self._rest.append((look, rest))


class _Senders:
    """Whose an order was, as plans tell it."""

    def __init__(self, last: Glance, rows: dict[str, Activity], prefix: str) -> None:
        self._last, self._prefix = last, prefix
        self._names = {f"{ORDER}{each.id}": each.client_order_id for each in last.open_orders}
        days = {day_of(row.time) for row in rows.values()}
        self._names |= {each.key: each.client_order_id for each in _of_days(last.broker, days)}
        self._booked: set[str] | None = None

    def of(self, row: Activity) -> tuple[Cause | None, str | None]:
        if row.type != FILL:
            return (Cause.OPTION_EVENT if row.type in OPTION_EVENTS else None), None
        key = f"{ORDER}{row.order_id}"
        name = self._names.get(key)
        if (self._prefix and (name or "").startswith(self._prefix)) or key in self._in_book():
            return Cause.BOT, name
        return (Cause.MANUAL if key in self._names else Cause.UNKNOWN), name

    def _in_book(self) -> set[str]:
        """The orders that the bot itself has written a row for."""
        if self._booked is None:
            rows = self._last.book.transactions if self._last.book else ()
            self._booked = {row.key for row in rows if row.origin != IMPORTED}
        return self._booked


def _of_days(state: State | None, days: set[str]) -> Iterable[Transaction]:
    for name in sorted(days):
        yield from state.transactions.rows_of(name) if state else ()


def _reach(look: Glance) -> Instant | None:
    return look.broker.coverage.since if look.broker and look.broker.coverage else None


def _effect(row: Activity, key: str) -> Decimal:
    return sum((effect for symbol, effect in quantity_effects(row) if symbol == key), ZERO)


def _when(row: Activity) -> tuple[Instant, int]:
    """Where an activity stands in the order of its day."""
    if row.type == FILL:
        return row.time, 1
    return (shift(row.time, days=1), 2) if row.type in _LATE else (row.time, 0)


def _entry(look: Glance) -> Entry:
    return look.id, look.act
