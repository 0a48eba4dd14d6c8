"""Make a plan of stored facts, with what the log says of the last day where that matters."""

from __future__ import annotations

import msgspec

from snapsync.model.canon import OperationId
from snapsync.model.change import Moved, step
from snapsync.model.history import Actor
from snapsync.model.instant import Instant, shift
from snapsync.model.plan import Look, Plan, Written
from snapsync.model.planner import plan
from snapsync.model.threeway import Base
from snapsync.store.store import Store

from .env import Env
from .timings import timed


def judge(env: Env, facts: Look, base: Base | None) -> Plan:
    """The plan that follows from these facts, from what is on hold, and from where it is made."""
    return judge_at(env, facts, base, When(now=env.now(), heads=env.store.heads(), actor=env.actor))


class When(msgspec.Struct, frozen=True, kw_only=True):
    """When a plan is made: the time, the heads of the log, and who makes it where."""

    now: Instant
    heads: tuple[OperationId, ...]
    actor: Actor


@timed("diff")
def judge_at(env: Env, facts: Look, base: Base | None, when: When) -> Plan:
    """As ``judge``, at another time."""
    acts = [env.store.operation(id) for id in when.heads]
    newest = max(acts, key=lambda act: act.time, default=None)
    facts = msgspec.structs.replace(
        facts, holds=newest.holds if newest else (), hosts=_hosts(env.store, when)
    )
    made = plan(facts, base, env.rules)
    if base is None or not any(change.why.moved in {Moved.BOOK, Moved.BOTH} for change in made.changes):
        return made
    # somebody has edited the book: whether that undid our own work, only the log can tell
    written = _written_lately(env.store, when)
    return plan(msgspec.structs.replace(facts, written=written), base, env.rules)


@timed("diff")
def compare(env: Env, facts: Look, base: Base | None) -> Plan:
    """What differs by these facts, whatever the log says of it."""
    return plan(facts, base, env.rules)


def tell_host(env: Env, made: Plan) -> None:
    """Say it where another machine than last time is about to write."""
    for each in made.findings:
        if each.code == "another-host":
            env.warn(f"{each.summary} {each.detail}")


def _hosts(store: Store, when: When) -> tuple[str, str] | None:
    """The host that last wrote the book and this one, where these are known to be two machines."""
    here = when.actor
    last = next((act.actor for _, act in store.writes(when.heads)), None) if here.machine else None
    return (last.host, here.host) if last and last.machine not in ("", here.machine) else None


def _written_lately(store: Store, when: When) -> tuple[Written, ...]:
    """The steps that were applied in the last 24 hours, and that nobody has taken back with a command."""
    since = shift(when.now, days=-1)
    found: list[Written] = []
    undone: set[OperationId | None] = set()
    restored = ""
    for id, operation in store.writes(when.heads):
        if operation.time < since:
            break
        if id in undone or (restored and operation.time > restored):
            continue
        if operation.verb == "undo":
            undone.add(operation.target)
        elif operation.verb == "restore" and operation.target:
            restored = store.operation(operation.target).time
        elif operation.verb == "apply" and operation.details:
            changes = store.get(operation.details, Plan).changes
            found += (Written(step(change), operation.time) for change in changes)
    return tuple(found)
