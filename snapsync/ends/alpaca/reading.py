"""What a reading of the account is made from, and what it yields."""

from __future__ import annotations

import msgspec

from snapsync.model.accruals import Habit
from snapsync.model.history import Manifest
from snapsync.model.instant import Instant
from snapsync.model.ledger import Ledger
from snapsync.model.missing import Missing
from snapsync.model.named import Named
from snapsync.model.policy import Finding
from snapsync.model.proven import Proven
from snapsync.model.state import Marks, OpenOrder, State


class Known(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What earlier readings have proven: the next one goes on from there.

    ``at`` is the beginning of the last one, ``proven`` that of the last which re-read days of overlap;
    ``working`` are the ids of orders that had fills but were not done, ``doubts`` those of its doubts
    (``same_doubt``) that need no second look, ``missing`` what was unexplained, ``habit`` when the
    account's fees leave cash, ``assumed`` the contracts whose size was a guess, ``named`` whose its trades
    seem to be by their names.
    """

    at: Instant
    proven: Instant
    state: State
    marks: Marks
    ledger: Ledger
    working: tuple[str, ...]
    doubts: frozenset[str] = frozenset()
    missing: tuple[Missing, ...] = ()
    habit: Habit | None = None
    assumed: frozenset[str] = frozenset()
    named: Named | None = None

    @property
    def then(self) -> Proven:
        return Proven(at=self.at, state=self.state, marks=self.marks, ledger=self.ledger)


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How far back activities are read, in days: at first contact, and once a day as proof.

    ``since`` overrules the first. ``anew`` reads all as at first contact, whatever is known. ``prefix`` is
    what the bot's own client order ids begin with: by it the trades are counted; empty: they are not.
    """

    lookback_days: int
    overlap_days: int
    since: Instant | None = None
    anew: bool = False
    prefix: str = ""


class BrokerReading(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One consistent reading. ``at`` is the broker's own clock at its beginning.

    ``doubts`` are numbers of the broker's that disagree with each other, ``missing`` is what stays
    unexplained from reading to reading, ``habit`` when the account's fees leave cash, ``named`` whose its
    trades seem to be by their names, where it is known what the bot's begin with.
    """

    at: Instant
    account: str
    number: str | None
    state: State
    marks: Marks
    ledger: Ledger
    manifest: Manifest
    open_orders: tuple[OpenOrder, ...] = ()
    observations: tuple[Finding, ...] = ()
    doubts: tuple[Finding, ...] = ()
    missing: tuple[Missing, ...] = ()
    habit: Habit | None = None
    named: Named | None = None

    @property
    def assumed(self) -> frozenset[str]:
        """The contracts whose size is a guess."""
        return frozenset(each.key for each in self.observations if each.code == "multiplier-assumed")
