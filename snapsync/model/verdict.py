"""The Verdict on a plan: whether anything is left for a person to do. Every view and the exit code ask it."""

from __future__ import annotations

from typing import Literal

from snapsync.errors import Exit

from .approval import Approval, Cover
from .canon import OperationId, Record
from .plan import Plan

Standing = Literal["in step", "approved", "unapproved", "refused"]

_EXITS: dict[Standing, Exit] = {
    "in step": Exit.OK,
    "approved": Exit.OK,
    "unapproved": Exit.DRIFT,
    "refused": Exit.REFUSED,
}


class Verdict(Record, frozen=True):
    """A plan held against the approvals: the one value that exit code, text, JSON and all else are made of.

    ``cover`` is the approval that covers the plan, or else comes nearest to it; ``rejection`` is the no
    that stands against the plan. ``operation`` made the plan, where one was made.
    """

    plan: Plan
    operation: OperationId | None = None
    cover: Cover | None = None
    rejection: Approval | None = None

    @property
    def standing(self) -> Standing:
        if self.plan.refused:
            return "refused"
        if not self.plan.drift:
            return "in step"
        covered = self.cover is not None and self.cover.whole and self.rejection is None
        return "approved" if covered else "unapproved"

    @property
    def exit(self) -> Exit:
        return _EXITS[self.standing]

    @property
    def passed(self) -> bool:
        return self.exit is Exit.OK
