"""Look at both sides and store what was seen. Nothing is judged and nothing of the book is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain

import msgspec

from snapsync.ends.alpaca import BrokerReading, Known, Reach, read_broker, same_doubt
from snapsync.ends.book import ROLES, Reading
from snapsync.model.canon import ImageId, OperationId, SnapshotId
from snapsync.model.doubts import told_by_missing
from snapsync.model.history import BookSnapshot, BrokerSnapshot, Operation
from snapsync.model.instant import Instant
from snapsync.model.ledger import Activity
from snapsync.model.missing import UNEXPLAINED, accepted
from snapsync.model.pages import Pages
from snapsync.model.plan import Look, Plan
from snapsync.model.state import stored_state
from snapsync.store.store import Store, bound_meanwhile

from .book import read_book
from .env import Env
from .identity import right_account
from .rebind import rebound
from .remember import remember, remember_met, with_finders
from .session import session
from .timings import timed


class Seen(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One look, stored: the facts for a plan, and the book's files as they were read.

    ``after`` are the heads of the log when it began; None where nobody can have come in between.
    """

    look: Look
    reading: Reading
    after: tuple[OperationId, ...] | None = None


def look(env: Env, *, since: Instant | None = None) -> Seen:
    """Read the book, then the broker, and store both as Snapshots.

    Raises:
        BookError: a file of the book cannot be read (exit 1).
        BrokerError: no credentials or another account (12), out of reach (13), moving (14).
        StoreError: the store cannot be used.
    """
    return look_by(env, lambda: read_account(env, since=since))


def look_by(env: Env, read_broker: Callable[[], BrokerReading]) -> Seen:
    """As ``look``, with a way of its own to read the broker."""
    store = env.find_store()
    after = store.heads() if store else ()
    reading = read_book(env)  # first: it costs no network to find it broken
    return msgspec.structs.replace(store_look(env, reading, read_broker()), after=after)


@timed("store")
def store_look(env: Env, reading: Reading, broker: BrokerReading) -> Seen:
    """Keep readings of both sides; the first account that is met is the one that the store is bound to."""
    store = env.make_store()
    met = store.identity.account is None
    if met:
        store.pin(broker.account, env.patience(env.lock_timeout))
    snapshot = store_broker(store, broker)
    if met:
        remember_met(env, broker.state.transactions)
    return Seen(reading=reading, look=seen(env, reading, broker, snapshot))


@timed("store")
def seen(env: Env, reading: Reading, broker: BrokerReading, broker_snapshot: SnapshotId) -> Look:
    """The facts for a plan: this reading of the book beside this one of the broker; the book's is kept."""
    book = store_book(env.store, reading)
    remember(env, reading)
    return with_finders(env, facts(env, (reading, book), (broker, broker_snapshot)))


def up_to_date(env: Env, look: Seen, latest: Operation | None) -> Seen:
    """A look as of now, for a caller that holds the lock: nothing is asked of the broker again.

    Args:
        env: whose.
        look: what was seen before there was a lock.
        latest: the newest act.

    Raises:
        StoreError: the env was bound to another account meanwhile (exit 12).
    """
    if look.after is None or look.after == env.store.heads():
        return look
    facts = look.look
    if latest and latest.account not in (None, facts.account):
        raise bound_meanwhile(env.store.folder)
    broker = facts.broker_snapshot
    if latest and latest.agreed and env.store.get(latest.agreed.broker, BrokerSnapshot).at > facts.at:
        # beside the agreed account an older one would look as if trades had been taken back
        broker = latest.agreed.broker
    reading = read_book(env)
    return Seen(reading=reading, look=seen(env, reading, recall(env, broker), broker))


def facts(
    env: Env,
    book: tuple[Reading, SnapshotId],
    broker: tuple[BrokerReading, SnapshotId],
    heads: Iterable[OperationId] | None = None,
) -> Look:
    """The facts for a plan, of two readings that are kept; the log is as of the heads that are given."""
    (reading, book_snapshot), (account, broker_snapshot) = book, broker
    return Look(
        env=env.name,
        account=account.account,
        at=account.at,
        book=reading.state,
        book_snapshot=book_snapshot,
        broker=account.state,
        broker_snapshot=broker_snapshot,
        marks=account.marks,
        ledger=account.ledger,
        open_orders=account.open_orders,
        rebound=rebound(env, heads),
        missing=account.missing,
        habit=account.habit,
        named=account.named,
        observations=(
            *(each for each in account.doubts if not told_by_missing(each)),
            *account.observations,
            *reading.observations,
        ),
        untouched=reading.annals.untouched,
        corrected=reading.corrected,
        opened=reading.opened,
        book_zone=str(env.config.book_timezone),
    )


