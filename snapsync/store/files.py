"""Every write to the file system, with what survives a crash at each step.

A rename is atomic, but durable only once its folder is synced; a file's bytes only once the file is.
"""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from snapsync.errors import Exit, StoreError

FOLDER_MODE = 0o700
FILE_MODE = 0o600
OBJECT_MODE = 0o400
_BLOCK = 1 << 20
TEMPORARY = ".snapsync-"
"""How the names of our temporaries begin; one that is left over is garbage, never data."""
ABANDONED_SECONDS = 3600.0
"""How old a temporary is that no living process can mean any more."""
YOUNG_SECONDS = 3600.0
"""For how long a file may not have reached the disk by itself; the kernel needs less than a minute."""


@contextlib.contextmanager
def _told(target: Path) -> Iterator[None]:
    """Turn what the system refuses (a full disk, a folder that is not ours) into one clear error."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            "A file cannot be written.",
            detail=f"{target}: {error.strerror or error}",
            hint="Make room, or check who owns the file and its folder; then run the command again.",
            exit=Exit.FAILED,
        ) from error


def make_folder(folder: Path, mode: int = FOLDER_MODE) -> None:
    """Create a folder and what is missing above it; durable when this returns."""
    if folder.is_dir():
        assure(folder)
        return
    make_folder(folder.parent, mode)
    with _told(folder), contextlib.suppress(FileExistsError):
        folder.mkdir(mode)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, also in one that may be passed through but not read."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        os.sync()
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def assure(path: Path) -> None:
    """Make the name of something that is there durable: who made it may have been killed before it could.

    What is old has long reached the disk.
    """
    with _told(path), contextlib.suppress(FileNotFoundError):
        if time.time() - path.stat().st_mtime < YOUNG_SECONDS:
            sync_folder(path.parent)


def settle(target: Path) -> None:
    """Make a file that is there durable, its bytes and its name, whoever has written it."""
    with _told(target):
        sync_folder(target)  # a file is synced as a folder is
        sync_folder(target.parent)


def stage(
    target: Path,
    data: bytes,
    *,
    mode: int = FILE_MODE,
    like: os.stat_result | None = None,
    behind: int = 0,
) -> Path:
    """Write a temporary beside its target, durable, with the mode and owner of ``like``.

    Nothing is seen under the target's name until ``publish``; a full disk strikes here. The data come
    ``behind`` so many bytes that the target begins with.
    """
    with _told(target), target.open("rb") if behind else io.BytesIO() as old:
        return _temporary(target, data, 0, mode, like, _first(old, behind))


def _first(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size and (block := file.read(min(size, _BLOCK))):
        size -= len(block)
        yield block


def hold(target: Path, data: bytes, *, at: int = 0, like: os.stat_result | None = None) -> Path:
    """Take the room that bytes will need in a file, durable, until the temporary is removed.

    It is the bytes themselves, because a file system may compress others better; at their place in a file
    as long, which meets the largest size that is allowed; of the same owner, who may have a quota. What is
    before them is a hole.
    """
    return _temporary(target, data, at, FILE_MODE, like)


def _temporary(
    target: Path,
    data: bytes,
    at: int,
    mode: int,
    like: os.stat_result | None,
    first: Iterable[bytes] = (),
) -> Path:
    temporary = target.with_name(f"{TEMPORARY}{os.urandom(8).hex()}")
    with _told(target), _removed_on_failure(temporary):
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(handle, "wb") as file:
            file.seek(at)
            for block in first:
                file.write(block)
            file.write(data)
            file.flush()
            if like is None:
                os.fchmod(file.fileno(), mode)
            else:
                _take_after(file.fileno(), like)
            os.fsync(file.fileno())
    return temporary


@contextlib.contextmanager
def _removed_on_failure(temporary: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(StoreError):  # what went wrong first is what counts
            remove(temporary)
        raise


def _take_after(handle: int, like: os.stat_result) -> None:
    ours = os.fstat(handle)
    if (ours.st_uid, ours.st_gid) != (like.st_uid, like.st_gid):
        # only the superuser may give files away; a file of ours is still the book's
        with contextlib.suppress(PermissionError):
            os.fchown(handle, like.st_uid, like.st_gid)
    os.fchmod(handle, like.st_mode & 0o7777)


def sweep(folder: Path) -> None:
    """Remove temporaries that a crash has left in a folder, once no living process can mean them."""
    for path in folder.glob(TEMPORARY + "[0-9a-f]" * 16):
        with contextlib.suppress(OSError):  # another process may be sweeping too; it is only garbage
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                path.unlink()


def publish(temporary: Path, target: Path) -> None:
    """Put a staged file in its target's place: atomic, durable when this returns."""
    with _told(target):
        temporary.replace(target)
        sync_folder(target.parent)


def write(target: Path, data: bytes, *, mode: int = FILE_MODE) -> None:
    """Replace a file of ours, or create it: wholly old or wholly new at any instant."""
    temporary = stage(target, data, mode=mode)
    with _removed_on_failure(temporary):
        publish(temporary, target)


def leave(target: Path, data: bytes) -> None:
    """Replace a file that carries its own checksum and that nobody misses; it need not be durable."""
    temporary = target.with_name(f"{TEMPORARY}{os.urandom(8).hex()}")
    with _told(target), _removed_on_failure(temporary):
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.replace(target)


def append(target: Path, data: bytes) -> None:
    """Add whole rows to a file's end in one write, durable when this returns.

    Raises:
        StoreError: less than all was written (a full disk, if the room was not held, or somebody else took
            it); the caller's journal knows what to finish.
    """
    with _told(target):
        handle = os.open(target, os.O_WRONLY | os.O_APPEND)
        try:
            written = os.write(handle, data)
            if written != len(data):
                raise OSError(f"only {written} of {len(data)} bytes were appended")
            os.fsync(handle)
        finally:
            os.close(handle)


def add(target: Path, data: bytes) -> None:
    """Add to a file that carries its own checksums and that nobody misses; it need not be durable."""
    with _told(target):
        handle = os.open(target, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(handle, data)
        finally:
            os.close(handle)


def add_lines(target: Path, data: bytes) -> None:
    """Add whole lines to a log in one write; it is made if it is not there. It need not be durable.

    A line that broke off, of ours or of another program's, is ended first.
    """
    with _told(target):
        handle = os.open(target, os.O_RDWR | os.O_APPEND | os.O_CREAT, FILE_MODE)
        try:
            size = os.fstat(handle).st_size
            broken = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
            data = b"\n" + data if broken else data
            written = os.write(handle, data)
            if written != len(data):
                raise OSError(f"only {written} of {len(data)} bytes were written")
        finally:
            os.close(handle)


def touch(target: Path) -> None:
    """Create an empty file; durable when this returns."""
    with _told(target):
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT, FILE_MODE))
        sync_folder(target.parent)


def second_name(target: Path, name: Path) -> None:
    """Give a file another name beside its own, where the file system can: its bytes outlive a replace."""
    with contextlib.suppress(OSError):
        os.link(target, name)


def remove(target: Path) -> None:
    """Remove a file of ours, if it is there; durable when this returns."""
    with _told(target), contextlib.suppress(FileNotFoundError):
        target.unlink()
        sync_folder(target.parent)


def discard(targets: Iterable[Path]) -> None:
    """Remove files that nobody misses: what comes back after a power cut is there twice, and harmless."""
    for target in targets:
        with _told(target), contextlib.suppress(FileNotFoundError):
            target.unlink()


def mark(target: Path) -> None:
    """Create an empty file that need not be durable."""
    with _told(target):
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT, FILE_MODE))
