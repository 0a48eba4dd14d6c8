"""Make a plan of stored facts, with what the log says of the last day where that matters."""

from __future__ import annotations

import msgspec

from snapsync.model.canon import ObjectId
from snapsync.model.change import Moved, step
from snapsync.model.history import Wrote
from snapsync.model.instant import shift
from snapsync.model.plan import Look, Plan, Written
from snapsync.model.planner import plan
from snapsync.model.threeway import Base

from .env import Env


def judge(env: Env, facts: Look, base: Base | None) -> Plan:
    """The plan that follows from these facts."""
    facts = msgspec.structs.replace(facts, hosts=_hosts(env, base))
    made = plan(facts, base, env.rules)
    if base is None or not any(change.why.moved in {Moved.BOOK, Moved.BOTH} for change in made.changes):
        return made
    # somebody has edited the book: whether that undid our own work, only the log can tell
    return plan(msgspec.structs.replace(facts, written=_written_lately(env, base.wrote)), base, env.rules)


def tell_host(env: Env, made: Plan) -> None:
    """Say it where another machine than last time is about to write."""
    for each in made.findings:
        if each.code == "another-host":
            env.say(f"{each.summary} {each.detail}")


def wrote(env: Env, details: ObjectId | None) -> Wrote | None:
    """What an apply of this stored plan leaves behind for the next ones to know; under the lock."""
    latest = env.store.latest()
    if details is None or latest is None:
        return None
    return Wrote(details=details, at=env.now(), actor=env.actor, upon=latest[0])


def _hosts(env: Env, base: Base | None) -> tuple[str, str] | None:
    """The host that last wrote the book and this one, where these are known to be two machines."""
    here = env.actor
    if base is None or base.wrote is None or not here.machine:
        return None
    last = base.wrote.actor
    return (last.host, here.host) if last.machine not in ("", here.machine) else None


def _written_lately(env: Env, wrote: Wrote | None) -> tuple[Written, ...]:
    """The steps that were applied in the last 24 hours, from the last write on back."""
    store, since = env.store, shift(env.now(), days=-1)
    found: list[Written] = []
    while wrote is not None and wrote.at >= since:
        changes = store.get(wrote.details, Plan).changes
        found += (Written(step(change), wrote.at) for change in changes)
        agreed = store.operation(wrote.upon).agreed
        wrote = agreed.wrote if agreed else None
    return tuple(found)
