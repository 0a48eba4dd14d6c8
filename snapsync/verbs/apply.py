"""Bring the book to what a plan says: exactly that, or refuse.

The order of the steps is the promise (docs/design.md, "Apply"): everything that can fail comes before
the journal; from the journal on, a crash is finished by the next writer; the head is the commit point.
"""

from __future__ import annotations

import msgspec

from snapsync.ends.book import Edit, Reading, Writing, propose, read
from snapsync.errors import Exit, PlanError, UsageError
from snapsync.model.canon import ImageId, ObjectId, OperationId, PlanId, SnapshotId, short
from snapsync.model.change import Change, TransactionChange, component, sign
from snapsync.model.history import Agreed, BookSnapshot, Operation, tally
from snapsync.model.instant import seconds_between
from snapsync.model.partial import part_of
from snapsync.model.plan import Look, Plan, reading_of, recheck
from snapsync.model.planner import plan as compute
from snapsync.model.threeway import Base
from snapsync.store.journal import Journal, Write, close_journal, write_journal
from snapsync.store.swap import Swap, perform, staged
from snapsync.version import __version__

from .env import Env
from .gate import may_begin, pass_gate, told
from .judge import judge
from .look import read_account, recall, seen, store_book, store_broker, store_image
from .recover import settle, settle_locked
from .uninterrupted import uninterrupted

LOCK_SECONDS = 10.0


