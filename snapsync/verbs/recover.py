"""Go on after an apply that was interrupted: finish it where that is certain, else ask a person.

What is decided becomes the journal's new intent before a file is touched, so that a recovery that is
itself interrupted goes on in the same way; rows that the bot has added meanwhile are part of it.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from snapsync.errors import RecoveryError, UsageError
from snapsync.model.canon import OperationId
from snapsync.model.history import WRITES, Operation
from snapsync.model.image import image_bytes
from snapsync.store import files
from snapsync.store.journal import Journal, Write, close_journal, open_journal, write_journal
from snapsync.store.mend import added, carried, finished, taken_back
from snapsync.store.store import Store
from snapsync.store.swap import Swap, keeper, perform, staged

from .env import Env

How = Literal["finish", "roll-back", "keep"]
_ROLES = ("bankroll", "positions", "history")


class Interrupted(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One file of an interrupted apply: what it held, should hold and holds. None: it is not there.

    ``certain`` says that no person is needed to finish it.
    """

    role: str
    path: Path
    before: bytes | None
    after: bytes | None
    now: bytes | None
    certain: bool


class _File(NamedTuple):
    """One file of the journal: what it holds, what it should hold, and whether that needs no person."""

    write: Write
    path: Path
    now: bytes | None
    wanted: bytes | None
    certain: bool
    moved: bool


def settle(env: Env) -> OperationId | None:
    """Finish an interrupted apply, if there is one and it is certain how.

    Returns:
        The finished apply; None where nothing was interrupted.

    Raises:
        RecoveryError: somebody changed a file in between; nothing is touched (exit 31).
    """
    store = env.store
    if open_journal(store.folder) is None:
        return None
    with env.lock("recover"):
        return settle_locked(env)


def settle_locked(env: Env) -> OperationId | None:
    """As ``settle``, for a caller that holds the lock."""
    journal = open_journal(env.store.folder)
    if journal is None:
        return None
    if _committed(env.store, journal):
        _close(env, journal)
        return None
    found = [_finished(env, write) for write in journal.writes]
    unsure = [file for file in found if not file.certain or file.moved]
    if unsure:
        raise _undecided(env, unsure)
    return _carry_out(env, journal.draft, found)


def recover(env: Env, how: How | None = None, *, keep: Collection[str] = ()) -> OperationId | None:
    """Decide on an interrupted apply; the bytes that are replaced are kept, and the act is recorded.

    Args:
        env: the env.
        how: what becomes of the files; None: they are finished where that is certain.
        keep: files that stay as they are all the same, by their role, name or path.

    Returns:
        The Operation; None where nothing was interrupted.

    Raises:
        UsageError: no file of the book is called so (exit 64).
        RecoveryError: it is not certain how to finish a file (31).
    """
    store = env.store
    kept = {_role(env, name) for name in keep}
    with env.lock("recover"):
        journal = open_journal(store.folder)
        if journal is None:
            return None
        if _committed(store, journal):
            _close(env, journal)
            return None
        mend = {"roll-back": _taken_back, "keep": _kept}.get(how or "finish", _finished)
        found = [(_kept if write.role in kept else mend)(env, write) for write in journal.writes]
        unsure = [file for file in found if not file.certain or file.moved]
        if how is None and unsure:
            raise _undecided(env, unsure)
        if how in (None, "finish") and not kept & {write.role for write in journal.writes}:
            return _carry_out(env, journal.draft, found)
        return _carry_out(env, _decision(env, journal.draft), found)


def interrupted(env: Env) -> tuple[Interrupted, ...]:
    """Each file of an interrupted apply: its bytes before it, after it and now; nothing is touched."""
    journal = open_journal(env.store.folder)
    writes = journal.writes if journal else ()
    found = ((write, *_images(env, write), _finished(env, write)) for write in writes)
    return tuple(
        Interrupted(
            role=write.role,
            path=file.path,
            before=before,
            after=after,
            now=now,
            certain=file.certain and not file.moved,
        )
        for write, before, after, now, file in found
    )


def _decision(env: Env, draft: Operation) -> Operation:
    """What was decided is an act of its own, by whoever decided, and agrees to nothing new."""
    latest = env.store.latest()
    return msgspec.structs.replace(
        draft,
        verb="recover",
        time=env.now(),
        actor=env.actor,
        agreed=latest[1].agreed if latest else None,
        holds=latest[1].holds if latest else (),
        tally=None,
        files=(),
    )


def _role(env: Env, name: str) -> str:
    """The role of a file of the book that a person names."""
    for role in _ROLES:
        path = env.book_path(role)
        if name in (role, path.name) or Path(name).resolve() == path.resolve():
            return role
    paths = "\n".join(f"{role}: {env.book_path(role)}" for role in _ROLES)
    raise UsageError("No file of the book is called so.", detail=f"given: {name}\n{paths}")


