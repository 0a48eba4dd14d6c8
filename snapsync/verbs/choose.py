"""Find the plan that is meant: the latest that was made, or the one that an id names."""

from __future__ import annotations

import msgspec

from snapsync.errors import PlanError, UsageError
from snapsync.model.canon import OperationId, PlanId, short
from snapsync.model.history import WRITES, Operation
from snapsync.model.instant import seconds_between
from snapsync.model.plan import Plan

from .env import Env


class Chosen(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A plan that was made, and the Operation that made it. ``age`` is in seconds."""

    operation: OperationId
    made: Operation
    plan: Plan
    age: float


def choose(env: Env, prefix: str | None = None) -> Chosen:
    """The plan whose id (or whose operation's id) begins so; else the latest that a look has made.

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
        if operation.verb in WRITES and operation.plan:
            used.add(operation.plan)
        if operation.verb != "plan" or operation.details is None or operation.plan is None:
            continue
        latest = wanted is None and operation.origin == "sync"
        if latest or wanted in (id, operation.plan, operation.details):
            if operation.plan in used:
                raise _used(env, operation.plan)
            age = seconds_between(operation.time, env.now())
            plan = store.get(operation.details, Plan)
            return Chosen(operation=id, made=operation, plan=plan, age=age)
    if wanted is None:
        raise _none(env)
    raise UsageError("That id is not a plan's.", detail=wanted, hint=f"snapsync log --env {env.name}")


def _none(env: Env) -> PlanError:
    return PlanError("No plan has been made yet.", hint=f"snapsync plan --env {env.name}")


def _used(env: Env, plan: PlanId) -> PlanError:
    return PlanError(
        "This plan was applied already.",
        detail=f"plan {short(plan)}",
        hint=f"snapsync plan --env {env.name}",
    )
