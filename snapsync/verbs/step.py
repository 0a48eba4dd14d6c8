"""One look of a watch: plan, and apply what nobody has to be asked about, if it is told to."""

from __future__ import annotations

from snapsync.model.beat import Stepped
from snapsync.model.plan import Plan

from .check import verdict
from .env import Env
from .plan import plan
from .sync import sync


def step(env: Env, *, write: bool) -> Stepped:
    """Look at both sides; with ``write`` apply what needs nobody's yes, or has it.

    Raises:
        SnapsyncError: as ``plan`` and ``sync``.
    """
    done = sync(env) if write else None
    if done is None or done.plan is None:
        made = plan(env).plan
        return Stepped(plan=made, blocked=_blocked(env, made))
    left = any(each.left for each in done.outcomes)
    return Stepped(plan=done.plan, blocked=left or bool(done.plan.refused), wrote=done.operation)


def _blocked(env: Env, made: Plan) -> bool:
    """Whether a plan waits for somebody."""
    found = verdict(env, made, None)
    if found.standing != "unapproved":
        return found.standing == "refused"
    wants = env.name in env.config.require_approval
    return bool(made.asking or found.rejection or wants)
