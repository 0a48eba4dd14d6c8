"""What every kind of place must be able to do; a new kind runs through it unchanged (see KINDS)."""

from __future__ import annotations

import subprocess
import zlib
from collections.abc import Callable
from threading import Thread

import pytest

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import ObjectId, OperationId, identify
from snapsync.model.packed import Packed
from snapsync.store.place import Place

from .conftest import Kind, held_elsewhere

WORDS = [b"", b"one", b"two", b"three" * 5000, bytes(range(256)) * 3]


def op(word: str) -> OperationId:
    """An id such as operations have."""
    return OperationId(identify(word.encode()))


@pytest.mark.parametrize("data", WORDS, ids=len)
def test_what_is_put_is_got(place: Place, kind: Kind, data: bytes) -> None:
    """An object comes back byte for byte, also to another opener."""
    id = identify(data)
    assert not place.has(id)

    assert place.put(id, data)

    assert place.has(id)
    assert place.get(id) == kind.open().get(id) == data


def test_putting_twice_is_putting_once(place: Place, kind: Kind) -> None:
    """The second put of the same bytes changes nothing."""
    id = identify(b"once")
    place.put(id, b"once")
    first = kind.stored(id)

    assert not place.put(id, b"once")

    assert kind.stored(id) == first
    assert list(place.ids()) == [id]


def test_a_missing_object_is_named(place: Place) -> None:
    """Getting what was never put is an integrity failure that names the object."""
    id = identify(b"never")

    with pytest.raises(StoreError, match=id[2:]) as raised:
        place.get(id)

    assert raised.value.exit == Exit.INTEGRITY


