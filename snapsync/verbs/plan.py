"""Look at both sides, plan, and keep the plan. The book is not touched."""

from __future__ import annotations

from pathlib import Path

import msgspec

from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.change import sign
from snapsync.model.history import Agreed, Operation, tally
from snapsync.model.holds import still_held
from snapsync.model.instant import Instant
from snapsync.model.partial import part_of
from snapsync.model.plan import Part, Plan
from snapsync.version import __version__

from .audit import tried
from .book import read_book
from .env import Env
from .judge import judge
from .look import Seen, look, look_by, proven_since, store_look, up_to_date
from .record import elsewhere, read_replay, record
from .recover import settle, settle_locked
from .timings import timed


class Planned(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A plan that was made and kept; ``recovered`` is the interrupted apply that was finished first."""

    operation: OperationId
    plan: Plan
    seen: Seen
    recovered: OperationId | None = None


def plan(env: Env, *, since: Instant | None = None, part: Part | None = None) -> Planned:
    """Plan what the book should change to be true to the broker; see ``look`` for what may go wrong.

    An apply that was interrupted is finished first.

    Args:
        env: the env.
        since: read activities from then on, where less is proven so far; None: as configured.
        part: plan only these components and symbols; None: the whole.

    Raises:
        RecoveryError: only a person can say how an interrupted apply goes on (exit 31).
    """
    with tried(env, "plan"):
        recovered = settle(env) if env.find_store() else None
        return keep(env, look(env, since=since), recovered, part)


def plan_recorded(env: Env, folder: Path, *, redact: bool = False, since: Instant | None = None) -> Planned:
    """As ``plan``, keeping the scrubbed replies of the reading in a folder."""
    with tried(env, "plan"):
        recovered = settle(env) if env.find_store() else None
        since = since or proven_since(env)
        return keep(env, look_by(env, lambda: record(env, folder, redact=redact, since=since)), recovered)


def plan_replayed(env: Env, folder: Path) -> Planned:
    """Plan from a recording, offline; nothing is kept of it."""
    away, temporary = elsewhere(env)
    with temporary:
        return keep(away, store_look(away, read_book(away), read_replay(away, folder)))


@timed("store")
def keep(env: Env, seen: Seen, recovered: OperationId | None = None, part: Part | None = None) -> Planned:
    """Make a plan of what was seen, and an Operation of the plan.

    Others may have written the book or read the account since: what they have done is planned with.

    Raises:
        StoreError: the env was bound to another account meanwhile (exit 12).
        RecoveryError: an interrupted apply needs a decision (31).
    """
    store = env.store
    store.put(env.rules)
    with env.lock("plan"):
        recovered = settle_locked(env) or recovered
        latest = store.latest()
        agreed = latest[1].agreed if latest else None
        seen = up_to_date(env, seen, latest[1] if latest else None)
        facts = seen.look
        whole = judge(env, facts, env.base(agreed))
        made = part_of(whole, part)
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
                holds=still_held(whole.changes, latest[1].holds if latest else (), env.rules, whole.withheld),
            )
        )
    seen = msgspec.structs.replace(seen, after=(operation,))  # whoever narrows this plan need not look again
    return Planned(operation=operation, plan=made, seen=seen, recovered=recovered)


def _agreed(made: Plan, before: Agreed | None) -> Agreed | None:
    """Both sides found wholly in step are an agreed point; else the old one stands until an apply.

    What is withheld (pending, ambiguous) stays open, so that it is looked at until it is settled.
    """
    if made.drift or made.refused or made.part or made.book is None or made.broker is None:
        return before
    return Agreed(
        book=made.book,
        broker=made.broker,
        rules=made.rules,
        scope=made.scope,
        open=made.withheld,
    )
