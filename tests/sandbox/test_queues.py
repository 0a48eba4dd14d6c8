"""The long lists keep their order and lose nothing, and a past at once is as if it had been played."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.sandbox import World, bulk, lists, queues, trading
from snapsync.sandbox.activities import Event, Fill
from snapsync.sandbox.clock import SECOND, eastern
from snapsync.sandbox.orders import Ticket
from snapsync.sandbox.positions import Position
from snapsync.sandbox.queues import ActivityQueue
from snapsync.sandbox.symbols import instrument
from snapsync.sandbox.trading import Part

NOW = 1_755_700_000 * SECOND
IDS = st.integers(0, 40)


def row(number: int, created: int) -> Event:
    """A fee with that id, created at that instant."""
    return Event(
        id=f"{number:03}::x", type="FEE", created=created, date=eastern(NOW).date(), net_amount=Decimal(-1)
    )


@given(
    st.lists(st.tuples(IDS, IDS), max_size=60, unique_by=lambda each: each[0]),
    st.integers(0, 60),
    IDS | st.none(),
    IDS | st.none(),
    IDS,
)
def test_a_queue_of_activities_is_a_sorted_list(
    made: list[tuple[int, int]], split: int, after: int | None, until: int | None, token: int
) -> None:
    """However it came to be; what lies within the bounds is there, both ways, from any place on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queues, "_BLOCK", 3)
        rows = [row(*each) for each in made]
        queue = ActivityQueue(rows[:split])
        for each in rows[split:]:
            queue.add(each)
        expected = sorted(rows, key=lambda each: each.id)
        assert list(queue) == expected

        def within(found: list[Event]) -> list[Event]:
            return [
                each
                for each in found
                if (after is None or each.created > after) and (until is None or each.created < until)
            ]

        beyond = f"{token:03}::x"
        later = [each for each in expected if each.id > beyond]
        earlier = [each for each in reversed(expected) if each.id < beyond]
        assert within(list(queue.ascending(beyond, after, until))) == within(later)  # type: ignore[arg-type]
        assert within(list(queue.descending(beyond, after, until))) == within(earlier)  # type: ignore[arg-type]
        assert within(list(queue.descending(None, after, until))) == within(expected[::-1])  # type: ignore[arg-type]
        for each in rows[::2]:
            queue.remove(each)
        assert list(queue) == [each for each in expected if each not in rows[::2]]


def test_a_past_at_once_is_as_if_it_had_been_played() -> None:
    """Money, holdings, prices and both lists are the same."""
    played = World(now=NOW, cash=Decimal(10_000))
    held = Position(
        instrument=instrument("SPY250822C00635000"), qty=Decimal(3), avg_entry_price=Decimal("2.40")
    )
    with played.held():
        for number in range(30):
            side, symbol = ("buy", "sell")[number % 3 == 2], ("QQQ", "SPY250829C00640000")[number % 2]
            ticket = Ticket(symbol=symbol, side=side, qty=Decimal(1 + number % 4))  # type: ignore[arg-type]
            part = Part(qty=Decimal(1 + number % 4), price=Decimal(100 + number) / 8)
            trading.trade(played, ticket, [part])
            played.advance_to(played.now() + SECOND)
    fills = [each for each in played.activities if isinstance(each, Fill)]
    loaded = World(now=NOW, cash=Decimal(10_000))
    bulk.load(loaded, list(played.orders.values()), fills, [held])

    assert (loaded.cash, loaded.orders, loaded.clients) == (played.cash, played.orders, played.clients)
    assert loaded.positions == {held.instrument.key: held, **played.positions}
    assert loaded.marks == {held.instrument.key: held.avg_entry_price, **played.marks}
    for direction in ("asc", "desc"):
        query = {"direction": direction, "status": "all", "limit": "500"}
        assert lists.orders(loaded, query) == lists.orders(played, query)
        query = {"direction": direction}
        assert lists.activities(loaded, query) == lists.activities(played, query)
    with loaded.held():
        loaded.unpost(fills[-1])
        assert loaded.positions[held.instrument.key] == held


def test_orders_that_share_an_instant_stay_as_they_came() -> None:
    """Also where one of them gets its time later, as a leg gets its parent's."""
    world = World(now=NOW, cash=Decimal(10_000))
    with world.held():
        made = [
            trading.submit(world, Ticket(symbol="SPY", side="buy", qty=Decimal(1), limit=Decimal(5)))
            for _ in range(4)
        ]
        late = trading.submit(world, Ticket(symbol="SPY", side="buy", qty=Decimal(1), limit=Decimal(5)))
        world.put(msgspec.structs.replace(late, submitted=made[1].submitted))
        world.put(msgspec.structs.replace(made[0], submitted=made[0].submitted + 9 * SECOND))
        found = [each["id"] for each in lists.orders(world, {"direction": "asc"})]
    assert found == [made[1].id, late.id, made[2].id, made[3].id, made[0].id]
