"""Plans and approvals as files of their own: to be committed, reviewed, and carried between machines."""

from __future__ import annotations

from .approval import Approval
from .canon import ObjectId, OperationId, PlanId, Stored
from .history import Actor
from .instant import Instant
from .plan import Plan, PlanBody
from .policy import Rules


class PlanFile(Stored, frozen=True, kw_only=True, tag="plan-file"):
    """A plan that was made, with all that is needed to judge it elsewhere.

    ``store`` names the store that it was made in, ``operation`` the act; ``id`` is the hash of ``body``,
    which follows from ``plan``. ``made`` is when, by the planning machine's clock.
    """

    store: str
    env: str
    id: PlanId
    operation: OperationId
    made: Instant
    planner: Actor
    version: str
    rules: Rules
    body: PlanBody
    plan: Plan


class ApprovalFile(Stored, frozen=True, kw_only=True, tag="approval-file"):
    """An approval with the plan that it approves, for the store that the plan was made in."""

    store: str
    env: str
    id: ObjectId
    approval: Approval
    plan: Plan
