"""Books in the middle of an apply: folders prepared once, copied for every crash, and what must hold then."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from snapsync import Env, apply, plan, status
from snapsync.model.canon import OperationId
from snapsync.model.history import Actor, BookSnapshot, Operation
from snapsync.model.image import image_bytes
from snapsync.sandbox import Sandbox
from snapsync.store.journal import open_journal
from snapsync.verbs.look import Seen, recall, seen
from snapsync.verbs.plan import Planned, keep
from snapsync.verbs.recover import settle
from snapsync.verbs.verify import verify
from tests import machine
from tests.conftest import BANKROLL, HISTORY, POSITIONS, SETTINGS

from .powercut import Tree

PLANNED = datetime(2025, 8, 21, 15, 30, tzinfo=UTC)
APPLIED = PLANNED + timedelta(minutes=1)
RECOVERED = PLANNED + timedelta(minutes=2)


NAMES = {
    "bankroll": "bankroll_alpaca_paper.json",
    "positions": "positions_alpaca_paper.csv",
    "history": "logs/trade_history_alpaca_paper.csv",
}
AUDIT = "logs/alpaca_sync_paper.log"
Book = dict[str, bytes | None]

# what a bot may write at any instant, in the columns that its files have
ROWS = {
    "positions": "DIA,DIA250829C00450000,1,1,2.10,2025-08-21 11:31:00,open,the bot's\n",
    "history": "2025-08-21 11:31:00,DIA250829C00450000,BUY,1,2.10,210.00,,the bot's\n",
}


class Told(msgspec.Struct):
    """What became of a child."""

    error: str | None
    exit: int | None
    names: list[str]
    said: str = ""

    @property
    def killed(self) -> bool:
        return self.error == "killed"


class Doomed:
    """Asks the process that forks children; see doomed.py."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, case: Case, verb: str, **job: Any) -> Told:  # noqa: ANN401 - whatever a job may say
        """Run one verb in a child; ``now`` is when."""
        config = str(case.folder / "config.yaml")
        now = (APPLIED if verb == "apply" else RECOVERED).isoformat()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"verb": verb, "config": config, "now": now} | job) + "\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._process.stdout.readline(), type=Told)


