"""The whole story of one quantity, from what is stored and the book as it is now. No network."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import msgspec

from snapsync.errors import BookError, UsageError
from snapsync.model.approval import Approval
from snapsync.model.blame import Blame, Glance, Step
from snapsync.model.blame_book import book_steps, writers
from snapsync.model.blame_broker import broker_steps
from snapsync.model.canon import ObjectId, OperationId, SnapshotId, StateId
from snapsync.model.history import BrokerSnapshot, Operation
from snapsync.model.instant import Instant
from snapsync.model.ledger import Activity, Ledger
from snapsync.model.pages import Pages
from snapsync.model.plan import Plan
from snapsync.model.point import Point
from snapsync.model.state import State, stored_state
from snapsync.model.symbols import canonical, concerns

from .env import Env
from .timings import timed

_MOST = 8
"""So many suggestions are still a help."""


@timed("diff")
def blame(env: Env, symbol: str, then: Point | None = None) -> Blame:
    """Every step that made a quantity what it is, at the broker and in the book.

    Args:
        env: the env.
        symbol: an option's, a share's or a coin's.
        then: where in the history the story ends; None for now, with the book's files as they are.

    Raises:
        UsageError: neither side has ever held it (exit 64); what may be meant is suggested.
        StoreError: nothing is stored yet (10), or an object is damaged (30).
    """
    key = canonical(symbol)
    glances = _glances(env, then.operation if then else None)
    last = max((at for at, each in enumerate(glances) if each.act.verb == "rebind"), default=-1)
    steps = broker_steps(key, glances[last + 1 :], env.rules.bot_prefix)
    book = book_steps(key, glances, None if then else _now(env))
    if not (steps or book):
        raise _unknown(symbol, _keys(glances))
    by = writers(key, glances, book)
    broker = tuple(
        msgspec.structs.replace(step, written=by[step.seen[0]]) if step.activity and step.seen else step
        for step in steps
    )
    return Blame(key=key, broker=_approved(env, broker), book=_approved(env, book))


def _approved(env: Env, steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps with the approvals that their writing used up."""

    def yes(step: Step) -> Approval | None:
        used = step.writer[1].approval if step.writer else None
        return env.store.get(used, Approval) if used else None

    return tuple(msgspec.structs.replace(step, approved=yes(step)) for step in steps)


def _glances(env: Env, start: OperationId | None) -> list[Glance]:
    """All operations, oldest first; what several of them saw alike is one value, read once."""
    store = env.store
    fetch = store.place.get

    @cache
    def book(id: SnapshotId) -> State:
        return env.book_state(id)

    @cache
    def state(id: StateId) -> State:
        return stored_state(id, fetch)

    @cache
    def ledger(id: ObjectId) -> Ledger:
        return Pages.stored(Activity, id, fetch)

    def glance(id: OperationId, act: Operation) -> Glance:
        seen = store.get(act.broker, BrokerSnapshot) if act.broker else None
        return Glance(
            id=id,
            act=act,
            at=seen.at if seen else act.time,
            book=book(act.book) if act.book else None,
            broker=state(seen.state) if seen else None,
            ledger=ledger(seen.ledger) if seen else None,
            plan=store.get(act.details, Plan) if act.details and act.verb != "plan" else None,
            open_orders=seen.open_orders if seen else (),
        )

    return [glance(id, act) for id, act in reversed([*store.log(None if start is None else (start,))])]


def _now(env: Env) -> tuple[Instant, State] | None:
    from .book import read_book  # noqa: PLC0415 - only for the files as they are now

    try:
        return env.now(), read_book(env).state
    except BookError as error:
        env.say(f"The book cannot be read now, so the story ends at the last look. {error.detail}")
        return None


def _keys(glances: list[Glance]) -> set[str]:
    """Every symbol that either side has had to do with."""
    states = [state for each in glances[-1:] for state in (each.book, each.broker) if state]
    known = {held.key for state in states for held in state.positions}
    known |= {trade.symbol for state in states for trade in state.transactions}
    return known | {row.symbol for each in glances[-1:] for row in each.ledger or () if row.symbol}


def _unknown(symbol: str, known: set[str]) -> UsageError:
    from difflib import get_close_matches  # noqa: PLC0415 - only for a slip of the keys

    options = sorted(key for key in known if concerns(symbol, key))
    close = options or get_close_matches(canonical(symbol), sorted(known), n=3, cutoff=0.5)
    hint = "\n".join(["Did you mean:", *(f"  snapsync blame {each}" for each in close[:_MOST])])
    return UsageError(
        "Neither side has ever held that.",
        detail=canonical(symbol),
        hint=hint if close else "What is held: snapsync show --at today",
    )
