"""Compare any two of what is stored, or of that and the book as it is now. No network."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from snapsync.errors import UsageError
from snapsync.model.canon import ObjectId, OperationId, SnapshotId, StateId, short
from snapsync.model.difference import differences
from snapsync.model.history import BookSnapshot, BrokerSnapshot, Operation
from snapsync.model.point import Point
from snapsync.model.side import Compared, Diff, Name, Side, Sides
from snapsync.model.state import StateRoot, stored_state
from snapsync.model.stretch import Entry
from snapsync.views.times import local

from .at import object_of, point, time_of
from .env import Env
from .show import shown
from .timings import timed

WORDS = ("book", "broker", "agreed")
_NAMES: tuple[Name, ...] = ("book", "broker")


@timed("diff")
def diff(
    env: Env,
    a: str | None = None,
    b: str | None = None,
    *,
    then: Point | None = None,
    verbose: bool = False,
) -> Diff:
    """How B differs from A; without B the book, without A too what was agreed last.

    Each is the id of an operation, a plan, a snapshot or a State, a time, or a word: ``book`` is the
    book's files as they are now, ``broker`` the account as it was looked at last, ``agreed`` both sides
    when they last agreed. Of an operation or a time it is both sides after it.

    Args:
        env: the env.
        a: what is compared.
        b: with what.
        then: the point of the history that the words are about; None for now.
        verbose: whether a book and a broker are compared in companions too.

    Raises:
        UsageError: no such id or time (exit 64), or nothing was agreed yet.
        BookError: a file of the book cannot be read.
        StoreError: nothing is stored yet (10), or an object is damaged (30).
    """
    first, second = (
        sides(env, default if text is None else text, then) for text, default in ((a, "agreed"), (b, "book"))
    )
    common = [name for name in _NAMES if getattr(first, name) and getattr(second, name)]
    pairs = [(name, name) for name in common] or [(_only(first), _only(second))]
    return Diff(a=first, b=second, parts=tuple(_compared(first, second, names, verbose) for names in pairs))


def sides(env: Env, text: str, then: Point | None = None) -> Sides:
    """What a word, an id or a time names."""
    if text in WORDS:
        return _word(env, text, then)
    if time_of(env, text, "end") is None:
        found = shown(env, object_of(env, text))
        match found.value:
            case BookSnapshot():
                return Sides(words=f"book snapshot {short(found.id)}", book=_book(env, found.id))
            case BrokerSnapshot():
                when = local(found.value.at, env.config.timezone)
                words = f"broker snapshot {short(found.id)} of {when}"
                return Sides(words=words, broker=_broker(env, found.id))
            case StateRoot():
                side = Side(state=stored_state(StateId(found.id), env.store.place.get))
                words = f"state {short(found.id)}"
                if side.state.scope is None:
                    return Sides(words=words, book=side)
                return Sides(words=words, broker=side)
    return _after(env, point(env, text))


def _word(env: Env, word: str, then: Point | None) -> Sides:
    if word == "book" and then is None:
        from snapsync.ends.book import ROLES  # noqa: PLC0415 - only for the files as they are now

        from .book import read_book  # noqa: PLC0415 - the same

        reading = read_book(env)
        images = {str(role): reading.image(role) for role in ROLES}
        return Sides(words="the book's files as they are now", book=Side(state=reading.state, images=images))
    entries = env.store.log((then.operation,) if then else None)
    newest = next((entry for entry in entries if getattr(entry[1], word) is not None), None)
    if newest is None:
        what = "nothing was agreed so far" if word == "agreed" else "nobody has looked yet"
        raise UsageError(
            "There is no such thing yet.",
            detail=f"{word}: {what}",
            hint=f"snapsync plan --env {env.name}",
        )
    if word == "agreed":
        return _agreed(env, newest, entries)
    id, act = newest
    return Sides(
        words=f"the {word} as of {_where(env, id, act)}",
        book=_book(env, act.book) if word == "book" and act.book else None,
        broker=_broker(env, act.broker) if word == "broker" and act.broker else None,
        operation=id,
    )


def _agreed(env: Env, newest: Entry, older: Iterable[Entry]) -> Sides:
    """Both sides when they last agreed, and the operation that found them so."""
    agreed = newest[1].agreed
    if agreed is None:
        raise ValueError("an operation without an agreed pair")
    *_, (id, act) = (newest, *takewhile(lambda entry: entry[1].agreed == agreed, older))
    return Sides(
        words=f"agreed since {_where(env, id, act)}",
        book=_book(env, agreed.book),
        broker=_broker(env, agreed.broker),
        operation=id,
    )


def _where(env: Env, id: OperationId, act: Operation) -> str:
    return f"{act.verb} {short(id)} of {local(act.time, env.config.timezone)}"


def _after(env: Env, found: Point) -> Sides:
    """Both sides after an operation, as far as it saw them."""
    act = found.act
    if not (act.book or act.broker):
        raise UsageError(
            "That operation saw neither the book nor the broker.",
            detail=f"{act.verb} {short(found.operation)}",
            hint=f"snapsync log --env {env.name}",
        )
    return Sides(
        words=_where(env, found.operation, act),
        book=_book(env, act.book) if act.book else None,
        broker=_broker(env, act.broker) if act.broker else None,
        operation=found.operation,
    )


def _book(env: Env, id: ObjectId) -> Side:
    images = env.store.get(id, BookSnapshot).images
    return Side(state=env.book_state(SnapshotId(id)), snapshot=id, images=images)


def _broker(env: Env, id: ObjectId) -> Side:
    value = env.store.get(id, BrokerSnapshot)
    return Side(state=stored_state(value.state, env.store.place.get), snapshot=id, marks=value.marks)


def _only(named: Sides) -> Name:
    return "book" if named.book else "broker"


def _compared(a: Sides, b: Sides, names: tuple[Name, Name], verbose: bool) -> Compared:  # noqa: FBT001
    before, after = getattr(a, names[0]), getattr(b, names[1])
    # of two times of one side everything that differs is worth a line
    all_fields = verbose or names[0] == names[1]
    found = differences(before.state, after.state, all_fields=all_fields)
    return Compared(names=names, before=before, after=after, differences=found)
