"""A small model of a file system whose power is cut: what was not synced may be there or not.

``Recorder`` notes what a process does to a folder. ``Disk`` replays such a trace and tells, after each
call, which folders could be found when the machine starts again. It promises no more than POSIX does:
bytes are durable once their file was synced, names once their folder was; of all else any part may be
lost, in any combination. A rename is one step, both names or none.
"""

from __future__ import annotations

import os
import pickle
import random
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

Tree = dict[str, bytes | None]
"""Paths below the folder with their bytes; None for a folder."""


class Call(NamedTuple):
    """One call: what it does, to which path or to which file (by number), and with what."""

    what: str
    path: str = ""
    other: str = ""
    file: int = -1
    at: int = 0
    data: bytes = b""


class Recorder:
    """Notes the calls of this process that change something below a folder."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self.calls: list[Call] = []
        self._true: dict[str, Callable[..., Any]] = {}
        self._open: dict[int, tuple[str, int]] = {}  # descriptor → path, number of the file
        self._ends: dict[int, int] = {}
        self._numbers = 0

    def functions(self, true: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
        """The functions of ``os`` with the noting added."""
        self._true = true
        names = ("open", "write", "pwrite", "ftruncate", "fsync", "replace", "link", "mkdir", "unlink")
        return {name: getattr(self, f"_{name}_") for name in names} | {"fdopen": self._fdopen_}

    def save(self, path: str) -> None:
        """Keep what was noted; the process may be about to die."""
        Path(path).write_bytes(pickle.dumps(self.calls))

    def _below(self, path: str) -> str | None:
        path = os.path.realpath(os.path.dirname(path)) + "/" + os.path.basename(path)  # noqa: PTH119, PTH120
        return path[len(self.root) + 1 :] if f"{path}/".startswith(self.root + "/") else None

    def _open_(self, path: str, flags: int, mode: int = 0o777, **more: Any) -> int:  # noqa: ANN401
        below = self._below(os.fspath(path))
        known = os.path.lexists(path)
        handle: int = self._true["open"](path, flags, mode, **more)
        if below is not None:
            self._numbers += 1
            self._open[handle] = (below, self._numbers)
            self.calls.append(Call("open" if known else "create", below, file=self._numbers))
            self._ends[handle] = os.fstat(handle).st_size if flags & os.O_APPEND else 0
            if flags & os.O_TRUNC and known:
                self.calls.append(Call("truncate", file=self._numbers))
        return handle

    def _write_(self, handle: int, data: bytes) -> int:
        written: int = self._true["write"](handle, data)
        self._wrote(handle, bytes(data[:written]), self._ends.get(handle, 0))
        self._ends[handle] = self._ends.get(handle, 0) + written
        return written

    def _pwrite_(self, handle: int, data: bytes, at: int) -> int:
        written: int = self._true["pwrite"](handle, data, at)
        self._wrote(handle, bytes(data[:written]), at)
        return written

    def _wrote(self, handle: int, data: bytes, at: int) -> None:
        if handle in self._open:
            self.calls.append(Call("write", file=self._open[handle][1], at=at, data=data))

    def _ftruncate_(self, handle: int, size: int) -> None:
        self._true["ftruncate"](handle, size)
        self.calls.append(Call("truncate", file=self._open[handle][1], at=size))

    def _fsync_(self, handle: int) -> None:
        if handle in self._open:
            path, number = self._open[handle]
            self.calls.append(Call("sync", path, file=number))

    def _replace_(self, source: str, target: str, **more: Any) -> None:  # noqa: ANN401
        self._true["replace"](source, target, **more)
        self._named("replace", source, target)

    def _link_(self, source: str, target: str, **more: Any) -> None:  # noqa: ANN401
        self._true["link"](source, target, **more)
        self._named("link", source, target)

    def _mkdir_(self, path: str, mode: int = 0o777, **more: Any) -> None:  # noqa: ANN401
        self._true["mkdir"](path, mode, **more)
        self._named("mkdir", path)

    def _unlink_(self, path: str, **more: Any) -> None:  # noqa: ANN401
        self._true["unlink"](path, **more)
        self._named("unlink", path)

    def _named(self, what: str, path: str, other: str = "") -> None:
        below = self._below(os.fspath(path))
        if below is not None:
            self.calls.append(Call(what, below, (self._below(os.fspath(other)) or "") if other else ""))

    def _seek(self, handle: int, at: int) -> None:
        os.lseek(handle, at, os.SEEK_SET)
        self._ends[handle] = at

    def _fdopen_(self, handle: int, mode: str) -> Unbuffered:
        del mode
        return Unbuffered(handle, self._write_, self._seek)


class Unbuffered:
    """A file whose bytes reach the system at once."""

    def __init__(
        self, handle: int, write: Callable[[int, bytes], int], seek: Callable[[int, int], None]
    ) -> None:
        self._handle, self._write, self._seek = handle, write, seek

    def fileno(self) -> int:
        return self._handle

    def seek(self, at: int) -> None:
        self._seek(self._handle, at)

    def write(self, data: bytes) -> int:
        return self._write(self._handle, data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        os.close(self._handle)


class Disk:
    """What is durable, and what is pending: names by their folder, bytes by their file."""

    def __init__(self, tree: Tree) -> None:
        self.folders = {path for path, data in tree.items() if data is None} | {""}
        files = {path: data for path, data in tree.items() if data is not None}
        self.names = {path: number for number, path in enumerate(files, 1_000_000)}
        self.bytes = {self.names[path]: data for path, data in files.items()}
        self.pending: list[Call] = []
        self._live = dict(self.names)
        self._numbers: dict[int, int] = {}  # the recorder's number of an open file → ours
        self._process = 0

    def another_process(self) -> None:
        """What comes now was noted by another recorder."""
        self._process += 1000
        self._numbers.clear()

    def do(self, call: Call) -> None:
        """One more call; a sync makes durable what it covers, all else is pending."""
        match call.what:
            case "open":
                self._numbers[call.file] = self._live.get(call.path, -1)
            case "create":
                number = self._live[call.path] = self._numbers[call.file] = call.file + self._process
                self.pending.append(call._replace(file=number))
            case "sync":
                self._sync(call)
            case "write" | "truncate":
                self.pending.append(call._replace(file=self._numbers[call.file]))
            case "replace":
                number = self._live[call.other] = self._live.pop(call.path)
                self.pending.append(call._replace(file=number))
            case "link":
                number = self._live[call.other] = self._live[call.path]
                self.pending.append(call._replace(file=number))
            case "unlink":
                self._live.pop(call.path, None)
                self.pending.append(call)
            case "mkdir":
                self.pending.append(call)

    def _sync(self, call: Call) -> None:
        number = self._numbers[call.file]
        if number == -1:  # a folder
            settled = [each for each in self.pending if _is_name(each) and _folder(each) == call.path]
        else:
            settled = [each for each in self.pending if not _is_name(each) and each.file == number]
        self.folders, self.names, self.bytes = self._with(settled)
        self.pending = [each for each in self.pending if each not in settled]

    def _with(self, calls: list[Call]) -> tuple[set[str], dict[str, int], dict[int, bytes]]:
        folders, names, contents = set(self.folders), dict(self.names), dict(self.bytes)
        for call in calls:
            match call.what:
                case "create":
                    names[call.path] = call.file
                case "replace":
                    names.pop(call.path, None)
                    names[call.other] = call.file
                case "link":
                    names[call.other] = call.file
                case "unlink":
                    names.pop(call.path, None)
                case "mkdir":
                    folders.add(call.path)
                case "write":
                    now = contents.get(call.file, b"").ljust(call.at, b"\0")
                    contents[call.file] = now[: call.at] + call.data + now[call.at + len(call.data) :]
                case "truncate":
                    contents[call.file] = contents.get(call.file, b"")[: call.at].ljust(call.at, b"\0")
        return folders, names, contents

    def found(self, kept: list[Call]) -> Tree:
        """What is there after a start, when of all that was pending this was kept."""
        folders, names, contents = self._with(kept)
        tree: Tree = {path: None for path in folders if path and _reached(path, folders)}
        for path, number in names.items():
            if _reached(path, folders):
                tree[path] = contents.get(number, b"")
        return tree

    def crashes(self, most: int, seed: int) -> Iterator[Tree]:
        """What may be found after a cut now: every combination of ``most`` pending calls, or some of more."""
        fates = [list(_fates(call)) for call in self.pending]
        if len(fates) <= most:
            choices: Iterator[tuple[Call | None, ...]] = product(*fates)
        else:
            choices = _some(fates, random.Random(seed))  # noqa: S311 - a sample
        for choice in choices:
            yield self.found([call for call in choice if call is not None])


def _fates(call: Call) -> Iterator[Call | None]:
    """Lost or there; of bytes also a half, and zeros where they should be."""
    yield None
    yield call
    if call.what == "write" and len(call.data) > 1:
        yield call._replace(data=call.data[: len(call.data) // 2])
        yield call._replace(data=bytes(len(call.data)))


def _some(fates: list[list[Call | None]], chance: random.Random) -> Iterator[tuple[Call | None, ...]]:
    """None, all, all but one, one alone, and a few at random."""
    yield tuple(each[0] for each in fates)
    yield tuple(each[1] for each in fates)
    for number in range(len(fates)):
        yield tuple(each[at != number] for at, each in enumerate(fates))
        yield tuple(each[at == number] for at, each in enumerate(fates))
    for _ in range(len(fates)):
        yield tuple(chance.choice(each) for each in fates)


def _is_name(call: Call) -> bool:
    return call.what not in ("write", "truncate")


def _folder(call: Call) -> str:
    return (call.other or call.path).rpartition("/")[0]


def _reached(path: str, folders: set[str]) -> bool:
    above = path.rpartition("/")[0]
    return above in folders and (not above or _reached(above, folders))


def tree_at(root: Path) -> Tree:
    """A folder's content."""
    found = (path for path in root.rglob("*"))
    return {str(path.relative_to(root)): None if path.is_dir() else path.read_bytes() for path in found}


def trace_of(path: Path, *, beside: str) -> list[Call]:
    """What a Recorder has kept, without the files whose path begins so."""
    calls: list[Call] = pickle.loads(path.read_bytes())  # noqa: S301 - our own child's
    left_out = {call.file for call in calls if call.path.startswith(beside)}
    return [call for call in calls if call.file == -1 or call.file not in left_out]
