"""Write the book, and make it history: the journaled part that every act which writes has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from snapsync.ends.book import Edit, Reading, assure_writable
from snapsync.errors import BookError
from snapsync.model.canon import OperationId, SnapshotId
from snapsync.model.history import Operation
from snapsync.model.plan import FileStep
from snapsync.store.journal import Journal, Write, close_journal, write_journal
from snapsync.store.swap import Swap, perform, staged

from .book import read_book
from .env import Env
from .look import store_book
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
) -> Wrote:
    """Bring the files to what the edits say; for a caller that holds the lock.

    Args:
        env: the env.
        edits: the bytes before and after of each file.
        draft: the Operation that this will be, but for what only the finished files can tell.
        conclude: completes it, from the draft, the book as it was read back, and that Snapshot's id.

    Raises:
        BookError: a file may not be written; nothing was.
        PlanError: another program has just changed a file (exit 20); nothing was written.
        RecoveryError: another program has rewritten a file in the last moment (31).
    """
    edits = tuple(edits)
    assure_writable(edit.path for edit in edits)
    writes = tuple(
        Write(
            role=edit.role,
            path=str(edit.path),
            before=env.store.put_image(edit.before),
            after=env.store.put_image(edit.after),
        )
        for edit in edits
    )
    steps = tuple(FileStep(role=each.role, before=each.before, after=each.after) for each in writes)
    draft = msgspec.structs.replace(draft, files=steps)
    swaps = [
        Swap(path=edit.path.resolve(), before=edit.before, after=edit.after, appended=edit.appended)
        for edit in edits
    ]
    with staged(swaps) as ready, uninterrupted():
        write_journal(env.store.folder, Journal(draft=draft, writes=writes))
        perform(ready)
        back = read_back(env, draft)
        if back is not None:
            draft = conclude(draft, back, store_book(env.store, back))
        operation = env.store.commit(draft)
        close_journal(env.store.folder)
    return Wrote(operation=operation, carried=tuple(str(swap.path) for swap in swaps if swap.carried))


def read_back(env: Env, draft: Operation) -> Reading | None:
    """The book after an act; None where the act has brought back a file that cannot be read.

    Raises:
        BookError: a file cannot be read after any other act.
    """
    try:
        return read_book(env)
    except BookError:
        if draft.verb == "apply":
            raise
        return None
