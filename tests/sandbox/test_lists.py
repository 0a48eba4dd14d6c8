"""Orders and activities: defaults, bounds, filters, and pages in both directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from snapsync.errors import UsageError
from snapsync.sandbox import Sandbox, World

Rows = Callable[..., list[dict[str, Any]]]


def order(number: int, **more: object) -> dict[str, object]:
    """A working order whose client id tells when it was made."""
    base = {"do": "order", "side": "buy", "symbol": "SPY", "qty": 1, "limit": 600}
    return {**base, "client_order_id": f"o{number:03}", **more}


def buy(**more: object) -> dict[str, object]:
    """A bought share."""
    return {"do": "buy", "symbol": "SPY", "qty": 1, "price": 600, **more}


def names(found: list[dict[str, Any]]) -> list[str]:
    """The client ids of some orders."""
    return [row["client_order_id"] for row in found]


def test_orders_default_to_the_fifty_newest_open_ones(fresh: Sandbox, rows: Rows) -> None:
    """A plain request is not the history."""
    fresh.do(*(order(n) for n in range(60)))
    fresh.do({"do": "cancel", "order": "o059"})
    found = names(rows(fresh, "/v2/orders"))
    assert found == [f"o{n:03}" for n in range(58, 8, -1)]


def test_status_splits_the_orders_in_two(fresh: Sandbox, rows: Rows) -> None:
    """Every order is open or closed, and all is both."""
    fresh.do(order(1), order(2), buy(client_order_id="o003"), {"do": "cancel", "order": "o002"})
    assert names(rows(fresh, "/v2/orders", status="open")) == ["o001"]
    assert sorted(names(rows(fresh, "/v2/orders", status="closed"))) == ["o002", "o003"]
    assert len(rows(fresh, "/v2/orders", status="all")) == 3


def test_a_limit_above_500_is_capped(fresh: Sandbox, rows: Rows) -> None:
    """A client that trusts one page of a thousand misses rows here."""
    fresh.do(*(order(n) for n in range(510)))
    assert len(rows(fresh, "/v2/orders", limit="1000")) == 500
    assert len(rows(fresh, "/v2/orders", limit="500")) == 500


@pytest.mark.parametrize(("direction", "cursor"), [("asc", "after"), ("desc", "before")])
def test_orders_page_by_id_through_equal_times(
    fresh: Sandbox, rows: Rows, direction: str, cursor: str
) -> None:
    """Thirteen orders of three instants come once each, in pages of two."""
    fresh.do(*(order(n) for n in range(13)))
    with fresh.world.held():
        base = fresh.world.now()
        for number, row in enumerate(list(fresh.world.orders.values())):
            fresh.world.touch(row, submitted=base - 10 + number // 5)
    found: list[str] = []
    params = {"status": "all", "limit": "2", "direction": direction}
    while page := rows(fresh, "/v2/orders", **params):
        found += names(page)
        params[f"{cursor}_order_id"] = page[-1]["id"]
    expected = [f"o{n:03}" for n in range(13)]
    assert found == (expected if direction == "asc" else expected[::-1])


def test_order_bounds_are_exclusive_and_look_at_the_submission(fresh: Sandbox, rows: Rows) -> None:
    """An old order that fills today stays outside of a window around today."""
    at = ["2025-08-20T14:01:00Z", "2025-08-20T14:02:00Z", "2025-08-20T14:03:00Z"]
    fresh.do(*(order(n, at=time) for n, time in enumerate(at)))
    fresh.do({"at": "2025-08-20T15:00:00Z", "do": "fill", "order": "o000"})
    assert names(rows(fresh, "/v2/orders", status="all", after=at[0])) == ["o002", "o001"]
    assert names(rows(fresh, "/v2/orders", status="all", until=at[2])) == ["o001", "o000"]
    window = {"after": at[0], "until": at[2], "status": "all"}
    assert names(rows(fresh, "/v2/orders", **window)) == ["o001"]
    offset = {"after": "2025-08-20T16:02:00.000000+02:00", "status": "all"}
    assert names(rows(fresh, "/v2/orders", **offset)) == ["o002"]


def test_orders_filter_by_symbol_side_and_class(fresh: Sandbox, rows: Rows) -> None:
    """Coin pairs with or without a slash; options by their underlying too."""
    fresh.do(
        order(1),
        order(2, symbol="BTC/USD", qty="0.01", limit=60000),
        order(3, symbol="SPY250829C00640000", limit=2),
        order(4, side="sell"),
    )
    assert names(rows(fresh, "/v2/orders", symbols="BTC/USD,MSFT")) == ["o002"]
    assert names(rows(fresh, "/v2/orders", symbols="BTCUSD")) == ["o002"]
    found = rows(fresh, "/v2/orders", symbols="SPY", asset_class="us_option")
    assert names(found) == ["o003"]
    assert names(rows(fresh, "/v2/orders", side="sell")) == ["o004"]
    assert names(rows(fresh, "/v2/orders", asset_class="us_equity")) == ["o004", "o001"]


def test_children_are_rows_or_lie_under_their_parent(fresh: Sandbox, rows: Rows) -> None:
    """A bracket is one nested row or three flat ones; Python's True counts as true."""
    fresh.do(
        {"do": "bracket", "symbol": "SPY", "qty": 2, "limit": 600, "take_profit": 660,
         "stop_loss": 580, "client_order_id": "b"}
    )  # fmt: skip
    flat = rows(fresh, "/v2/orders", status="all")
    assert len(flat) == 3
    assert all(row["legs"] is None for row in flat)
    [parent] = rows(fresh, "/v2/orders", status="all", nested="True")
    assert parent["client_order_id"] == "b"
    assert [leg["status"] for leg in parent["legs"]] == ["new", "held"]


