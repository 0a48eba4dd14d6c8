"""Bring the book's files from one image to the next, so that a crash at any instant can be finished.

Replaced files are staged and synced before the journal is written, and the room of an append is held: a
full disk strikes before anything changed. The bot takes no lock; rows that it appends to the old file in
the last moment are carried over, and a file that it has rewritten is left alone. What recovery makes of a
crash is in ``mend``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

import msgspec

from snapsync.errors import PlanError, RecoveryError, StoreError
from snapsync.model.canon import ObjectId
from snapsync.model.image import chunk_id, chunks
from snapsync.model.past import Stamp, stamp

from . import files
from .mend import added

_BLOCK = 1 << 20


class Swap(msgspec.Struct, kw_only=True):
    """One file's way from ``before`` to ``after``: its whole bytes, None where there is no file.

    Of a long file they are those from byte ``start`` on; ``earlier`` are the chunks before it, which stay,
    and ``stamp`` is what the file had when they were proven last. ``appended`` is what is added at the end
    where that is all that happens; ``held`` keeps its room until then. ``carried`` collects the rows that
    another writer added to the old file meanwhile.
    """

    path: Path
    before: bytes | None
    after: bytes | None
    start: int = 0
    earlier: tuple[ObjectId, ...] = ()
    stamp: Stamp | None = None
    appended: bytes | None = None
    staged: Path | None = None
    held: Path | None = None
    carried: bytes = b""


@contextmanager
def staged(swaps: Iterable[Swap]) -> Iterator[list[Swap]]:
    """Write all temporaries, durable; what is left of them at the end is removed.

    Raises:
        PlanError: (exit 20) a file is no longer what the new one was made from; nothing was changed.
        StoreError: a temporary cannot be written; nothing was changed.
    """
    ready = list(swaps)
    try:
        for swap in ready:
            files.make_folder(swap.path.parent)
            files.sweep(swap.path.parent)
            if swap.appended is None and swap.after is not None:
                swap.staged = files.stage(swap.path, swap.after, like=_stat(swap.path), behind=swap.start)
            elif swap.appended:
                at = swap.start + len(swap.before or b"")
                swap.held = files.hold(swap.path, swap.appended, at=at, like=_stat(swap.path))
        for swap in ready:
            if added(_rest(swap), swap.before) is None or not _intact(swap):
                raise PlanError(
                    "Another program changed the book while it was about to be written.",
                    detail=f"{swap.path}; nothing was written",
                    hint="Plan again, then apply.",
                )
        yield ready
    finally:
        for left in (path for swap in ready for path in (swap.staged, swap.held) if path is not None):
            with suppress(StoreError):  # it is garbage, never data
                files.remove(left)


def perform(swaps: list[Swap]) -> None:
    """Change the files: appends first, then replaces. The journal must be durable already.

    Raises:
        RecoveryError: (exit 31) another program has rewritten a file in the last moment.
        StoreError: a file cannot be written; the next writer finishes.
    """
    for swap in swaps:
        if swap.appended:
            _unmoved(swap, _rest(swap))
            _make_room(swap)
            files.append(swap.path, swap.appended)
    for swap in swaps:
        if swap.staged is not None:
            _replace(swap, swap.staged)
        elif swap.after is None and swap.before is not None:
            _take_away(swap)


def _make_room(swap: Swap) -> None:
    """Give back what was held for an append that comes next.

    Another process may take the room in this instant; then the next writer finishes, once there is some.
    No portable call would give a file room beyond its end.
    """
    if swap.held is not None:
        files.remove(swap.held)
        swap.held = None


def _replace(swap: Swap, temporary: Path) -> None:
    if swap.before is None:
        _unmoved(swap, _rest(swap))
        files.publish(temporary, swap.path)
        swap.staged = None
        return
    kept = keeper(swap.path)
    files.remove(kept)
    # The old file stays readable through this handle after its name is gone, and under its second name
    # after a crash: what the bot has added to it by then is not lost.
    with _opened(swap) as old:
        old.seek(swap.start)
        _unmoved(swap, old.read())
        files.second_name(swap.path, kept)
        files.publish(temporary, swap.path)
        swap.staged = None
        old.seek(swap.start)
        swap.carried = added(old.read(), swap.before) or b""
    if swap.carried:
        files.append(swap.path, swap.carried)
    files.remove(kept)


def _take_away(swap: Swap) -> None:
    """Remove a file; one to which another program has added rows in the last moment stays."""
    kept = keeper(swap.path)
    files.remove(kept)
    with _opened(swap) as old:
        _unmoved(swap, old.read())
        files.second_name(swap.path, kept)
        files.remove(swap.path)
        old.seek(0)
        swap.carried = added(old.read(), swap.before) or b""
    if swap.carried:
        files.publish(kept, swap.path)
    files.remove(kept)


def keeper(path: Path) -> Path:
    """The second name of a file that is being replaced; recovery looks there for rows added meanwhile."""
    return path.with_name(f"{files.TEMPORARY}old-{path.name}")


def _opened(swap: Swap) -> BinaryIO:
    try:
        return swap.path.open("rb")
    except FileNotFoundError:
        raise _moved(swap) from None


def _unmoved(swap: Swap, now: bytes | None) -> None:
    if added(now, swap.before) is None:
        raise _moved(swap)


def _moved(swap: Swap) -> RecoveryError:
    return RecoveryError(
        "Another program changed the book while it was being written.",
        detail=f"{swap.path} was left as it is",
        hint="See what is there, then decide: snapsync recover --help",
    )


def _rest(swap: Swap) -> bytes | None:
    try:
        with swap.path.open("rb") as file:
            file.seek(swap.start)
            return file.read()
    except FileNotFoundError:
        return None


def _intact(swap: Swap) -> bool:
    """Whether what lies before the bytes that are known is as it was."""
    seen = _stat(swap.path)
    if not swap.earlier or (seen and stamp(seen) == swap.stamp):
        return True
    with swap.path.open("rb") as file:
        found = map(chunk_id, chunks(iter(partial(file.read, _BLOCK), b"")))
        return all(id == next(found, None) for id in swap.earlier)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
