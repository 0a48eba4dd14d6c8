"""Which format a store has, and whether it must become another: the one place where formats are changed.

There is one format so far, so there is nothing to bring forward yet. A store of a newer format is refused
when it is opened.
"""

from __future__ import annotations

import msgspec

from snapsync.model.canon import FORMAT

from .env import Env
from .timings import timed


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    """The format that was found, the one that this version writes, and the steps between them."""

    found: int
    known: int
    steps: tuple[str, ...] = ()


@timed("store")
def migrate(env: Env) -> Migrated:
    """Say what brings a store to the format of this version; for format 1 that is nothing.

    Raises:
        StoreError: there is no store, or a newer version wrote it (exit 10); it is damaged (30).
    """
    return Migrated(found=env.store.identity.format, known=FORMAT)
