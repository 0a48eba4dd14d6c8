"""Make a plan of stored facts, with what the log says of the last day where that matters."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from snapsync.model.canon import OperationId
from snapsync.model.change import Moved, step
from snapsync.model.instant import Instant, shift
from snapsync.model.plan import Look, Plan, Written
from snapsync.model.planner import plan
from snapsync.model.threeway import Base
from snapsync.store.store import Store

from .env import Env


def judge(env: Env, facts: Look, base: Base | None) -> Plan:
    """The plan that follows from these facts."""
    return judge_at(env, facts, base, env.now(), env.store.heads())


def judge_at(env: Env, facts: Look, base: Base | None, now: Instant, heads: Iterable[OperationId]) -> Plan:
    """As ``judge``, at another time: with the log as it was when these were its heads."""
    made = plan(facts, base, env.rules)
    if not any(change.why.moved in {Moved.BOOK, Moved.BOTH} for change in made.changes):
        return made
    # somebody has edited the book: whether that undid our own work, only the log can tell
    written = _written_lately(env.store, now, heads)
    return plan(msgspec.structs.replace(facts, written=written), base, env.rules)


def _written_lately(store: Store, now: Instant, heads: Iterable[OperationId]) -> tuple[Written, ...]:
    """The steps that were applied in the last 24 hours."""
    since = shift(now, days=-1)
    found: list[Written] = []
    for _, operation in store.log(heads):
        if operation.time < since:
            break
        if operation.verb == "apply" and operation.details:
            changes = store.get(operation.details, Plan).changes
            found += (Written(step(change), operation.time) for change in changes)
    return tuple(found)
