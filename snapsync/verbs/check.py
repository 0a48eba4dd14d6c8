"""Say whether there is drift that nobody has approved. The book is never written to."""

from __future__ import annotations

from datetime import timedelta

from snapsync.errors import RecoveryError
from snapsync.model.canon import OperationId
from snapsync.model.plan import Plan
from snapsync.model.verdict import Verdict
from snapsync.store.journal import open_journal

from .approvals import best, register
from .audit import tried
from .env import Env
from .look import look
from .offline import plan_stored
from .plan import keep


def check(env: Env) -> Verdict:
    """Look at both sides, keep the plan as ``plan`` does, and hold it against the approvals.

    Raises:
        RecoveryError: an apply was interrupted (exit 31): to finish it would be to write.
        SnapsyncError: as for ``plan``.
    """
    with tried(env, "check"):
        _not_interrupted(env)
        made = keep(env, look(env))
        return verdict(env, made.plan, made.operation)


def check_stored(env: Env, max_age: timedelta) -> Verdict:
    """The same from what is stored: the last look at both sides, with the approvals of today.

    Raises:
        StoreError: nothing was looked at yet (exit 10).
        PlanError: the last look is older than ``max_age`` (20).
    """
    _not_interrupted(env)
    operation, made = plan_stored(env, max_age)
    return verdict(env, made, operation)


def verdict(env: Env, made: Plan, operation: OperationId | None) -> Verdict:
    """A plan held against the approvals of an env's store."""
    known = register(env)
    rejection = known.rejections.get(made.id)
    return Verdict(
        plan=made,
        operation=operation,
        cover=best(env, made, known) if made.drift else None,
        rejection=rejection[1] if rejection else None,
    )


def _not_interrupted(env: Env) -> None:
    store = env.find_store()
    if store and open_journal(store.folder):
        raise RecoveryError(
            "An apply was interrupted: a check writes nothing, so it cannot finish it.",
            detail=str(store.folder / "journal.json"),
            hint=f"snapsync recover --env {env.name}",
        )
