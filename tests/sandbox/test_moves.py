"""What each move does to the account, in the numbers that the API shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from snapsync.errors import UsageError
from snapsync.sandbox import Sandbox

Ask = Callable[..., requests.Response]
Rows = Callable[..., list[dict[str, Any]]]
CALL, PUT = "SPY250829C00640000", "SPY250829P00600000"


def cash(ask: Ask, sandbox: Sandbox) -> str:
    """The account's cash; it started with 10,000."""
    found: str = ask(sandbox, "/v2/account").json()["cash"]
    return found


def test_the_entry_price_is_weighted_kept_and_renewed(ask: Ask, fresh: Sandbox) -> None:
    """Growing averages, shrinking keeps, changing sides starts anew."""

    def entry() -> tuple[str, str, str, str]:
        row = ask(fresh, "/v2/positions/SPY").json()
        return row["qty"], row["side"], row["avg_entry_price"], row["cost_basis"]

    fresh.do({"do": "buy", "symbol": "SPY", "qty": 2, "price": 100})
    assert entry() == ("2", "long", "100.0", "200.0")
    fresh.do({"do": "buy", "symbol": "SPY", "qty": 1, "price": 101})
    assert entry()[2] == "100.3333333333333333"
    fresh.do({"do": "sell", "symbol": "SPY", "qty": 1, "price": 150})
    assert entry()[2] == "100.3333333333333333"
    fresh.do({"do": "sell", "symbol": "SPY", "qty": 5, "price": 90})
    assert entry() == ("-3", "short", "90.0", "-270.0")
    assert cash(ask, fresh) == "10299"


def test_an_option_costs_a_hundred_times_its_price(ask: Ask, fresh: Sandbox) -> None:
    """Also when it is sold short, and an adjusted contract costs its own multiple."""
    fresh.do({"do": "buy", "symbol": CALL, "qty": 2, "price": "6.05"})
    row = ask(fresh, f"/v2/positions/{CALL}").json()
    assert (row["cost_basis"], row["exchange"], row["asset_class"]) == ("1210", "", "us_option")
    assert cash(ask, fresh) == "8790"
    fresh.do({"do": "asset", "symbol": "SPY1250829C00640000", "multiplier": 150})
    fresh.do({"do": "sell", "symbol": "SPY1250829C00640000", "qty": 1, "price": 1})
    assert cash(ask, fresh) == "8940"
    contract = ask(fresh, "/v2/options/contracts/SPY1250829C00640000").json()
    assert (contract["multiplier"], contract["size"], contract["underlying_symbol"]) == (
        "150", "100", "SPY",
    )  # fmt: skip


def test_coins_lose_their_slash_and_their_fee(ask: Ask, rows: Rows, fresh: Sandbox) -> None:
    """The order says BTC/USD, the position BTCUSD, and the fee takes coins, no dollars."""
    fresh.do({"do": "buy", "symbol": "BTC/USD", "qty": "0.05", "price": 60000})
    fresh.do({"do": "crypto_fee", "symbol": "BTC/USD", "qty": "0.000125"})
    [row] = rows(fresh, "/v2/positions")
    assert (row["symbol"], row["qty"]) == ("BTCUSD", "0.049875")
    [order] = rows(fresh, "/v2/orders", status="all")
    assert order["symbol"] == "BTC/USD"
    assert "position_intent" not in order
    assert order["asset_id"] != row["asset_id"]
    [fee] = rows(fresh, "/v2/account/activities/CFEE")
    assert (fee["symbol"], fee["qty"], fee["net_amount"]) == ("BTCUSD", "-0.000125", "0")
    assert cash(ask, fresh) == "7000"


def test_a_pair_of_two_coins_moves_no_dollars(ask: Ask, rows: Rows, fresh: Sandbox) -> None:
    """ETH bought with BTC: one goes up, the other down."""
    fresh.do({"do": "buy", "symbol": "BTC/USD", "qty": "0.1", "price": 60000})
    fresh.do({"do": "buy", "symbol": "ETH/BTC", "qty": 1, "price": "0.04"})
    held = {row["symbol"]: row["qty"] for row in rows(fresh, "/v2/positions")}
    assert held == {"BTCUSD": "0.06", "ETHUSD": "1"}
    assert cash(ask, fresh) == "4000"
    with pytest.raises(UsageError, match="not enough coins"):
        fresh.do({"do": "sell", "symbol": "ETH/USD", "qty": 2, "price": 2400})