def _carry_out(env: Env, draft: Operation, found: list[_File]) -> OperationId:
    """Make the decision durable, bring the files there, and make it history."""
    store = env.store
    journal = Journal(draft=draft, writes=tuple(_intent(env, file) for file in found))
    write_journal(store.folder, journal)  # also if it is the same: whoever wrote it may not have synced it
    swaps = [
        Swap(path=file.path, before=file.now, after=file.wanted) for file in found if file.wanted != file.now
    ]
    with staged(swaps) as ready:
        perform(ready)
    for file in found:
        if file.wanted is not None and file.wanted == file.now:
            files.settle(file.path)  # done by somebody who may have been killed before it was durable
    return _commit(env, journal)


def _intent(env: Env, file: _File) -> Write:
    """The file's way as decided; where it is neither as before nor finished, it starts at what is there."""
    now, wanted = env.store.put_image(file.now), env.store.put_image(file.wanted)
    return Write(
        role=file.write.role,
        path=str(env.book_path(file.write.role)),
        before=file.write.before if now in (file.write.before, wanted) else now,
        after=wanted,
    )


def _commit(env: Env, journal: Journal) -> OperationId:
    from .look import store_book  # noqa: PLC0415 - only where something was interrupted
    from .write import read_back  # noqa: PLC0415 - the same

    draft = journal.draft
    back = read_back(env, draft)
    book = store_book(env.store, back) if back else None
    agreed = draft.agreed
    if agreed is not None and book is not None and draft.verb == "apply":
        agreed = msgspec.structs.replace(agreed, book=book)
    done = msgspec.structs.replace(
        draft, book=book, agreed=agreed, parents=env.store.heads(), recovered=draft.verb in WRITES
    )
    id = env.store.commit(done)
    _close(env, journal)
    return id


def _close(env: Env, journal: Journal) -> None:
    for write in journal.writes:
        files.remove(keeper(_path(env, write)))
    close_journal(env.store.folder)


def _finished(env: Env, write: Write) -> _File:
    before, after, now = _images(env, write)
    late = _late(env, write, before)
    if after is None and before is not None and late:  # the bot goes on writing what was to be removed
        return _file(env, write, now, before + late, certain=True)
    mended = finished(before, after, now)
    return _file(env, write, now, carried(mended.data, after, late), certain=mended.certain)


def _taken_back(env: Env, write: Write) -> _File:
    before, after, now = _images(env, write)
    late = _late(env, write, before)
    wanted = taken_back(before, after, carried(now, after, late))
    if after is None and before is not None and wanted == before:
        wanted = before + late
    return _file(env, write, now, wanted, certain=True)


def _kept(env: Env, write: Write) -> _File:
    before, after, now = _images(env, write)
    return _file(env, write, now, carried(now, after, _late(env, write, before)), certain=True)


def _file(env: Env, write: Write, now: bytes | None, wanted: bytes | None, *, certain: bool) -> _File:
    moved = Path(write.path).resolve() != _path(env, write)
    return _File(write, _path(env, write), now, wanted, certain, moved)


def _images(env: Env, write: Write) -> tuple[bytes | None, bytes | None, bytes | None]:
    """A file's bytes before and after the apply, and now."""
    get = env.store.place.get
    return image_bytes(write.before, get), image_bytes(write.after, get), _read(_path(env, write))


def _late(env: Env, write: Write, before: bytes | None) -> bytes:
    """The rows that the bot added to the old file while it was being replaced."""
    path = _path(env, write)
    old = keeper(path)
    if not old.exists() or (path.exists() and old.samefile(path)):
        return b""
    return added(_read(old), before) or b""


def _committed(store: Store, journal: Journal) -> bool:
    """Whether only the journal's removal was interrupted."""
    draft = journal.draft
    for id, operation in store.log():
        if (operation.verb, operation.time, operation.plan) == (draft.verb, draft.time, draft.plan):
            return True
        if id in draft.parents:
            return False
    return False


def _undecided(env: Env, unsure: list[_File]) -> RecoveryError:
    said = [
        f"the apply was writing {file.write.path}, the configuration now names {file.path}"
        if file.moved
        else f"{file.write.path} is neither as before the apply nor as after it"
        for file in unsure
    ]
    return RecoveryError(
        "An apply was interrupted, and a file was changed since.",
        detail="\n".join(said),
        hint="See what was meant, then choose:\n"
        f"  snapsync recover --env {env.name} --finish      write what the apply would have written\n"
        f"  snapsync recover --env {env.name} --roll-back   put back what was there before\n"
        f"  snapsync recover --env {env.name} --keep        keep the files as they are now\n"
        "With --keep-file FILE beside it (or alone) one file is kept, whatever becomes of the others.\n"
        "What is replaced is kept in the store, and rows added to a file are carried over.",
    )


def _path(env: Env, write: Write) -> Path:
    return env.book_path(write.role).resolve()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
