"""The writers' lock of one env: a kernel lock on a file that is never replaced, gone with its process.

What stands in the file is for people only: who holds it and since when.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from snapsync.errors import Exit, StoreError

from .files import FILE_MODE, GARBLED

_POLL_SECONDS = 0.05


class Holder(msgspec.Struct):
    """Who holds the lock."""

    pid: int
    purpose: str
    since: float


@contextmanager
def hold(path: Path, purpose: str, timeout: float) -> Iterator[None]:
    """Hold the lock; wait for it at most ``timeout`` seconds.

    Raises:
        StoreError: (exit 11) another process holds it.
    """
    with _told(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    try:
        with _told(path):
            _take(handle, path, time.monotonic() + timeout)
        with suppress(OSError):  # a full disk: the lock holds, it only cannot say who we are
            _sign(handle, purpose)
        yield
    finally:
        os.close(handle)  # closing gives the lock back


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            "The lock of this env cannot be taken.",
            detail=f"{path}: {error.strerror or error}",
            hint="Check that the state folder is yours, may be written, and is on a disk of this machine.",
            exit=Exit.FAILED,
        ) from error


def _sign(handle: int, purpose: str) -> None:
    holder = Holder(pid=os.getpid(), purpose=purpose, since=time.time())
    os.ftruncate(handle, 0)
    os.pwrite(handle, msgspec.json.encode(holder), 0)


def _take(handle: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise StoreError(
                    "Another snapsync is writing to this env.",
                    detail=_who(path),
                    hint="Wait until it is done, and try again.",
                    exit=Exit.LOCKED,
                ) from None
            from random import uniform  # noqa: PLC0415 - only where somebody has to wait

            time.sleep(_POLL_SECONDS * uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
        else:
            return


def _who(path: Path) -> str:
    try:
        holder = msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, *GARBLED):
        return f"{path} is held by a process that has not said who it is"
    age = max(0, round(time.time() - holder.since))
    return f"{path} is held by process {holder.pid} ({holder.purpose}) for {age} s"
