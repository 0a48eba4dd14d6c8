"""Packs: what goes in comes out, damage is named, and a reader never misses what is being packed."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import ObjectId, identify
from snapsync.model.packed import BLOCK
from snapsync.store import packs as packs_module
from snapsync.store.local import LocalPlace
from snapsync.store.pack import EMPTY, Pack, pack

from .test_flips import flips

WORDS = [f"word {number} ".encode() * (number % 40 + 1) for number in range(300)]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for the disk: no power is cut here."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


def object_of(data: bytes) -> tuple[ObjectId, bytes]:
    """Bytes under their id."""
    return identify(data), data


def packed(folder: Path, words: list[bytes]) -> LocalPlace:
    """A place in which these are one pack."""
    place = LocalPlace(folder)
    place.create()
    for data in words:
        place.put(*object_of(data))
    place.pack()
    return place


def only_pack(place: LocalPlace) -> Path:
    """The one pack of a place."""
    [path] = (place.folder / "packs").iterdir()
    return path


@given(st.lists(st.binary(max_size=200) | st.binary(max_size=40).map(lambda data: data * 3000), min_size=1))
def test_what_goes_in_comes_out(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]) -> None:
    """A pack gives back each object, has a name that follows from the set of them, and knows no other."""
    objects = dict(map(object_of, contents))
    name, data = pack(objects.items())
    path = tmp_path_factory.getbasetemp() / "one.pack"
    path.write_bytes(data)

    assert (name, data) == pack(sorted(objects.items(), reverse=True))
    assert name == hashlib.sha256(data).hexdigest()
    found = Pack.open(path)
    assert sorted(found.ids()) == sorted(objects)
    for id, (block, start, length) in found.places():
        assert found.block(block)[start : start + length] == objects[id]
    assert found.find(identify(b"not there")) is None or b"not there" in contents


def test_small_packs_become_one(tmp_path: Path) -> None:
    """Packing a little again and again leaves few packs, and every object is still there."""
    place = LocalPlace(tmp_path)
    place.create()
    for number in range(40):
        for step in range(20):
            place.put(*object_of(f"{number} {step}".encode()))
        place.pack()

    assert len(list((tmp_path / "packs").iterdir())) <= 6
    assert len(list(place.ids())) == 800
    assert {place.get(id) for id in place.ids()} == {
        f"{number} {step}".encode() for number in range(40) for step in range(20)
    }
    assert not [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]


def test_large_packs_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack that has reached its size is never copied again."""
    monkeypatch.setattr(packs_module, "LARGEST", 20_000)
    place = packed(tmp_path, [os.urandom(200) for _ in range(80)])
    large = only_pack(place)

    place.put(*object_of(os.urandom(15_000)))
    place.pack()

    assert large in list((tmp_path / "packs").iterdir())
    assert len(list((tmp_path / "packs").iterdir())) == 2


def test_a_commit_packs_only_when_there_is_much(tmp_path: Path) -> None:
    """Below the number that is asked for nothing is packed."""
    place = LocalPlace(tmp_path)
    place.create()
    for data in WORDS:
        place.put(*object_of(data))

    assert place.pack(1024) == 0
    assert place.pack(200) == len(WORDS)


def test_every_flip_in_a_pack_is_found(tmp_path: Path) -> None:
    """Whatever bit turns over: no wrong byte is handed out, and the pack is told of by name."""
    words = [b"one", b"two" * 9, b"three"]
    path = only_pack(packed(tmp_path, words))
    harmless = 0

    for _ in flips(path):
        place = LocalPlace(tmp_path)
        flaws = list(place.flaws())
        assert [each for each in flaws if path.name in each.detail]
        for data in words:
            try:
                assert place.get(identify(data)) == data
                harmless += 1
            except StoreError as error:
                assert error.exit in (Exit.INTEGRITY, Exit.STORE)  # noqa: PT017 - a flip may be harmless
                assert path.name in error.detail or identify(data)[2:] in error.detail  # noqa: PT017
    assert harmless < 3 * 8 * 3


@pytest.mark.parametrize("length", [0, 1, 15, 16, EMPTY - 1, EMPTY, -1, -40, -100])
def test_a_pack_that_was_cut_short_is_named(tmp_path: Path, length: int) -> None:
    """A torn pack is an integrity failure that names it; what lies elsewhere stays readable."""
    path = only_pack(packed(tmp_path, WORDS))
    data = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(data[:length])
    place = LocalPlace(tmp_path)
    place.put(*object_of(b"loose"))

    with pytest.raises(StoreError, match=path.name) as raised:
        place.get(identify(WORDS[0]))
    assert raised.value.exit == Exit.INTEGRITY
    assert place.get(identify(b"loose")) == b"loose"
    assert [path.name in each.detail for each in place.flaws()] == [True]


