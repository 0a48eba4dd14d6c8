"""What is remembered beside the store of a long history, so that a look costs what changed and no more."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from snapsync.ends.book import Reading, Remembered
from snapsync.model.find import Find
from snapsync.model.history import BookSnapshot, Operation
from snapsync.model.pages import Pages
from snapsync.model.past import Past
from snapsync.model.plan import Look
from snapsync.model.state import StateRoot, Transaction
from snapsync.model.whereabouts import whereabouts
from snapsync.store.store import Store

if TYPE_CHECKING:
    from .env import Env

_LONG = 3
"""Over so many months trades are spread that are found by their keys."""


def remembered(env: Env) -> Remembered | None:
    """What is known of the history from the last look at it; None where it is not in the store whole.

    Only what the newest act stands on is sure to be there: what an act that was cut off has put may be gone.
    """
    store = env.find_store()
    past = store.memory.past() if store and store.memory else None
    latest = store.latest() if store and past else None
    if store is None or past is None or latest is None or not _stands_on(store, latest[1], past):
        return None
    return _memory(store, past)


def _stands_on(store: Store, act: Operation, past: Past) -> bool:
    books = {act.book, act.agreed.book if act.agreed else None} - {None}
    for id in books:
        if id is not None:
            snapshot = store.get(id, BookSnapshot)
            if snapshot.images.get("history") == past.image:
                return store.get(snapshot.state, StateRoot).transactions == past.transactions
    return False


def _memory(store: Store, past: Past) -> Remembered:
    fetch = store.place.get
    pages = Pages.stored(Transaction, past.transactions, fetch)
    find = _finder(store, "book", pages)
    return Remembered(past=past, fetch=fetch, find=partial(find, pages) if find else pages.search)


def of_reading(env: Env, reading: Reading) -> Remembered | None:
    """What a reading knows, which is in the store already, for the next one under the same lock."""
    stamp = reading.stamp
    past = reading.annals.past(stamp, settled=False) if stamp else None
    if past is None:
        return None
    return msgspec.structs.replace(_memory(env.store, past), appended=reading.stamp)


def remember(env: Env, reading: Reading, *, proven: bool = True) -> None:
    """Keep what a reading knows for the next one; it is in the store already.

    Args:
        env: whose.
        reading: the book.
        proven: whether all that it says was read or told by a stamp; else the next reading has to hash.
    """
    memory, told = env.store.memory, reading.annals.summary
    keys = env.store.keys("book") if told.places else None
    if keys:
        keys.learn(told.pages.root, told.places)
    if memory is not None and reading.stamp is not None:
        past = reading.annals.past(reading.stamp, settled=proven and reading.settled)
        if past != memory.past():
            memory.keep(past)


def remember_met(env: Env, trades: Pages[Transaction]) -> None:
    """Know where the trades of an account lie that was met just now: they are still in memory."""
    keys = env.store.keys("broker") if trades.spread() >= _LONG else None
    if keys:
        keys.learn(trades.root, map(whereabouts, trades))


def with_finders(env: Env, look: Look) -> Look:
    """The same facts, with quicker ways to find a trade in them."""
    store = env.store
    return msgspec.structs.replace(
        look,
        find_in_book=_finder(store, "book", look.book.transactions),
        find_at_broker=_finder(store, "broker", look.broker.transactions),
    )


def _finder(store: Store, side: str, pages: Pages[Transaction]) -> Find | None:
    keys = store.keys(side) if pages.spread() >= _LONG else None
    return keys.find if keys else None
