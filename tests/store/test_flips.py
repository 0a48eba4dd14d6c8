"""Every single-bit flip in a small store is found; what is handed out is always what was put in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import ObjectId
from snapsync.model.history import Actor, BookSnapshot, Operation
from snapsync.model.image import image
from snapsync.model.instant import midnight
from snapsync.model.pages import Pages
from snapsync.model.policy import Rules
from snapsync.model.state import Position, State, Transaction
from snapsync.store.journal import open_journal, write_journal
from snapsync.store.store import Store

from .test_journal import JOURNAL

_PADDING = 7
"""A deflate stream ends somewhere in a byte: the bits after its end, seven at most, mean nothing."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one object of every sort: a state with its pages, an image, a snapshot, rules, an act."""
    store = Store.create(tmp_path, "paper")
    store.pin("account")
    held = Position(key="SPY", asset_class="us_equity", qty=Decimal(2), multiplier=Decimal(1))
    state = State(positions=Pages.of(Position, [held]), transactions=Pages.of(Transaction, []))
    store.put_all(state.objects())
    id, objects = image(b"symbol,quantity\nSPY,2\n")
    store.put_all(objects)
    store.put(Rules())
    store.put(BookSnapshot(state=state.id, images={"positions": id}))
    store.commit(
        Operation(
            verb="plan",
            time=midnight("2025-08-21"),
            parents=(),
            env="paper",
            account="account",
            actor=Actor(user="me", host="here"),
            version="1",
        )
    )
    return store


def flips(path: Path, stride: int = 1) -> Iterator[int]:
    """Turn each single bit of a file over, or each n-th, one at a time; in the end it is as it was."""
    data = path.read_bytes()
    path.chmod(0o600)
    with path.open("r+b", buffering=0) as file:
        for number in range(0, 8 * len(data), stride):
            at, bit = divmod(number, 8)
            os.pwrite(file.fileno(), bytes([data[at] ^ 1 << bit]), at)
            yield number
            os.pwrite(file.fileno(), bytes([data[at]]), at)


def test_every_flip_in_an_object_is_found(store: Store, tmp_path: Path) -> None:
    """A flipped object is an integrity failure, or its flip is padding and changes nothing."""
    ids = sorted(store.place.ids())
    assert len(ids) >= 9

    for id in ids:
        harmless = sum(_survives(store, tmp_path, id))
        assert harmless <= _PADDING, id


def _survives(store: Store, folder: Path, id: ObjectId) -> Iterator[bool]:
    path = folder / "objects" / id[:2] / id[2:]
    content = store.place.get(id)
    for _ in flips(path):
        try:
            assert store.place.get(id) == content
        except StoreError as error:
            assert error.exit == Exit.INTEGRITY  # noqa: PT017 - a flip may also be harmless
            yield False
        else:
            yield True


def test_every_flip_in_the_identity_is_found(store: Store, tmp_path: Path) -> None:
    """No flipped store.json is opened."""
    del store
    path = tmp_path / "store.json"

    for _ in flips(path):
        with pytest.raises(StoreError):
            Store.open(tmp_path, "paper")


def test_every_flip_in_the_journal_is_found(tmp_path: Path) -> None:
    """No flipped journal is acted on."""
    write_journal(tmp_path, JOURNAL)
    path = tmp_path / "journal.json"

    for _ in flips(path):
        with pytest.raises(StoreError) as raised:
            open_journal(tmp_path)
        assert raised.value.exit == Exit.INTEGRITY