DAMAGE: dict[str, Callable[[bytes, bytes], bytes | None]] = {
    "truncated": lambda stored, _: stored[:-1],
    "empty": lambda _stored, _other: b"",
    "longer": lambda stored, _: stored + b"\n",
    "twice": lambda stored, _: stored * 2,
    "another object's bytes": lambda _, other: other,
    "zeros": lambda stored, _: bytes(len(stored)),
    "gone": lambda _stored, _other: None,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_an_integrity_failure(place: Place, kind: Kind, damage: str) -> None:
    """Bytes that are not what their id says are never handed out; all else stays readable."""
    mine, other = identify(b"mine" * 100), identify(b"other")
    place.put(mine, b"mine" * 100)
    place.put(other, b"other")

    kind.overwrite(mine, DAMAGE[damage](kind.stored(mine), kind.stored(other)))

    with pytest.raises(StoreError) as raised:
        place.get(mine)
    assert raised.value.exit == Exit.INTEGRITY
    assert place.get(other) == b"other"


def test_ids_are_found_by_their_beginning(place: Place) -> None:
    """Every object is listed once under each prefix of its id, and under no other."""
    ids = {identify(str(number).encode()) for number in range(300)}
    for number in range(300):
        place.put(identify(str(number).encode()), str(number).encode())

    assert sorted(place.ids()) == sorted(ids)
    for length in (1, 2, 3, 5, 64):
        some = sorted(ids)[length]
        expected = sorted(id for id in ids if id.startswith(some[:length]))
        assert sorted(place.ids(some[:length])) == expected


@pytest.mark.parametrize(
    "prefix", ["zz", "*", "**", "?", "[a-f]", "..", "/", "../..", "a/b", "\0", "A" * 100]
)
def test_a_prefix_that_no_id_can_have_finds_nothing(place: Place, prefix: str) -> None:
    """Whatever a user types for an id is only ever compared."""
    place.put(identify(b"one"), b"one")

    assert list(place.ids(prefix)) == []


def test_a_new_place_has_nothing(place: Place) -> None:
    """No head and no object before the first."""
    assert place.heads() == ()
    assert list(place.ids()) == []


def test_the_head_moves(place: Place, kind: Kind) -> None:
    """An advance puts the new head in place of the old ones, for everybody."""
    place.advance((), op("first"))
    assert kind.open().heads() == (op("first"),)

    place.advance((op("first"),), op("second"))

    assert place.heads() == kind.open().heads() == (op("second"),)


def test_heads_that_are_not_named_stay(place: Place) -> None:
    """An advance takes away only what it was told of: two writers' heads are both kept."""
    place.advance((), op("mine"))
    place.advance((), op("theirs"))
    assert place.heads() == tuple(sorted([op("mine"), op("theirs")]))

    place.advance((op("mine"),), op("mine again"))
    assert set(place.heads()) == {op("mine again"), op("theirs")}

    place.advance(place.heads(), op("both"))
    assert place.heads() == (op("both"),)


@pytest.mark.parametrize("old", [("a", "b"), ("b", "a")], ids="".join)
def test_advancing_again_changes_nothing(place: Place, old: tuple[str, ...]) -> None:
    """An advance that was cut short can be made again, with heads that have gone already."""
    place.advance((), op("a"))

    place.advance(tuple(op(each) for each in old), op("c"))
    place.advance(tuple(op(each) for each in (*old, "c")), op("c"))

    assert place.heads() == (op("c"),)


def test_the_lock_keeps_another_process_out(shared: Kind) -> None:
    """While one process holds the lock, another is told who it is, and how it is called."""
    place = shared.open()
    with held_elsewhere(shared) as holder, pytest.raises(StoreError) as raised, place.lock("mine"):
        pass

    assert raised.value.exit == Exit.LOCKED
    assert str(holder.pid) in raised.value.detail
    assert "a test" in raised.value.detail


def test_readers_do_not_wait_for_the_lock(shared: Kind) -> None:
    """Objects and heads are read while another process writes."""
    place = shared.open()
    place.put(identify(b"one"), b"one")
    place.advance((), op("head"))

    with held_elsewhere(shared):
        assert place.get(identify(b"one")) == b"one"
        assert place.heads() == (op("head"),)


def test_the_lock_is_given_back(shared: Kind) -> None:
    """After a holder is done, or has failed, the next one gets the lock."""
    place = shared.open()
    for _ in range(2):
        with place.lock("mine"):
            pass
    with pytest.raises(ZeroDivisionError), place.lock("mine"):
        raise ZeroDivisionError
    with held_elsewhere(shared) as holder:
        assert holder.poll() is None


def test_the_lock_dies_with_its_process(shared: Kind) -> None:
    """A holder that is killed leaves no lock behind."""
    place = shared.open()
    with held_elsewhere(shared) as holder:
        holder.kill()
        holder.wait()

        with place.lock("mine"):
            pass


def test_a_waiter_gets_the_lock_in_time(shared: Kind) -> None:
    """Who may wait gets the lock when the holder lets go."""
    place = shared.open()
    with held_elsewhere(shared) as holder:
        assert holder.stdin is not None
        # the holder's stdin ends when its last writer has gone: this process now, the sleeper later
        with subprocess.Popen(["sleep", "0.5"], stdin=holder.stdin):
            holder.stdin.close()
            with place.lock("mine", timeout=60):
                pass


def test_one_process_has_one_lock(shared: Kind) -> None:
    """A second taker in the same process is kept out too: threads are writers like any other."""
    place = shared.open()
    with place.lock("first"), pytest.raises(StoreError) as raised, place.lock("second"):
        pass

    assert raised.value.exit == Exit.LOCKED


def _advance(kind: Kind, number: int) -> None:
    place = kind.open()
    for step in range(20):
        id = op(f"{number} {step}")
        before = place.heads()
        place.put(id, f"{number} {step} after {' '.join(before)}".encode())
        place.advance(before, id)


def test_advances_at_once_lose_nothing(shared: Kind) -> None:
    """Writers who move the head without the lock make forks, but every head is kept or was taken over."""
    shared.open()
    threads = [Thread(target=_advance, args=(shared, number)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    heads = set(shared.open().heads())
    taken = {parent for number in range(4) for step in range(20) for parent in _after(shared, number, step)}
    assert {op(f"{number} {step}") for number in range(4) for step in range(20)} == heads | taken


def _after(kind: Kind, number: int, step: int) -> set[OperationId]:
    """The heads that a writer had seen; its bytes are no object's, so they are not got but looked at."""
    stored = kind.stored(op(f"{number} {step}"))
    text = (zlib.decompress(stored) if stored.startswith(b"x") else stored).decode()
    return {OperationId(ObjectId(id)) for id in text.split()[3:]}


def test_packing_changes_nothing_that_is_seen(place: Place, kind: Kind) -> None:
    """Before and after packing, here and elsewhere, the same objects are there, and new ones can be put."""
    words = {identify(str(n).encode() * 50): str(n).encode() * 50 for n in range(100)}
    for id, data in words.items():
        place.put(id, data)
    elsewhere = kind.open()
    assert elsewhere.pack(1000) == 0

    place.pack()
    for each in (place, elsewhere, kind.open()):
        assert {id: each.get(id) for id in each.ids()} == words
        assert sorted(each.ids("a")) == sorted(id for id in words if id.startswith("a"))
        assert all(each.has(id) for id in words)
        assert not any(each.put(id, data) for id, data in words.items())
    assert place.pack() == 0
    assert list(place.flaws()) == []

    assert elsewhere.put(identify(b"new"), b"new")
    place.pack()
    assert {id: elsewhere.get(id) for id in elsewhere.ids()} == {**words, identify(b"new"): b"new"}


def test_many_are_put_at_once(place: Place, kind: Kind) -> None:
    """Those that were there are told apart from those that are new; all of them are there afterwards."""
    words = {identify(str(n).encode() * 50): str(n).encode() * 50 for n in range(100)}
    ids = list(words)
    place.put(ids[3], words[ids[3]])
    assert place.put_many({id: words[id] for id in ids[:50]}) == {*ids[:50]} - {ids[3]}

    assert place.put_many(words) == {*ids[50:]}
    assert place.put_many(words) == set()

    assert {id: kind.open().get(id) for id in place.ids()} == words
    assert list(place.flaws()) == []


@pytest.mark.parametrize("there", ["", "loose", "packed"])
def test_what_is_packed_in_memory_is_kept_or_refused(place: Place, kind: Kind, there: str) -> None:
    """As it is packed, if all of it is new and the place knows packs; else nothing is done."""
    objects = Packed()
    words = {objects.add(word): word for word in (str(n).encode() * 900 for n in range(300))}
    if there:
        id, word = next(iter(words.items()))
        place.put(id, word)
    if there == "packed":
        place.pack()

    kept = place.put_packed(objects)

    assert not (kept and there)
    if kept:
        assert {id: kind.open().get(id) for id in place.ids()} == words
    else:
        assert len(list(place.ids())) == bool(there)
    assert list(place.flaws()) == []


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_removed_is_gone_and_remembered(place: Place, kind: Kind, *, packed: bool) -> None:
    """Only what was named goes; the record of it stays, and what went can be put again."""
    for word in ("keep", "go", "also go", "record"):
        place.put(identify(word.encode()), word.encode())
    elsewhere = kind.open()
    if packed:
        place.pack()
    assert place.collected() == ()

    gone = frozenset(identify(word) for word in (b"go", b"also go", b"never there"))
    place.remove(identify(b"record"), gone)
    place.remove(identify(b"record"), gone)

    for each in (place, elsewhere, kind.open()):
        assert each.collected() == (identify(b"record"),)
        assert sorted(each.ids()) == sorted([identify(b"keep"), identify(b"record")])
        assert not each.has(identify(b"go"))
        assert each.get(identify(b"keep")) == b"keep"
    assert place.put(identify(b"go"), b"go")
    assert elsewhere.get(identify(b"go")) == b"go"


@pytest.mark.parametrize("packed", [False, True])
def test_what_was_put_just_now_is_young(place: Place, *, packed: bool) -> None:
    """Nothing that was put within an hour is listed where an hour's age is asked for."""
    place.put(identify(b"one"), b"one")
    if packed:
        place.pack()

    assert list(place.ids(age=3600)) == []
    assert list(place.ids(age=0)) == [identify(b"one")]
