"""Say yes to a plan, or no, or take back what was said. Each word is an object and an Operation."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from snapsync.errors import Exit, PlanError, UsageError
from snapsync.model.approval import LONGEST_DAYS, Approval, Word
from snapsync.model.canon import ObjectId, OperationId, encode, identify, short
from snapsync.model.history import REVIEWS, Actor, Operation, Verb
from snapsync.model.holds import Hold, hold
from snapsync.model.instant import Instant, readable, shift
from snapsync.model.money import masked
from snapsync.model.plan import Plan, recheck
from snapsync.version import __version__

from .approvals import register
from .choose import Chosen, choose
from .env import Env
from .gate import not_rejected, told

DAY = timedelta(days=1)


class Said(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A word that was said: its id, and the Operation that made it history."""

    id: ObjectId
    approval: Approval
    operation: OperationId
    plan: Plan


class _Kind(msgspec.Struct):
    kind: str


def approve(
    env: Env, chosen: Chosen | None = None, *, by: str = "", reason: str = "", lasting: timedelta = DAY
) -> Said:
    """Say yes to exactly what a plan does; without one, to the latest that was made.

    Args:
        env: the env.
        chosen: the plan.
        by: who says so, in their own words; the user and the machine are noted beside it.
        reason: why.
        lasting: for how long it counts, at most 30 days.

    Raises:
        PlanError: there is none, it was applied, rejected, or is stale or too old (exit 20, 21), or a rule
            refuses it, or the planner's own approval (22).
    """
    chosen = chosen or choose(env)
    word = approval_of(env, chosen, by=by, reason=reason, lasting=lasting)
    return commit_word(env, "approve", word, chosen.plan)


def approval_of(
    env: Env, chosen: Chosen, *, by: str = "", reason: str = "", lasting: timedelta = DAY
) -> Approval:
    """The yes that ``approve`` would make history, if it may; see there."""
    _fits(env, chosen)
    return word_on(env, "approved", chosen.plan, chosen.made.actor, by=by, reason=reason, lasting=lasting)


def reject(env: Env, chosen: Chosen, *, by: str = "", reason: str = "") -> Said:
    """Say no to a plan: its approvals no longer count, and it is not applied.

    Raises:
        PlanError: it was rejected already (exit 21).
    """
    not_rejected(env, chosen.plan, register(env))
    word = word_on(env, "rejected", chosen.plan, chosen.made.actor, by=by, reason=reason)
    return commit_word(env, "revoke", word, chosen.plan)


def revoke(env: Env, prefix: str, *, by: str = "", reason: str = "") -> Said:
    """Take back an approval or a rejection; or, of a plan, reject it.

    Args:
        env: the env.
        prefix: the beginning of an id: of the word, of the operation that said it, or of a plan.
        by: who says so.
        reason: why.

    Raises:
        UsageError: no such id, or what it names cannot be taken back (exit 64).
        PlanError: the approval was used up (20), or it no longer counts anyway (21).
    """
    id = env.store.resolve(prefix)
    found = _word(env, id)
    if found is None:
        return reject(env, choose(env, id), by=by, reason=reason)
    id, word = found
    _still_counts(env, id, word)
    plan = env.store.get(word.details, Plan)
    back = word_on(env, "revoked", plan, word.planner, by=by, reason=reason, revokes=id)
    return commit_word(env, "revoke", back, plan)


def word_on(  # noqa: PLR0913 - a word has that much to say
    env: Env,
    word: Word,
    plan: Plan,
    planner: Actor,
    *,
    by: str = "",
    reason: str = "",
    lasting: timedelta = timedelta(days=LONGEST_DAYS),
    revokes: ObjectId | None = None,
) -> Approval:
    """A word on a plan, said now and by who runs this.

    Raises:
        PlanError: (exit 22) the planner may not approve.
        UsageError: no such length of time.
    """
    if not timedelta(0) < lasting <= timedelta(days=LONGEST_DAYS):
        raise UsageError(
            "An approval cannot last that long.",
            detail=f"given: {lasting}; from one second to {LONGEST_DAYS} days",
        )
    if word == "approved":
        not_own(env, planner, env.actor)
    now = env.now()
    return Approval(
        word=word,
        plan=plan.id,
        details=ObjectId(identify(encode(plan))),
        account=plan.account,
        rules=plan.rules,
        scope=plan.scope,
        reading=plan.reading,
        actor=env.actor,
        planner=planner,
        at=now,
        until=shift(now, seconds=lasting.total_seconds()),
        by=by.strip(),
        reason=reason.strip(),
        job=env.job,
        revokes=revokes,
    )


def commit_word(env: Env, verb: Verb, word: Approval, plan: Plan) -> Said:
    """Make a word history; what is known of both sides stays as it was."""
    store = env.store
    with env.lock(verb):
        latest = store.latest()
        before = latest[1] if latest else None
        id = store.put(word)
        operation = store.commit(
            Operation(
                verb=verb,
                time=env.now(),
                parents=store.heads(),
                env=env.name,
                account=word.account,
                actor=env.actor,
                version=__version__,
                book=before.book if before else None,
                broker=before.broker if before else None,
                agreed=before.agreed if before else None,
                plan=word.plan,
                details=word.details,
                reading=word.reading,
                approval=id,
                holds=_holds(env, before.holds if before else (), word, plan),
            )
        )
    return Said(id=id, approval=word, operation=operation, plan=plan)


