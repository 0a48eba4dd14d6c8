"""What every kind of place must be able to do; a new kind runs through it unchanged (see KINDS)."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from snapsync.errors import Exit, StoreError
from snapsync.model.canon import OperationId, identify
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

    place.put(id, data)

    assert place.has(id)
    assert place.get(id) == kind.open().get(id) == data


def test_putting_twice_is_putting_once(place: Place, kind: Kind) -> None:
    """The second put of the same bytes changes nothing."""
    id = identify(b"once")
    place.put(id, b"once")
    first = kind.stored(id)

    place.put(id, b"once")

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


def test_the_lock_keeps_another_process_out(kind: Kind, place: Place) -> None:
    """While one process holds the lock, another is told who it is, and how it is called."""
    with held_elsewhere(kind) as holder, pytest.raises(StoreError) as raised, place.lock("mine"):
        pass

    assert raised.value.exit == Exit.LOCKED
    assert str(holder.pid) in raised.value.detail
    assert "a test" in raised.value.detail


def test_readers_do_not_wait_for_the_lock(kind: Kind, place: Place) -> None:
    """Objects and heads are read while another process writes."""
    place.put(identify(b"one"), b"one")
    place.advance((), op("head"))

    with held_elsewhere(kind):
        assert place.get(identify(b"one")) == b"one"
        assert place.heads() == (op("head"),)


def test_the_lock_is_given_back(kind: Kind, place: Place) -> None:
    """After a holder is done, or has failed, the next one gets the lock."""
    for _ in range(2):
        with place.lock("mine"):
            pass
    with pytest.raises(ZeroDivisionError), place.lock("mine"):
        raise ZeroDivisionError
    with held_elsewhere(kind) as holder:
        assert holder.poll() is None


def test_the_lock_dies_with_its_process(kind: Kind, place: Place) -> None:
    """A holder that is killed leaves no lock behind."""
    with held_elsewhere(kind) as holder:
        holder.kill()
        holder.wait()

        with place.lock("mine"):
            pass


def test_a_waiter_gets_the_lock_in_time(kind: Kind, place: Place) -> None:
    """Who may wait gets the lock when the holder lets go."""
    with held_elsewhere(kind) as holder:
        assert holder.stdin is not None
        # the holder's stdin ends when its last writer has gone: this process now, the sleeper later
        with subprocess.Popen(["sleep", "0.5"], stdin=holder.stdin):
            holder.stdin.close()
            with place.lock("mine", timeout=60):
                pass


def test_one_process_has_one_lock(place: Place) -> None:
    """A second taker in the same process is kept out too: threads are writers like any other."""
    with place.lock("first"), pytest.raises(StoreError) as raised, place.lock("second"):
        pass

    assert raised.value.exit == Exit.LOCKED
