"""The guide's scenario, whose numbers the documentation quotes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import requests

from snapsync.sandbox import Sandbox

Rows = Callable[..., list[dict[str, Any]]]
Ask = Callable[..., requests.Response]


def test_before_anything_happens_by_hand_the_account_is_worth_95000(ask: Ask, rows: Rows) -> None:
    """The first stage ends with equity 95,000.00 and cash 94,630.00 at 16:30 on August 20."""
    with Sandbox("guide", until="before") as sandbox:
        account = ask(sandbox, "/v2/account").json()
        assert (account["equity"], account["cash"]) == ("95000", "94630")
        [position] = rows(sandbox, "/v2/positions")
        assert (position["symbol"], position["qty"]) == ("QQQ250822P00480000", "2")
        assert ask(sandbox, "/v2/clock").json()["timestamp"].startswith("2025-08-20T16:30:0")
        sandbox.stage("after")
        assert ask(sandbox, "/v2/account").json()["equity"] == "100262.75"


def test_after_all_of_it_the_account_is_worth_100262_75(ask: Ask, guide: Sandbox) -> None:
    """Served by default, the world ends with the guide's equity to the cent."""
    account = ask(guide, "/v2/account").json()
    assert (account["equity"], account["cash"]) == ("100262.75", "99339.75")
    assert account["portfolio_value"] == account["equity"]
    assert account["last_equity"] == "95000"
    assert account["balance_asof"] == "2025-08-20"


def test_the_two_positions_are_the_manual_call_and_the_partial_fill(guide: Sandbox, rows: Rows) -> None:
    """SPY 1 and IWM 6, worth 251 and 672 dollars."""
    found = {
        row["symbol"]: (row["qty"], row["avg_entry_price"], row["market_value"], row["cost_basis"])
        for row in rows(guide, "/v2/positions")
    }
    assert found == {
        "SPY250822C00635000": ("1", "2.4", "251", "240"),
        "IWM250829C00225000": ("6", "1.1", "672", "660"),
    }


def test_the_partial_fill_is_one_canceled_order_with_two_executions(
    ask: Ask, guide: Sandbox, rows: Rows
) -> None:
    """Ten ordered, four and two filled, the rest canceled two minutes later."""
    order = ask(guide, "/v2/orders:by_client_order_id", client_order_id="bot-iwm-0821").json()
    assert (order["status"], order["qty"], order["filled_qty"]) == ("canceled", "10", "6")
    assert order["submitted_at"] == "2025-08-21T15:00:00Z"
    assert order["canceled_at"] == "2025-08-21T15:02:00Z"
    fills = rows(guide, "/v2/account/activities/FILL", order_id=order["id"], direction="asc")
    assert [(row["qty"], row["cum_qty"], row["leaves_qty"]) for row in fills] == [
        ("4", "4", "6"),
        ("2", "6", "4"),
    ]
    assert {row["type"] for row in fills} == {"partial_fill"}


def test_the_fee_is_dated_the_day_before_it_was_posted(guide: Sandbox, rows: Rows) -> None:
    """Its id sorts before the fills of its own day although it came after them."""
    [fee] = rows(guide, "/v2/account/activities/FEE")
    assert (fee["net_amount"], fee["activity_sub_type"]) == ("-0.25", "ORF")
    assert (fee["date"], fee["created_at"]) == ("2025-08-20", "2025-08-21T00:17:05Z")
    assert fee["id"].startswith("20250820000000000::")
    ids = [row["id"] for row in rows(guide, "/v2/account/activities", direction="asc")]
    fill = next(row for row in ids if row.startswith("202508201002"))
    assert ids.index(fee["id"]) < ids.index(fill)


def test_the_cash_is_the_sum_of_the_activities(ask: Ask, guide: Sandbox, rows: Rows) -> None:
    """Nothing in the guide's account is unexplained."""
    total = Decimal(0)
    for row in rows(guide, "/v2/account/activities"):
        if row["activity_type"] == "FILL":
            sign = -1 if row["side"] == "buy" else 1
            total += sign * Decimal(row["qty"]) * Decimal(row["price"]) * 100
        else:
            total += Decimal(row["net_amount"])
    assert total == Decimal(ask(guide, "/v2/account").json()["cash"])


def test_two_servings_of_the_guide_show_the_same_ids() -> None:
    """Ids follow from the seed and the moves, so transcripts of it can be quoted."""
    worlds = []
    for _ in range(2):
        with Sandbox("guide") as sandbox, sandbox.world.held():
            world = sandbox.world
            worlds.append((world.account.id, [row.id for row in world.activities], [*world.orders]))
    assert worlds[0] == worlds[1]
