"""Bring the book to what a plan says: exactly that, or refuse.

The order of the steps is the promise (docs/design.md, "Apply"): everything that can fail comes before
the journal; from the journal on, a crash is finished by the next writer; the head is the commit point.
"""

from __future__ import annotations

import msgspec

from snapsync.ends.book import Edit, Reading, Writing, propose
from snapsync.errors import Exit, PlanError
from snapsync.model.canon import ObjectId, OperationId, SnapshotId, short
from snapsync.model.change import Change, TransactionChange, component, sign
from snapsync.model.history import Agreed, Operation, tally
from snapsync.model.holds import still_held
from snapsync.model.partial import part_of
from snapsync.model.plan import Look, Plan, reading_of, recheck
from snapsync.model.threeway import Base, differing, still_open
from snapsync.version import __version__

from .audit import tried
from .book import read_book
from .choose import Chosen, choose
from .env import Env
from .gate import may_begin, pass_gate, told
from .judge import compare, judge, tell_host
from .look import read_account, recall, seen, store_broker
from .recover import settle, settle_locked
from .rewrite import rewrite
from .timings import timed
from .write import write


class Applied(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What an apply did. ``operation`` is None where there was nothing to do.

    ``open`` are keys that differ still, or again; ``carried`` names files to which another writer added
    rows while they were replaced: those rows were kept. ``approval`` is the one that it used up.
    """

    operation: OperationId | None
    plan: Plan
    changes: tuple[Change, ...] = ()
    edits: tuple[Edit, ...] = ()
    open: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    recovered: OperationId | None = None
    approval: ObjectId | None = None


class _Task(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What is to be written, checked under the lock; ``left`` are keys that will still be open.

    ``approval`` is the one that is used up by it.
    """

    chosen: Chosen
    facts: Look
    base: Base | None
    reading: Reading
    due: tuple[Change, ...]
    left: frozenset[str]
    approval: ObjectId | None


def apply(env: Env, chosen: Chosen | None = None, *, confirmed: bool = False) -> Applied:
    """Apply a plan; without one, the latest that was made.

    Args:
        env: the env.
        chosen: the plan.
        confirmed: whether a person has seen it and said yes; some findings ask for that.

    Raises:
        PlanError: the facts have moved on (exit 20), an approval or a person's yes is wanted (21), or a
            rule refuses it (22). Nothing was written.
        BookError: a file of the book cannot be read or written.
        RecoveryError: an earlier apply was interrupted and needs a decision (31).
    """
    with tried(env, "apply"):
        return _applied(env, chosen or choose(env), confirmed=confirmed)


def _applied(env: Env, chosen: Chosen, *, confirmed: bool) -> Applied:
    plan = chosen.plan
    if plan.refused:
        raise _refused(plan)
    recovered = settle(env)
    done_before = env.store.operation(recovered) if recovered else None
    if done_before and done_before.plan == plan.id:
        # it was this very plan that was interrupted, and now it is applied
        return Applied(
            operation=recovered,
            plan=plan,
            changes=plan.changes,
            recovered=recovered,
            approval=done_before.approval,
        )
    if not plan.drift:
        return Applied(operation=None, plan=plan, recovered=recovered)
    may_begin(env, plan)
    snapshot = _fresh(env, chosen)
    with env.lock("apply"):
        recovered = settle_locked(env) or recovered
        if snapshot is None:
            approval = pass_gate(env, plan, plan, confirmed=confirmed)
            edits, wrote = rewrite(env, chosen, approval)
            done = Applied(
                operation=wrote.operation,
                plan=plan,
                edits=edits,
                carried=wrote.carried,
                approval=approval,
            )
        else:
            done = _write(env, _check(env, chosen, snapshot, confirmed=confirmed))
    return msgspec.structs.replace(done, recovered=recovered)


def _fresh(env: Env, chosen: Chosen) -> SnapshotId | None:
    """The broker as the plan saw it, or, when that is too long ago, as it is now; None if it has no part."""
    if chosen.plan.origin != "sync":
        return None
    if 0 <= chosen.age <= env.config.plan_max_age_minutes * 60:
        return chosen.plan.broker
    return store_broker(env.store, read_account(env))


def _check(env: Env, chosen: Chosen, snapshot: SnapshotId, *, confirmed: bool) -> _Task:
    """Read the book again and hold the plan against what is true now."""
    plan = chosen.plan
    if plan.rules != env.rules.id or plan.scope != env.scope:
        raise PlanError(
            "The plan is stale: it was made under other rules.",
            detail="config.yaml or the environment has changed since",
            hint=f"snapsync plan --env {env.name}",
        )
    reading = read_book(env)
    facts = seen(env, reading, recall(env, snapshot), snapshot)
    latest = env.store.latest()
    base = env.base(latest[1].agreed if latest else None)
    now = judge(env, facts, base)
    if now.refused:
        raise _refused(now)
    tell_host(env, now)
    held = recheck(plan, now)
    if held.gone:
        moved = ", ".join(sorted({_named(plan, each.key) for each in held.gone}))
        raise PlanError(
            "The plan is stale: what it was made from has moved.",
            detail=f"plan {short(plan.id)}; moved since: {moved}",
            hint=f"snapsync plan --env {env.name}",
        )
    written = msgspec.structs.replace(part_of(now, plan.part), changes=held.due)
    approval = pass_gate(env, plan, written, confirmed=confirmed)
    due = {(component(change), change.key) for change in held.due}
    rest = (change for change in now.changes if (component(change), change.key) not in due)
    return _Task(
        chosen=chosen,
        facts=facts,
        base=base,
        reading=reading,
        due=held.due,
        left=still_open(rest, now.withheld),
        approval=approval,
    )


@timed("book")
def _write(env: Env, task: _Task) -> Applied:
    facts = task.facts
    writing = Writing(at=env.now(), marks=facts.marks, cash=facts.broker.cash)
    edits = propose(task.reading, task.due, writing, env.book_files)
    left = task.left

    def conclude(draft: Operation, back: Reading, book: SnapshotId) -> Operation:
        """Which keys differ still, or again, and what of them is on hold."""
        nonlocal left
        now = msgspec.structs.replace(facts, book=back.state, book_snapshot=book, opened=back.opened)
        rest = compare(env, now, task.base)
        left = still_open(rest.changes, rest.withheld)
        return msgspec.structs.replace(
            draft,
            book=book,
            agreed=_agreed(env, book, task, left),
            holds=still_held(rest.changes, draft.holds, env.rules, rest.withheld),
        )

    wrote = write(env, edits, _draft(env, task), conclude, task.reading)
    return Applied(
        operation=wrote.operation,
        plan=task.chosen.plan,
        changes=task.due,
        edits=edits,
        open=differing(left),
        carried=wrote.carried,
        approval=task.approval,
    )


def _draft(env: Env, task: _Task) -> Operation:
    facts, chosen = task.facts, task.chosen
    latest = env.store.latest()
    done = {(component(change), change.key) for change in task.due}
    holds = latest[1].holds if latest else ()
    return Operation(
        verb="apply",
        time=env.now(),
        parents=env.store.heads(),
        env=env.name,
        account=facts.account,
        actor=env.actor,
        version=__version__,
        broker=facts.broker_snapshot,
        agreed=_agreed(env, facts.book_snapshot, task, task.left),
        plan=chosen.plan.id,
        details=chosen.made.details,
        tally=tally([sign(change) for change in task.due]),
        reading=reading_of(facts),
        holds=tuple(each for each in holds if (each.component, each.key) not in done),
        approval=task.approval,
    )


def _agreed(env: Env, book: SnapshotId, task: _Task, left: frozenset[str]) -> Agreed:
    return Agreed(
        book=book,
        broker=task.facts.broker_snapshot,
        rules=env.rules.id,
        scope=env.scope,
        open=tuple(sorted(left)),
    )


def _named(plan: Plan, key: str) -> str:
    """What a change is about, as people call it: a trade's symbol, not its order's id."""
    trades = (change for change in plan.changes if isinstance(change, TransactionChange))
    return next((f"{each.after.action} {each.after.symbol}" for each in trades if each.key == key), key)


def _refused(plan: Plan) -> PlanError:
    return PlanError(
        "A rule refuses this plan.",
        detail=told(plan.refused),
        exit=Exit.REFUSED,
    )
