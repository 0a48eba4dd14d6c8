"""Bring the book's files from one image to the next, so that a crash at any instant can be finished.

Replaced files are staged and synced before the journal is written: a full disk strikes before anything
changed. The bot takes no lock; rows that it appends to the old file in the last moment are carried over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from . import files


class Swap(msgspec.Struct, kw_only=True):
    """One file's way from ``before`` to ``after`` (its whole bytes; None where there is no file).

    ``appended`` is what is added at the end where that is all that happens. ``carried`` collects the
    rows that another writer added to the old file meanwhile.
    """

    path: Path
    before: bytes | None
    after: bytes
    appended: bytes | None = None
    staged: Path | None = None
    carried: bytes = b""


@contextmanager
def staged(swaps: Iterable[Swap]) -> Iterator[list[Swap]]:
    """Write all temporaries, durable; what is left of them at the end is removed."""
    ready = list(swaps)
    try:
        for swap in ready:
            files.make_folder(swap.path.parent)
            if swap.appended is None:
                swap.staged = files.stage(swap.path, swap.after, like=_stat(swap.path))
        yield ready
    finally:
        for swap in ready:
            if swap.staged is not None:
                files.remove(swap.staged)


def perform(swaps: list[Swap]) -> None:
    """Change the files: appends first, then replaces. The journal must be durable already."""
    for swap in swaps:
        if swap.appended:
            files.append(swap.path, swap.appended)
    for swap in swaps:
        if swap.staged is not None:
            _replace(swap)


def _replace(swap: Swap) -> None:
    # The old file stays readable through this handle after its name is gone.
    with suppress(FileNotFoundError), swap.path.open("rb") as old:
        _publish(swap)
        late = old.read()
        if late != swap.before and late.startswith(swap.before or b""):
            swap.carried = late[len(swap.before or b"") :]
            files.append(swap.path, swap.carried)
        return
    _publish(swap)


def _publish(swap: Swap) -> None:
    if swap.staged is not None:
        files.publish(swap.staged, swap.path)
        swap.staged = None


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
