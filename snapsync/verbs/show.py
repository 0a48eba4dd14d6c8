"""Read one stored thing back by its id, whatever kind it is."""

from __future__ import annotations

from typing import Any

import msgspec

from snapsync.errors import PlanError
from snapsync.model.approval import Approval
from snapsync.model.canon import ObjectId, OperationId, PlanId
from snapsync.model.history import Operation
from snapsync.model.plan import Plan

from .env import Env


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An object of the store; a plan comes with the operation that last made it, an operation with its plan.

    ``approval`` is the word that this is, or that was said in the operation. ``raw`` is the object as it is
    stored; None where it is a chunk of a file, whose bytes are ``chunk``.
    """

    id: ObjectId
    kind: str
    plan: Plan | None = None
    operation: OperationId | None = None
    act: Operation | None = None
    approval: Approval | None = None
    raw: dict[str, Any] | None = None
    chunk: bytes | None = None


def show(env: Env, prefix: str | None = None) -> Shown:
    """The object whose id begins with a prefix; without one, the latest plan.

    Raises:
        UsageError: no such id, or an ambiguous one (exit 64).
        StoreError: nothing is stored yet (10), or the object is damaged (30).
    """
    id = env.store.resolve(prefix) if prefix else _latest_plan(env)
    data = env.store.place.get(id)
    if not data.startswith(b"{"):
        return Shown(id=id, kind="chunk", chunk=data)
    raw = msgspec.json.decode(data, type=dict[str, Any])
    kind = str(raw.get("kind"))
    if kind == "operation":
        act = env.store.operation(OperationId(id))
        plan = env.store.get(act.details, Plan) if act.details else None
        approval = env.store.get(act.approval, Approval) if act.approval else None
        return Shown(
            id=id, kind=kind, operation=OperationId(id), act=act, plan=plan, approval=approval, raw=raw
        )
    if kind == "approval":
        approval = env.store.get(id, Approval)
        plan = env.store.get(approval.details, Plan)
        return Shown(id=id, kind=kind, plan=plan, approval=approval, raw=raw)
    if kind in ("plan", "plan-details"):
        for made, act in env.store.log():
            if act.details and act.verb == "plan" and id in (act.plan, act.details):
                plan = env.store.get(act.details, Plan)
                return Shown(id=id, kind="plan", operation=made, act=act, plan=plan, raw=raw)
    return Shown(id=id, kind=kind, raw=raw)


def _latest_plan(env: Env) -> ObjectId:
    for _, act in env.store.log():
        if act.plan:
            return PlanId(act.plan)
    raise PlanError("No plan has been made yet.", hint=f"snapsync plan --env {env.name}")
