"""The register of approvals: what has become of each, when all that was said and done is gone through."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from .approval import Approval, Fate
from .canon import ObjectId, PlanId
from .instant import Instant


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that bears on approvals: a word on a plan, or an apply, with what it has used up."""

    time: Instant
    id: ObjectId | None = None
    word: Approval | None = None
    applied: PlanId | None = None
    approval: ObjectId | None = None


class Register:
    """Acts gone through from the oldest to the newest."""

    def __init__(self, acts: Iterable[Act]) -> None:
        self.approvals: dict[ObjectId, Approval] = {}
        """Every approval, in the order in which they came."""
        self.rejections: dict[PlanId, tuple[ObjectId, Approval]] = {}
        """The plans that stand rejected, with the word that did it."""
        self._fates: dict[ObjectId, Fate] = {}
        self._applied: dict[PlanId, Instant] = {}
        for act in acts:
            if act.word and act.id:
                self._say(act.id, act.word)
            elif act.applied:
                self._apply(act)

    def fate(self, id: ObjectId) -> Fate:
        """What has become of an approval."""
        return self._fates.get(id, "live")

    def _say(self, id: ObjectId, word: Approval) -> None:
        match word.word:
            case "approved":
                if id in self.approvals:
                    return  # heard already, from a file that was imported twice
                self.approvals[id] = word
                self.rejections.pop(word.plan, None)
                # a word that reaches us only after the apply that it was meant for
                if self._applied.get(word.plan, Instant("")) >= word.at:
                    self._end(id, "used")
            case "rejected":
                self.rejections[word.plan] = (id, word)
                for each, approval in self.approvals.items():
                    if approval.plan == word.plan:
                        self._end(each, "rejected")
            case "revoked":
                if word.revokes:
                    self._end(word.revokes, "revoked")
                    gone = [plan for plan, (each, _) in self.rejections.items() if each == word.revokes]
                    for plan in gone:
                        del self.rejections[plan]

    def _apply(self, act: Act) -> None:
        if act.applied is None:
            return
        self._applied[act.applied] = act.time
        for id, approval in self.approvals.items():
            if id == act.approval or approval.plan == act.applied:
                self._end(id, "used")

    def _end(self, id: ObjectId, fate: Fate) -> None:
        self._fates.setdefault(id, fate)
