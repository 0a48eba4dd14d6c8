"""The typed store of one env: its identity, its log, and what it refuses."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import msgspec
import pytest

from snapsync.errors import Exit, StoreError, UsageError
from snapsync.model.canon import ObjectId, OperationId, encode, identify
from snapsync.model.collection import Collection
from snapsync.model.history import Actor, Operation
from snapsync.model.instant import Instant, midnight
from snapsync.model.packed import Packed
from snapsync.model.policy import Rules
from snapsync.store import files
from snapsync.store.local import LocalPlace
from snapsync.store.puts import MANY
from snapsync.store.store import Store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the store will be; its parents are missing too."""
    return tmp_path / "state" / "paper"


@pytest.fixture
def store(folder: Path) -> Store:
    """A new store."""
    return Store.create(folder, "paper")


def act(*parents: OperationId, day: int = 1, verb: str = "plan") -> Operation:
    """An operation of some day."""
    return Operation(
        verb="apply" if verb == "apply" else "plan",
        time=Instant(midnight(f"2025-08-{day:02}")),
        parents=parents,
        env="paper",
        account="account",
        actor=Actor(user="me", host="here"),
        version="1",
    )


def test_no_store_is_no_error(folder: Path) -> None:
    """Opening where nothing is gives None and creates nothing."""
    assert Store.open(folder, "paper") is None
    assert not folder.exists()


def test_a_store_is_opened_as_it_was_created(store: Store, folder: Path) -> None:
    """Identity is written once and read back; every store has its own."""
    again = Store.open(folder, "paper")

    assert again is not None
    assert again.identity == store.identity
    assert again.identity.account is None
    assert Store.create(folder.parent / "live", "live").identity.store != store.identity.store


def test_creating_twice_is_creating_once(store: Store, folder: Path) -> None:
    """Of two processes that create a store at once, the second takes the first one's."""
    store.pin("account")

    assert Store.create(folder, "paper").identity == store.identity


def _create(folder: str, results: multiprocessing.queues.Queue[str]) -> None:
    results.put(Store.create(Path(folder), "paper").identity.store)


def test_many_creators_make_one_store(folder: Path) -> None:
    """Processes that create a store at the same time all get the same one."""
    spawn = multiprocessing.get_context("spawn")
    results: multiprocessing.queues.Queue[str] = spawn.Queue()
    creators = [spawn.Process(target=_create, args=(str(folder), results)) for _ in range(4)]
    for creator in creators:
        creator.start()
    made = {results.get(timeout=60) for _ in creators}
    for creator in creators:
        creator.join()

    assert len(made) == 1


def test_the_account_is_pinned(store: Store, folder: Path) -> None:
    """A pinned account is there for the next opener, and for one that had opened before."""
    earlier = Store.open(folder, "paper")
    store.pin("account")
    again = Store.open(folder, "paper")
    assert again is not None
    assert again.identity.account == "account"

    assert earlier is not None
    earlier.pin("account")
    assert earlier.identity.account == "account"


def test_a_pinned_account_is_not_replaced(store: Store, folder: Path) -> None:
    """Who has opened the store before it was bound cannot bind it to another account."""
    late = Store.open(folder, "paper")
    assert late is not None
    store.pin("account")

    with pytest.raises(StoreError) as raised:
        late.pin("another")

    assert raised.value.exit == Exit.CREDENTIALS
    again = Store.open(folder, "paper")
    assert again is not None
    assert again.identity.account == "account"


def test_a_newer_store_is_refused(store: Store, folder: Path) -> None:
    """A store of a format that we do not know is never guessed at, even if its fields look familiar."""
    newer = msgspec.structs.replace(store.identity, format=2)
    body = encode({"sha256": identify(encode(newer)), "store": newer, "more": 1})
    files.write(folder / "store.json", body)

    with pytest.raises(StoreError, match="newer") as raised:
        Store.open(folder, "paper")

    assert raised.value.exit == Exit.STORE


@pytest.mark.parametrize("data", [b"", b"{}", b"{", b"[]", b"\xff", b"null", b'{"store":{"format":1}}'])
def test_a_damaged_identity_is_refused(store: Store, folder: Path, data: bytes) -> None:
    """A store.json that is not one is an integrity failure that names the file."""
    del store
    files.write(folder / "store.json", data)

    with pytest.raises(StoreError, match=r"store\.json") as raised:
        Store.open(folder, "paper")

    assert raised.value.exit == Exit.INTEGRITY


