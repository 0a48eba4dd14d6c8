"""Room for a commit, held while its act begins: then a full disk cannot strike between the two."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from snapsync.errors import StoreError

from . import files

_FILES = 4
"""What a commit makes: the Operation's file, perhaps a folder for it, a head, and the head's witness."""
_BLOCK_BYTES = 1 << 16
"""What one of them may take, however small it is; most file systems take less."""


@contextmanager
def reserved(folder: Path, size: int) -> Iterator[Callable[[], None]]:
    """Hold the room of a commit; what is yielded gives it back, for a caller that commits at once.

    Args:
        folder: the store's.
        size: how many bytes the Operation may have.

    Raises:
        StoreError: there is not that much room.
    """
    held: list[Path] = []

    def release() -> None:
        # as with an append, another process may be quicker; then the next writer makes it history
        files.discard(held)
        held.clear()

    files.sweep(folder)
    try:
        while len(held) < _FILES:  # as many files, because these may run out too
            held.append(files.hold(folder / "heads", os.urandom(_BLOCK_BYTES + size)))
        yield release
    finally:
        with suppress(StoreError):  # it is garbage, never data
            release()
