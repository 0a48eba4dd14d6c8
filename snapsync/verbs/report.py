"""Write what was asked for into a file of the user's."""

from __future__ import annotations

from pathlib import Path

from snapsync.store import files


def write_report(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all.

    Raises:
        StoreError: it cannot be written there (exit 1).
    """
    files.write(path, text.encode() + b"\n")