def test_an_edited_identity_is_refused(store: Store, folder: Path) -> None:
    """Who binds a store to another account with an editor is found out."""
    store.pin("account")
    path = folder / "store.json"
    path.write_bytes(path.read_bytes().replace(b"account", b"Account", 1).replace(b'"account"', b'"Account"'))

    with pytest.raises(StoreError) as raised:
        Store.open(folder, "paper")

    assert raised.value.exit == Exit.INTEGRITY


def test_another_envs_store_is_refused(store: Store, folder: Path) -> None:
    """Paper's folder is not opened as live's."""
    del store

    with pytest.raises(StoreError, match="another env") as raised:
        Store.open(folder, "live")

    assert raised.value.exit == Exit.STORE


def test_an_identity_that_cannot_be_read_is_an_error(store: Store, folder: Path) -> None:
    """What is there but cannot be read is not taken for a new folder."""
    del store
    (folder / "store.json").unlink()
    (folder / "store.json").mkdir()

    with pytest.raises(StoreError, match="cannot be read"):
        Store.open(folder, "paper")


def test_values_come_back_typed(store: Store) -> None:
    """A value is kept under the hash of its canonical bytes; asked for as another kind it is refused."""
    rules = Rules(bot_prefix="bot-")
    id = store.put(rules)

    assert id == identify(encode(rules)) == rules.id
    assert store.get(id, Rules) == rules
    with pytest.raises(StoreError, match="Operation") as raised:
        store.get(id, Operation)
    assert raised.value.exit == Exit.INTEGRITY


def test_a_field_that_we_do_not_know_is_not_dropped(store: Store) -> None:
    """An object with one more field, though its hash is right, is refused and not read without it."""
    data = encode(msgspec.to_builtins(Rules(), builtin_types=()) | {"novelty": 1})
    store.place.put(identify(data), data)

    with pytest.raises(StoreError, match="novelty"):
        store.get(identify(data), Rules)


def test_the_log_is_newest_first(store: Store) -> None:
    """A chain of operations is told from its end, and each one once."""
    made = [store.commit(act(*store.heads(), day=day)) for day in range(1, 6)]

    assert [id for id, _ in store.log()] == made[::-1]
    latest = store.latest()
    assert latest is not None
    assert latest == (made[-1], store.operation(made[-1]))


def test_a_new_store_has_no_log(store: Store) -> None:
    """Nothing was done yet, and saying so is no error."""
    assert store.heads() == ()
    assert store.latest() is None
    assert list(store.log()) == []


def test_parents_come_after_children_whatever_the_clock_says(store: Store) -> None:
    """A clock that was put back does not put an act before the one that it followed."""
    first = store.commit(act(day=20))
    second = store.commit(act(first, day=10))

    assert [id for id, _ in store.log()] == [second, first]
    latest = store.latest()
    assert latest is not None
    assert latest[0] == second


def test_a_head_that_is_an_ancestor_of_another_is_none(store: Store) -> None:
    """A crash between the two steps of an advance leaves one head too many; the older is dropped."""
    first = store.commit(act(day=1))
    second = store.commit(act(first, day=2))
    third = store.commit(act(second, day=3))
    store.place.advance((), first)
    store.place.advance((), second)
    assert len(store.place.heads()) == 3

    assert store.heads() == (third,)
    assert [id for id, _ in store.log()] == [third, second, first]

    fourth = store.commit(act(*store.heads(), day=4))
    assert store.place.heads() == (fourth,)


def test_two_real_heads_are_joined_by_the_next_commit(store: Store) -> None:
    """Two branches, as git or two machines leave them, both count; the next act has two parents."""
    root = store.commit(act(day=1))
    ours = store.commit(act(root, day=3))
    theirs = OperationId(store.put(act(root, day=2, verb="apply")))
    store.place.advance((), theirs)

    assert store.heads() == tuple(sorted([ours, theirs]))
    latest = store.latest()
    assert latest is not None
    assert latest[0] == ours
    assert [id for id, _ in store.log()] == [ours, theirs, root]

    joined = store.commit(act(*store.heads(), day=4))

    assert store.heads() == (joined,)
    assert set(store.operation(joined).parents) == {ours, theirs}
    assert [id for id, _ in store.log()] == [joined, ours, theirs, root]


