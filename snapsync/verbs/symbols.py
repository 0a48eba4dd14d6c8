"""The symbols that an env knows, as of its last look: for who types one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from snapsync.model.change import COMPONENTS
from snapsync.model.history import BrokerSnapshot
from snapsync.model.partial import means
from snapsync.model.plan import Part
from snapsync.model.state import State, stored_state

from .env import Env

_DAYS = 30
"""Of trades the symbols of so many newest days are told: the whole history may be years long."""


def symbols(env: Env) -> dict[str, str]:
    """Each symbol that one of the sides holds or has traded lately, with which of the two it is.

    Raises:
        StoreError: nothing is stored yet (exit 10), or it is damaged (30).
    """
    sides = tuple(_sides(env))
    found = {held.key: "held" for side in sides for held in side.positions}
    for side in sides:
        for rows in islice(side.transactions.newest_first(), _DAYS):
            for row in rows:
                found.setdefault(row.symbol, "traded")
    return found


def unmet(env: Env, part: Part) -> list[str]:
    """The patterns of a part that mean nothing that either side has: perhaps they are misspelt."""
    known = symbols(env)
    asked = (*part.only, *part.leave)
    return [
        each for each in asked if each not in COMPONENTS and not any(means(each, symbol) for symbol in known)
    ]


def _sides(env: Env) -> Iterator[State]:
    latest = env.store.latest()
    if latest is None:
        return
    _, act = latest
    if act.broker:
        yield stored_state(env.store.get(act.broker, BrokerSnapshot).state, env.store.place.get)
    if act.book:
        yield env.book_state(act.book)
