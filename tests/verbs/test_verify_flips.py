"""``verify`` on a small store: whatever bit of whatever file turns over, or is missing, it says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from snapsync import Env
from snapsync.errors import Exit, StoreError
from snapsync.model.canon import OperationId, SnapshotId, encode, identify
from snapsync.model.history import Actor, Agreed, BookSnapshot, Operation
from snapsync.model.image import image
from snapsync.model.instant import midnight
from snapsync.model.kept import Keep
from snapsync.model.pages import Pages
from snapsync.model.policy import Rules
from snapsync.model.state import Position, Scope, State, Transaction
from snapsync.store.journal import close_journal, write_journal
from snapsync.store.store import Store
from snapsync.verbs.gc import gc
from snapsync.verbs.verify import verify
from tests.conftest import SETTINGS
from tests.store.test_flips import flips
from tests.store.test_journal import JOURNAL

exhaustive = [pytest.mark.exhaustive, pytest.mark.timeout(1800)]
SHARDS = 8


@pytest.fixture
def small(clean_environment: Path) -> Env:
    """A small store with an object of every sort, a pack, a journal, and two acts in a chain."""
    folder = clean_environment
    (folder / "config.yaml").write_text(SETTINGS)
    store = Store.create(folder / "state" / "paper", "paper")
    store.pin("account")
    held = Position(key="SPY", asset_class="us_equity", qty=Decimal(2), multiplier=Decimal(1))
    state = State(positions=Pages.of(Position, [held]), transactions=Pages.of(Transaction, []))
    store.put_all(state.objects())
    id, objects = image(b"symbol,quantity\nSPY,2\n")
    store.put_all(objects)
    store.place.pack()
    store.put(Rules())
    book = SnapshotId(store.put(BookSnapshot(state=state.id, images={"positions": id})))
    for day in ("2025-08-21", "2025-08-22"):
        store.commit(
            Operation(
                verb="recover",
                time=midnight(day),
                parents=store.heads(),
                env="paper",
                account="account",
                actor=Actor(user="me", host="here"),
                version="1",
                book=book,
                agreed=Agreed(book=book, broker=book, rules=Rules().id, scope=Scope(asset_classes=())),
            )
        )
    write_journal(store.folder, JOURNAL)
    return fresh(folder)


def fresh(folder: Path) -> Env:
    """The env, as another process would open it."""
    return Env.open("paper", config=folder / "config.yaml")


def good(env: Env) -> bool:
    """Whether nothing is found to be wrong."""
    try:
        return verify(fresh(env.config.root)).good
    except StoreError as error:
        return error.exit not in (Exit.INTEGRITY, Exit.STORE)


def meaningful(folder: Path) -> Iterator[Path]:
    """Every file of a store whose bytes mean something."""
    return (
        path for path in sorted(folder.rglob("*")) if path.is_file() and path.name.partition(".")[0] != "lock"
    )


@pytest.mark.parametrize(
    ("stride", "shard"), [(61, 0), *(pytest.param(1, n, marks=exhaustive) for n in range(SHARDS))]
)
def test_every_flip_is_found(small: Env, stride: int, shard: int) -> None:
    """Whichever bit turns over, verify says so; when it is turned back, all is well."""
    assert good(small)
    count = 0
    for path in meaningful(small.store.folder):
        for at in flips(path, stride):
            if stride == 1 and at % SHARDS != shard:
                continue
            count += 1
            assert not good(small), f"{path}: bit {at}"
    assert good(small)
    assert count > 300


@pytest.mark.parametrize("change", ["gone", "empty", "longer", "shorter"])
def test_every_file_that_is_missing_or_cut_is_found(
    small: Env, change: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whichever file is missing, empty, longer or shorter, verify says so."""
    folder = small.store.folder
    kept = tmp_path_factory.mktemp("kept") / "state"
    shutil.copytree(folder, kept)
    for path in list(meaningful(folder)):
        data = path.read_bytes()
        made = {"gone": None, "empty": b"", "longer": data + b"x", "shorter": data[:-1]}[change]
        # no journal is as if no apply had been interrupted; a head without a witness is a head
        if made == data or (made is None and (path.name == "journal.json" or path.parent.name == "witness")):
            continue
        path.unlink()
        if made is not None:
            path.write_bytes(made)
        assert not good(small), f"{path} {change}"
        path.unlink(missing_ok=True)
        shutil.copy2(kept / path.relative_to(folder), path)
    assert good(small)


def test_an_object_of_a_newer_format_is_not_guessed_at(small: Env) -> None:
    """A newer kind of operation is refused, and nothing of it is read."""
    store = small.store
    latest = store.latest()
    assert latest
    data = encode(msgspec.to_builtins(latest[1]) | {"format": 2})
    store.place.put(identify(data), data)

    with pytest.raises(StoreError, match="newer snapsync") as raised:
        store.operation(OperationId(identify(data)))

    assert raised.value.exit == Exit.STORE


def test_verify_and_gc_guess_at_nothing_newer(small: Env) -> None:
    """An object that a newer version stored is told by verify, and keeps gc from taking anything."""
    data = encode({"kind": "branch", "format": 2, "chunks": {"new": "shape"}})
    small.store.place.put(identify(data), data)

    assert [each.ids for each in verify(small).damage] == [(identify(data),)]
    assert "newer snapsync" in verify(small).damage[0].summary
    close_journal(small.store.folder)
    with pytest.raises(StoreError, match="nothing is taken") as raised:
        gc(small, Keep(last=1))
    assert raised.value.exit == Exit.STORE