def test_a_lost_operation_is_named(store: Store, folder: Path) -> None:
    """A log with a hole is an integrity failure where the hole is, not a shorter log."""
    first = store.commit(act(day=1))
    store.commit(act(first, day=2))
    (folder / "objects" / first[:2] / first[2:]).unlink()

    with pytest.raises(StoreError, match=first[2:]) as raised:
        list(store.log())

    assert raised.value.exit == Exit.INTEGRITY


def test_an_id_is_found_by_its_beginning(store: Store) -> None:
    """Any unambiguous beginning of four characters or more is enough, in capitals too."""
    id = store.put(Rules())

    for length in (4, 12, 64):
        assert store.resolve(id[:length]) == store.resolve(id[:length].upper()) == id


@pytest.mark.parametrize("prefix", ["", "abc"])
def test_a_short_beginning_is_refused(store: Store, prefix: str) -> None:
    """Less than four characters name nothing."""
    with pytest.raises(UsageError, match="at least 4"):
        store.resolve(prefix)


@pytest.mark.parametrize("prefix", ["0000", "****", "../..", "nonsense"])
def test_an_unknown_beginning_is_refused(store: Store, prefix: str) -> None:
    """What no object begins with is said to be unknown."""
    store.put(Rules())

    with pytest.raises(UsageError, match="No such id"):
        store.resolve(prefix)


def test_an_ambiguous_beginning_is_refused(store: Store) -> None:
    """Where several objects begin so, they are shown and none is chosen."""
    alike: dict[str, list[ObjectId]] = {}
    for number in range(1000):
        alike.setdefault(identify(str(number).encode())[:4], []).append(identify(str(number).encode()))
    prefix, several = max(alike.items(), key=lambda item: len(item[1]))
    assert len(several) > 1, "make more of them"
    for number in range(1000):
        if identify(str(number).encode()) in several:
            store.place.put(identify(str(number).encode()), str(number).encode())

    with pytest.raises(UsageError, match="ambiguous") as raised:
        store.resolve(prefix)

    assert all(id[:16] in raised.value.detail for id in several)
    assert store.resolve(several[0][:20]) == several[0]


def test_what_others_leave_in_the_folders_is_ignored(store: Store, folder: Path) -> None:
    """Temporaries of a crash, a file manager's droppings and a backup's copies are no data."""
    head = store.commit(act())
    known = sorted(store.place.ids())
    for where in (folder, folder / "objects", folder / "objects" / head[:2], folder / "heads"):
        for name in (f"{files.TEMPORARY}0123456789abcdef", ".DS_Store", f"{head} (copy)", "README"):
            (where / name).write_bytes(b"droppings")
    (folder / "objects" / "zz").mkdir()

    again = Store.open(folder, "paper")
    assert again is not None
    assert sorted(again.place.ids()) == known
    assert again.heads() == (head,)
    assert [id for id, _ in again.log()] == [head]


def test_a_place_is_all_that_a_store_needs(store: Store, folder: Path) -> None:
    """A store's log is its place's: another view of the same folder says the same."""
    head = store.commit(act())

    assert LocalPlace(folder).heads() == (head,)


def test_packed_objects_that_are_collected_before_the_commit_are_put_again(
    folder: Path, store: Store
) -> None:
    """What was there when very many objects came together is not taken for granted."""
    objects = Packed()
    ids = [objects.add(str(number).encode() * 50) for number in range(MANY + 1)]
    for id in ids[:2]:
        store.place.put(id, objects[id])
    first = store.commit(act(day=1))

    store.put_packed(objects)
    gone = frozenset(ids[:1])
    collection = Collection(
        time=Instant(midnight("2025-08-02")),
        actor=act().actor,
        version="1",
        keep_last=1,
        keep_days=None,
        ids=tuple(gone),
    )
    record = store.put(collection)
    LocalPlace(folder).remove(record, gone)
    assert not store.place.has(ids[0])
    store.commit(act(first, day=2))

    assert {id: LocalPlace(folder).get(id) for id in ids} == dict(objects)
