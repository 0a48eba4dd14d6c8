"""Plans that give the book's files earlier bytes, or sound ones: undo, restore and repair.

They are steps of whole files, from one image to another (ends/book/merge.py), and need no network: what
the broker said last is in the store. ``rewrite`` carries them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from snapsync.ends.book import Merged, Reading, Role, lines_of_the_bot, merge, read_files, understand
from snapsync.errors import BookError
from snapsync.model.canon import ObjectId, OperationId
from snapsync.model.change import FileChange
from snapsync.model.history import Operation, Verb
from snapsync.model.image import image_bytes
from snapsync.model.plan import FileStep, Origin, Plan
from snapsync.model.policy import Finding
from snapsync.model.policy_files import left_as_it_is, not_repaired, rows_taken_out, unreadable
from snapsync.version import __version__

from .choose import Chosen
from .env import Env
from .look import store_book
from .timings import timed

_MOST_SPOTS = 200
"""So many places of a file are kept with its plan; the rest are counted."""


class Rewriting(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What would become of the files: their bytes now and after, and how each gets there."""

    now: dict[Role, bytes | None]
    after: dict[Role, bytes | None]
    merged: dict[Role, Merged]


@timed("book")
def rewriting(env: Env, steps: Iterable[FileStep]) -> Rewriting:
    """Take steps of files from where the files are now.

    Raises:
        BookError: a file cannot be opened.
        StoreError: an image is no longer in the store.
    """
    files, get = env.book_files, env.store.place.get
    now = read_files(files)
    merged: dict[Role, Merged] = {}
    for step in steps:
        role = role_of(step.role)
        before, after = image_bytes(step.before, get), image_bytes(step.after, get)
        merged[role] = merge(role, files, before, after, now[role])
    return Rewriting(now=now, after=now | {role: each.data for role, each in merged.items()}, merged=merged)


Notes = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
"""Of a repair, for each role: what becomes of its damage, and what damage is left."""


def keep(
    env: Env,
    origin: Origin,
    steps: Iterable[FileStep],
    target: OperationId | None = None,
    notes: Notes | None = None,
) -> Chosen:
    """Make a plan of these steps, and an Operation of the plan; for a caller that holds the lock."""
    notes = notes or {}
    store, steps = env.store, tuple(steps)
    latest = store.latest()
    last = latest[1] if latest else None
    there = rewriting(env, steps)
    files = tuple(
        _change(env, step, there.merged[role_of(step.role)], notes.get(step.role, ((), ()))[0])
        for step in steps
    )
    now, after = understood(env, there.now), understood(env, there.after)
    made = Plan(
        env=env.name,
        account=store.identity.account or "",
        scope=env.scope,
        rules=env.rules.id,
        origin=origin,
        at=env.now(),
        book=store_book(store, now) if isinstance(now, Reading) else None,
        broker=last.broker if last else None,
        changes=(),
        findings=(
            *not_repaired({role: left for role, (_, left) in notes.items()}),
            *_findings(files, there.merged.get("history"), now, after),
        ),
        withheld=(),
        reading=last.reading if last else None,
        files=tuple(each for each in files if each.count or each.left),
        target=target,
    )
    store.put(env.rules)
    store.put(made.body)
    draft = drafted(env, "plan", made, ObjectId(store.put(made)))
    operation = msgspec.structs.replace(draft, book=made.book)
    return Chosen(operation=store.commit(operation), made=operation, plan=made, age=0)


def drafted(env: Env, verb: Verb, plan: Plan, details: ObjectId | None) -> Operation:
    """An Operation about such a plan, with what holds before it; which book it leaves is not known yet."""
    latest = env.store.latest()
    last = latest[1] if latest else None
    return Operation(
        verb=verb,
        time=env.now(),
        parents=env.store.heads(),
        env=env.name,
        account=env.store.identity.account,
        actor=env.actor,
        version=__version__,
        broker=last.broker if last else None,
        agreed=last.agreed if last else None,
        plan=plan.id,
        details=details,
        reading=last.reading if last else None,
        refused=bool(plan.refused),
        origin=plan.origin,
        target=plan.target,
        holds=last.holds if last else (),
    )


@timed("book")
def understood(env: Env, data: dict[Role, bytes | None]) -> Reading | BookError:
    """What these bytes say; or why they cannot be understood."""
    try:
        return understand(data, env.book_files)
    except BookError as error:
        return error


def role_of(name: str) -> Role:
    """The role that a stored name stands for."""
    match name:
        case "bankroll" | "positions" | "history":
            return name
        case _:
            raise ValueError(f"the book has no file {name!r}")


def _change(env: Env, step: FileStep, merged: Merged, notes: tuple[str, ...]) -> FileChange:
    return FileChange(
        role=step.role,
        name=env.book_path(step.role).name,
        before=step.before,
        after=step.after,
        whole=merged.whole,
        spots=merged.spots[:_MOST_SPOTS],
        count=len(merged.spots),
        left=merged.left[:_MOST_SPOTS],
        notes=notes[:_MOST_SPOTS],
    )


def _findings(
    files: tuple[FileChange, ...],
    history: Merged | None,
    now: Reading | BookError,
    after: Reading | BookError,
) -> Iterator[Finding]:
    yield from left_as_it_is(files)
    if isinstance(after, BookError):
        yield from unreadable(f"{after.summary} {after.detail}")
    elif isinstance(now, Reading) and history:
        gone = {spot.line for spot in history.spots if spot.field is None and spot.after is None}
        yield from rows_taken_out(gone & lines_of_the_bot(now.annals.whole))
