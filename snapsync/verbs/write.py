"""Write the book, and make it history: the journaled part that every act which writes has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from snapsync.ends.book import Edit, Reading, Remembered, assure_writable, foreseen
from snapsync.errors import BookError
from snapsync.model.canon import OperationId, SnapshotId, encode
from snapsync.model.history import Operation
from snapsync.model.plan import FileStep
from snapsync.store.journal import Journal, Write, close_journal, write_journal
from snapsync.store.reserve import reserved
from snapsync.store.swap import Swap, perform, staged

from .book import read_book
from .env import Env
from .look import store_book
from .remember import of_reading, remember
from .uninterrupted import uninterrupted


class Wrote(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """An act that is history; ``carried`` names files to which another writer added rows meanwhile."""

    operation: OperationId
    carried: tuple[str, ...]


def write(
    env: Env,
    edits: Iterable[Edit],
    draft: Operation,
    conclude: Callable[[Operation, Reading, SnapshotId], Operation],
    reading: Reading | None = None,
) -> Wrote:
    """Bring the files to what the edits say; for a caller that holds the lock.

    Args:
        env: the env.
        edits: the bytes before and after of each file.
        draft: the Operation that this will be, but for what only the finished files can tell.
        conclude: completes it, from the draft, the book as it was read back, and that Snapshot's id.
        reading: the book as it was read for the edits, and is kept; None where it could not be.

    Raises:
        BookError: a file may not be written; nothing was.
        PlanError: another program has just changed a file (exit 20); nothing was written.
        StoreError: there is no room for all of it; nothing was written.
        RecoveryError: another program has rewritten a file in the last moment (31).
    """
    edits = tuple(edits)
    assure_writable(edit.path for edit in edits)
    writes = tuple(_kept(env, edit) for edit in edits)
    steps = tuple(FileStep(role=each.role, before=each.before, after=each.after) for each in writes)
    draft = msgspec.structs.replace(draft, files=steps)
    swaps = [_swap(edit, reading) for edit in edits]
    memory = of_reading(env, reading) if reading else None
    expected = _foreseen(env, edits, reading, memory)
    room = reserved(env.store.folder, len(encode(draft)))
    with room as make_room, staged(swaps) as ready, uninterrupted():
        write_journal(env.store.folder, Journal(draft=draft, writes=writes))
        perform(ready)
        make_room()  # what comes now is little, unless the bot has written too
        back = read_back(env, draft, memory, expected)
        if back is not None:
            draft = conclude(draft, back, store_book(env.store, back))
        operation = env.store.commit(draft)
        close_journal(env.store.folder)
    if back is not None:
        remember(env, back, proven=False)  # what lies before our own append was not read again
    return Wrote(operation=operation, carried=tuple(str(swap.path) for swap in swaps if swap.carried))


def _kept(env: Env, edit: Edit) -> Write:
    put = partial(env.store.put_image, before=edit.earlier, start=edit.start)
    return Write(role=edit.role, path=str(edit.path), before=put(edit.before), after=put(edit.after))


def _swap(edit: Edit, reading: Reading | None) -> Swap:
    return Swap(
        path=edit.path.resolve(),
        before=edit.before,
        after=edit.after,
        start=edit.start,
        earlier=edit.earlier,
        stamp=reading.stamp if reading else None,
        appended=edit.appended,
    )


def _foreseen(
    env: Env, edits: Iterable[Edit], reading: Reading | None, memory: Remembered | None
) -> Reading | None:
    """The book as it will be, kept already, so that there is next to nothing left to write once it is.

    None where the act brings back a file that cannot be read.
    """
    try:
        expected = foreseen(edits, env.book_files, reading, memory)
    except BookError:
        return None
    store_book(env.store, expected)
    return expected


def read_back(
    env: Env, draft: Operation, memory: Remembered | None = None, expected: Reading | None = None
) -> Reading | None:
    """The book after an act; None where the act has brought back a file that cannot be read.

    Args:
        env: the env.
        draft: the act.
        memory: what is known of the history.
        expected: what was to be; if the files hold those very bytes, they say nothing else.

    Raises:
        BookError: a file cannot be read after any other act.
    """
    try:
        return read_book(env, memory, expected)
    except BookError:
        if draft.verb == "apply":
            raise
        return None
