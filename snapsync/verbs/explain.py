"""Trace what the account did between two looks, from what is stored: no network, no lock, nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from snapsync.errors import PlanError, UsageError
from snapsync.model import explain as equations
from snapsync.model.canon import SnapshotId
from snapsync.model.explanation import Explanation
from snapsync.model.history import BrokerSnapshot, Operation
from snapsync.model.instant import Instant
from snapsync.model.ledger import Activity
from snapsync.model.missing import sums
from snapsync.model.pages import Pages
from snapsync.model.proven import Proven
from snapsync.model.senders import Orders, Senders
from snapsync.model.state import IMPORTED, stored_state
from snapsync.model.symbols import canonical
from snapsync.model.worth import TradedSizes

from . import at
from .env import Env
from .timings import timed


class Explained(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An explanation of an account; ``symbol`` where only that was asked for."""

    account: str
    found: Explanation
    symbol: str | None = None


@timed("diff")
def explain(
    env: Env,
    a: str | None = None,
    b: str | None = None,
    *,
    symbol: str | None = None,
    since: str | None = None,
) -> Explained:
    """Trace every cent and share between two looks at the account.

    Args:
        env: the env.
        a: where to begin: an id of an operation, plan or snapshot, or a time; None: the last agreed point.
        b: where to end; None: the newest look.
        symbol: only what concerns a symbol, or the options on it.
        since: begin with the last look before this time instead.

    Raises:
        UsageError: no such id or time, the wrong order, two accounts (exit 64).
        StoreError: nothing is stored yet (10), or an object is damaged (30).
    """
    if a and since:
        raise UsageError("--since says where to begin: it goes with no A.")
    end = _look_at(env, b) if b else _newest(env)
    if since:
        start = _before(env, at.since(env, since))
    else:
        start = _look_at(env, a).broker if a else _agreed_before(env, end)
    later = _broker(env, end.broker)
    earlier = _broker(env, start) if start else None
    if earlier and earlier.account != later.account:
        raise UsageError(
            "These are two accounts: nothing of one explains the other.",
            hint="Give two looks of one account.",
        )
    if earlier and earlier.at > later.at:
        raise UsageError(
            "A is later than B.",
            detail=f"A is of {earlier.at}, B of {later.at}",
            hint="Give them the other way round.",
        )
    found = equations.explain(
        proven(env, earlier) if earlier else None, proven(env, later), _terms(env, end, earlier, later)
    )
    return Explained(account=later.account, found=found, symbol=canonical(symbol) if symbol else None)


def proven(env: Env, snapshot: BrokerSnapshot) -> Proven:
    """The account as a Snapshot has it; its pages are read when they are asked for."""
    fetch = env.store.place.get
    return Proven(
        at=snapshot.at,
        state=stored_state(snapshot.state, fetch),
        marks=snapshot.marks,
        ledger=Pages.stored(Activity, snapshot.ledger, fetch),
    )


def looks(env: Env) -> Iterator[Operation]:
    """The operations that know of a look at the broker, newest first."""
    return (act for _, act in env.store.log() if act.broker)


def _terms(
    env: Env, end: Operation, earlier: BrokerSnapshot | None, later: BrokerSnapshot
) -> equations.Terms:
    trades = stored_state(later.state, env.store.place.get).transactions
    book = env.book_state(end.book).transactions if end.book else ()
    booked = {row.key for row in book if row.origin != IMPORTED}
    return equations.Terms(
        senders=Senders(Orders(trades), booked, env.rules.bot_prefix),
        habit=later.habit,
        multipliers=TradedSizes(trades),
        missing=sums(earlier.missing if earlier else ()),
    )


def _broker(env: Env, id: SnapshotId | None) -> BrokerSnapshot:
    if id is None:
        raise ValueError("a look at the broker has its Snapshot")
    return env.store.get(id, BrokerSnapshot)


def _newest(env: Env) -> Operation:
    for act in looks(env):
        return act
    raise PlanError("The account was never looked at.", hint=f"snapsync plan --env {env.name}")


def _agreed_before(env: Env, end: Operation) -> SnapshotId | None:
    """The last agreed point before a look; where that look is one itself, the one before it."""
    reached = False
    for act in looks(env):
        reached = reached or act.broker == end.broker
        if reached and act.account == end.account and act.agreed and act.agreed.broker != end.broker:
            return act.agreed.broker
    return None


def _before(env: Env, moment: Instant) -> SnapshotId | None:
    return next((act.broker for act in looks(env) if act.time < moment), None)


def _look_at(env: Env, text: str) -> Operation:
    """The last look at the broker up to the operation that an id or a time comes to."""
    then = at.point(env, text)
    for _, act in env.store.log((then.operation,)):
        if act.broker:
            return act
    raise UsageError(
        "The account had not been looked at yet.", detail=text, hint=f"snapsync log --env {env.name}"
    )
