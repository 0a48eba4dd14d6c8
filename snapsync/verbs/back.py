"""Plan to go back: take one act's work back out of the book, or give the book an earlier state."""

from __future__ import annotations

from snapsync.errors import PlanError, UsageError
from snapsync.model.canon import OperationId, short
from snapsync.model.history import WRITES, BookSnapshot, Operation
from snapsync.model.image import image
from snapsync.model.plan import FileStep

from . import at
from .choose import Chosen
from .env import Env
from .recover import settle, settle_locked
from .rewrite import newest_write
from .rewriting import keep


def plan_undo(env: Env, prefix: str | None = None) -> Chosen:
    """Plan to take back what an act has written; the newest one that wrote, if none is named.

    Where the files are still as that act left them they get the bytes from before it. An undo can itself
    be undone.

    Raises:
        UsageError: no such act, or one that wrote nothing (exit 64).
        PlanError: nothing was written yet (exit 20).
    """
    settle(env)
    with env.lock("undo"):
        settle_locked(env)
        target, act = _written(env, prefix)
        back = tuple(FileStep(role=f.role, before=f.after, after=f.before) for f in act.files)
        return keep(env, "undo", back, target)


def plan_restore(env: Env, then: str) -> Chosen:
    """Plan to give the book the bytes that it had after an act, or at a time.

    Args:
        env: the env.
        then: the beginning of an id, or a time; a day is its end in New York.

    Raises:
        UsageError: no such act or time, or the book was not looked at by then (exit 64).
    """
    target, act = _looked_at(env, then)
    settle(env)
    with env.lock("restore"):
        settle_locked(env)
        return keep(env, "restore", _to(env, act), target)


def _looked_at(env: Env, then: str) -> tuple[OperationId, Operation]:
    """The last act up to then after which it is known what the book was."""
    for id, act in env.store.log((at.point(env, then).operation,)):
        if act.book:
            return id, act
    raise UsageError(
        "The book was not looked at by then.", detail=then, hint=f"snapsync log --env {env.name}"
    )


def _to(env: Env, act: Operation) -> tuple[FileStep, ...]:
    """From the files as they are to those of an act."""
    from snapsync.ends.book import read_files  # noqa: PLC0415 - the book's end is heavy for a slip of the keys

    if act.book is None:
        return ()
    images = env.store.get(act.book, BookSnapshot).images
    steps = []
    for role, data in read_files(env.book_files).items():
        now, objects = image(data)
        if now != images[role]:
            env.store.put_all(objects)
            steps.append(FileStep(role=role, before=now, after=images[role]))
    return tuple(steps)


def _written(env: Env, prefix: str | None) -> tuple[OperationId, Operation]:
    if prefix is None:
        newest = newest_write(env)
        if newest is None:
            raise PlanError("Nothing was written yet, so there is nothing to undo.")
        return newest, env.store.operation(newest)
    target = OperationId(env.store.resolve(prefix))
    act = env.store.operation(target)
    if act.verb not in WRITES or not act.files:
        raise UsageError(
            "That act wrote nothing, so there is nothing to undo.",
            detail=f"{act.verb} {short(target)}",
            hint=f"snapsync log --env {env.name}",
        )
    return target, act
