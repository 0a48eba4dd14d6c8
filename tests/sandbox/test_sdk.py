"""The official client reads the sandbox, raw and through its own models."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import OrderStatus, QueryOrderStatus
from alpaca.trading.models import Order, Position, TradeAccount
from alpaca.trading.requests import GetOrdersRequest
from pydantic import ValidationError

from snapsync.sandbox import Sandbox

ALL = GetOrdersRequest(status=QueryOrderStatus.ALL, limit=500, nested=True)


@pytest.fixture(params=["guide", "quiet", "empty", "busy"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Each scenario that the client's own models can read."""
    with Sandbox(str(request.param)) as running:
        yield running


def client(sandbox: Sandbox, *, raw: bool = False) -> TradingClient:
    """The official client."""
    return TradingClient(sandbox.key, sandbox.secret, url_override=sandbox.url, raw_data=raw)


def test_the_clients_own_models_read_everything(sandbox: Sandbox) -> None:
    """No field is missing, and no enum is unknown to them."""
    sdk = client(sandbox)
    account = cast("TradeAccount", sdk.get_account())
    assert str(account.id) == sandbox.world.account.id
    positions = cast("list[Position]", sdk.get_all_positions())
    assert len(positions) == len(sandbox.world.positions)
    orders = cast("list[Order]", sdk.get_orders(ALL))
    assert sum(1 + len(order.legs or []) for order in orders) == len(sandbox.world.orders)
    for order in orders[:3]:
        assert cast("Order", sdk.get_order_by_id(order.id)).id == order.id
        found = cast("Order", sdk.get_order_by_client_id(order.client_order_id))
        assert found.id == order.id
    for position in positions:
        assert cast("Position", sdk.get_open_position(position.symbol)).qty == position.qty
        if position.asset_class == "us_option":
            sdk.get_option_contract(position.symbol)
    sdk.get_clock()
    sdk.get_asset("BTC/USD")


def test_raw_data_is_what_the_server_sent(guide: Sandbox) -> None:
    """Account, positions, orders and activities as plain JSON."""
    sdk = client(guide, raw=True)
    account = cast("dict[str, Any]", sdk.get_account())
    assert account["equity"] == "100262.75"
    activities = cast("list[dict[str, Any]]", sdk.get("/account/activities", {"page_size": 3}))
    assert len(activities) == 3
    after = GetOrdersRequest(
        status=QueryOrderStatus.ALL, after=datetime(2025, 8, 21, tzinfo=UTC), nested=True
    )
    assert len(cast("list[object]", sdk.get_orders(after))) == 3


def test_the_partial_fill_is_canceled_for_the_client_too(guide: Sandbox) -> None:
    """Its enum knows the status."""
    order = cast("Order", client(guide).get_order_by_client_id("bot-iwm-0821"))
    assert order.status is OrderStatus.CANCELED
    assert order.filled_qty == "6"


def test_the_clients_error_has_the_code(guide: Sandbox) -> None:
    """A wrong key raises what a real one would raise."""
    wrong = TradingClient("x", "y", url_override=guide.url)
    with pytest.raises(APIError) as caught:
        wrong.get_account()
    assert (caught.value.status_code, caught.value.code) == (401, 40110000)


def test_the_odd_scenario_breaks_the_models_and_not_the_raw_data() -> None:
    """That is what it is for: a reader must not depend on the client's models."""
    with Sandbox("odd") as sandbox:
        with pytest.raises(ValidationError):
            client(sandbox).get_all_positions()
        rows = cast("list[dict[str, Any]]", client(sandbox, raw=True).get_all_positions())
        assert {row["exchange"] for row in rows} >= {"MOON", ""}
        assert None in {row["current_price"] for row in rows}