def test_an_expiry_takes_the_contracts_without_a_fill(rows: Rows, fresh: Sandbox) -> None:
    """A long one goes down by OPEXP, a short one up."""
    fresh.do({"do": "buy", "symbol": CALL, "qty": 2, "price": 1})
    fresh.do({"do": "sell", "symbol": PUT, "qty": 1, "price": 1})
    fresh.do({"do": "expiry", "symbol": CALL}, {"do": "expiry", "symbol": PUT})
    found = {row["symbol"]: row["qty"] for row in rows(fresh, "/v2/account/activities/OPEXP")}
    assert found == {CALL: "-2", PUT: "1"}
    assert rows(fresh, "/v2/positions") == []


@pytest.mark.parametrize(
    ("opening", "word", "contracts", "shares", "amount"),
    [
        (("sell", CALL), "assignment", "1", "-100", "64000"),
        (("sell", PUT), "assignment", "1", "100", "-60000"),
        (("buy", CALL), "exercise", "-1", "100", "-64000"),
        (("buy", PUT), "exercise", "-1", "-100", "60000"),
    ],
)
def test_options_turn_into_shares_at_the_strike(  # noqa: PLR0913, PLR0917 (a table of cases)
    rows: Rows,
    fresh: Sandbox,
    opening: tuple[str, str],
    word: str,
    contracts: str,
    shares: str,
    amount: str,
) -> None:
    """Two rows of one group: contracts away, shares at the strike."""
    side, symbol = opening
    fresh.do({"do": side, "symbol": symbol, "qty": 1, "price": 1}, {"do": word, "symbol": symbol})
    [event] = rows(fresh, "/v2/account/activities", activity_types="OPASN,OPEXC")
    [trade] = rows(fresh, "/v2/account/activities/OPTRD")
    assert (event["qty"], event["net_amount"]) == (contracts, "0")
    assert (trade["qty"], trade["net_amount"], trade["symbol"]) == (shares, amount, "SPY")
    assert event["group_id"] == trade["group_id"]
    [position] = rows(fresh, "/v2/positions")
    assert (position["symbol"], position["qty"]) == ("SPY", shares)


def test_a_split_changes_quantity_and_price_and_keeps_the_cost(ask: Ask, rows: Rows, fresh: Sandbox) -> None:
    """Ten for one and back again, without a cent moving."""
    fresh.do({"do": "buy", "symbol": "NVDA", "qty": 3, "price": 1200})
    before = ask(fresh, "/v2/account").json()["equity"]
    fresh.do({"do": "split", "symbol": "NVDA", "new": 10})
    [row] = rows(fresh, "/v2/positions")
    assert (row["qty"], row["avg_entry_price"], row["cost_basis"]) == ("30", "120.0", "3600.0")
    assert ask(fresh, "/v2/account").json()["equity"] == before
    fresh.do({"do": "split", "symbol": "NVDA", "new": 1, "old": 10})
    [row] = rows(fresh, "/v2/positions")
    assert (row["qty"], row["avg_entry_price"]) == ("3", "1200.0")
    found = {row["activity_sub_type"]: row["qty"] for row in rows(fresh, "/v2/account/activities/SPLIT")}
    assert found == {"FSPLIT": "27", "RSPLIT": "-27"}


def test_a_fee_is_accrued_before_it_is_posted(ask: Ask, fresh: Sandbox) -> None:
    """Accruing moves no cash; posting does and takes it off what is accrued."""
    fresh.do({"do": "accrue", "amount": "0.42"})
    account = ask(fresh, "/v2/account").json()
    assert (account["accrued_fees"], account["cash"]) == ("0.42", "10000")
    fresh.do({"do": "fee", "amount": "0.3"})
    account = ask(fresh, "/v2/account").json()
    assert (account["accrued_fees"], account["cash"]) == ("0.12", "9999.7")


def test_by_an_oddity_a_fee_leaves_cash_as_soon_as_it_is_known(ask: Ask, fresh: Sandbox) -> None:
    """Posting it then moves nothing; a fee may be pending too."""
    fresh.world.oddities = frozenset({"fees-leave-cash-early"})
    fresh.do({"do": "accrue", "amount": "0.42"}, {"do": "accrue", "amount": "0.08", "pending": True})
    account = ask(fresh, "/v2/account").json()
    assert (account["accrued_fees"], account["pending_reg_taf_fees"]) == ("0.42", "0.08")
    assert account["cash"] == account["equity"] == "9999.5"
    fresh.do({"do": "fee", "amount": "0.42"}, {"do": "fee", "amount": "0.08"})
    account = ask(fresh, "/v2/account").json()
    assert (account["accrued_fees"], account["pending_reg_taf_fees"]) == ("0", "0")
    assert account["cash"] == "9999.5"


