"""Go on after an apply that was interrupted: finish it where that is certain, else ask a person."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from snapsync.errors import RecoveryError
from snapsync.model.canon import OperationId
from snapsync.model.history import Agreed, Operation
from snapsync.model.image import ABSENT, image, image_bytes
from snapsync.store.journal import Journal, Write, close_journal, open_journal
from snapsync.store.store import Store
from snapsync.store.swap import Swap, perform, staged

from .env import Env

How = Literal["finish", "roll-back", "keep"]
LOCK_SECONDS = 10.0


def settle(env: Env) -> OperationId | None:
    """Finish an interrupted apply, if there is one and every file is as before or as after it.

    Returns:
        The finished apply; None where nothing was interrupted.

    Raises:
        RecoveryError: somebody changed a file in between; nothing is touched (exit 31).
    """
    store = env.store
    if open_journal(store.folder) is None:
        return None
    with store.place.lock("recover", LOCK_SECONDS):
        return settle_locked(env)


def settle_locked(env: Env) -> OperationId | None:
    """As ``settle``, for a caller that holds the lock."""
    journal = open_journal(env.store.folder)
    if journal is None:
        return None
    if _committed(env.store, journal):
        close_journal(env.store.folder)
        return None
    unsure = [write for write in journal.writes if _standing(env, write) == "neither"]
    if unsure:
        raise RecoveryError(
            "An apply was interrupted, and a file was changed since.",
            detail="\n".join(
                f"{write.path} is neither as before the apply nor as after it" for write in unsure
            ),
            hint="See what was meant, then choose:\n"
            f"  snapsync recover --env {env.name} --finish      write what the apply would have written\n"
            f"  snapsync recover --env {env.name} --roll-back   put back what was there before\n"
            f"  snapsync recover --env {env.name} --keep        keep the files as they are now\n"
            "What is replaced is kept in the store.",
        )
    return _finish(env, journal)


def recover(env: Env, how: How) -> OperationId | None:
    """Decide on an interrupted apply; the bytes that are replaced are kept, and the act is recorded.

    Returns:
        The Operation; None where nothing was interrupted.
    """
    store = env.store
    with store.place.lock("recover", LOCK_SECONDS):
        journal = open_journal(store.folder)
        if journal is None:
            return None
        for write in journal.writes:
            _keep_image(store, _now(env, write))
        if how == "finish":
            return _finish(env, journal)
        if how == "roll-back":
            _put(env, [(write, image_bytes(write.before, store.place.get)) for write in journal.writes])
        latest = store.latest()
        agreed = latest[1].agreed if latest else None
        verb = msgspec.structs.replace(journal.draft, verb="recover", agreed=agreed, tally=None)
        return _commit(env, verb, agreed)


def _finish(env: Env, journal: Journal) -> OperationId:
    after = [(write, image_bytes(write.after, env.store.place.get)) for write in journal.writes]
    _put(env, [(write, data) for write, data in after if _standing(env, write) != "after"])
    draft = msgspec.structs.replace(journal.draft, recovered=True)
    return _commit(env, draft, journal.draft.agreed)


def _commit(env: Env, draft: Operation, agreed: Agreed | None) -> OperationId:
    from snapsync.ends.book import read  # noqa: PLC0415 - only where something was interrupted

    from .look import store_book  # noqa: PLC0415 - the same

    book = store_book(env.store, read(env.book_files))
    if agreed is not None and draft.verb == "apply":
        agreed = msgspec.structs.replace(agreed, book=book)
    done = msgspec.structs.replace(draft, book=book, agreed=agreed, parents=env.store.heads())
    id = env.store.commit(done)
    close_journal(env.store.folder)
    return id


def _put(env: Env, writes: list[tuple[Write, bytes | None]]) -> None:
    swaps = [
        Swap(path=_path(env, write), before=_now(env, write), after=data)
        for write, data in writes
        if data is not None
    ]
    with staged(swaps) as ready:
        perform(ready)
    for write, data in writes:
        if data is None:
            _remove(env, write)


def _remove(env: Env, write: Write) -> None:
    from snapsync.store import files  # noqa: PLC0415 - only where a new file is taken back

    files.remove(_path(env, write))


def _standing(env: Env, write: Write) -> Literal["before", "after", "neither"]:
    now = _now(env, write)
    id = image(now)[0]
    if id == write.after:
        return "after"
    if id == write.before:
        return "before"
    after = image_bytes(write.after, env.store.place.get) or b""
    before = image_bytes(write.before, env.store.place.get) or b""
    if now is not None and now.startswith(after):
        return "after"  # the bot has added rows since
    torn_append = now is not None and after.startswith(now) and now.startswith(before)
    return "before" if torn_append and write.before != ABSENT else "neither"


def _committed(store: Store, journal: Journal) -> bool:
    latest = store.latest()
    return latest is not None and (
        latest[1].time == journal.draft.time and latest[1].parents == journal.draft.parents
    )


def _path(env: Env, write: Write) -> Path:
    return env.book_path(write.role).resolve()


def _now(env: Env, write: Write) -> bytes | None:
    try:
        return _path(env, write).read_bytes()
    except FileNotFoundError:
        return None


def _keep_image(store: Store, data: bytes | None) -> None:
    store.put_all(image(data)[1])