class Chosen(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A plan that was made, and the Operation that made it. ``age`` is in seconds."""

    operation: OperationId
    made: Operation
    plan: Plan
    age: float


class Applied(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What an apply did. ``operation`` is None where there was nothing to do.

    ``open`` are keys that differ still, or again; ``carried`` names files to which another writer added
    rows while they were replaced: those rows were kept.
    """

    operation: OperationId | None
    plan: Plan
    changes: tuple[Change, ...] = ()
    edits: tuple[Edit, ...] = ()
    open: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    recovered: OperationId | None = None


def choose(env: Env, prefix: str | None = None) -> Chosen:
    """The plan to apply: the one whose id (or whose operation's id) begins so; else the latest made.

    Raises:
        PlanError: it was applied already, or there is none (exit 20).
        UsageError: no such id, or an ambiguous one (exit 64).
    """
    store = env.find_store()
    if store is None:
        raise _none(env)
    wanted = store.resolve(prefix) if prefix else None
    used: set[PlanId] = set()
    for id, operation in store.log():
        if operation.verb == "apply" and operation.plan:
            used.add(operation.plan)
        if operation.verb != "plan" or operation.details is None or operation.plan is None:
            continue
        if wanted is None or wanted in (id, operation.plan, operation.details):
            if operation.plan in used:
                raise _used(env, operation.plan)
            age = seconds_between(operation.time, env.now())
            plan = store.get(operation.details, Plan)
            return Chosen(operation=id, made=operation, plan=plan, age=age)
    if wanted is None:
        raise _none(env)
    raise UsageError("That id is not a plan's.", detail=wanted, hint=f"snapsync log --env {env.name}")


class _Task(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What is to be written, checked under the lock; ``left`` are keys that will still differ.

    ``approval`` is the one that is used up by it.
    """

    chosen: Chosen
    facts: Look
    base: Base | None
    reading: Reading
    due: tuple[Change, ...]
    left: tuple[str, ...]
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
    chosen = chosen or choose(env)
    if chosen.plan.refused:
        raise _refused(chosen.plan)
    recovered = settle(env)
    if recovered and env.store.operation(recovered).plan == chosen.plan.id:
        # it was this very plan that was interrupted, and now it is applied
        changes = chosen.plan.changes
        return Applied(operation=recovered, plan=chosen.plan, changes=changes, recovered=recovered)
    if not chosen.plan.drift:
        return Applied(operation=None, plan=chosen.plan, recovered=recovered)
    may_begin(env, chosen.plan)
    snapshot = _fresh(env, chosen)
    with env.store.place.lock("apply", LOCK_SECONDS):
        recovered = settle_locked(env) or recovered
        done = _write(env, _check(env, chosen, snapshot, confirmed=confirmed))
    return msgspec.structs.replace(done, recovered=recovered)


def _fresh(env: Env, chosen: Chosen) -> SnapshotId:
    """The broker as the plan saw it, or, when that is too long ago, as it is now."""
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
    reading = read(env.book_files)
    facts = seen(env, reading, recall(env, snapshot), snapshot)
    latest = env.store.latest()
    base = env.base(latest[1].agreed if latest else None)
    now = judge(env, facts, base)
    if now.refused:
        raise _refused(now)
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
    left = {change.key for change in rest} | set(now.withheld)
    return _Task(
        chosen=chosen,
        facts=facts,
        base=base,
        reading=reading,
        due=held.due,
        left=tuple(sorted(left)),
        approval=approval,
    )


def _write(env: Env, task: _Task) -> Applied:
    facts = task.facts
    writing = Writing(at=env.now(), marks=facts.marks, cash=facts.broker.cash)
    edits = propose(task.reading, task.due, writing, env.book_files)
    before = env.store.get(facts.book_snapshot, BookSnapshot).images
    writes = tuple(
        Write(
            role=edit.role,
            path=str(edit.path),
            before=ImageId(before[edit.role]),
            after=store_image(env.store, edit.after),
        )
        for edit in edits
    )
    draft = _draft(env, task)
    swaps = [
        Swap(path=edit.path.resolve(), before=edit.before, after=edit.after, appended=edit.appended)
        for edit in edits
    ]
    with staged(swaps) as ready, uninterrupted():
        write_journal(env.store.folder, Journal(draft=draft, writes=writes))
        perform(ready)
        operation, left = _conclude(env, task, draft)
    return Applied(
        operation=operation,
        plan=task.chosen.plan,
        changes=task.due,
        edits=edits,
        open=left,
        carried=tuple(str(swap.path) for swap in swaps if swap.carried),
    )


def _draft(env: Env, task: _Task) -> Operation:
    facts, chosen = task.facts, task.chosen
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
        approval=task.approval,
    )


def _conclude(env: Env, task: _Task, draft: Operation) -> tuple[OperationId, tuple[str, ...]]:
    """Read the book back, make the act history, drop the journal; say which keys differ still."""
    back = read(env.book_files)
    book = store_book(env.store, back)
    now = msgspec.structs.replace(task.facts, book=back.state, book_snapshot=book)
    rest = compute(now, task.base, env.rules)
    left = tuple(sorted({*(change.key for change in rest.changes), *rest.withheld}))
    agreed = _agreed(env, book, task, left)
    operation = env.store.commit(msgspec.structs.replace(draft, book=book, agreed=agreed))
    close_journal(env.store.folder)
    return operation, left


def _agreed(env: Env, book: SnapshotId, task: _Task, left: tuple[str, ...]) -> Agreed:
    return Agreed(
        book=book,
        broker=task.facts.broker_snapshot,
        rules=env.rules.id,
        scope=env.scope,
        open=left,
    )


def _named(plan: Plan, key: str) -> str:
    """What a change is about, as people call it: a trade's symbol, not its order's id."""
    trades = (change for change in plan.changes if isinstance(change, TransactionChange))
    return next((f"{each.after.action} {each.after.symbol}" for each in trades if each.key == key), key)


def _none(env: Env) -> PlanError:
    return PlanError("No plan has been made yet.", hint=f"snapsync plan --env {env.name}")


def _used(env: Env, plan: PlanId) -> PlanError:
    return PlanError(
        "This plan was applied already.",
        detail=f"plan {short(plan)}",
        hint=f"snapsync plan --env {env.name}",
    )


def _refused(plan: Plan) -> PlanError:
    return PlanError(
        "A rule refuses this plan.",
        detail=told(plan.refused),
        exit=Exit.REFUSED,
    )
