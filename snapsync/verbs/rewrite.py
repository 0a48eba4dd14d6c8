"""Carry out an undo, a restore or a repair, and say what both sides agree on after it."""

from __future__ import annotations

import msgspec

from snapsync.ends.book import Edit, Reading
from snapsync.errors import PlanError
from snapsync.model.canon import ObjectId, OperationId, SnapshotId, short
from snapsync.model.change import BankrollChange, Change, step
from snapsync.model.history import Agreed, Operation, Verb
from snapsync.model.holds import Hold, hold, still_held
from snapsync.model.plan import FileStep, Plan
from snapsync.model.threeway import still_open

from .choose import Chosen
from .env import Env
from .judge import compare
from .look import recall, seen, store_book
from .rewriting import drafted, rewriting, role_of, understood
from .timings import timed
from .write import Wrote, write

_VERBS: dict[str, Verb] = {"undo": "undo", "restore": "restore", "repair": "repair"}
_TAKEN_BACK = {"undo": "undone", "restore": "taken back by a restore", "repair": "repaired"}


@timed("book")
def rewrite(env: Env, chosen: Chosen, approval: ObjectId | None) -> tuple[tuple[Edit, ...], Wrote]:
    """Carry such a plan out; for a caller that holds the lock.

    Args:
        env: the env.
        chosen: the plan.
        approval: the approval that it uses up.

    Raises:
        PlanError: a place that the plan sets has been changed since (exit 20).
    """
    plan, files = chosen.plan, env.book_files
    there = rewriting(env, (FileStep(role=f.role, before=f.before, after=f.after) for f in plan.files))
    moved = [each for each in plan.files if len(there.merged[role_of(each.role)].left) > len(each.left)]
    if moved:
        raise PlanError(
            "The plan is stale: a file has been changed since, in a place that it sets.",
            detail=f"plan {short(plan.id)}; {', '.join(each.name for each in moved)}",
            hint="Make it anew, with the same command.",
        )
    edits = tuple(
        Edit(role=role, path=files.path(role), before=there.now[role], after=each.data)
        for role, each in there.merged.items()
        if each.data != there.now[role]
    )
    after = _After(env, plan)
    draft = drafted(env, _VERBS[plan.origin], plan, chosen.made.details)
    draft = msgspec.structs.replace(draft, approval=approval)
    now, then = understood(env, there.now), understood(env, there.after)
    if isinstance(then, Reading):
        draft = after.settled(draft, now if isinstance(now, Reading) else None, then)
    return edits, write(env, edits, draft, after.conclude)


class _After:
    """What is agreed on, left open and on hold when the files have got their bytes."""

    def __init__(self, env: Env, plan: Plan) -> None:
        self.env, self.plan = env, plan
        self.agreed, self.moves = self._agreed()

    def settled(self, draft: Operation, now: Reading | None, then: Reading) -> Operation:
        """The draft with what follows from the bytes; what is due then, and was not before, is on hold."""
        if draft.broker is None:
            return msgspec.structs.replace(draft, agreed=self.agreed)
        due = self._due(then, self.agreed, draft.broker)
        before = self._due(now, draft.agreed, draft.broker) if now else ()
        known = [step(change) for change in before]
        back = [change for change in due if step(change) not in known]
        why, by = _TAKEN_BACK[self.plan.origin], self.env.actor.user
        holds = [hold(change, why, draft.time, by) for change in back]
        agreed = self.agreed
        if agreed and self.moves:
            left = tuple(sorted(still_open(due, agreed.open)))
            agreed = msgspec.structs.replace(agreed, book=store_book(self.env.store, then), open=left)
        return msgspec.structs.replace(
            draft,
            agreed=agreed,
            holds=(*_others(still_held(due, draft.holds, self.env.rules), holds), *holds),
        )

    def conclude(self, draft: Operation, back: Reading, book: SnapshotId) -> Operation:
        del back
        agreed = draft.agreed
        if agreed and self.moves:
            agreed = msgspec.structs.replace(agreed, book=book)
        return msgspec.structs.replace(draft, book=book, agreed=agreed)

    def _agreed(self) -> tuple[Agreed | None, bool]:
        """The agreed point that the bytes go back to; else the present one, whose book then moves along."""
        store = self.env.store
        latest = store.latest()
        now = latest[1].agreed if latest else None
        origin, target = self.plan.origin, self.plan.target
        if origin == "restore" and target:
            return store.operation(target).agreed, False
        if origin == "undo" and target and target == newest_write(self.env):
            parents = store.operation(target).parents
            return (store.operation(parents[0]).agreed if parents else None), False
        if origin == "undo" and target and now:
            open_ = tuple(sorted({*now.open, *self._followed(target)}))
            return msgspec.structs.replace(now, open=open_), True
        return now, origin == "undo"

    def _followed(self, target: OperationId) -> frozenset[str]:
        """What the bankroll followed in the act that is taken back: it has to follow that again."""
        details = self.env.store.operation(target).details
        if details is None or all(each.role != "bankroll" for each in self.plan.files):
            return frozenset()
        changes = self.env.store.get(details, Plan).changes
        return still_open((each for each in changes if isinstance(each, BankrollChange)), ())

    def _due(self, book: Reading, agreed: Agreed | None, broker: SnapshotId) -> tuple[Change, ...]:
        env = self.env
        facts = seen(env, book, recall(env, broker), broker)
        return compare(env, facts, env.base(agreed)).changes


def newest_write(env: Env) -> OperationId | None:
    """The act that wrote the book last."""
    return next((id for id, _ in env.store.writes()), None)


def _others(holds: tuple[Hold, ...], new: list[Hold]) -> tuple[Hold, ...]:
    again = {(each.component, each.key) for each in new}
    return tuple(each for each in holds if (each.component, each.key) not in again)
