"""Days with many trades: their pages are split by the trades' keys, and no law of pages minds."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.canon import ObjectId
from snapsync.model.instant import Instant
from snapsync.model.pages import Pages
from snapsync.model.state import Position, Transaction
from snapsync.model.tree import MOST

from .strategies import LAW

Table = dict[str, Transaction]
DAYS = ("2025-07-31", "2025-08-01", "2025-08-04")


def trade(number: int, day: str, qty: int) -> Transaction:
    """One of many trades."""
    return Transaction(
        key=f"order:{number:05}",
        symbol="SPY",
        asset_class="us_equity",
        action="buy",
        qty=Decimal(qty),
        price=None,
        multiplier=Decimal(1),
        time=Instant(f"{day}T14:30:00.{number:09}Z"),
    )


@st.composite
def crowds(draw: st.DrawFn) -> Table:
    """None, some or very many trades on each of three days; which and of what size is as good as random."""
    table: Table = {}
    for place, day in enumerate(DAYS):
        count = draw(st.sampled_from([0, 1, MOST - 1, MOST, MOST + 1, 2 * MOST, 5 * MOST]))
        size = draw(st.integers(1, 3))
        table |= {row.key: row for n in range(count) for row in [trade(10_000 * place + n, day, size)]}
    return table


@st.composite
def changes(draw: st.DrawFn) -> tuple[Table, Table]:
    """A crowd, and what becomes of it: some trades come, some go, some are told otherwise."""
    old = draw(crowds())
    gone: set[str] = set()
    if old:
        gone |= draw(st.sets(st.sampled_from(sorted(old)), max_size=4))
        until = draw(st.sampled_from(["", "", *sorted(old)]))
        gone |= {key for key in old if key < until}
    new = {key: row for key, row in old.items() if key not in gone}
    for number in draw(st.lists(st.integers(0, 30_000), max_size=5)):
        row = trade(number, DAYS[min(number // 10_000, 2)], draw(st.integers(1, 9)))
        new[row.key] = row
    return old, new


def stored(table: Table) -> tuple[Pages[Transaction], list[str]]:
    """Pages as a store gives them back, and the kinds of what was read of it."""
    whole = Pages.of(Transaction, table.values())
    held = dict(whole.objects())
    fetch, read = counting(held)
    return Pages.stored(Transaction, whole.root, fetch), read


def counting(held: dict[ObjectId, bytes]) -> tuple[Callable[[ObjectId], bytes], list[str]]:
    """A store's reader, and the kinds of what was read."""
    read: list[str] = []

    def fetch(id: ObjectId) -> bytes:
        read.append(msgspec.json.decode(held[id])["kind"])
        return held[id]

    return fetch, read


@LAW
@given(changes())
def test_a_root_says_which_rows_there_are_and_not_how_they_came(pair: tuple[Table, Table]) -> None:
    """Added, replaced and taken out, in memory or over a store: the root is that of all rows at once."""
    old, new = pair
    expected = Pages.of(Transaction, new.values())
    without = [(row.bucket, key) for key, row in old.items() if key not in new]
    fresh = [row for key, row in new.items() if old.get(key) != row]
    over_store, _ = stored(old)
    for before in (Pages.of(Transaction, old.values()), over_store):
        merged = before.merged(fresh, without=without)
        assert merged == expected
        assert list(merged) == list(expected) == sorted(new.values(), key=lambda row: (row.bucket, row.key))
        assert len(merged) == len(new)
        assert bool(merged) is bool(new)
    one_by_one = over_store
    for place in without:
        one_by_one = one_by_one.merged((), without=[place])
    for row in fresh[:50]:
        one_by_one = one_by_one.merged([row])
    assert one_by_one.merged(fresh) == expected


@LAW
@given(changes())
def test_changes_are_those_of_dictionaries_however_the_days_are_split(pair: tuple[Table, Table]) -> None:
    """changed_since says what comparing all rows by key would say; it asks no store for what is shared."""
    old, new = pair
    expected = {
        key: (old.get(key), new.get(key))
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    }
    before, _ = stored(old)
    after, _ = stored(new)
    assert after.changed_since(before) == expected
    assert list(after.changed_since(before)) == list(expected)
    assert Pages.of(Transaction, new.values()).changed_since(before) == expected
    assert before.merged(new.values()).changed_since(after).keys() == old.keys() - new.keys()


