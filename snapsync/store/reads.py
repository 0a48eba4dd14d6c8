"""Every way to read the file system that tells what is not there from what cannot be read."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import msgspec

from snapsync.errors import Exit, StoreError

GARBLED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are no such value; the others for a wrongly encoded key, and nesting."""


def age(target: Path) -> float | None:
    """Seconds since a file was written; None where there is none, or an empty one.

    Files of ours are synced before they get their name. One without a byte is what some file systems
    leave of a file after a power cut: it is as good as none.
    """
    try:
        stat = target.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unreadable(target, error) from error
    return time.time() - stat.st_mtime if stat.st_size else None


def listed(folder: Path) -> list[Path]:
    """What lies in a folder, sorted; nothing where there is no folder.

    Raises:
        StoreError: it is there, but cannot be read.
    """
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(folder, error) from error


def room(folder: Path) -> tuple[int, int]:
    """How many files lie below a folder, and how many bytes of the disk they take."""
    count = taken = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # it went while we looked
            stat = path.lstat()
            count += not path.is_dir()
            taken += stat.st_blocks * 512
    return count, taken


def read(target: Path) -> bytes | None:
    """A file of ours; None when it is not there.

    Raises:
        StoreError: it is there, but cannot be read.
    """
    try:
        return target.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(target, error) from error


def unreadable(target: Path, error: OSError) -> StoreError:
    """The error for what is there, but cannot be read."""
    return StoreError(
        "The store cannot be read.",
        detail=f"{target}: {error.strerror}",
        hint="Check who owns the file and its folder.",
        exit=Exit.STORE,
    )
