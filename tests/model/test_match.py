from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.instant import Instant, instant, shift
from snapsync.model.match import WINDOW_SECONDS, Matches, match
from snapsync.model.state import Transaction

from .strategies import LAW

AT = instant("2025-08-21T13:45:00Z")


def trade(
    key: str,
    *,
    symbol: str = "SPY",
    action: str = "buy",
    qty: str = "2",
    price: str | None = "2.40",
    after: float = 0,
) -> Transaction:
    """A row or an order."""
    return Transaction(
        key=key,
        symbol=symbol,
        asset_class="us_equity",
        action=action,
        qty=Decimal(qty),
        price=None if price is None else Decimal(price),
        multiplier=Decimal(1),
        time=shift(AT, seconds=after),
    )


def some(prefix: str) -> st.SearchStrategy[list[Transaction]]:
    """Trades of which many are alike."""
    return st.lists(
        st.builds(
            trade,
            st.just(prefix),
            symbol=st.sampled_from(["SPY", "QQQ"]),
            action=st.sampled_from(["buy", "sell"]),
            qty=st.sampled_from(["1", "2", "2.0"]),
            price=st.sampled_from(["2.40", "2.4", "2.404", "2.41"] + ([] if prefix == "order:" else [None])),
            after=st.integers(0, 400),
        ),
        max_size=8,
    ).map(lambda found: [_named(each, f"{prefix}{n}") for n, each in enumerate(found)])


def _named(each: Transaction, key: str) -> Transaction:
    return Transaction(**{name: getattr(each, name) for name in each.__struct_fields__} | {"key": key})


@LAW
@given(some("row:"), some("order:"), st.data())
def test_matches_are_one_to_one(
    rows: list[Transaction], orders: list[Transaction], data: st.DataObject
) -> None:
    """No row stands for two orders, no order for two rows, and the input's order changes nothing."""
    found = match(rows, orders)
    assert max(Counter(row.key for row, _ in found.links).values(), default=1) == 1
    assert max(Counter(order.key for _, order in found.links).values(), default=1) == 1
    linked = {order.key for _, order in found.links}
    assert linked.isdisjoint(order.key for order, _ in found.ambiguous)
    taken = {row.key for row, _ in found.links}
    assert all(taken.isdisjoint(row.key for row in fits) for _, fits in found.ambiguous)
    for row, order in found.links:
        assert (row.symbol, row.action, row.qty) == (order.symbol, order.action, order.qty)
    again = match(data.draw(st.permutations(rows)), data.draw(st.permutations(orders)))
    assert set(again.links) == set(found.links)
    assert {order.key: {row.key for row in fits} for order, fits in again.ambiguous} == {
        order.key: {row.key for row in fits} for order, fits in found.ambiguous
    }


def test_the_one_row_is_linked() -> None:
    """A row that says the same trade as an order stands for it."""
    row, order = trade("row:1", price="2.40", after=30), trade("order:a", price="2.404")
    assert match([row], [order]).links == ((row, order),)


@pytest.mark.parametrize(
    ("after", "linked"),
    [
        (0, True),
        (WINDOW_SECONDS, True),
        (-WINDOW_SECONDS, True),
        (WINDOW_SECONDS + 0.000001, False),
        (-120.5, False),
    ],
)
def test_the_windows_edges(after: float, *, linked: bool) -> None:
    """A bot's clock may be two minutes off, either way, and not a microsecond more."""
    assert bool(match([trade("row:1", after=after)], [trade("order:a")]).links) is linked


@pytest.mark.parametrize(
    "row",
    [
        trade("row:1", symbol="QQQ"),
        trade("row:1", action="sell"),
        trade("row:1", qty="3"),
        trade("row:1", price="2.41"),
    ],
)
def test_another_trade_is_no_match(row: Transaction) -> None:
    """Symbol, action, quantity and price must all be the order's."""
    found = match([row], [trade("order:a")])
    assert not found.links
    assert not found.ambiguous


def test_a_row_without_a_price_can_match() -> None:
    """What a bot leaves unsaid speaks against nothing."""
    assert match([trade("row:1", price=None)], [trade("order:a")]).links


def test_real_twins_stay_ambiguous() -> None:
    """Two equal orders and two equal rows could be paired in two ways: none is guessed."""
    rows = [trade("row:1"), trade("row:2")]
    found = match(rows, [trade("order:a"), trade("order:b")])
    assert not found.links
    assert [(order.key, len(fits)) for order, fits in found.ambiguous] == [("order:a", 2), ("order:b", 2)]


def test_one_row_is_not_given_to_two_orders() -> None:
    """Two orders claim the one row: neither gets it, and neither is taken as missing."""
    found = match([trade("row:1")], [trade("order:a"), trade("order:b", after=5)])
    assert not found.links
    assert [order.key for order, _ in found.ambiguous] == ["order:a", "order:b"]


