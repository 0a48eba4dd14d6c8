"""Take away old states and files that nobody wants to go back to, and pack the rest.

What was done (operations, plans, snapshots, rules) and the evidence (the ledger) always stay. What goes is
written down first, so that it is never taken for a loss.
"""

from __future__ import annotations

import msgspec

from snapsync.errors import StoreError, UsageError
from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.collection import Collection
from snapsync.model.history import Operation
from snapsync.model.instant import shift
from snapsync.model.kept import Keep, Share, Swept
from snapsync.model.references import GONE_WITH_AGE
from snapsync.store import reads
from snapsync.store.store import Store
from snapsync.store.survey import Survey, survey
from snapsync.version import __version__

from .env import Env
from .recover import settle_locked
from .timings import timed

YOUNG_SECONDS = 3600
"""What was put since is left alone: it may belong to an act that is still under way."""


class _Choice(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Objects by what becomes of them, and operations by whether all that they lead to stays."""

    always: int
    ledger: int
    kept: int
    young: int
    goes: tuple[ObjectId, ...]
    acts: int
    older: int


@timed("store")
def gc(env: Env, keep: Keep, *, dry: bool = False) -> Swept:
    """Take away what a policy does not keep, and pack what is left.

    Args:
        env: whose store.
        keep: what to keep; the head, the agreed point and the last hour are kept in any case.
        dry: only say what would go.

    Raises:
        UsageError: the policy keeps nothing (exit 64).
        StoreError: there is no store (10), another writer holds the lock (11), or it is damaged (30).
        RecoveryError: an interrupted apply needs a decision (31).
    """
    if not keep.last and not keep.days:
        raise UsageError(
            "gc wants to be told what to keep.",
            detail="a policy that keeps nothing would take away all that you can go back to",
            hint="snapsync gc --keep-days 90 --dry-run",
        )
    store = env.store
    before = reads.room(store.folder)
    log = dict(store.log())
    found = survey(store.place, list(store.place.ids()), env.progress)  # long, so without the lock
    if dry:
        return _told(keep, _choose(env, keep, log, found), before, before)
    with env.lock("gc"):
        settle_locked(env)
        _catch_up(store, log, found)
        choice = _choose(env, keep, log, found)
        record = _remove(env, keep, choice.goes) if choice.goes else None
        packed = store.place.pack()
    done = _told(keep, choice, before, reads.room(store.folder))
    return msgspec.structs.replace(done, dry=False, packed=packed, record=record)


def _catch_up(store: Store, log: dict[OperationId, Operation], found: Survey) -> None:
    """Take into account what others have stored while we read."""
    for id in store.place.ids():
        if id not in found.kinds:
            found.read(store.place, id)
            if found.kinds.get(id) == "operation":
                log[OperationId(id)] = store.operation(OperationId(id))


def _remove(env: Env, keep: Keep, ids: tuple[ObjectId, ...]) -> ObjectId:
    """Take objects away, once it is written down which."""
    record = env.store.put(
        Collection(
            time=env.now(),
            actor=env.actor,
            version=__version__,
            keep_last=keep.last,
            keep_days=keep.days,
            ids=ids,
        )
    )
    env.store.place.remove(record, frozenset(ids))
    return record


def _choose(env: Env, keep: Keep, log: dict[OperationId, Operation], found: Survey) -> _Choice:
    store = env.store
    if found.damaged:
        raise _damaged(env, next(iter(found.damaged.values())))
    kept = _kept(env, keep, log)
    # an operation that no head leads to may be all that is left of a lost head
    strays = {OperationId(id) for id in found.of_kind("operation")} - log.keys()
    wanted = found.closure(kept | strays)
    ledger = found.closure(found.ledgers)
    parts = {id for id, kind in found.kinds.items() if kind in GONE_WITH_AGE}
    unwanted = parts - wanted - ledger
    goes = unwanted.intersection(store.place.ids(age=YOUNG_SECONDS))
    env.progress(1)
    return _Choice(
        always=len(found.kinds) - len(parts),
        ledger=len(parts & ledger),
        kept=len(parts & wanted - ledger),
        young=len(unwanted - goes),
        goes=tuple(sorted(goes)),
        acts=len(kept),
        older=len(log) - len(kept),
    )


def _kept(env: Env, keep: Keep, log: dict[OperationId, Operation]) -> set[OperationId]:
    """The operations of which everything stays."""
    now = env.now()
    young = shift(now, seconds=-YOUNG_SECONDS)
    kept = set(env.store.heads())
    # whoever is at work now began with what was the head within the last hour
    kept |= {each for id, act in log.items() if act.time >= young for each in (id, *act.parents)}
    if keep.last:
        newest = sorted(log, key=lambda each: (log[each].time, each), reverse=True)
        kept |= set(newest[: keep.last])
    if keep.days:
        since = shift(now, days=-keep.days)
        kept |= {id for id, act in log.items() if act.time >= since}
    return kept


def _told(keep: Keep, choice: _Choice, before: tuple[int, int], after: tuple[int, int]) -> Swept:
    words = ["the head", "its agreed point", "the last hour"]
    words += [f"the newest {keep.last:,}"] if keep.last else []
    words += [f"the last {keep.days:,} days"] if keep.days else []
    shares = (
        Share(goes=False, count=choice.always, what="operations, plans, snapshots, rules", why="always kept"),
        Share(goes=False, count=choice.ledger, what="parts of the ledger", why="always kept"),
        Share(
            goes=False,
            count=choice.kept,
            what="parts of states and files",
            why=f"of {choice.acts:,} acts: {', '.join(words)}",
        ),
        Share(
            goes=False, count=choice.young, what="parts of states and files", why="put within the last hour"
        ),
        Share(
            goes=True,
            count=len(choice.goes),
            what="parts of states and files",
            why=f"only in {choice.older:,} older acts, or in acts that were cut off",
        ),
    )
    return Swept(
        dry=True,
        shares=tuple(each for each in shares if each.count),
        ids=choice.goes,
        acts=choice.acts,
        older=choice.older,
        packed=0,
        before=before,
        after=after,
    )


def _damaged(env: Env, error: StoreError) -> StoreError:
    return StoreError(
        "The store is damaged: nothing is taken from it.",
        detail=f"{error.summary} {error.detail}",
        hint=f"snapsync verify --env {env.name}",
        exit=error.exit,
    )
