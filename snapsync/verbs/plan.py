"""Look at both sides, plan, and keep the plan. The book is not touched."""

from __future__ import annotations

import msgspec

from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.change import sign
from snapsync.model.history import Agreed, Operation, tally
from snapsync.model.plan import Plan
from snapsync.model.planner import plan as compute
from snapsync.version import __version__

from .env import Env
from .look import Seen, look
from .recover import settle

COMMIT_SECONDS = 10.0
"""How long a planner waits for the lock; it is only ever held for a commit."""


class Planned(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A plan that was made and kept; ``recovered`` is the interrupted apply that was finished first."""

    operation: OperationId
    plan: Plan
    seen: Seen
    recovered: OperationId | None = None


def plan(env: Env) -> Planned:
    """Plan what the book should change to be true to the broker; see ``look`` for what may go wrong.

    An apply that was interrupted is finished first.

    Raises:
        RecoveryError: only a person can say how an interrupted apply goes on (exit 31).
    """
    recovered = settle(env) if env.find_store() else None
    return keep(env, look(env), recovered)


def keep(env: Env, seen: Seen, recovered: OperationId | None = None) -> Planned:
    """Make a plan of what was seen, and an Operation of the plan."""
    store, facts = env.store, seen.look
    store.put(env.rules)
    with store.place.lock("plan", COMMIT_SECONDS):
        latest = store.latest()
        agreed = latest[1].agreed if latest else None
        made = compute(facts, env.base(agreed), env.rules)
        store.put(made.body)
        operation = store.commit(
            Operation(
                verb="plan",
                time=env.now(),
                parents=store.heads(),
                env=env.name,
                account=facts.account,
                actor=env.actor,
                version=__version__,
                book=facts.book_snapshot,
                broker=facts.broker_snapshot,
                agreed=_agreed(made, agreed),
                plan=made.id,
                details=ObjectId(store.put(made)),
                tally=tally([sign(change) for change in made.changes]),
                reading=made.reading,
                refused=bool(made.refused),
            )
        )
    return Planned(operation=operation, plan=made, seen=seen, recovered=recovered)


def _agreed(made: Plan, before: Agreed | None) -> Agreed | None:
    """Both sides found in step are an agreed point; else the old one stands until an apply."""
    if made.drift or made.withheld or made.refused:
        return before
    return Agreed(book=made.book, broker=made.broker)
