"""Keep the audit log beside the history: a line per act after its commit point, and one per failure.

The history is the truth, and the log follows from it: a line that is missing at its end is written with
the next one. That a line cannot be written is told, and changes nothing of what was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from itertools import islice, pairwise

from snapsync.errors import SnapsyncError, StoreError
from snapsync.model.audit import FAILED, Event, event
from snapsync.model.canon import OperationId
from snapsync.model.history import WRITES, Operation
from snapsync.model.plan import Plan
from snapsync.model.verified import Damage
from snapsync.store import audit
from snapsync.store.store import Store
from snapsync.version import __version__
from snapsync.views.audit import line

from .env import Env

_MOST_MISSING = 1000
"""So many acts back the end of the log is looked for; a log that is new begins with the newest act."""
_trying: ContextVar[bool] = ContextVar("trying", default=False)


def follow(env: Env, id: OperationId) -> None:
    """Write the line of an act that has just become history, and before it those that are missing."""
    with _told(env):
        path = env.config.book.audit
        audit.add(path, "".join(_missing(env.store, audit.last(path, env.name), id)))


@contextmanager
def audited(env: Env, source: str) -> Iterator[None]:
    """Note it in the log where the block fails; once, where one who tries calls another.

    Args:
        env: the env.
        source: who tries: ``sync``, ``pre-trade``, ``plan``, ``apply``, ``check``.
    """
    if _trying.get():
        yield
        return
    before = _trying.set(True)
    try:
        yield
    except SnapsyncError as error:
        note_failure(env, source, error)
        raise
    finally:
        _trying.reset(before)


def tried(env: Env, source: str) -> AbstractContextManager[None]:
    """As ``audited``, but where nothing is stored yet: who is still setting up keeps no log of it."""
    return audited(env, source) if env.find_store() else nullcontext()


def note_failure(env: Env, source: str, error: SnapsyncError) -> None:
    """Write a line for what was tried and could not be done."""
    with _told(env):
        failure = Event(
            timestamp=env.now(),
            event_type=FAILED,
            environment=env.name,
            before=None,
            after=None,
            source=source,
            plan=None,
            operation=None,
            head=_head(env),
            actor=f"{env.actor.user}@{env.actor.host}",
            reason=in_a_line(error),
        )
        audit.add(env.config.book.audit, line(failure))


def _head(env: Env) -> OperationId | None:
    """The newest act; None too where the store cannot be used, which may be what the line is about."""
    try:
        store = env.find_store()
        latest = store.latest() if store else None
    except StoreError:
        return None
    return latest[0] if latest else None


def in_a_line(error: SnapsyncError) -> str:
    """What went wrong, for one line of a log."""
    detail = error.detail.splitlines()
    return f"{error.summary} {detail[0]}" if detail else error.summary


def rebuilt(store: Store, id: OperationId, act: Operation) -> str:
    """The line of an act, from the history alone."""
    plan = store.get(act.details, Plan) if act.details and act.verb in WRITES else None
    return line(event(id, act, plan))


def compared(env: Env, acts: dict[OperationId, Operation]) -> tuple[list[Damage], list[str]]:
    """Hold the log against the history: what of it was changed, and what is to be told beside that.

    Lines of another version are not compared, nor is what was rotated away.
    """
    path = env.config.book.audit
    damage: list[Damage] = []
    strange = garbled = 0
    seen: list[OperationId] = []
    for number, id, data in audit.known(path, env.name):
        if id is None:
            garbled += 1
            continue
        if id not in acts:
            strange += 1
            continue
        seen.append(id)
        if acts[id].version == __version__ and data != rebuilt(env.store, id, acts[id]).encode():
            damage.append(
                Damage(
                    summary="A line of the audit log is not what the history says.",
                    detail=f"{path}, line {number}, of operation {id}; as it should be: snapsync log --audit",
                )
            )
    found = {
        "Lines of the audit log that cannot be read": garbled,
        "Lines of the audit log that name no act of this history": strange,
        "Lines of the audit log that stand there more than once": len(seen) - len({*seen}),
        "Lines of the audit log that are out of their order": _out_of_order(acts, seen),
        "Acts without a line in the audit log": _gaps(acts, seen),
    }
    notes = [f"{what}: {count}." for what, count in found.items() if count]
    return damage, [*notes, "All lines: snapsync log --audit."] if notes else []


def _out_of_order(acts: Iterable[OperationId], seen: list[OperationId]) -> int:
    """How many acts' first lines stand right behind that of a later act."""
    place = {id: number for number, id in enumerate(acts)}
    return sum(place[each] > place[before] for before, each in pairwise(dict.fromkeys(seen)))


def _gaps(acts: Iterable[OperationId], seen: list[OperationId]) -> int:
    """How many acts between the first and the last line have none."""
    there = set(seen)
    order = [id in there for id in acts]
    if True not in order:
        return 0
    first, last = order.index(True), len(order) - 1 - order[::-1].index(True)
    return order[first:last].count(False)


def _missing(store: Store, last: OperationId | None, id: OperationId) -> list[str]:
    """The lines after the last one that is there, up to an act's; only the act's where none is there."""
    after: list[str] = []
    for each, act in islice(store.log((id,)), _MOST_MISSING):
        if each == last:
            return after[::-1]
        after.append(rebuilt(store, each, act))
        if last is None:
            break
    return after[:1]


@contextmanager
def _told(env: Env) -> Iterator[None]:
    try:
        yield
    except (StoreError, OSError) as error:
        why = in_a_line(error) if isinstance(error, StoreError) else str(error)
        env.warn(f"The audit log could not be written: {why}")
