"""The stored sample of format 1: today's code reads it, and so does one made from docs/format.md alone."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import ImageId, decode, encode, identify
from snapsync.model.collection import Collection
from snapsync.model.history import BookSnapshot, BrokerSnapshot, Operation
from snapsync.model.image import BRANCH, CHUNK, Branch, Image, image, image_bytes
from snapsync.model.ledger import Activity
from snapsync.model.pages import Pages
from snapsync.model.plan import FilesBody, Plan, PlanBody
from snapsync.model.policy import Rules
from snapsync.model.state import Position, StateRoot, Transaction, stored_state
from snapsync.model.tree import Node, page_type
from snapsync.store.journal import open_journal
from snapsync.store.store import Store

from . import make_v1, reader

HERE = Path(__file__).parent
SAMPLE = HERE / "v1"
ROLES = ("bankroll", "positions", "history")
KINDS: dict[str, Any] = {
    "operation": Operation,
    "broker-snapshot": BrokerSnapshot,
    "book-snapshot": BookSnapshot,
    "state": StateRoot,
    "node": Node,
    "rules": Rules,
    "plan": PlanBody,
    "file-plan": FilesBody,
    "plan-details": Plan,
    "image": Image,
    "branch": Branch,
    "collection": Collection,
}


@pytest.fixture(scope="module")
def store() -> Store:
    """The sample, opened with today's code."""
    found = Store.open(SAMPLE / "store", "paper")
    assert found is not None
    return found


@pytest.fixture(scope="module")
def read() -> Any:  # noqa: ANN401 - the reader's JSON
    """What the independent reader says of the sample; it is run without any third party's package."""
    command = [sys.executable, "-I", "-S", str(HERE / "reader.py"), str(SAMPLE / "store")]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def book(name: str) -> dict[str, bytes]:
    """The book's files as the sample keeps them beside the store."""
    return {role: (SAMPLE / "book" / name / role).read_bytes() for role in ROLES}


def type_of_page(data: bytes) -> Any:  # noqa: ANN401 - a type
    """The type of a page, by what its rows have: the page itself does not say."""
    row = json.loads(data)["rows"][0]
    return page_type(Activity if "raw_symbol" in row else Transaction if "action" in row else Position)


def test_every_object_is_what_todays_code_would_write(store: Store) -> None:
    """Each object is read as its kind, written again to the same bytes, and has its hash for a name."""
    seen = set()
    for id in store.place.ids():
        data = store.place.get(id)
        assert identify(data) == id
        if not data.startswith(b"{"):
            continue
        kind = json.loads(data)["kind"]
        value = decode(data, type_of_page(data) if kind == "page" else KINDS[kind])
        assert encode(value) == data
        seen.add(kind)
    assert seen == {*KINDS, "page"} - {"collection"}


def test_the_log_is_read(store: Store) -> None:
    """Evening and morning are planned and applied; the last apply is undone, and that undone again."""
    log = [(operation.verb, operation.tally) for _, operation in store.log()]

    assert [verb for verb, _ in log] == ["undo", "plan"] * 2 + ["plan", "apply", "plan", "apply", "plan"]
    newest = log[4][1]
    assert newest is not None
    assert (newest.add, newest.update, newest.close) == (0, 0, 0)
    assert all(operation.actor == make_v1.ACTOR for _, operation in store.log())


def test_states_are_worked_out_again(store: Store) -> None:
    """From the rows of each state and ledger follow the very ids under which they are stored."""
    get = store.place.get
    for _, operation in store.log():
        assert operation.book
        assert operation.broker
        broker = store.get(operation.broker, BrokerSnapshot)
        for id in (store.get(operation.book, BookSnapshot).state, broker.state):
            state = stored_state(id, get)
            assert Pages.of(Position, state.positions).root == state.root.positions
            assert Pages.of(Transaction, state.transactions).root == state.root.transactions
            assert state.id == id
        assert Pages.of(Activity, Pages.stored(Activity, broker.ledger, get)).root == broker.ledger


def test_plans_are_worked_out_again(store: Store) -> None:
    """The id of each plan follows from its details."""
    for _, operation in store.log():
        assert operation.details
        plan = store.get(operation.details, Plan)
        assert plan.id == operation.plan
        assert store.get(plan.id, PlanBody if plan.origin == "sync" else FilesBody) == plan.body


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (8, "1-evening"),
        (6, "2-morning"),
        (5, "3-applied"),
        (4, "3-applied"),
        (2, "2-morning"),
        (0, "3-applied"),
    ],
)
def test_the_books_bytes_come_back(store: Store, act: int, name: str) -> None:
    """The images of an act are the files that lay there."""
    _, operation = list(store.log())[act]
    assert operation.book
    images = store.get(operation.book, BookSnapshot).images

    assert {role: image_bytes(images[role], store.place.get) for role in ROLES} == book(name)
    assert {role: image(data)[0] for role, data in book(name).items()} == images


