"""What the log says of approvals, and how far they cover a plan."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from snapsync.model.approval import LONGEST_DAYS, Approval, Cover, Given, Terms, covers
from snapsync.model.canon import OperationId
from snapsync.model.history import REVIEWS, WRITES, Operation
from snapsync.model.instant import Instant, shift
from snapsync.model.plan import Plan
from snapsync.model.register import Act, Register

from .env import Env


def register(env: Env) -> Register:
    """What has become of all that was said of plans."""
    return Register(acts(env))


def acts(env: Env, *more: Approval) -> list[Act]:
    """All that was said of plans, for as long as an approval lives, and what was applied since; oldest first.

    Args:
        env: the env.
        more: words that are not in the log yet, but may have been said before something was applied.
    """
    oldest = shift(env.now(), days=-LONGEST_DAYS)
    said = dict(_since(oldest, env.store.reviews()))
    words = [*more, *(env.store.get(each.approval, Approval) for each in said.values() if each.approval)]
    first = min((each.at for each in words if each.word == "approved"), default=None)
    wrote = dict(_since(max(oldest, first), env.store.writes())) if first else {}
    both = sorted((said | wrote).items(), key=lambda pair: (pair[1].time, pair[0]))
    return [act for _, operation in both if (act := _act(env, operation))]


def _since(
    oldest: Instant, log: Iterable[tuple[OperationId, Operation]]
) -> Iterable[tuple[OperationId, Operation]]:
    return takewhile(lambda pair: pair[1].time >= oldest, log)


def best(env: Env, plan: Plan, known: Register) -> Cover | None:
    """The approval that covers a plan, or else comes nearest to it; None where there is none at all."""
    given = [
        Given(id=id, approval=each, plan=env.store.get(each.details, Plan), fate=known.fate(id))
        for id, each in known.approvals.items()
    ]
    return nearest(given, plan, terms(env))


def nearest(given: Iterable[Given], plan: Plan, asked: Terms) -> Cover | None:
    """Of several approvals the one with the fewest holes, of those the newest; never two together."""
    found = [covers(each, plan, asked) for each in given]
    return min(reversed(found), key=lambda cover: len(cover.holes), default=None)


def terms(env: Env) -> Terms:
    """What an env's gates ask by."""
    return Terms(rules=env.rules, now=env.now(), self_approval=env.config.self_approval)


def _act(env: Env, operation: Operation) -> Act | None:
    if operation.verb in REVIEWS and operation.approval:
        word = env.store.get(operation.approval, Approval)
        return Act(time=operation.time, id=operation.approval, word=word)
    if operation.plan and operation.verb in WRITES:
        return Act(time=operation.time, applied=operation.plan, approval=operation.approval)
    return None
