"""What an ID or a TIME means to every verb that looks back: one resolver for all of them."""

from __future__ import annotations

import re

from snapsync.errors import UsageError
from snapsync.model.canon import ObjectId
from snapsync.model.instant import Instant
from snapsync.model.point import Point
from snapsync.model.when import FORMS, Edge, moment
from snapsync.views.times import local

from .env import Env

_ID = re.compile(r"[0-9a-f]{1,64}", re.ASCII | re.IGNORECASE)


def point(env: Env, text: str) -> Point:
    """The operation that an id names, or the last one at a time.

    A day is its end in New York, and today is up to now; a time to the minute is the end of that minute;
    a time that names no zone is in ALPACA_SYNC_TIMEZONE. A plan's or a snapshot's id is the last
    operation that came to it.

    Raises:
        UsageError: no such id, no such time, or one at which nothing was stored yet (exit 64).
        StoreError: nothing is stored yet (10), or an operation is damaged (30).
    """
    at = time_of(env, text, "end")
    if at is None:
        return _named(env, object_of(env, text))
    first = "there is no operation"
    for id, act in env.store.log():
        if act.time <= at:
            return Point(at=at, operation=id, act=act)
        first = f"the first operation is of {local(act.time, env.config.timezone)}"
    raise UsageError(
        "Nothing was stored yet at that time.", detail=f"{local(at, env.config.timezone)}; {first}"
    )


def since(env: Env, text: str) -> Instant:
    """The instant from which on something is wanted: a day from its beginning, ``2h`` ago.

    Raises:
        UsageError: that is no time (exit 64).
    """
    at = time_of(env, text, "begin")
    if at is None:
        raise UsageError("That is not a time.", detail=repr(text), hint=f"Write {FORMS}, or 2h.")
    return at


def object_of(env: Env, text: str) -> ObjectId:
    """The one object whose id begins so.

    Raises:
        UsageError: that is no beginning of an id, no id begins so, or several do (exit 64).
    """
    if not _ID.fullmatch(text):
        raise UsageError(
            "That is neither an id nor a time.", detail=repr(text), hint=f"Write an id, or {FORMS}."
        )
    return env.store.resolve(text)


def time_of(env: Env, text: str, edge: Edge) -> Instant | None:
    """The instant that a text means; None where it is no time but may be an id.

    Raises:
        UsageError: there is no such time, there are two, or it has not come yet (exit 64).
    """
    now = env.now()
    try:
        at = moment(text, env.config.timezone, now, edge)
        begins = moment(text, env.config.timezone, now, "begin") if at and at > now else None
    except ValueError as error:
        raise UsageError("That time cannot be used.", detail=str(error), hint=f"Write {FORMS}.") from error
    if begins is None:
        return at
    if begins > now:
        raise UsageError(
            "That time has not come yet.", detail=f"{text}; now it is {local(now, env.config.timezone)}"
        )
    return now


def _named(env: Env, id: ObjectId) -> Point:
    for made, act in env.store.log():
        if id in (made, act.plan, act.details, act.book, act.broker):
            return Point(at=act.time, operation=made, act=act)
    raise UsageError(
        "That id is not an operation's, nor of a plan or snapshot that one came to.",
        detail=id,
        hint=f"snapsync log --env {env.name}",
    )
