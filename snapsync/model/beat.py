"""A watch's heartbeat: that it lives, what its last look has come to, and when the next is due."""

from __future__ import annotations

from typing import Literal

from .canon import OperationId, Record
from .instant import Instant
from .plan import Plan

Standing = Literal["in step", "synced", "drift", "blocked", "failed", "closed", "stopped"]


class Beat(Record, frozen=True):
    """One heartbeat; times by this machine's clock.

    ``looks`` counts since the start, ``failures`` in a row. ``trouble`` is the sentence of the last failure.
    """

    pid: int
    host: str
    version: str
    env: str
    started: Instant
    at: Instant
    next: Instant | None
    standing: Standing
    looks: int
    failures: int = 0
    trouble: str = ""
    plan: str | None = None


class Stepped(Record, frozen=True):
    """What one look has come to: the plan, and the act by which it was written, if it was.

    ``blocked``: it is not written until somebody acts.
    """

    plan: Plan
    wrote: OperationId | None = None
    blocked: bool = False

    @property
    def standing(self) -> Standing:
        if self.wrote:
            return "synced"
        if self.blocked:
            return "blocked"
        return "drift" if self.plan.drift else "in step"

    @property
    def pending(self) -> bool:
        """Whether something is too young to be compared yet."""
        return any(each.code == "pending" for each in self.plan.findings)
