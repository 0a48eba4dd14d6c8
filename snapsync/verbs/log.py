"""What was done, newest first."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import takewhile

import msgspec

from snapsync.model.approval import Approval
from snapsync.model.canon import OperationId
from snapsync.model.change import BankrollChange, Change, TransactionChange
from snapsync.model.difference import differences
from snapsync.model.history import REVIEWS, Operation
from snapsync.model.instant import Instant, shift
from snapsync.model.plan import Plan
from snapsync.model.state import Position, Transaction
from snapsync.model.stretch import Listing, Stretch, in_step, listing
from snapsync.model.symbols import concerns

from .env import Env

READ_PER_LINE = 10
"""So many operations are read for each line at most, where all are wanted: a stretch may be years long."""

_CLOCK_DAYS = 1
"""By how much a clock may have been put back, and nothing is missed."""


def log(
    env: Env,
    *,
    start: OperationId | None = None,
    since: Instant | None = None,
    symbol: str | None = None,
    verbs: Collection[str] = (),
) -> Iterator[tuple[OperationId, Operation]]:
    """Every operation of an env, newest first, read one by one.

    Args:
        env: the env.
        start: the operation to begin with, and go back from; None for the newest.
        since: leave out what was done before.
        symbol: only operations whose plan changed it; an underlying stands for the options on it too.
        verbs: only these acts; all if empty.

    Raises:
        StoreError: nothing is stored yet (exit 10), or an operation is damaged (30).
    """
    found = env.store.log(None if start is None else (start,))
    if since is not None:
        # a clock may have been put back: what is little older than what is sought may follow upon it
        near = shift(since, days=-_CLOCK_DAYS)
        found = takewhile(lambda entry: entry[1].time >= near, found)
        found = (entry for entry in found if entry[1].time >= since)
    if verbs:
        found = (entry for entry in found if entry[1].verb in verbs)
    if symbol is not None:
        found = (entry for entry in found if _changed(env, entry[1], symbol))
    return found


def lines(  # noqa: PLR0913 - each is a filter of its own
    env: Env,
    count: int | None = 20,
    *,
    folded: bool = True,
    start: OperationId | None = None,
    since: Instant | None = None,
    symbol: str | None = None,
    verbs: Collection[str] = (),
) -> Listing:
    """The log's newest lines; a stretch of looks in step is one, unless not ``folded``.

    Args:
        env: the env.
        count: how many lines; None for all.
        folded: whether stretches are one line.
        start: as for ``log``, and so are the others.
        since: the same.
        symbol: the same.
        verbs: the same.
    """
    entries = log(env, start=start, since=since, symbol=symbol, verbs=verbs)
    sought = symbol is not None or verbs or since is not None
    most = None if sought or count is None else count * READ_PER_LINE
    found = listing(entries, count, folded=folded, most=most)
    acts = [line for line in found.lines if not isinstance(line, Stretch)]
    said = {
        id: env.store.get(act.approval, Approval) for id, act in acts if act.verb in REVIEWS and act.approval
    }
    return msgspec.structs.replace(found, said=said)


def _changed(env: Env, act: Operation, symbol: str) -> bool:
    if act.details is None or in_step(act):
        return False
    changes = env.store.get(act.details, Plan).changes
    about = map(_about, changes) if changes or act.verb == "plan" else _moved(env, act)
    return any(concerns(symbol, each) for each in about if each is not None)


def _moved(env: Env, act: Operation) -> Iterator[str]:
    """What an act changed that put whole files back: its plan names no symbols."""
    before = next((book for id in act.parents if (book := env.store.operation(id).book)), None)
    if before and act.book:
        for each in differences(env.book_state(before), env.book_state(act.book)):
            if isinstance(each.record, Position | Transaction):
                yield each.record.key if isinstance(each.record, Position) else each.record.symbol


def _about(change: Change) -> str | None:
    match change:
        case BankrollChange():
            return None
        case TransactionChange():
            return change.after.symbol
        case _:
            return change.key
