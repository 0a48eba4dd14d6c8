"""Where an env stands, from what is stored and the book's bytes: no network, nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from snapsync.model.canon import ImageId, OperationId
from snapsync.model.history import REVIEWS, BookSnapshot, Operation
from snapsync.model.image import image_objects, image_of
from snapsync.model.instant import seconds_between
from snapsync.model.past import stamp
from snapsync.model.point import Point
from snapsync.model.status import Standing, Status
from snapsync.model.threeway import differing
from snapsync.store.journal import open_journal

from .env import Env


def status(env: Env, then: Point | None = None) -> Status:
    """Say where an env stands, or stood after an operation.

    Args:
        env: the env.
        then: that operation; the files on disk then say nothing of it.

    Raises:
        StoreError: there is a store, but it cannot be used.
    """
    store = env.find_store()
    latest = (then.operation, then.act) if then else store.latest() if store else None
    plan = f"snapsync plan --env {env.name}"
    if store is None or latest is None:
        return Status(standing="never looked", next=plan)
    id, last = next(_stands(store.log((then.operation,) if then else None)), latest)
    if then is None and open_journal(store.folder):
        return Status(
            standing="interrupted",
            account=last.account,
            operation=id,
            last=last,
            age=seconds_between(last.time, env.now()),
            next=f"snapsync recover --env {env.name}",
        )
    standing = _standing(last)
    edited = _edited(env, last) if then is None else ()
    return Status(
        standing=standing,
        account=last.account,
        operation=id,
        last=last,
        age=seconds_between(last.time, env.now()),
        edited=edited,
        open=differing(last.agreed.open) if last.agreed and last.verb == "apply" else (),
        held=tuple(each.name for each in last.holds),
        next=f"snapsync apply --env {env.name}" if standing == "drift" and not edited else plan,
    )


def _stands(log: Iterable[tuple[OperationId, Operation]]) -> Iterator[tuple[OperationId, Operation]]:
    """What says where an env stands: not what was said of plans, nor a way back that was only planned."""
    for id, act in log:
        if act.verb not in REVIEWS and not (act.verb == "plan" and act.origin != "sync"):
            yield id, act


_AFTER: dict[str, Standing] = {
    "apply": "applied",
    "undo": "undone",
    "restore": "restored",
    "repair": "repaired",
    "recover": "recovered",
    "rebind": "rebound",
}


def _standing(last: Operation) -> Standing:
    if last.verb != "plan":
        return _AFTER[last.verb]
    tally = last.tally
    return "drift" if tally and (tally.add or tally.update or tally.close) else "in step"


def _edited(env: Env, last: Operation) -> tuple[str, ...]:
    if last.book is None:
        return ()
    images = env.store.get(last.book, BookSnapshot).images
    paths = {role: env.book_path(role) for role in images}
    return tuple(path.name for role, path in paths.items() if not _is(env, path, images[role]))


def _is(env: Env, path: Path, wanted: ImageId) -> bool:
    """Whether a file holds what it held at the last look; of a long one its stamp tells.

    A change in the very instant of that look is left to the next plan, which hashes what is not settled.
    """
    past = env.store.memory.past() if env.store.memory else None
    if past and past.image == wanted:
        with suppress(OSError):
            if stamp(path.stat()) == past.stamp:
                return True
    return image_of(image_objects(_bytes(path))) == wanted


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:  # absent; what cannot be read differs from what was, and `plan` says why
        return None
