"""A trade is found by its key as if all had been gone through, whatever became of what was remembered."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snapsync.errors import StoreError
from snapsync.model.canon import ObjectId
from snapsync.model.instant import Instant
from snapsync.model.pages import Pages
from snapsync.model.state import Transaction
from snapsync.store.keys import PART, Keys
from snapsync.store.memory import FolderMemory
from tests.book.shelf import trade

lenient = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
DAYS = ["0001-01-01", "1969-12-31", "2024-02-29", "2025-03-01", "2025-03-02", "2149-06-07", "9999-12-31"]
keys = st.text("abc", min_size=1, max_size=3)
tables = st.dictionaries(keys, st.sampled_from(DAYS), max_size=12)


def pages_of(table: dict[str, str]) -> Pages[Transaction]:
    """Trades with these keys on these days."""
    rows = (_trade(key, day) for key, day in table.items())
    return Pages.of(Transaction, rows)


def _trade(key: str, day: str) -> Transaction:
    return msgspec.structs.replace(trade(key), time=Instant(f"{day}T10:00:00.000000000Z"))


class Shelf:
    """A store's objects, and the keys that are remembered beside it."""

    def __init__(self, folder: Path) -> None:
        self.memory = FolderMemory(folder)
        self.objects: dict[ObjectId, bytes] = {}

    def keys(self) -> Keys:
        """As another process opens them."""
        return Keys(self.memory, "book.keys", self.get)

    def get(self, id: ObjectId) -> bytes:
        """As a store gives it back."""
        if id not in self.objects:
            raise StoreError("It was collected.")
        return self.objects[id]

    def put(self, pages: Pages[Transaction]) -> None:
        """Keep a tree."""
        self.objects.update(pages.objects())


@given(tables=st.lists(tables, min_size=1, max_size=4), asked=st.lists(keys, max_size=6), anew=st.booleans())
@lenient
def test_every_key_of_every_tree_is_found(
    tmp_path: Path, tables: list[dict[str, str]], asked: list[str], *, anew: bool
) -> None:
    """One tree after the other, and back again, by one process or by many: what is there is found."""
    shelf = Shelf(tmp_path / "memory")
    found = shelf.keys()
    for table in [*tables, tables[0]]:
        pages = pages_of(table)
        shelf.put(pages)
        found = shelf.keys() if anew else found
        for key in {*asked, *table}:
            assert found.find(pages, key) == pages.by_key().get(key)


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7), cut=st.booleans())
@lenient
def test_what_is_damaged_is_made_anew(tmp_path: Path, at: int, bit: int, *, cut: bool) -> None:
    """A flipped bit, or a file that breaks off, hides no trade."""
    shelf, file = Shelf(tmp_path / "memory"), tmp_path / "memory" / "book.keys"
    first, second = dict.fromkeys("abcdefgh", DAYS[3]), dict.fromkeys("ijkl", DAYS[4])
    for table in (first, first | second):
        shelf.put(pages_of(table))
        shelf.keys().find(pages_of(table), "a")
    data = bytearray(file.read_bytes())
    at %= len(data)
    if cut:
        del data[at:]
    else:
        data[at] ^= 1 << bit
    file.write_bytes(data)

    pages = pages_of(first | second)
    found = shelf.keys()
    for key in [*"abcdefghijklm"]:
        assert found.find(pages, key) == pages.by_key().get(key)
    assert [key for key in pages.by_key() if shelf.keys().find(pages, key) is None] == []


def test_many_keys_lie_in_parts_of_which_one_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long file no more is read than its table and the part that may have the key."""
    shelf = Shelf(tmp_path / "memory")
    pages = pages_of({f"order:{number}": DAYS[3 + number % 2] for number in range(3 * PART)})
    shelf.put(pages)
    shelf.keys().find(pages, "order:1")
    read: list[int] = []
    part = FolderMemory.part

    def counted(memory: FolderMemory, name: str, start: int, size: int) -> bytes:
        data = part(memory, name, start, size)
        read.append(len(data))
        return data

    monkeypatch.setattr(FolderMemory, "part", counted)
    row = shelf.keys().find(pages, "order:4711")

    assert row is not None
    assert row.key == "order:4711"
    assert sum(read) < 2 * PART * 8
