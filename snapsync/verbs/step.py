"""One look of a watch: plan, and apply what nobody has to be asked about, if it is told to."""

from __future__ import annotations

from snapsync.errors import Exit, PlanError
from snapsync.model.beat import Stepped
from snapsync.model.plan import Plan

from .apply import apply
from .check import verdict
from .choose import choose
from .env import Env
from .plan import plan

_TRIES = 3
"""A bot may write between plan and apply; then the plan is made anew."""


def step(env: Env, *, write: bool) -> Stepped:
    """Look at both sides; with ``write`` apply the plan, if it needs nobody's yes or has it.

    Raises:
        SnapsyncError: as ``plan`` and ``apply``.
    """
    for left in reversed(range(_TRIES)):
        made = plan(env)
        blocked = _blocked(env, made.plan)
        if not write or blocked or not made.plan.drift:
            return Stepped(plan=made.plan, blocked=blocked)
        try:
            done = apply(env, choose(env, made.operation))
        except PlanError as moved:
            if moved.exit != Exit.STALE or not left:
                raise
        else:
            return Stepped(plan=made.plan, wrote=done.operation)
    raise AssertionError("the last try returns or raises")


def _blocked(env: Env, made: Plan) -> bool:
    """Whether a plan waits for somebody."""
    found = verdict(env, made, None)
    if found.standing != "unapproved":
        return found.standing == "refused"
    wants = env.name in env.config.require_approval
    return bool(made.asking or found.rejection or wants)
