"""What people read of an apply that was interrupted: each file before, after and now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Protocol

from .neutral import terminal
from .paint import Paint

_MOST = 12
"""How many differing lines are shown; the whole files are in the store."""


class File(Protocol):
    """What is shown of a file."""

    @property
    def role(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def before(self) -> bytes | None: ...
    @property
    def after(self) -> bytes | None: ...
    @property
    def now(self) -> bytes | None: ...
    @property
    def certain(self) -> bool: ...


def interrupted(files: Iterable[File], paint: Paint) -> str:
    """Each file with its sizes; where a person must decide, what is there beside what should be."""
    return "\n\n".join("\n".join(_file(file, paint)) for file in files)


def _file(file: File, paint: Paint) -> Iterator[str]:
    yield f"{paint(file.role, 'bold')}  {terminal(str(file.path))}"
    for name, data in (("before the apply", file.before), ("after it", file.after), ("now", file.now)):
        yield f"  {name:<16}  {_size(data)}{_likeness(file) if name == 'now' else ''}"
    if file.certain:
        return
    yield paint("  lines that it would have (-) and that it has (+):", "dim")
    found = list(_differences(file.after, file.now))
    for line in found[:_MOST]:
        yield "  " + paint(terminal(line), line[0])
    if len(found) > _MOST:
        yield paint(f"  … and {len(found) - _MOST} more", "dim")


def _size(data: bytes | None) -> str:
    if data is None:
        return "no file"
    rows = len(data.splitlines())
    return f"{rows} line{'s' * (rows != 1)}, {len(data)} bytes"


def _likeness(file: File) -> str:
    if file.now == file.after:
        return ": as after it"
    if file.now == file.before:
        return ": as before it"
    return ": can be finished" if file.certain else ": something else, you decide"


def _differences(after: bytes | None, now: bytes | None) -> Iterator[str]:
    ours, theirs = ((data or b"").decode("utf-8", "replace").splitlines() for data in (after, now))
    for line in unified_diff(ours, theirs, n=0, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            yield line
