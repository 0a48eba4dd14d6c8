"""Write what was asked for into a file of the user's."""

from __future__ import annotations

from pathlib import Path

from snapsync.errors import UsageError
from snapsync.store import files


def write_report(path: Path, text: str) -> None:
    """Write a file, whole or not at all.

    Raises:
        UsageError: it cannot be written there (exit 64).
    """
    try:
        files.write(path, text.encode() + b"\n")
    except OSError as error:
        raise UsageError("The file cannot be written.", detail=f"{path}: {error.strerror}") from error
