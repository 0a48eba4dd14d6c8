"""What one reading of the account gives, and what the next one goes on from."""

from __future__ import annotations

import msgspec

from snapsync.model.history import Manifest
from snapsync.model.instant import Instant
from snapsync.model.ledger import Ledger
from snapsync.model.policy import Finding
from snapsync.model.state import Marks, OpenOrder, State


class Known(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What earlier readings have proven: the next one goes on from there.

    ``at`` is the beginning of the last one, ``proven`` that of the last which re-read days of overlap;
    ``working`` are the ids of orders that had fills but were not done, ``doubts`` those of its doubts
    (``same_doubt``) that need no second look.
    """

    at: Instant
    proven: Instant
    state: State
    ledger: Ledger
    working: tuple[str, ...]
    doubts: frozenset[str] = frozenset()


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How far back activities are read, in days: at first contact, and once a day as proof.

    ``since`` overrules the first.
    """

    lookback_days: int
    overlap_days: int
    since: Instant | None = None


class BrokerReading(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One consistent reading. ``at`` is the broker's own clock at its beginning.

    ``doubts`` are numbers of the broker's that disagree with each other.
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
