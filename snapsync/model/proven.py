"""The account as a look has proven it, and what the Ledger told between two looks."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from .instant import Instant
from .ledger import FILL, Activity, Ledger
from .state import Marks, State


class Proven(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The account as it was proven at one time."""

    at: Instant
    state: State
    marks: Marks
    ledger: Ledger

    @property
    def cash(self) -> Decimal:
        if self.state.cash is None:
            raise ValueError("a broker's State carries its cash")
        return self.state.cash

    @property
    def quantities(self) -> dict[str, Decimal]:
        return {each.key: each.qty for each in self.state.positions}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A row that counts (``sign`` 1), or one that is told otherwise now and counts no more (-1).

    ``again``: it was known at the first point already. ``late``: the broker had made it before that point.
    """

    row: Activity
    sign: int = 1
    again: bool = False
    late: bool = False


def news(before: Proven | None, after: Proven) -> Iterator[Told]:
    """What the Ledger says at the second point and did not at the first, in the order of time.

    Rows of a time before the first point was ever read, which a reading further back has dug up, are no
    news: what they did was in the account already.
    """
    if before is None:
        yield from (Told(row=row) for row in sorted(after.ledger.between(), key=_moment))
        return
    covered = before.state.coverage.since[:10] if before.state.coverage else ""
    changed = after.ledger.changed_since(before.ledger).values()
    for old, new in sorted(changed, key=lambda pair: _moment(pair[1] or pair[0])):
        if old is not None and new is not None and _does(old) == _does(new):
            continue
        if old is not None:
            yield Told(row=old, sign=-1, again=True)
        if new is not None and (old is not None or new.time >= covered):
            yield Told(row=new, again=old is not None, late=old is None and made(new) < before.at)


def _does(row: Activity) -> tuple[object, ...]:
    """All of a row that its effects follow from; the rest is words."""
    return (row.side, row.qty, row.price, row.net_amount, row.sub_type, row.void)


def _moment(row: Activity | None) -> tuple[str, str]:
    return (row.time, row.key) if row else ("", "")


def made(row: Activity) -> str:
    """When the broker made a row; of one that does not say, it is taken to be new."""
    return row.time if row.type == FILL else row.created_at or "9999"
