"""What was done, newest first."""

from __future__ import annotations

from collections.abc import Iterator

from snapsync.model.canon import OperationId
from snapsync.model.history import Operation

from .env import Env


def log(env: Env) -> Iterator[tuple[OperationId, Operation]]:
    """Every operation of an env, newest first, read one by one.

    Raises:
        StoreError: nothing is stored yet (exit 10), or an operation is damaged (30).
    """
    return env.store.log()
