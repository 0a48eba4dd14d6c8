"""The bytes of the three files, read as one: with nearby.py the only place here that touches the disk.

A file that is not a plain file, cannot be opened, or changes while we read is an error or read again;
it is never taken for an empty one. Only a file that does not exist is an empty book.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from snapsync.errors import BookError
from snapsync.model.past import Stamp, stamp

from .faults import CHANGING, UNREADABLE, UNWRITABLE, fault
from .values import ROLES, BookFiles, Role

ATTEMPTS = 5
PAUSE_SECONDS = 0.05
_BLOCK = 1 << 20
SETTLED_NS = 2_000_000_000
"""No file system's times are coarser: a change that comes so long after another has other ones."""
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

LARGEST = 512 * 2**20
"""Bytes of a file beyond which it is refused: reading it takes some times as much memory."""

T = TypeVar("T")


def read_files(files: BookFiles, roles: tuple[Role, ...] = ROLES) -> dict[Role, bytes | None]:
    """Read the files at one moment: none of them changed while any of them was read.

    Raises:
        BookError: a file cannot be read, or they kept changing.
    """
    return {role: each.data for role, each in read_stamped(files, roles, _all).items()}


class Got(NamedTuple, Generic[T]):
    """What was read of a file, None where there is none; and its stamp from before.

    ``settled`` says that it had not been changed for so long then that any later change has another stamp.
    """

    data: T | None
    stamp: Stamp | None
    settled: bool = False


def read_stamped(
    files: BookFiles, roles: tuple[Role, ...], take: Callable[[int, Stamp, Role], T]
) -> dict[Role, Got[T]]:
    """As ``read_files``, for who need not read all: ``take`` reads from a handle what it wants of a file."""
    changing = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_SECONDS * attempt)
        seen = {role: _read(files.path(role), _of(role, take)) for role in roles}
        moved = [role for role, got in seen.items() if got.stamp != _stamp_of(files.path(role))]
        if not moved:
            return seen
        changing = ", ".join(files.path(role).name for role in moved)
    raise fault(
        CHANGING,
        f"{changing}: changed during each of {ATTEMPTS} readings",
        "Wait until the bot has finished writing, then try again.",
    )


def assure_writable(paths: Iterable[Path]) -> None:
    """Refuse what the user may not write, before anything is: an append would fail halfway through an act.

    A replace would not even fail, if only the folder lets it, and take away what the mode protects.

    Raises:
        BookError: a file may not be written.
    """
    for path in paths:
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC))
        except OSError as error:
            if error.errno not in _FORBIDDEN:
                continue  # it is to be made; or what is wrong with the disk is told by the write itself
            raise fault(
                UNWRITABLE,
                f"{path.name}: {error.strerror or error}; nothing was written",
                "Let the user that runs snapsync write the file, for example with chmod u+w.",
            ) from None


def _read(path: Path, take: Callable[[int, Stamp], T]) -> Got[T]:
    try:
        # a FIFO would wait for its writer for ever
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        if path.is_symlink():
            raise fault(
                UNREADABLE, f"{path.name}: a link to {path.readlink()}, which does not exist"
            ) from None
        return Got(None, None)
    except OSError as error:
        raise _refused(path, error) from None
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            kind = "a folder" if stat.S_ISDIR(before.st_mode) else "not a plain file"
            raise fault(
                UNREADABLE, f"{path.name}: {kind}", "Move it away; the book's file belongs in its place."
            )
        if before.st_size > LARGEST:
            raise fault(
                UNREADABLE,
                f"{path.name}: {before.st_size // 2**20} MiB; expected at most {LARGEST // 2**20}",
                "Move its oldest rows into a file of their own.",
            )
        # the stamp is from before: whatever is written since then makes it differ from the path's
        settled = max(before.st_mtime_ns, before.st_ctime_ns) < time.time_ns() - SETTLED_NS
        return Got(take(handle, stamp(before)), stamp(before), settled)
    except OSError as error:
        raise _refused(path, error) from None
    finally:
        os.close(handle)


def _of(role: Role, take: Callable[[int, Stamp, Role], T]) -> Callable[[int, Stamp], T]:
    return lambda handle, now: take(handle, now, role)


def blocks(handle: int) -> Iterator[bytes]:
    """What a file holds from where it is read next, block by block."""
    while block := os.read(handle, _BLOCK):
        yield block


def _all(handle: int, now: Stamp, role: Role) -> bytes:
    del now, role
    return b"".join(blocks(handle))


def _stamp_of(path: Path) -> Stamp | None:
    try:
        return stamp(path.stat())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refused(path, error) from None


def _refused(path: Path, error: OSError) -> BookError:
    hint = "Check the path and the disk, then try again."
    if isinstance(error, PermissionError):
        hint = "Let the user that runs snapsync read the file, for example with chmod u+r."
    return fault(UNREADABLE, f"{path.name}: {error.strerror or error}", hint)
