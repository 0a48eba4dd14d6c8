from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.canon import ObjectId, encode, identify
from snapsync.model.instant import Instant
from snapsync.model.pages import Pages
from snapsync.model.state import Coverage, Position, Scope, State, Transaction, stored_state

from .strategies import LAW, instants, respelled, rows, tables

Table = dict[str, Transaction]
Held = dict[ObjectId, bytes]


def pages(table: Table) -> Pages[Transaction]:
    """Pages of a table's rows."""
    return Pages.of(Transaction, table.values())


def kept(value: Pages[Transaction] | State) -> Held:
    """The objects that a store would hold."""
    return dict(value.objects())


def counting(held: Held) -> tuple[Callable[[ObjectId], bytes], list[str]]:
    """A store's reader, and the kinds of the objects that were read from it."""
    read: list[str] = []

    def fetch(id: ObjectId) -> bytes:
        read.append(msgspec.json.decode(held[id])["kind"])
        return held[id]

    return fetch, read


def stored(value: Pages[Transaction]) -> tuple[Pages[Transaction], list[str]]:
    """The same pages as a store gives them back, and what was read of it."""
    root = value.root
    fetch, read = counting(kept(value))
    return Pages.stored(Transaction, root, fetch), read


def days_of(data: bytes) -> set[str]:
    """The days of a page's rows; none of a node."""
    return {row["time"][:10] for row in msgspec.json.decode(data).get("rows", ())}


def by_day(table: Table) -> dict[str, list[Transaction]]:
    """The rows of each day, by their keys."""
    found: dict[str, list[Transaction]] = {}
    for key in sorted(table):
        found.setdefault(table[key].time[:10], []).append(table[key])
    return found


def differences(old: Table, new: Table) -> dict[str, tuple[Transaction | None, Transaction | None]]:
    """What dictionaries say."""
    return {
        key: (old.get(key), new.get(key)) for key in old.keys() | new.keys() if old.get(key) != new.get(key)
    }


@LAW
@given(tables(), st.data())
def test_equal_rows_have_one_root(table: Table, data: st.DataObject) -> None:
    """Neither the order of the rows nor how their decimals are written changes the root."""
    others = [data.draw(respelled(row)) for row in data.draw(st.permutations(list(table.values())))]
    again = Pages.of(Transaction, others)
    assert again.root == pages(table).root
    assert again == pages(table)
    assert hash(again) == hash(pages(table))
    assert again.by_key() == table
    assert len(again) == len(table)


@LAW
@given(tables(), tables())
def test_other_rows_have_another_root(one: Table, other: Table) -> None:
    """Two roots are equal exactly when the rows are."""
    assert (pages(one) == pages(other)) == (one == other)


@LAW
@given(tables())
def test_a_store_gives_the_rows_back(table: Table) -> None:
    """objects() is all that is needed, each under the hash of its bytes, children before their parents."""
    whole = pages(table)
    root = whole.root
    seen: set[str] = set()
    for id, data in whole.objects():
        assert identify(data) == id
        children = msgspec.json.decode(data).get("children", {}).values()
        assert seen.issuperset(children)
        seen.add(id)
    assert id == root
    back, _ = stored(whole)
    assert back.by_key() == table
    assert back == whole


@LAW
@given(tables(), tables())
def test_merging_is_rebuilding(old: Table, new: Table) -> None:
    """Pages with rows added or replaced are the pages of all rows, byte for byte."""
    new = {
        key: msgspec.structs.replace(row, time=old[key].time) if key in old else row
        for key, row in new.items()
    }
    merged = pages(old).merged(new.values())
    assert merged == pages({**old, **new})
    assert merged.by_key() == {**old, **new}
    back, _ = stored(pages(old))
    assert back.merged(new.values()) == merged


@LAW
@given(tables(), tables())
def test_a_merge_stores_only_what_is_new(old: Table, new: Table) -> None:
    """What the old and the merged pages hold together suffices to load the merged ones."""
    new = {key: row for key, row in new.items() if key not in old}
    first = pages(old)
    back, _ = stored(first)
    held = kept(first)
    merged = back.merged(new.values())
    root = merged.root
    fresh = kept(merged)
    touched = {row.bucket for row in new.values()}
    days = {id: days_of(data) for id, data in held.items()}
    assert not {id for id, day in days.items() if day and not day & touched} & fresh.keys()
    assert Pages.stored(Transaction, root, counting({**held, **fresh})[0]).by_key() == {**old, **new}


