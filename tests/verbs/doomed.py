"""A process that forks children which die while they write; it is given one JSON job per line.

Everything is imported before the first fork, and there are no threads, so a child starts in no time and
in a clean state. A child counts the calls that change the file system, and at a chosen one it is killed,
fails, or lets somebody else act. Nothing of snapsync is replaced, only what it calls of ``os``.
"""

from __future__ import annotations

import errno
import fcntl
import gc
import io
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, NoReturn, Self

import deepdiff  # noqa: F401 - imported here once, not in every child

import snapsync.verbs.look  # noqa: F401 - the same
from snapsync.ends.alpaca import BrokerReading
from snapsync.ends.book import read
from snapsync.errors import SnapsyncError
from snapsync.model.history import Actor
from snapsync.model.kept import Keep
from snapsync.model.references import is_operation
from snapsync.verbs.apply import apply
from snapsync.verbs.choose import choose
from snapsync.verbs.env import Env
from snapsync.verbs.gc import gc as sweep
from snapsync.verbs.look import recall, store_look
from snapsync.verbs.plan import Planned, keep
from snapsync.verbs.recover import recover, settle
from tests.verbs.powercut import Recorder

NAMES = ("open", "write", "replace", "link", "mkdir", "unlink", "fchmod", "ftruncate", "pwrite")
TRUE: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in NAMES}
TRUE["fsync"] = lambda _: None  # what is killed is a process, not the machine
TRUE["fdopen"] = io.open
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
FREEING = {"unlink", "fsync", "flock"}
"""What works on a full disk too."""