def _holds(env: Env, before: tuple[Hold, ...], word: Approval, plan: Plan) -> tuple[Hold, ...]:
    """What is on hold after a word: all that a rejected plan would do, until that is taken back."""
    rejected = {(each.component, each.key): each for each in _rejected(word, plan)}
    if word.word == "rejected":
        return (*(each for each in before if (each.component, each.key) not in rejected), *rejected.values())
    if word.revokes and env.store.get(word.revokes, Approval).word == "rejected":
        return tuple(each for each in before if not _same(each, rejected.get((each.component, each.key))))
    return before


def _rejected(word: Approval, plan: Plan) -> list[Hold]:
    return [hold(change, "rejected", word.at, word.by or word.actor.user) for change in plan.changes]


def _same(one: Hold, other: Hold | None) -> bool:
    return other is not None and (one.why, one.after) == (other.why, other.after)


def not_own(env: Env, planner: Actor, approver: Actor) -> None:
    """Somebody else approves than has planned, or may.

    Raises:
        PlanError: (exit 22) the planner may not approve.
    """
    if planner.same(approver) and not env.config.self_approval:
        raise PlanError(
            "Who made a plan may not approve it here.",
            detail=f"{planner.user}@{planner.host} made it, and ALPACA_SYNC_SELF_APPROVAL is false",
            hint="Have somebody else approve it.",
            exit=Exit.REFUSED,
        )


def worth_approving(plan: Plan) -> None:
    """A yes to this plan would mean something.

    Raises:
        PlanError: a rule refuses it (exit 22).
        UsageError: it changes nothing (exit 64).
    """
    if plan.refused:
        raise PlanError(
            "A rule refuses this plan: no approval helps.", detail=told(plan.refused), exit=Exit.REFUSED
        )
    if not plan.drift:
        raise UsageError("There is nothing to approve: the plan changes nothing.", detail=short(plan.id))


def _fits(env: Env, chosen: Chosen) -> None:
    """The plan is one that can still be applied here."""
    plan = chosen.plan
    worth_approving(plan)
    not_rejected(env, plan, register(env))
    account = env.store.identity.account or ""
    if plan.account != account:
        raise PlanError(
            "The plan is of another account than this env's.",
            detail=f"plan {short(plan.id)} is of {masked(plan.account)}, the env of {masked(account)}",
            hint=f"snapsync plan --env {env.name}",
            exit=Exit.CREDENTIALS,
        )
    if plan.rules != env.rules.id or plan.scope != env.scope:
        raise _stale(env, plan, "it was made under other rules")
    if chosen.made.time < _oldest(env):
        raise _stale(env, plan, f"it was made at {readable(chosen.made.time)}, over {LONGEST_DAYS} days ago")
    newest = choose(env).plan if chosen.plan.origin == "sync" else plan
    comparable = newest.origin == "sync" and newest.part in (None, plan.part)
    gone = recheck(plan, newest).gone if comparable else ()
    if gone:
        keys = ", ".join(sorted({each.key for each in gone}))
        raise _stale(env, plan, f"plan {short(newest.id)} was made since, without these changes: {keys}")


def _oldest(env: Env) -> Instant:
    return shift(env.now(), days=-LONGEST_DAYS)


def _stale(env: Env, plan: Plan, why: str) -> PlanError:
    return PlanError(
        "The plan is stale.",
        detail=f"plan {short(plan.id)}: {why}",
        hint=f"snapsync plan --env {env.name}",
    )


def _word(env: Env, id: ObjectId) -> tuple[ObjectId, Approval] | None:
    """The word that an id names, or the operation that said it; None where it is something else."""
    data = env.store.place.get(id)
    kind = msgspec.json.decode(data, type=_Kind).kind if data.startswith(b"{") else ""
    if kind == "operation":
        operation = env.store.operation(OperationId(id))
        if operation.verb not in REVIEWS or operation.approval is None:
            return None
        id, kind = operation.approval, "approval"
    return (id, env.store.get(id, Approval)) if kind == "approval" else None


def _still_counts(env: Env, id: ObjectId, word: Approval) -> None:
    """There is something to take back."""
    known = register(env)
    if word.word == "revoked":
        raise UsageError("That is itself a word taken back.", detail=short(id))
    if word.word == "rejected" and known.rejections.get(word.plan, (None,))[0] != id:
        raise PlanError("That rejection no longer counts.", detail=short(id), exit=Exit.UNAPPROVED)
    fate = known.fate(id)
    if word.word == "approved" and fate != "live":
        raise PlanError(
            "That approval no longer counts.",
            detail=f"approval {short(id)}: {fate}",
            exit=Exit.STALE if fate == "used" else Exit.UNAPPROVED,
        )