def test_a_missing_pack_is_a_missing_object(tmp_path: Path) -> None:
    """A pack that was deleted leaves objects missing, which is told as such."""
    place = packed(tmp_path, WORDS)
    only_pack(place).unlink()

    for each in (place, LocalPlace(tmp_path)):
        with pytest.raises(StoreError, match="missing") as raised:
            each.get(identify(WORDS[0]))
        assert raised.value.exit == Exit.INTEGRITY


def test_a_newer_pack_is_refused(tmp_path: Path) -> None:
    """A pack of a format that we do not know is never guessed at."""
    path = only_pack(packed(tmp_path, WORDS))
    newer = path.read_bytes().replace(b"snapsync pack 1", b"snapsync pack 2", 1)
    path.unlink()
    (path.parent / f"{hashlib.sha256(newer).hexdigest()}.pack").write_bytes(newer)

    with pytest.raises(StoreError, match="newer snapsync") as raised:
        LocalPlace(tmp_path).get(identify(WORDS[0]))

    assert raised.value.exit == Exit.STORE


def test_a_damaged_object_is_not_packed(tmp_path: Path) -> None:
    """What is damaged stays where it is, so that it is found there; all else is packed."""
    place = LocalPlace(tmp_path)
    place.create()
    for data in WORDS:
        place.put(*object_of(data))
    id = identify(WORDS[0])
    path = tmp_path / "objects" / id[:2] / id[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")

    assert place.pack() == len(WORDS) - 1

    assert path.exists()
    with pytest.raises(StoreError, match=id[2:]):
        place.get(id)


def test_a_damaged_pack_is_not_copied(tmp_path: Path) -> None:
    """A pack that is not its hash is not made one with others: it would be harder to find there."""
    place = packed(tmp_path, WORDS[:50])
    path = only_pack(place)
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)

    later = packed(tmp_path, WORDS[50:])

    assert path.exists()
    assert all(later.get(identify(word)) == word for word in WORDS[50:])


def test_a_sound_copy_is_as_good(tmp_path: Path) -> None:
    """An object that is loose and packed is read from where it is whole."""
    place = packed(tmp_path, WORDS)
    id = identify(WORDS[0])
    path = tmp_path / "objects" / id[:2] / id[2:]
    path.write_bytes(b"damaged")

    assert place.get(id) == LocalPlace(tmp_path).get(id) == WORDS[0]


def test_an_empty_file_is_no_object(tmp_path: Path) -> None:
    """What some file systems leave of a file after a power cut does not keep it from being stored again."""
    place = LocalPlace(tmp_path)
    place.create()
    id, data = object_of(b"one")
    place.put(id, data)
    path = tmp_path / "objects" / id[:2] / id[2:]
    path.chmod(0o600)
    path.write_bytes(b"")

    assert not place.has(id)
    with pytest.raises(StoreError, match="damaged"):
        place.get(id)
    assert place.put(id, data)
    assert place.get(id) == data


def test_foreign_files_among_the_packs_are_ignored(tmp_path: Path) -> None:
    """What a file manager or a crash leaves there is no pack."""
    place = packed(tmp_path, WORDS)
    for name in (".DS_Store", ".snapsync-0123456789abcdef", "copy of a.pack", f"{'0' * 64}.pack~"):
        (tmp_path / "packs" / name).write_bytes(b"droppings")

    assert len(list(LocalPlace(tmp_path).ids())) == len(WORDS)
    assert list(place.flaws()) == []


def test_objects_share_blocks(tmp_path: Path) -> None:
    """Many small objects are compressed together; a large one has a block of its own."""
    large = b"x" * (BLOCK + 1)
    path = only_pack(packed(tmp_path, [*WORDS, large]))

    found = Pack.open(path)
    sizes = [len(found.block(number)) for number in range(found.blocks)]
    assert max(sizes) == len(large)
    assert all(size <= BLOCK for size in sizes if size != len(large))
    assert found.blocks == -(-sum(map(len, WORDS)) // BLOCK) + 1


def _read_all(folder: str, ids: list[ObjectId], stop: multiprocessing.synchronize.Event) -> None:
    place = LocalPlace(Path(folder))
    while not stop.is_set():
        for id in ids:
            place.get(id)
        if {*place.ids()} < {*ids}:
            raise AssertionError("an object was not listed")


def test_readers_never_miss_what_is_being_packed(tmp_path: Path) -> None:
    """While one process packs and removes again and again, others read every object that stays."""
    place = LocalPlace(tmp_path)
    place.create()
    ids = [identify(data) for data in WORDS]
    for data in WORDS:
        place.put(*object_of(data))
    spawn = multiprocessing.get_context("spawn")
    stop = spawn.Event()
    readers = [spawn.Process(target=_read_all, args=(str(tmp_path), ids, stop)) for _ in range(2)]
    for reader in readers:
        reader.start()

    record, _ = object_of(b"record")
    for number in range(60):
        extra = object_of(f"extra {number}".encode())
        place.put(*extra)
        place.pack()
        place.remove(record, frozenset([extra[0]]))
    stop.set()
    for reader in readers:
        reader.join()

    assert [reader.exitcode for reader in readers] == [0, 0]