class Doom:
    """Counts the calls; a job says what happens at which of them.

    ``kill``: the process dies after it. ``torn``: it writes a half, and the process dies. ``full``: it
    fails, as on a full disk or with ``errno``. ``full_from``: it and all later ones fail. ``signal``: a
    signal arrives. ``bot``: before it, another program writes to a file. ``trace``: a file for the trace of
    all calls below ``root``. Beside these, ``largest`` is how many bytes the system lets a file have.
    """

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.names: list[str] = []
        self.bot = _bot(job["bot"]) if "bot" in job else lambda: None
        self.recorder = Recorder(job["root"]) if "trace" in job else None
        if self.recorder:
            TRUE.update(self.recorder.functions(dict(TRUE)))

    def wrap(self, name: str, true: Callable[..., Any], half: Callable[..., Any] | None = None) -> Any:  # noqa: ANN401
        """A function that is counted."""

        def counted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            number = len(self.names)
            self.names.append(name)
            self._before(number, name)
            if number == self.job.get("torn"):
                (half or true)(*args, **kwargs)
                self._die()
            try:
                return true(*args, **kwargs)
            finally:  # a file that was not there to be unlinked is a call too
                self._after(number)

        return counted

    def _before(self, number: int, name: str) -> None:
        if number == self.job.get("bot", {}).get("at"):
            self.bot()
        full = number == self.job.get("full")
        if full or (number >= self.job.get("full_from", number + 1) and name not in FREEING):
            number = getattr(errno, self.job.get("errno", "ENOSPC"))
            raise OSError(number, os.strerror(number))

    def _after(self, number: int) -> None:
        if number == self.job.get("kill"):
            self._die()
        if number == self.job.get("signal", {}).get("at"):
            os.kill(os.getpid(), self.job["signal"]["number"])

    def keep_trace(self) -> None:
        """Keep what was done up to here, where that is wanted."""
        if self.recorder:
            self.recorder.save(self.job["trace"])

    def _die(self) -> NoReturn:
        self.keep_trace()
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class File:
    """A file whose writing is counted: what is written and what reaches the system are two steps."""

    def __init__(self, doom: Doom, file: io.BufferedWriter) -> None:
        self.file = file
        self.fileno, self.seek = file.fileno, file.seek
        self.write = doom.wrap("write", file.write, self._half)
        self.flush = doom.wrap("flush", file.flush)

    def _half(self, data: bytes) -> None:
        self.file.write(data[: len(data) // 2])
        self.file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()


def _bot(bot: dict[str, Any]) -> Callable[[], None]:
    """What another program does to a file of the book, in the usual ways; some hold it open all the time."""
    flags = {"append": os.O_APPEND, "rewrite": os.O_TRUNC, "held": os.O_APPEND}[bot["mode"]]

    def opened() -> int:
        handle: int = TRUE["open"](bot["path"], os.O_WRONLY | flags)
        return handle

    held = opened() if bot["mode"] == "held" else None

    def act() -> None:
        handle = opened() if held is None else held
        TRUE["write"](handle, bot["data"].encode())
        os.close(handle)

    return act


def _install(doom: Doom) -> None:
    for name in NAMES:
        setattr(os, name, doom.wrap(name, TRUE[name]))
    counted_open = os.open

    def open_(path: str, flags: int, mode: int = 0o777, **more: Any) -> int:  # noqa: ANN401
        handle: int = (counted_open if flags & WRITING else TRUE["open"])(path, flags, mode, **more)
        return handle

    def half(handle: int, data: bytes) -> None:
        TRUE["write"](handle, data[: len(data) // 2])

    def fdopen(handle: int, mode: str) -> File:
        return File(doom, TRUE["fdopen"](handle, mode))

    os.open = open_  # type: ignore[assignment]
    os.write = doom.wrap("write", TRUE["write"], half)
    os.fsync = doom.wrap("fsync", TRUE["fsync"])
    os.fdopen = fdopen  # type: ignore[assignment]
    fcntl.flock = doom.wrap("flock", fcntl.flock)


def _act_of(env: Env, job: dict[str, Any]) -> Callable[[], object]:  # noqa: PLR0911 - a line per verb
    verb = job["verb"]
    match verb:
        case "plan":
            like = Env.open("paper", config=job["like"])
            last = next(each for _, each in like.store.log() if each.verb == "plan")
            assert last.broker is not None
            broker = recall(like, last.broker)
            return lambda: look_again(env, like, broker)
        case "apply":
            return lambda: apply(env)
        case "carry out":
            return lambda: apply(env, choose(env, job["plan"]), confirmed=True)
        case "settle":
            return lambda: settle(env)
        case "finish" | "roll-back" | "keep":
            return lambda: recover(env, verb)
        case "gc":
            return lambda: sweep(env, Keep(last=1))
        case "pack":
            return env.store.place.pack
        case _:
            raise ValueError(verb)


def look_again(env: Env, like: Env, broker: BrokerReading) -> Planned:
    """Plan on a reading of the broker that another store has kept."""
    # a reading that comes from a store has only its root in memory; operations would be a log without a head
    known = ((id, like.store.place.get(id)) for id in like.store.place.ids())
    env.make_store().put_all((id, data) for id, data in known if not is_operation(data))
    return keep(env, store_look(env, read(env.book_files), broker))


def _terminated(*_: object) -> NoReturn:
    raise SystemExit(143)


def _child(job: dict[str, Any], answer: int) -> NoReturn:
    signal.signal(signal.SIGTERM, _terminated)
    doom = Doom(job)
    now = datetime.fromisoformat(job["now"])
    env = Env.open("paper", config=job["config"], clock=lambda: now)
    env.actor = Actor(user="bot", host="here")
    act = _act_of(env, job)
    if "largest" in job:
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["largest"], most))
    told: dict[str, Any] = {"error": None, "exit": 0}
    _install(doom)
    try:
        act()
    except SnapsyncError as error:
        told = {"error": type(error).__name__, "exit": int(error.exit), "said": str(error)}
    except BaseException as error:  # noqa: BLE001 - the test says which ones may come
        told = {"error": type(error).__name__, "exit": None, "said": repr(error)}
    doom.keep_trace()
    os.write = TRUE["write"]
    TRUE["write"](answer, json.dumps(told | {"names": doom.names}).encode())
    os._exit(0)


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Let a child do a job, and say what became of it."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(job, theirs)
    os.close(theirs)
    with open(ours, "rb") as pipe:  # noqa: PTH123 - a descriptor, not a path
        told = pipe.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return {"error": "killed", "exit": -os.WTERMSIG(status), "names": []}
    answer: dict[str, Any] = json.loads(told)
    return answer


def main() -> None:
    """Serve until stdin ends."""
    gc.freeze()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
