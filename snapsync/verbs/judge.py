"""Make a plan of stored facts, with what the log says of the last day where that matters."""

from __future__ import annotations

import msgspec

from snapsync.model.canon import OperationId
from snapsync.model.change import Moved, step
from snapsync.model.instant import shift
from snapsync.model.plan import Look, Plan, Written
from snapsync.model.planner import plan
from snapsync.model.threeway import Base

from .env import Env


def judge(env: Env, facts: Look, base: Base | None) -> Plan:
    """The plan that follows from these facts, from what is on hold, and from where it is made."""
    latest = env.store.latest()
    holds = latest[1].holds if latest else ()
    facts = msgspec.structs.replace(facts, holds=holds, hosts=_hosts(env, base))
    made = plan(facts, base, env.rules)
    if not any(change.why.moved in {Moved.BOOK, Moved.BOTH} for change in made.changes):
        return made
    # somebody has edited the book: whether that undid our own work, only the log can tell
    return plan(msgspec.structs.replace(facts, written=_written_lately(env)), base, env.rules)


def _hosts(env: Env, base: Base | None) -> tuple[str, str] | None:
    """The host that last wrote the book and this one, where these are known to be two machines."""
    here = env.actor
    if base is None or base.writer is None or not here.machine:
        return None
    machine, host = base.writer
    return (host, here.host) if machine not in ("", here.machine) else None


def _written_lately(env: Env) -> tuple[Written, ...]:
    """The steps that were applied in the last 24 hours, and that nobody has taken back with a command."""
    store, since = env.store, shift(env.now(), days=-1)
    found: list[Written] = []
    undone: set[OperationId | None] = set()
    restored: OperationId | None = None
    for id, operation in store.log():
        if operation.time < since:
            break
        if restored is not None and id != restored:
            continue
        restored = None
        if id in undone:
            continue
        if operation.verb == "undo":
            undone.add(operation.target)
        elif operation.verb == "restore":
            restored = operation.target
        elif operation.verb == "apply" and operation.details:
            changes = store.get(operation.details, Plan).changes
            found += (Written(step(change), operation.time) for change in changes)
    return tuple(found)