@LAW
@given(changes())
def test_what_is_merged_over_a_store_stores_only_what_is_new(pair: tuple[Table, Table]) -> None:
    """The old objects and those of the merged pages suffice to read all of it; nothing is stored again."""
    old, new = pair
    first = Pages.of(Transaction, old.values())
    held = dict(first.objects())
    merged = Pages.stored(Transaction, first.root, held.__getitem__).merged(new.values())
    fresh = dict(merged.objects())
    assert not fresh.keys() & held.keys()
    back = Pages.stored(Transaction, merged.root, {**held, **fresh}.__getitem__)
    assert back.by_key() == {**old, **new}


@LAW
@given(crowds(), st.data())
def test_rows_are_found_by_bucket_range_and_key(table: Table, data: st.DataObject) -> None:
    """get, rows_of, between, newest_first and search say what going through all rows would say."""
    found, _ = stored(table)
    first, last = data.draw(st.sampled_from(DAYS)), data.draw(st.sampled_from(DAYS))
    ordered = sorted(table.values(), key=lambda row: (row.bucket, row.key))
    assert list(found.between(first, last)) == [row for row in ordered if first <= row.bucket <= last]
    assert found.rows_of(first) == tuple(row for row in ordered if row.bucket == first)
    assert [row for rows in found.newest_first(last) for row in sorted(rows, key=lambda row: row.key)] == [
        row for day in reversed(DAYS) for row in ordered if row.bucket == day <= last
    ]
    key = data.draw(st.sampled_from([*sorted(table), "order:none"]))
    row = table.get(key)
    assert found.get(first, key) == (row if row and row.bucket == first else None)
    assert found.search(key, last) == (row if row and row.bucket <= last else None)


def test_one_trade_of_a_busy_day_makes_few_small_objects_new() -> None:
    """A root, its month, the day and a page of some dozens: not the thousands of rows of the day."""
    table = {row.key: row for n in range(20 * MOST) for row in [trade(n, DAYS[1], 1)]}
    whole = Pages.of(Transaction, table.values())
    held = dict(whole.objects())
    fetch, read = counting(held)
    merged = Pages.stored(Transaction, whole.root, fetch).merged([trade(99_999, DAYS[1], 1)])
    fresh = dict(merged.objects())
    assert len(fresh) <= 5
    assert sum(map(len, fresh.values())) < max(map(len, held.values())) * 2 + 6_000
    assert read.count("page") == 1
    assert len(read) <= 5


def test_a_full_pass_remembers_nothing_of_a_store() -> None:
    """Who goes through a long history twice reads its pages twice: they are not kept in between."""
    found, read = stored({row.key: row for n in range(3 * MOST) for row in [trade(n, DAYS[1], 1)]})
    assert sum(1 for _ in found) == 3 * MOST
    once = read.count("page")
    assert len(found) == 3 * MOST
    assert read.count("page") == 2 * once > 2


def test_many_positions_are_split_beyond_their_first_digit() -> None:
    """Positions lie by the first digit of a hash; where one digit has too many the next ones decide."""
    held = [
        Position(key=f"SYM{n}", asset_class="us_equity", qty=Decimal(1), multiplier=Decimal(1))
        for n in range(20 * MOST)
    ]
    whole = Pages.of(Position, held)
    objects = dict(whole.objects())
    sizes = [len(msgspec.json.decode(data).get("rows", ())) for data in objects.values()]
    assert max(sizes) <= MOST
    back = Pages.stored(Position, whole.root, objects.__getitem__)
    assert back.by_key() == {each.key: each for each in held}
    assert back.get(held[7].bucket, held[7].key) == held[7]


def test_a_key_is_unique_within_a_busy_day() -> None:
    """Two rows with one key are refused however many others lie between them."""
    table = [trade(n, DAYS[1], 1) for n in range(2 * MOST)]
    with pytest.raises(ValueError, match="two rows have the key order:00007"):
        Pages.of(Transaction, [*table, trade(7, DAYS[1], 2)])