def read_account(env: Env, *, since: Instant | None = None) -> BrokerReading:
    """One consistent reading of the broker's account, which must be the one this store is pinned to.

    Raises:
        BrokerError: no credentials or another account (12), out of reach (13), moving (14).
    """
    known = known_by(env)
    proven = known.state.coverage.since if known and known.state.coverage else None
    reach = Reach(
        lookback_days=env.config.lookback_days,
        overlap_days=env.config.overlap_days,
        since=since,
        anew=bool(since and proven and since < proven),  # more is wanted than was ever proven
        prefix=env.config.bot_order_prefix,
    )
    with session(env) as asks:
        return read_broker(asks, env.scope, known, reach, env.progress, partial(right_account, env))


def recall(env: Env, id: SnapshotId) -> BrokerReading:
    """A reading of the broker that was kept."""
    snapshot = env.store.get(id, BrokerSnapshot)
    return BrokerReading(
        at=snapshot.at,
        account=snapshot.account,
        number=None,
        state=stored_state(snapshot.state, env.store.place.get),
        marks=snapshot.marks,
        ledger=Pages.stored(Activity, snapshot.ledger, env.store.place.get),
        manifest=snapshot.manifest,
        open_orders=snapshot.open_orders,
        observations=snapshot.observations,
        doubts=snapshot.doubts,
        missing=snapshot.missing,
        habit=snapshot.habit,
        named=snapshot.named or None,
    )


def store_broker(store: Store, reading: BrokerReading) -> SnapshotId:
    """Keep a reading of the broker."""
    store.put_all(chain(reading.state.objects(), reading.ledger.objects()))
    return SnapshotId(
        store.put(
            BrokerSnapshot(
                at=reading.at,
                account=reading.account,
                state=reading.state.id,
                marks=reading.marks,
                ledger=reading.ledger.root,
                manifest=reading.manifest,
                open_orders=reading.open_orders,
                observations=reading.observations,
                doubts=reading.doubts,
                missing=reading.missing,
                habit=reading.habit,
                named=reading.named or msgspec.UNSET,
            )
        )
    )


def store_book(store: Store, reading: Reading) -> SnapshotId:
    """Keep a reading of the book, with the very bytes of its files."""
    store.put_packed(reading.annals.summary.made)
    store.put_all(chain(reading.state.objects(), *map(reading.objects, ROLES)))
    images: dict[str, ImageId] = {role: reading.image(role) for role in ROLES}
    return SnapshotId(store.put(BookSnapshot(state=reading.state.id, images=images)))


def proven_since(env: Env) -> Instant | None:
    """From when on the broker's trades are proven complete; None before the first reading."""
    known = known_by(env)
    return known.state.coverage.since if known and known.state.coverage else None


@timed("store")
def known_by(env: Env) -> Known | None:
    """What the last reading of the broker proved."""
    store = env.find_store()
    latest = store.latest() if store else None
    if store is None or latest is None or latest[1].broker is None:
        return None
    last = recall(env, latest[1].broker)
    return Known(
        at=last.at,
        proven=last.manifest.proven,
        state=last.state,
        marks=last.marks,
        ledger=last.ledger,
        working=last.manifest.working,
        doubts=frozenset(map(same_doubt, last.doubts)),
        missing=accepted(last.missing, _approved(store, latest[1])),
        habit=last.habit,
        assumed=last.assumed,
        named=last.named,
    )


def _approved(store: Store, latest: Operation) -> set[str]:
    """The keys that a person has approved since the broker was last read, though they were unexplained."""
    for _, act in store.log():
        if act.broker != latest.broker:
            break
        if act.verb == "apply" and act.details:
            asking = store.get(act.details, Plan).asking
            return {each.key for each in asking if each.code in UNEXPLAINED}
    return set()