def test_a_multi_leg_parent_has_empty_fields_and_its_legs_the_contracts(fresh: Sandbox, rows: Rows) -> None:
    """The parent's price is the net one of the ratios, as in the official example."""
    fresh.do(
        {"do": "mleg", "qty": 2, "client_order_id": "m", "legs": [
            {"symbol": "SPY250829C00640000", "side": "buy", "ratio": 3, "price": 0.43},
            {"symbol": "SPY250829C00650000", "side": "sell", "price": 0.01}]}
    )  # fmt: skip
    [parent] = rows(fresh, "/v2/orders", status="all", nested="true")
    assert [parent[name] for name in ("symbol", "side", "asset_class", "asset_id")] == [""] * 4
    assert (parent["filled_qty"], parent["filled_avg_price"]) == ("2", "1.28")
    legs = [(leg["qty"], leg["filled_qty"], leg["type"], leg["ratio_qty"]) for leg in parent["legs"]]
    assert legs == [("6", "6", "", "3"), ("2", "2", "", "1")]
    fills = rows(fresh, "/v2/account/activities/FILL")
    assert {row["order_id"] for row in fills} == {leg["id"] for leg in parent["legs"]}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_activities_page_completely_in_both_directions(
    fresh: Sandbox, rows: Rows, size: int, direction: str
) -> None:
    """Rows of one millisecond at a page edge come once each, and the end is an empty list."""
    fresh.do(
        {"do": "buy", "symbol": "SPY", "qty": 6, "price": 100,
         "fills": [1, *({"qty": 1, "after": "0s"} for _ in range(5))]},
        {"do": "deposit", "amount": 5},
        {"do": "fee", "amount": "0.1", "date": "-1d"},
    )  # fmt: skip
    everything = rows(fresh, "/v2/account/activities", direction=direction)
    assert len(everything) == 8
    found: list[dict[str, Any]] = []
    params = {"page_size": str(size), "direction": direction}
    while page := rows(fresh, "/v2/account/activities", **params):
        assert len(page) <= size
        found += page
        params["page_token"] = page[-1]["id"]
    assert found == everything
    ids = [row["id"] for row in found]
    assert ids == sorted(ids, reverse=direction == "desc")


def test_a_page_of_activities_has_100_rows_by_default(fresh: Sandbox, rows: Rows) -> None:
    """The newest hundred."""
    fresh.do(*({"do": "deposit", "amount": n} for n in range(1, 103)))
    assert len(rows(fresh, "/v2/account/activities")) == 100
    assert len(rows(fresh, "/v2/account/activities", page_size="100")) == 100