def test_the_journal_is_read(store: Store) -> None:
    """The intent of the last apply goes from the morning's book to the one applied."""
    journal = open_journal(SAMPLE / "interrupted")
    assert journal is not None

    for moment, name in (("before", "2-morning"), ("after", "3-applied")):
        images: dict[str, ImageId] = {write.role: getattr(write, moment) for write in journal.writes}
        assert {role: image_bytes(images[role], store.place.get) for role in ROLES} == book(name)
    assert journal.draft.plan == list(store.log())[5][1].plan


def test_the_page_is_enough_to_read_it(store: Store, read: Any) -> None:  # noqa: ANN401 - the reader's JSON
    """The independent reader finds the same acts, states, plans and bytes."""
    log = list(store.log())
    assert read["store"]["store"] == make_v1.STORE_ID
    assert [act["id"] for act in read["log"]] == [id for id, _ in log]
    assert read["heads"] == list(store.heads())
    assert read["objects"] == sorted(store.place.ids())
    files = [{role: act["files"][role].encode() for role in ROLES} for act in read["log"]]
    assert files[8] == book("1-evening")
    assert files[6] == files[2] == book("2-morning")
    assert files[5] == files[4] == files[0] == book("3-applied")
    for act, (_, operation) in zip(read["log"], log, strict=True):
        assert operation.broker
        broker = store.get(operation.broker, BrokerSnapshot)
        state = stored_state(broker.state, store.place.get)
        ledger = Pages.stored(Activity, broker.ledger, store.place.get)
        assert [row["key"] for row in act["broker"]["positions"]] == [row.key for row in state.positions]
        assert [row["id"] for row in act["ledger"]] == [row.id for row in ledger]
    assert {row["key"] for row in read["log"][0]["book"]["positions"]} == {
        "IWM250829C00225000",
        "SPY250822C00635000",
    }


def test_the_reader_stands_alone() -> None:
    """The independent reader imports nothing of ours and nothing from outside the standard library."""
    tree = ast.parse((HERE / "reader.py").read_text())
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }

    assert names <= set(sys.stdlib_module_names) | {"__future__"}


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"\n",
        b"x" * CHUNK,
        b"x" * (CHUNK - 1) + b"\n" + b"y",
        b"x" * CHUNK + b"\n" + b"y" * CHUNK,
        b"a row of a long file\n" * (CHUNK // 7),
        b"\n" * CHUNK * (BRANCH + 3),
    ],
    ids=["absent", "empty", "newline", "a chunk", "cut", "late newline", "many chunks", "many branches"],
)
def test_images_of_every_shape_are_read(tmp_path: Path, data: bytes | None) -> None:
    """The reader puts together what today's code has cut, for files of every size."""
    store = Store.create(tmp_path, "paper")
    id, objects = image(data)
    store.put_all(objects)

    assert reader.Store(tmp_path).file(id) == image_bytes(id, store.place.get) == data


@pytest.mark.parametrize("id", ["first", "last", "pack"])
def test_the_reader_finds_damage(tmp_path: Path, id: str) -> None:
    """A reader made from the page refuses an object that is not its hash."""
    shutil.copytree(SAMPLE / "store", tmp_path / "store")
    loose = sorted((tmp_path / "store" / "objects").glob("*/*"))
    packs = sorted((tmp_path / "store" / "packs").iterdir())
    path = {"first": loose[0], "last": loose[-1], "pack": packs[0]}[id]
    path.write_bytes(path.read_bytes()[:-1] + b"\0")

    with pytest.raises((reader.DamagedError, zlib.error)):
        reader.main(str(tmp_path / "store"))


def test_what_was_collected_is_known(store: Store) -> None:
    """After a gc all that was done is still told; what is gone is named, and by both readers alike."""
    after = Store.open(SAMPLE / "collected", "paper")
    assert after is not None
    command = [sys.executable, "-I", "-S", str(HERE / "reader.py"), str(SAMPLE / "collected")]
    read = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    [record] = after.place.collected()
    collection = after.get(record, Collection)

    assert list(after.log()) == list(store.log())
    assert read["collected"] == list(collection.ids)
    assert (collection.keep_last, collection.keep_days, collection.actor) == (1, None, make_v1.ACTOR)
    assert {*after.place.ids()} == {*store.place.ids(), record} - {*collection.ids}
    for id in collection.ids:
        with pytest.raises(StoreError, match="collected by gc") as raised:
            after.place.get(id)
        assert raised.value.exit == Exit.STORE


def test_the_sample_names_no_machine() -> None:
    """What is committed holds no path, user or host of the machine that made it."""
    for path in SAMPLE.rglob("*"):
        assert "lock" not in path.name
        if path.suffix == ".json":
            assert str(Path.home()) not in path.read_text()
            assert str(HERE) not in path.read_text()


def test_the_sample_can_be_made_again(tmp_path: Path, clean_environment: Path) -> None:
    """Making it twice gives the same folders, so its making depends on nothing but the code."""
    del clean_environment
    once, twice = tmp_path / "once", tmp_path / "twice"

    make_v1.make(once)
    make_v1.make(twice)

    assert tree(once) == tree(twice)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
