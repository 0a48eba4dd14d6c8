"""The writers' lock of one env: kernel locks on two files that are never replaced, gone with their process.

``lock`` says whose *turn* it is: a writer's, or that of a command which ``with-lock`` runs. ``lock.writing``
is the *pen*: every writer holds it too, so two never write at once, whatever they believe of the turn. A
writer that runs inside such a command (the command's environment names the turn) takes the pen alone.
What stands in the files is for people, and to tell one turn from another.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from snapsync.errors import Exit, StoreError
from snapsync.model.instant import from_datetime, readable

from .files import FILE_MODE
from .mounts import network_type
from .reads import GARBLED

INSIDE = "SNAPSYNC_LOCK"
"""The environment variable that names the turns inside of which a process runs."""
_TURN, _PEN = "lock", "lock.writing"
_POLL_SECONDS = 0.05


class Holder(msgspec.Struct):
    """Who holds a lock; ``since`` in seconds since 1970, ``turn`` what ``with-lock`` calls this one."""

    pid: int
    purpose: str
    since: float
    host: str = ""
    turn: str = ""


class Turn(msgspec.Struct, frozen=True):
    """A turn that is held: the open file that holds it, and what lets writers of ours take part.

    A command that inherits ``handle`` keeps the turn even if we are killed.
    """

    handle: int
    environment: dict[str, str]


@contextmanager
def hold(folder: Path, purpose: str, timeout: float) -> Iterator[None]:
    """Hold the lock for writing; wait for it at most ``timeout`` seconds.

    Raises:
        StoreError: (exit 11) another process holds it; (1) it cannot be taken or trusted here.
    """
    _trusted(folder)
    deadline = time.monotonic() + timeout
    with ExitStack() as held:
        if _inside(folder):
            held.enter_context(_held(folder / _PEN, purpose, deadline))
            if not _inside(folder):  # it was over before we had the pen
                held.close()
                _queue(held, folder, purpose, deadline)
        else:
            _queue(held, folder, purpose, deadline)
        yield


@contextmanager
def take_turn(folder: Path, purpose: str, timeout: float) -> Iterator[Turn]:
    """Keep other writers out while a command runs that may write with snapsync itself.

    Inside of another turn this is a part of it. It ends when nobody writes in it any more.

    Raises:
        StoreError: as ``hold``.
    """
    _trusted(folder)
    names = os.environ.get(INSIDE, "")
    if _inside(folder):
        with _opened(folder / _TURN) as handle:
            yield Turn(handle, {INSIDE: names})
        return
    name = os.urandom(8).hex()
    with _held(folder / _TURN, purpose, time.monotonic() + timeout, name) as handle:
        try:
            yield Turn(handle, {INSIDE: f"{names}:{name}".strip(":")})
        finally:
            with _opened(folder / _PEN) as pen:
                fcntl.flock(pen, fcntl.LOCK_EX)
                os.ftruncate(handle, 0)
                # what the command has left running may have the file open still
                fcntl.flock(handle, fcntl.LOCK_UN)


@contextmanager
def aside(path: Path, purpose: str, timeout: float = 0) -> Iterator[None]:
    """Hold a lock of its own, for what two processes must not do at once and writers need not wait for.

    Raises:
        StoreError: (exit 11) another process holds it; (1) it cannot be taken here.
    """
    with _held(path, purpose, time.monotonic() + timeout):
        yield


def _queue(held: ExitStack, folder: Path, purpose: str, deadline: float) -> None:
    for name in (_TURN, _PEN):
        held.enter_context(_held(folder / name, purpose, deadline))


def _inside(folder: Path) -> bool:
    """Whether the turn that is taken now is one that we were started in."""
    names = os.environ.get(INSIDE)
    if not names:
        return False
    holder = _holder(folder / _TURN)
    if holder is None or holder.turn not in names.split(":"):
        return False
    with _opened(folder / _TURN) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False  # its holder was killed


@contextmanager
def _held(path: Path, purpose: str, deadline: float, turn: str = "") -> Iterator[int]:
    with _opened(path) as handle:
        with _told(path):
            _take(handle, path, deadline)
        with suppress(OSError):  # a full disk: the lock holds, it only cannot say who we are
            _sign(handle, purpose, turn)
        yield handle


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    with _told(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    try:
        yield handle
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


def _trusted(folder: Path) -> None:
    """A kernel lock keeps out only who asks the same kernel."""
    kind = network_type(folder)
    if kind:
        raise StoreError(
            "The state folder is on a network file system, whose locks cannot be trusted.",
            detail=f"{folder} is on {kind}: another machine could write at the same time",
            hint="Put it on a disk of this machine with ALPACA_SYNC_STATE; the book may stay where it is.",
            exit=Exit.FAILED,
        )


def _sign(handle: int, purpose: str, turn: str) -> None:
    holder = Holder(pid=os.getpid(), purpose=purpose, since=time.time(), host=os.uname().nodename, turn=turn)
    os.ftruncate(handle, 0)
    os.pwrite(handle, msgspec.json.encode(holder), 0)


def _take(handle: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise StoreError(
                    "Another program holds the lock of this env.",
                    detail=_who(path),
                    hint="Try again when it is done, or wait for it longer: --lock-timeout 60",
                    exit=Exit.LOCKED,
                ) from None
            from random import uniform  # noqa: PLC0415 - only where somebody has to wait

            time.sleep(_POLL_SECONDS * uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
        else:
            return


def _holder(path: Path) -> Holder | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, *GARBLED):
        return None


def _who(path: Path) -> str:
    holder = _holder(path)
    if holder is None:
        return f"{path} is held by a process that has not said who it is"
    try:
        since = readable(from_datetime(datetime.fromtimestamp(holder.since, UTC)))
    except (ValueError, OverflowError, OSError):  # not our writing
        since = "some time"
    age = max(0, round(time.time() - holder.since))
    return (
        f"{path} is held by process {holder.pid} ({holder.purpose}) since {since}, for {age} s;"
        f" {_condition(holder)}"
    )


def _condition(holder: Holder) -> str:
    if holder.host != os.uname().nodename:
        return f"it is on host {holder.host or '(unnamed)'}: whether it still runs cannot be seen from here"
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return "it does not run any more, but what it has started holds the lock still"
    except (PermissionError, OverflowError):
        return "it is still running"
    return "it is still running"
