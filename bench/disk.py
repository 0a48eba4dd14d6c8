"""What a command has written: how the files below a folder grew."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class _File(NamedTuple):
    inode: int
    size: int
    changed: int


Files = dict[Path, _File]


def files(folder: Path) -> Files:
    """The files below a folder as they are now."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            seen = path.stat()
            found[path] = _File(seen.st_ino, seen.st_size, seen.st_mtime_ns)
    return found


def written(before: Files, after: Files) -> int:
    """Bytes of new and of replaced files, and by how much others grew; all of those that changed in place."""
    return sum(_grown(before.get(path), now) for path, now in after.items())


def size(now: Files) -> int:
    """Bytes of all of them."""
    return sum(each.size for each in now.values())


def _grown(before: _File | None, now: _File) -> int:
    if before is None or before.inode != now.inode:
        return now.size
    if now.size > before.size:
        return now.size - before.size
    return 0 if now == before else now.size