@LAW
@given(tables(), tables())
def test_changes_are_the_dictionaries_difference(old: Table, new: Table) -> None:
    """changed_since says what comparing all rows by key would say, also where a row's day moved."""
    expected = differences(old, new)
    found = pages(new).changed_since(pages(old))
    assert found == expected
    assert list(found) == sorted(expected)
    back, _ = stored(pages(old))
    assert pages(new).changed_since(back) == expected


@LAW
@given(tables(min_size=1), rows)
def test_untouched_days_are_not_read(old: Table, row: Transaction) -> None:
    """Of a stored history only the pages of days that changed are fetched."""
    new = {**old, row.key: row}
    before, read_before = stored(pages(old))
    after, read_after = stored(pages(new))
    assert after.changed_since(before) == differences(old, new)
    mine, theirs = by_day(old), by_day(new)
    changed = [name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name)]
    assert read_before.count("page") == sum(name in mine for name in changed)
    assert read_after.count("page") == sum(name in theirs for name in changed)


@LAW
@given(tables())
def test_equal_roots_read_nothing(table: Table) -> None:
    """Two stored histories with one root are known to be equal without reading either."""
    (one, read_one), (other, read_other) = stored(pages(table)), stored(pages(table))
    assert one.changed_since(other) == {}
    assert one == other
    assert not read_one
    assert not read_other


@LAW
@given(tables())
def test_the_split_depends_on_content_alone(table: Table) -> None:
    """However the rows came in, one at a time or at once, days and months are the same objects."""
    grown: Pages[Transaction] = Pages.of(Transaction, ())
    for row in table.values():
        grown = grown.merged([row])
    whole = pages(table)
    assert grown.root == whole.root
    assert [row.time[:10] for row in whole] == sorted(row.time[:10] for row in table.values())


@LAW
@given(rows, instants)
def test_a_key_is_unique_whatever_its_day(row: Transaction, other: Instant) -> None:
    """Two rows with one key are refused, on one day and on two."""
    with pytest.raises(ValueError, match=f"two rows have the key {row.key}"):
        Pages.of(Transaction, [row, msgspec.structs.replace(row, time=other)])


def test_no_rows_are_a_value_too() -> None:
    """Empty pages have a root, come back from a store, and differ from nothing."""
    empty = pages({})
    back, _ = stored(empty)
    assert back.by_key() == {}
    assert len(back) == 0
    assert back.changed_since(empty) == empty.changed_since(back) == {}


@LAW
@given(tables(), st.none() | st.sampled_from([Decimal("100.50"), Decimal("100.5"), Decimal(0)]))
def test_a_state_comes_back_from_its_objects(table: Table, cash: Decimal | None) -> None:
    """A State's objects suffice to load it again; equal States have one id."""
    held = Position(key="SPY", asset_class="us_equity", qty=Decimal("2.0"), multiplier=Decimal(1))
    state = State(
        cash=cash,
        positions=Pages.of(Position, [held]),
        transactions=pages(table),
        scope=Scope(asset_classes=("us_equity",)),
        coverage=Coverage(since=Instant("2025-08-14T00:00:00.000000000Z")),
    )
    objects = kept(state)
    back = stored_state(state.id, objects.__getitem__)
    assert back.id == state.id
    assert back.transactions.by_key() == table
    assert back.positions.by_key() == {"SPY": held}
    assert back.root == state.root
    assert identify(encode(back.root)) == state.id


def test_a_number_written_otherwise_is_the_same_state() -> None:
    """A broker that says 100.50 today and 100.5 tomorrow has not moved; unknown is not zero."""

    def holding(cash: Decimal | None) -> State:
        return State(cash=cash, positions=Pages.of(Position, ()), transactions=pages({}))

    assert holding(Decimal("100.50")).id == holding(Decimal("100.5")).id
    assert holding(Decimal(0)).id != holding(None).id
