"""Plan anew from what is stored: no broker, no keys, and nothing is written."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from itertools import takewhile
from pathlib import Path

import msgspec

from snapsync.ends.book import ROLES, BookFiles, Role, read
from snapsync.errors import PlanError, StoreError
from snapsync.model.canon import ImageId, OperationId, SnapshotId
from snapsync.model.history import BookSnapshot
from snapsync.model.image import image_bytes
from snapsync.model.instant import Instant, readable, seconds_between
from snapsync.model.plan import Plan
from snapsync.store import files
from snapsync.store.overlay import OverlayPlace
from snapsync.store.store import Store
from snapsync.views.times import age

from .env import Env
from .judge import judge
from .look import recall, seen


def plan_stored(env: Env, max_age: timedelta) -> tuple[OperationId, Plan]:
    """The plan that follows from the last look at both sides, and the Operation that holds that look.

    Raises:
        StoreError: nothing was looked at yet (exit 10).
        PlanError: the broker was read longer ago than ``max_age`` (20).
    """
    store = env.store
    latest = store.latest()
    if latest is None or latest[1].book is None or latest[1].broker is None:
        raise StoreError(
            "Both sides were not looked at yet, so there is nothing to check offline.",
            detail=str(env.config.state),
            hint=f"Where the broker's keys are:\n  snapsync plan --env {env.name}",
        )
    id, operation = latest
    book, broker = latest[1].book, latest[1].broker
    away = env.over(Store(env.config.state, OverlayPlace(store.place), store.identity))
    known = recall(away, broker)
    young_enough(env, looked_at(env, broker), max_age)
    with tempfile.TemporaryDirectory(prefix="snapsync-offline-") as folder:
        reading = read(_laid_out(away, book, Path(folder)))
    facts = seen(away, reading, known, broker)
    return id, judge(away, facts, away.base(operation.agreed))


def looked_at(env: Env, broker: SnapshotId) -> Instant:
    """When the broker was read for a Snapshot, by this machine's clock: later acts carry it on."""
    acts = (operation for _, operation in env.store.log())
    return min(act.time for act in takewhile(lambda act: act.broker == broker, acts))


def young_enough(env: Env, at: Instant, max_age: timedelta) -> None:
    """What was seen at a time may still be judged by.

    Raises:
        PlanError: (exit 20) it is older than ``max_age``.
    """
    allowed = max_age.total_seconds()
    if seconds_between(at, env.now()) > allowed:
        raise PlanError(
            "What is stored is too old to check by.",
            detail=f"the broker was read at {readable(at)}, longer ago than {age(allowed)} (--max-age)",
            hint=f"Where the broker's keys are:\n  snapsync plan --env {env.name}",
        )


def _laid_out(env: Env, book: SnapshotId, folder: Path) -> BookFiles:
    """The book's files as they were, in a folder of their own."""
    images: dict[str, ImageId] = env.store.get(book, BookSnapshot).images
    paths: dict[Role, Path] = {}
    for role in ROLES:
        paths[role] = folder / role / env.book_path(role).name
        data = image_bytes(images[role], env.store.place.get)
        if data is not None:
            files.make_folder(paths[role].parent)
            files.write(paths[role], data)
    return msgspec.structs.replace(env.book_files, **paths)
