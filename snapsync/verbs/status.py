"""Where an env stands, from what is stored and the book's bytes: no network, nothing heavy."""

from __future__ import annotations

from pathlib import Path

from snapsync.model.history import REVIEWS, BookSnapshot, Operation
from snapsync.model.image import image
from snapsync.model.instant import seconds_between
from snapsync.model.status import Standing, Status
from snapsync.store.journal import open_journal

from .env import Env


def status(env: Env) -> Status:
    """Say where an env stands.

    Raises:
        StoreError: there is a store, but it cannot be used.
    """
    store = env.find_store()
    latest = store.latest() if store else None
    plan = f"snapsync plan --env {env.name}"
    if store is None or latest is None:
        return Status(standing="never looked", next=plan)
    # what was said of plans meanwhile does not change where the env stands
    looks = ((id, operation) for id, operation in store.log() if operation.verb not in REVIEWS)
    id, last = next(looks, latest)
    if open_journal(store.folder):
        return Status(
            standing="interrupted",
            account=last.account,
            operation=id,
            last=last,
            age=seconds_between(last.time, env.now()),
            next=f"snapsync recover --env {env.name}",
        )
    standing = _standing(last)
    edited = _edited(env, last)
    return Status(
        standing=standing,
        account=last.account,
        operation=id,
        last=last,
        age=seconds_between(last.time, env.now()),
        edited=edited,
        open=last.agreed.open if last.agreed and last.verb == "apply" else (),
        held=tuple(each.name for each in last.holds),
        next=f"snapsync apply --env {env.name}" if standing == "drift" and not edited else plan,
    )


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
    return tuple(path.name for role, path in paths.items() if image(_bytes(path))[0] != images[role])


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:  # absent; what cannot be read differs from what was, and `plan` says why
        return None