def test_fills_of_one_instant_come_out_of_order(fresh: Sandbox, rows: Rows) -> None:
    """cum_qty runs backwards there, so that a client must add up quantities."""
    fresh.do(
        {"do": "buy", "symbol": "SPY", "qty": 3, "price": 100,
         "fills": [1, {"qty": 2, "after": "0s"}]}
    )  # fmt: skip
    fills = rows(fresh, "/v2/account/activities", direction="asc")
    assert [row["cum_qty"] for row in fills] == ["3", "1"]
    assert len({row["transaction_time"] for row in fills}) == 1


def test_activity_ids_are_in_eastern_time(fresh: Sandbox, rows: Rows) -> None:
    """An evening fill has the next day's date in UTC and the same day's in its id."""
    fresh.do(buy(at="2025-08-20 21:30"))
    [fill] = rows(fresh, "/v2/account/activities")
    assert fill["transaction_time"].startswith("2025-08-21T01:30:00")
    assert fill["id"].startswith("20250820213000")


def test_a_late_row_is_missed_by_a_cursor_and_found_by_its_creation(fresh: Sandbox, rows: Rows) -> None:
    """The filters look at created_at, the order of ids at the row's own date."""
    fresh.do(buy())
    [fill] = rows(fresh, "/v2/account/activities")
    fresh.do({"at": "2025-08-21T00:17:05Z", "do": "fee", "amount": "0.25", "date": "2025-08-20"})
    token = {"page_token": fill["id"], "direction": "asc"}
    assert rows(fresh, "/v2/account/activities", **token) == []
    assert len(rows(fresh, "/v2/account/activities", date="2025-08-21")) == 1
    assert len(rows(fresh, "/v2/account/activities", date="2025-08-20")) == 1
    after = rows(fresh, "/v2/account/activities", after="2025-08-21")
    assert [row["activity_type"] for row in after] == ["FEE"]
    edge = {"after": "2025-08-21T00:17:05Z"}
    assert rows(fresh, "/v2/account/activities", **edge) == []
    until = rows(fresh, "/v2/account/activities", until="2025-08-21T00:17:05Z")
    assert [row["activity_type"] for row in until] == ["FILL"]


def test_activity_types_and_their_groups(fresh: Sandbox, rows: Rows) -> None:
    """TRANS and MISC are groups; a type that nobody knows can be asked for once it occurred."""
    fresh.do(
        buy(),
        {"do": "deposit", "amount": 5},
        {"do": "withdrawal", "amount": 4},
        {"do": "interest", "amount": 1},
        {"do": "activity", "type": "QQZ"},
    )

    def types(**params: str) -> list[str]:
        found = rows(fresh, "/v2/account/activities", **params)
        return sorted(row["activity_type"] for row in found)

    assert types(activity_types="TRANS") == ["CSD", "CSW"]
    assert types(activity_types="MISC") == ["INT", "QQZ"]
    assert types(activity_types="FILL,CSD") == ["CSD", "FILL"]
    assert types(category="trade_activity") == ["FILL"]
    assert types(category="non_trade_activity") == ["CSD", "CSW", "INT", "QQZ"]
    assert len(rows(fresh, "/v2/account/activities/QQZ")) == 1


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_by_an_oddity_a_token_skips_the_rest_of_its_millisecond(
    fresh: Sandbox, rows: Callable[..., list[dict[str, Any]]], direction: str
) -> None:
    """Rows that share the digits of the token's id are missing from the next page, as was seen in reality."""
    fills = [{"qty": 1, "after": "1s"}, {"qty": 1, "after": "0s"}, {"qty": 1, "after": "0s"}]
    fresh.do({"do": "buy", "symbol": "SPY", "qty": 3, "price": 10, "fills": fills})
    whole = rows(fresh, "/v2/account/activities", direction=direction)
    assert len({row["id"][:17] for row in whole}) == 1
    token = whole[0]["id"]
    assert len(rows(fresh, "/v2/account/activities", direction=direction, page_token=token)) == 2
    fresh.world.oddities = frozenset({"token-skips-millisecond"})
    assert rows(fresh, "/v2/account/activities", direction=direction, page_token=token) == []
    with pytest.raises(UsageError, match="oddity"):
        World(oddities=["no-such-thing"])