def test_a_bust_takes_the_last_fill_back(ask: Ask, rows: Rows, fresh: Sandbox) -> None:
    """It is not shown any more, and cash, position and order are as if it had never been."""
    fresh.do({"do": "buy", "symbol": "SPY", "qty": 5, "limit": 600, "fills": [2, 3], "client_order_id": "a"},
             {"do": "bust", "order": "a"})  # fmt: skip
    assert ask(fresh, "/v2/account").json()["cash"] == "8800"
    assert [row["qty"] for row in rows(fresh, "/v2/positions")] == ["2"]
    assert [row["qty"] for row in rows(fresh, "/v2/account/activities/FILL")] == ["2"]
    [order] = rows(fresh, "/v2/orders", status="all")
    assert (order["filled_qty"], order["filled_avg_price"]) == ("2", "600")
    fresh.do({"do": "bust", "order": "a"})
    [order] = rows(fresh, "/v2/orders", status="all")
    assert (order["filled_qty"], order["status"]) == ("0", "canceled")
    with pytest.raises(UsageError, match="no fill"):
        fresh.do({"do": "bust", "order": "a"})


def test_a_bust_may_leave_the_order_as_it_was(rows: Rows, fresh: Sandbox) -> None:
    """The fill is shown no more, the order still says that all is filled."""
    fresh.do({"do": "buy", "symbol": "SPY", "qty": 5, "limit": 600, "fills": [2, 3], "client_order_id": "a"},
             {"do": "bust", "order": "a", "keeps_filled_qty": True})  # fmt: skip
    assert [row["qty"] for row in rows(fresh, "/v2/positions")] == ["2"]
    assert [row["qty"] for row in rows(fresh, "/v2/account/activities/FILL")] == ["2"]
    [order] = rows(fresh, "/v2/orders", status="all")
    assert (order["filled_qty"], order["status"]) == ("5", "filled")


def test_an_order_in_dollars_keeps_no_quantity(rows: Rows, fresh: Sandbox) -> None:
    """Filled to the ninth decimal of a share; qty stays null."""
    fresh.do({"do": "buy", "symbol": "AAPL", "notional": 500, "price": 231})
    [order] = rows(fresh, "/v2/orders", status="closed")
    assert (order["qty"], order["notional"]) == (None, "500")
    assert (order["status"], order["filled_qty"]) == ("filled", "2.164502164")


def test_a_replaced_order_has_two_ids_and_keeps_its_fills(rows: Rows, fresh: Sandbox) -> None:
    """The old one says by whom, the new one says whom."""
    fresh.do(
        {"do": "buy", "symbol": "SPY", "qty": 5, "limit": 600, "fills": [2], "client_order_id": "a"},
        {"do": "replace", "order": "a", "limit": 601, "client_order_id": "b"},
    )
    new, old = rows(fresh, "/v2/orders", status="all")
    assert (old["status"], old["filled_qty"], old["replaced_by"]) == ("replaced", "2", new["id"])
    assert (new["status"], new["qty"], new["replaces"]) == ("new", "3", old["id"])


def test_what_working_orders_would_close_is_not_available(rows: Rows, fresh: Sandbox) -> None:
    """qty_available goes down with a working sell order and up when it is canceled."""
    fresh.do(
        {"do": "buy", "symbol": "SPY", "qty": 5, "price": 600},
        {"do": "order", "side": "sell", "symbol": "SPY", "qty": 2, "limit": 700,
         "client_order_id": "x"},
    )  # fmt: skip
    assert rows(fresh, "/v2/positions")[0]["qty_available"] == "3"
    fresh.do({"do": "cancel", "order": "x"})
    assert rows(fresh, "/v2/positions")[0]["qty_available"] == "5"


def test_a_trailing_stop_follows_the_market(rows: Rows, fresh: Sandbox) -> None:
    """Hwm and stop_price go up with the price and stay when it falls."""
    fresh.do(
        {"do": "buy", "symbol": "SPY", "qty": 1, "price": 600},
        {"do": "order", "side": "sell", "symbol": "SPY", "qty": 1, "type": "trailing_stop",
         "trail_percent": 10},
        {"do": "price", "symbol": "SPY", "price": 650},
        {"do": "price", "symbol": "SPY", "price": 620},
    )  # fmt: skip
    [order] = rows(fresh, "/v2/orders")
    assert (order["hwm"], order["stop_price"]) == ("650", "585")


def test_a_position_without_a_price_shows_nulls(rows: Rows, fresh: Sandbox) -> None:
    """Null stands in all that follows from the price, and in nothing else."""
    fresh.do(
        {"do": "buy", "symbol": "SPY", "qty": 1, "price": 600},
        {"do": "price", "symbol": "SPY", "price": 600, "hidden": True},
    )
    [row] = rows(fresh, "/v2/positions")
    empty = {name for name, value in row.items() if value is None}
    assert {"current_price", "market_value", "unrealized_pl"} <= empty
    assert (row["qty"], row["cost_basis"]) == ("1", "600.0")