def test_two_rows_for_one_order_are_ambiguous() -> None:
    """Either row may be the order's."""
    found = match([trade("row:1"), trade("row:2", after=60)], [trade("order:a")])
    assert not found.links
    assert [len(fits) for _, fits in found.ambiguous] == [2]


def test_twins_far_apart_in_time_are_none() -> None:
    """The same trade in the morning and at noon is two trades, each with its row."""
    rows = [trade("row:1"), trade("row:2", after=7200)]
    found = match(rows, [trade("order:a"), trade("order:b", after=7200)])
    assert [(row.key, order.key) for row, order in found.links] == [
        ("row:1", "order:a"),
        ("row:2", "order:b"),
    ]


def test_a_quantity_written_otherwise_is_the_same() -> None:
    """2 and 2.0 contracts are one quantity."""
    assert match([trade("row:1", qty="2.0")], [trade("order:a", qty="2")]).links


# --- several rows for one order -------------------------------------------------------------------


def ended(after: float) -> Callable[[Transaction], Instant]:
    """Every order's last fill came so many seconds after its first."""
    return lambda order: shift(order.time, seconds=after)


def test_rows_that_add_up_are_one_order() -> None:
    """A bot that notes each fill has several rows for one order: all of them are linked to it."""
    rows = [trade("row:1", qty="2", price="2.40"), trade("row:2", qty="3", price="2.50", after=300)]
    found = match(rows, [trade("order:a", qty="5", price="2.46")], ended(300))
    ((row, order),) = found.links
    assert (row.key, row.qty, row.price, row.time) == ("row:1+row:2", Decimal(5), Decimal("2.46"), AT)
    assert order.key == "order:a"


@pytest.mark.parametrize(
    "rows",
    [
        [trade("row:1"), trade("row:2", qty="2")],
        [trade("row:1"), trade("row:2", qty="3", after=500)],
        [trade("row:1"), trade("row:2", qty="3", action="sell")],
        [trade("row:1", price="2.40"), trade("row:2", qty="3", price="2.60")],
    ],
    ids=["too few", "too late", "another way", "another price"],
)
def test_rows_that_do_not_add_up_are_no_order(rows: list[Transaction]) -> None:
    """Quantity, price, time and action of all together must be the order's."""
    assert match(rows, [trade("order:a", qty="5", price="2.46")], ended(300)) == Matches()


def test_a_row_written_when_an_order_was_done_is_its_row() -> None:
    """A bot notes the time of the last fill, which may be long after the first."""
    found = match([trade("row:1", after=4000)], [trade("order:a")], ended(3950))
    assert [(row.key, order.key) for row, order in found.links] == [("row:1", "order:a")]


def test_rows_that_add_up_to_two_orders_are_ambiguous() -> None:
    """Which of four rows are whose is not guessed, and neither order is imported beside them."""
    rows = [trade(f"row:{n}", qty="1") for n in range(4)]
    found = match(rows, [trade("order:a"), trade("order:b")])
    assert found.links == ()
    assert [order.key for order, _ in found.ambiguous] == ["order:a", "order:b"]


# --- another time zone ----------------------------------------------------------------------------


def test_times_that_all_miss_by_the_same_hours_are_told() -> None:
    """All that is alike lies four hours apart: the book's zone is wrong, and nothing is linked by it."""
    rows = [trade("row:1", after=-14400), trade("row:2", symbol="QQQ", after=-14390)]
    orders = [trade("order:a"), trade("order:b", symbol="QQQ"), trade("order:c", symbol="IWM")]
    found = match(rows, orders)
    assert found.hours == -4
    assert [(row.key, order.key) for row, order in found.shifted] == [
        ("row:1", "order:a"),
        ("row:2", "order:b"),
    ]
    assert (found.links, found.ambiguous) == ((), ())


@pytest.mark.parametrize(
    "rows",
    [
        [trade("row:1", after=-14400), trade("row:2", symbol="QQQ", after=-18000)],
        [trade("row:1", after=-14400), trade("row:2", symbol="QQQ", after=5)],
        [trade("row:1", after=-14000)],
        [trade("row:1", after=-15 * 3600)],
        [trade("row:1", after=-14400, price=None)],
    ],
    ids=["two hours", "one is right", "no whole hours", "no zone is so far", "no price"],
)
def test_chance_is_no_time_zone(rows: list[Transaction]) -> None:
    """One row that is right, or two that miss differently, say that the zone is not the trouble."""
    assert match(rows, [trade("order:a"), trade("order:b", symbol="QQQ")]).shifted == ()