@contextmanager
def doomed_process() -> Iterator[Doomed]:
    """The process, started."""
    command = [sys.executable, "-m", "tests.verbs.doomed"]
    home = Path(__file__).parents[2]
    with subprocess.Popen(
        command, cwd=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Doomed(process)


class Prepared(NamedTuple):
    """A folder with a plan that waits to be applied, and the book before and after."""

    folder: Path
    before: Book
    after: Book
    calls: list[str]


class Case:
    """A copy of a prepared folder, in which something goes wrong."""

    def __init__(self, prepared: Prepared, folder: Path, *, found: Tree | None = None) -> None:
        self.prepared, self.folder = prepared, folder
        if found is None:
            shutil.copytree(prepared.folder, folder, copy_function=_copy)
        else:
            write_tree(found, folder)

    def path(self, role: str) -> Path:
        return self.folder / NAMES[role]

    @property
    def book(self) -> Book:
        return book_at(self.folder)

    def env(self, now: datetime = RECOVERED) -> Env:
        """The env, as another process would open it."""
        env = Env.open("paper", config=self.folder / "config.yaml", clock=lambda: now)
        env.actor = Actor(user="bot", host="here")
        return env

    def applies(self) -> list[tuple[OperationId, Operation]]:
        """The applies and recoveries since the prepared plan, newest first."""
        store = self.env().store
        since: list[tuple[OperationId, Operation]] = []
        for id, operation in store.log():
            if operation.verb == "plan" and operation.time == plan_time():
                return since
            if operation.verb != "plan":
                since.append((id, operation))
        raise AssertionError("the prepared plan is not in the log")

    def plan_again(self, now: datetime = APPLIED) -> Planned:
        """Plan on the broker as it was read: nothing has moved there."""
        env = self.env(now)
        last = next(each for _, each in env.store.log() if each.verb == "plan")
        assert last.broker is not None
        from snapsync.ends.book import read  # noqa: PLC0415 - as the verbs do

        reading = read(env.book_files)
        facts = seen(env, reading, recall(env, last.broker), last.broker)
        return keep(env, Seen(reading=reading, look=facts))

    def assert_sound(self) -> None:
        """No journal, one head, nothing damaged, and the last act's image of the book is the book."""
        env = self.env()
        assert open_journal(env.store.folder) is None
        assert len(env.store.heads()) == 1
        found = verify(env)
        assert found.good, found.damage
        latest = env.store.latest()
        assert latest is not None
        assert latest[1].book is not None
        if latest[1].verb != "plan":
            assert self.stored_book(latest[1]) == self.book

    def assert_audited(self) -> None:
        """Each act has its line in the audit log, in their order, and once; beside those of what failed."""
        whole = (line for line in (self.folder / AUDIT).read_text().splitlines() if line.endswith("}"))
        ids = [id for line in whole if (id := json.loads(line)["operation"])]
        assert ids == [id for id, _ in self.env().store.log()][::-1]

    def stored_book(self, operation: Operation) -> Book:
        """The book's bytes that an operation names."""
        env = self.env()
        assert operation.book is not None
        images = env.store.get(operation.book, BookSnapshot).images
        return {role: image_bytes(images[role], env.store.place.get) for role in NAMES}

    def assert_wholly(self, book: Book) -> None:
        """The book is this one, the log says so, and the plan is then done or can be."""
        assert self.book == book
        applied = self.applies()
        if book == self.prepared.after:
            assert [operation.verb for _, operation in applied] == ["apply"]
        else:
            assert applied == []
        if self.plan_again().plan.drift:
            assert book == self.prepared.before
            apply(self.env(APPLIED))
            assert self.book == self.prepared.after
            assert not self.plan_again().plan.drift
        else:
            assert book == self.prepared.after
        self.assert_sound()
        self.assert_audited()

    def droppings(self) -> list[str]:
        """What lies about beside the book's own files."""
        known = {*NAMES.values(), "config.yaml", AUDIT}
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return sorted(str(path) for path in found if path.parts[0] != "state" and str(path) not in known)


def write_tree(tree: Tree, folder: Path) -> None:
    """Make a folder with this content."""
    folder.mkdir(parents=True)
    for path in sorted(path for path, data in tree.items() if data is None):
        (folder / path).mkdir()
    for path, data in tree.items():
        if data is not None:
            (folder / path).write_bytes(data)


Ward = Callable[[str], Prepared]
MakeCase = Callable[[Prepared], Case]


def _copy(source: str, target: str) -> None:
    """Copy a file; an object of the store, which nobody changes, gets a second name instead."""
    if "objects" in Path(source).parts:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def plan_time() -> str:
    """When the prepared plan was made, as it is stored."""
    return f"{PLANNED:%Y-%m-%dT%H:%M:%S}.000000000Z"


def book_at(folder: Path) -> Book:
    """The very bytes of the book's files."""
    paths = {role: folder / name for role, name in NAMES.items()}
    return {role: path.read_bytes() if path.exists() else None for role, path in paths.items()}


def _replacing(folder: Path, order: str) -> None:
    """All three files are replaced: the bot has written ten where six were filled."""
    with (folder / NAMES["positions"]).open("a") as file:
        file.write("IWM,IWM250829C00225000,10,10,1.10,2025-08-21 11:00:00,open,\n")
    with (folder / NAMES["history"]).open("a") as file:
        file.write(f"2025-08-21 11:00:00,IWM250829C00225000,BUY,10,1.10,1100.00,{order},breakout\n")


def _appending(folder: Path, order: str) -> None:
    """The history is appended to: it has all columns, and the bot has written none of the day's trades."""
    del order
    head, _, rows = (folder / NAMES["history"]).read_text().partition("\n")
    columns = "fees,source,broker,environment,sync_imported"
    (folder / NAMES["history"]).write_text(f"{head},{columns}\n{rows}")


def _making(folder: Path, order: str) -> None:
    """All three files are made: there is no book any more."""
    del order
    for name in NAMES.values():
        (folder / name).unlink()


def _lengthened(folder: Path) -> None:
    """The bot has traded for years: the history is too long to be read whole each time."""
    head, _, rows = (folder / NAMES["history"]).read_text().partition("\n")
    old = "".join(
        f"2024-{1 + number // 400:02}-02 1{number % 10}:0{number // 10 % 10}:{number % 60:02},"
        f"SPY250117C00635000,BUY,1,2.40,240.00,old-{number},breakout of long ago\n"
        for number in range(4_200)
    )
    (folder / NAMES["history"]).write_text(f"{head}\n{old}{rows}")


def _replacing_long(folder: Path, order: str) -> None:
    """As replacing, with a long history: what lies before its last rows is copied."""
    _replacing(folder, order)
    _lengthened(folder)


def _appending_long(folder: Path, order: str) -> None:
    """As appending, to a long history."""
    _appending(folder, order)
    _lengthened(folder)


KINDS: dict[str, Callable[[Path, str], None]] = {
    "replacing": _replacing,
    "appending": _appending,
    "making": _making,
    "replacing, long": _replacing_long,
    "appending, long": _appending_long,
}


def prepare(kind: str, folder: Path, doomed: Doomed) -> Prepared:
    """A bot's folder on the morning of August 21, planned but not applied."""
    folder.mkdir(parents=True)
    (folder / "logs").mkdir()
    (folder / "config.yaml").write_text(SETTINGS)
    (folder / NAMES["bankroll"]).write_text(BANKROLL)
    (folder / NAMES["positions"]).write_text(POSITIONS)
    (folder / NAMES["history"]).write_text(HISTORY)
    for name in NAMES.values():
        (folder / name).chmod(0o644)
    with pytest.MonkeyPatch.context() as patch, Sandbox("guide", until="before") as sandbox:
        for name in machine.variables():
            patch.delenv(name)
        patch.setenv("ALPACA_PAPER_BASE_URL", sandbox.url)
        patch.setenv("ALPACA_PAPER_API_KEY", sandbox.key)
        patch.setenv("ALPACA_PAPER_SECRET_KEY", sandbox.secret)
        evening = PLANNED - timedelta(hours=19)
        env = Env.open("paper", config=folder / "config.yaml", clock=lambda: evening)
        plan(env)
        apply(env)
        sandbox.stage("after")
        orders = sandbox.world.orders.values()
        KINDS[kind](folder, next(each.id for each in orders if each.client_order_id == "bot-iwm-0821"))
        plan(Env.open("paper", config=folder / "config.yaml", clock=lambda: PLANNED))
    before = book_at(folder)
    whole = Prepared(folder, before, {}, [])
    trial = Case(whole, folder.with_name(f"{kind}-trial"))
    told = doomed.run(trial, "apply")
    assert told.error is None, told.said
    return whole._replace(after=trial.book, calls=told.names)


def with_history_of(size: int, prepared: Prepared, folder: Path) -> Prepared:
    """The same where the bot has written so long a note into its history since that this is its size."""
    case = Case(prepared, folder)
    history = prepared.before["history"]
    assert history is not None
    note = b"breakout" + b"!" * (size - len(history))

    def noted(book: Book) -> Book:
        assert book["history"] is not None
        return book | {"history": book["history"].replace(b"breakout", note, 1)}

    made = prepared._replace(folder=folder, before=noted(prepared.before), after=noted(prepared.after))
    assert made.before["history"] is not None
    case.path("history").write_bytes(made.before["history"])
    return made


def first_write(prepared: Prepared) -> int:
    """The number of the call with which the first file of the book is staged."""
    names = prepared.calls
    staged = ["open", "write", "flush", "fchmod", "fsync"]
    return next(n for n in range(len(names)) if names[n : n + 5] == staged and names[n + 5] != "replace")


def journaled(prepared: Prepared) -> int:
    """The number of the call that makes the journal durable: the first change of the book comes after it."""
    staging, calls = first_write(prepared), prepared.calls
    return calls.index("fsync", calls.index("replace", staging))


def recovered(case: Case) -> None:
    """The next writer recovers; then all is well."""
    interrupted = open_journal(case.env().store.folder)
    if interrupted:
        assert status(case.env()).standing == "interrupted"
    settle(case.env())
    if interrupted:
        assert case.book == case.prepared.after
    case.assert_wholly(case.book)