def test_a_reset_makes_another_account(ask: Ask, fresh: Sandbox) -> None:
    """History, positions and identity are gone; with new keys the old ones are refused."""
    before, key = ask(fresh, "/v2/account").json(), fresh.key
    fresh.do({"do": "deposit", "amount": 5}, {"do": "reset", "cash": 777})
    after = ask(fresh, "/v2/account").json()
    assert after["id"] != before["id"]
    assert after["account_number"] != before["account_number"]
    assert after["cash"] == "777"
    assert ask(fresh, "/v2/account/activities").json() == []
    assert fresh.key == key
    fresh.do({"do": "reset", "new_keys": "true"})
    old = {"APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": "sandbox-paper-secret"}
    assert requests.get(f"{fresh.url}/v2/account", headers=old, timeout=5).status_code == 401
    assert ask(fresh, "/v2/account").status_code == 200


def test_the_last_equity_is_that_of_the_close_before_today(ask: Ask, fresh: Sandbox) -> None:
    """What happens after 16:00 does not count for that day."""
    fresh.do(
        {"do": "buy", "symbol": "SPY", "qty": 10, "price": 600},
        {"do": "price", "symbol": "SPY", "price": 610},
        {"do": "deposit", "amount": 1, "at": "2025-08-20 17:00"},
    )
    assert ask(fresh, "/v2/account").json()["last_equity"] == "10000"
    fresh.do({"do": "price", "symbol": "SPY", "price": 620, "at": "2025-08-21 09:00"})
    account = ask(fresh, "/v2/account").json()
    assert (account["last_equity"], account["balance_asof"]) == ("10100", "2025-08-20")
    row = ask(fresh, "/v2/positions/SPY").json()
    assert (row["lastday_price"], row["unrealized_intraday_pl"]) == ("610.0", "100")


def test_times_have_up_to_nine_digits_and_trailing_zeros_are_dropped(rows: Rows, fresh: Sandbox) -> None:
    """Over some orders, whole seconds and nanoseconds both occur."""
    fresh.do(*({"do": "buy", "symbol": "SPY", "qty": 1, "price": 1} for _ in range(20)))
    fresh.do({"at": "2025-08-20 11:00", "do": "buy", "symbol": "SPY", "qty": 1, "price": 1})
    times = [
        row[name]
        for row in rows(fresh, "/v2/orders", status="all")
        for name in ("submitted_at", "created_at", "filled_at")
    ]
    digits = {len(time.rstrip("Z").partition(".")[2]) for time in times}
    assert {0, 9} <= digits
    assert all((time.endswith("Z") and not time.endswith("0Z")) or "." not in time for time in times)


@pytest.mark.parametrize(
    ("step", "summary"),
    [
        ({"do": "expiry", "symbol": CALL}, "no such position"),
        ({"do": "cancel", "order": "nobody"}, "no such order"),
        ({"do": "fill", "order": "w", "qty": 6}, "More is filled"),
        ({"do": "order", "side": "buy", "symbol": "SPY", "qty": 1, "type": "limit"}, "no sense"),
        ({"do": "order", "side": "buy", "symbol": "SPY"}, "no sense"),
        ({"do": "buy", "symbol": "SPY", "qty": 1, "price": 1, "client_order_id": "w"}, "no sense"),
        ({"do": "buy", "symbol": "SPY", "qty": 1, "price": 1, "notional": 1}, "no sense"),
        ({"do": "buy", "symbol": "NEW", "qty": 1}, "no price"),
        ({"do": "buy", "symbol": "not a symbol", "qty": 1, "price": 1}, "symbol cannot be read"),
        ({"do": "exercise", "symbol": "SPY"}, "Only an option"),
        ({"do": "deposit", "amount": 1, "at": "-1h"}, "backwards"),
        ({"do": "deposit", "amount": 1, "at": "teatime"}, "time cannot be read"),
        ({"do": "activity", "type": "FILL"}, "needs an order"),
        ({"do": "asset", "symbol": "SPY", "exchange": "MOON"}, "after it was traded"),
    ],
)
def test_an_impossible_move_is_refused_with_a_reason(
    fresh: Sandbox, step: dict[str, object], summary: str
) -> None:
    """The world stays as it was."""
    fresh.do(
        {"do": "order", "side": "buy", "symbol": "SPY", "qty": 5, "limit": 600,
         "client_order_id": "w"},
        {"do": "buy", "symbol": "SPY", "qty": 1, "price": 600},
    )  # fmt: skip
    count = len(fresh.world.activities), len(fresh.world.orders)
    with pytest.raises(UsageError, match=summary):
        fresh.do(step)
    assert (len(fresh.world.activities), len(fresh.world.orders)) == count
