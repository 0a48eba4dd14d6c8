"""The gate before an apply: a rejected plan stays out, and where a yes is wanted it must cover the plan."""

from __future__ import annotations

from collections.abc import Iterable

from snapsync.errors import Exit, PlanError
from snapsync.model.approval import Cover, restated
from snapsync.model.canon import ObjectId, short
from snapsync.model.instant import readable
from snapsync.model.plan import Plan
from snapsync.model.policy import Finding
from snapsync.model.register import Register

from .approvals import best, register
from .env import Env


def may_begin(env: Env, plan: Plan) -> None:
    """Refuse early what the gate would refuse after the network was asked.

    Raises:
        PlanError: (exit 21) the plan was rejected, or this env wants an approval and none covers it.
    """
    known = register(env)
    not_rejected(env, plan, known)
    if env.name in env.config.require_approval:
        cover = best(env, plan, known)
        if cover is None or not cover.whole:
            raise _uncovered(env, plan, cover)


def pass_gate(env: Env, chosen: Plan, now: Plan, *, confirmed: bool) -> ObjectId | None:
    """Let a plan through that is about to be written, or refuse it.

    Args:
        env: the env.
        chosen: the plan that was asked for; a person who says yes has seen its findings.
        now: the same steps on today's facts: today's dollars, today's findings.
        confirmed: whether a person has said yes.

    Returns:
        The approval that this apply will use up; None where there is none.

    Raises:
        PlanError: (exit 21) it was rejected, it is not covered, or a finding asks and nobody said yes; (20)
            the bankroll would be given other dollars than the plan has shown.
    """
    known = register(env)
    not_rejected(env, chosen, known)
    cover = best(env, now, known)
    if cover and cover.whole:
        return cover.id
    if env.name in env.config.require_approval:
        raise _uncovered(env, now, cover)
    _as_shown(env, chosen, now)
    agreed_to = {(each.code, each.key) for each in chosen.asking} if confirmed else set()
    asking = [each for each in now.asking if (each.code, each.key) not in agreed_to]
    if asking:
        raise _unconfirmed(env, chosen, asking)
    return None


def _as_shown(env: Env, chosen: Plan, now: Plan) -> None:
    """No approval says otherwise: then the dollars that are written are those that were shown."""
    holes = tuple(restated(chosen.reading, now, env.rules))
    if holes:
        raise PlanError(
            "The plan is stale: what it was made from has moved.",
            detail="\n".join(f"plan {short(chosen.id)}; {hole.detail}" for hole in holes),
            hint=f"snapsync plan --env {env.name}",
        )


def not_rejected(env: Env, plan: Plan, known: Register) -> None:
    """Nobody has said no to the plan, or they took it back.

    Raises:
        PlanError: (exit 21) somebody has.
    """
    rejection = known.rejections.get(plan.id)
    if rejection is None:
        return
    id, word = rejection
    raise PlanError(
        "This plan was rejected.",
        detail=f"plan {short(plan.id)}, by {word.by or word.actor.user} at {readable(word.at)}"
        + (f": {word.reason}" if word.reason else ""),
        hint=f"To take the rejection back:\n  snapsync revoke {short(id)} --env {env.name}",
        exit=Exit.UNAPPROVED,
    )


def told(findings: Iterable[Finding]) -> str:
    """Findings as the detail of an error; the sentence that several share is said once."""
    said: dict[str, list[str]] = {}
    for each in findings:
        said.setdefault(f"{each.code}: {each.summary}", []).append(each.detail)
    return "\n".join(line for head, details in said.items() for line in (head, *details))


def _uncovered(env: Env, plan: Plan, cover: Cover | None) -> PlanError:
    if cover is None:
        detail = f"env {env.name} wants one (ALPACA_SYNC_REQUIRE_APPROVAL), and there is none"
    else:
        detail = f"approval {short(cover.id)} of plan {short(cover.approval.plan)} does not cover it:"
        detail += "".join(f"\n{hole.code}: {hole.detail}" for hole in cover.holes)
    hint = f"Plan again, and have it approved:\n  snapsync approve --env {env.name}"
    if plan.origin != "sync":
        hint = f"Have it approved, then apply it:\n  snapsync approve {short(plan.id)} --env {env.name}"
        hint += f"\n  snapsync apply {short(plan.id)} --env {env.name}"
    return PlanError(
        "No approval covers this plan.",
        detail=f"plan {short(plan.id)}: {detail}",
        hint=hint,
        exit=Exit.UNAPPROVED,
    )


def _unconfirmed(env: Env, plan: Plan, asking: Iterable[Finding]) -> PlanError:
    return PlanError(
        "A rule wants a person's yes for this plan.",
        detail=told(asking),
        hint="Look at it, and say yes where you are asked, or approve it:\n"
        f"  snapsync apply {short(plan.id)} --env {env.name}\n"
        f"  snapsync approve {short(plan.id)} --env {env.name}",
        exit=Exit.UNAPPROVED,
    )
