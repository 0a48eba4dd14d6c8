"""The numbers hang together: laws over random moves, checked on what the API would show."""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from snapsync.errors import UsageError
from snapsync.sandbox import World, forms, lists
from snapsync.sandbox.scenario import Player, bare

START = 1_755_698_400_000_000_000
OPTION = re.compile(r".*\d{6}[CP]\d{8}")
QUANTITY_EVENTS = {"CFEE", "OPEXP", "OPASN", "OPEXC", "OPTRD", "SPLIT", "ACATS"}

symbols = st.sampled_from(
    ["SPY", "AAPL", "SPY250829C00640000", "AAPL250829P00200000", "BTC/USD", "ETH/USD", "ETH/BTC"]
)
counts = st.integers(1, 20).map(str)
sizes = st.one_of(counts, st.decimals("0.000000001", "9", places=9).map(str))
prices = st.one_of(
    st.decimals("0.01", "900", places=2).map(str), st.decimals("0.000000001", "2", places=9).map(str)
)
amounts = st.decimals("0.01", "5000", places=2).map(str)
clients = st.sampled_from([f"c{n}" for n in range(6)])
# the n-th thing of a kind that there is at that moment, so that most moves find something to move
some_option = st.integers(0, 5).map(lambda n: f"option {n}")
some_share = st.integers(0, 5).map(lambda n: f"us_equity {n}")
some_coin = st.integers(0, 5).map(lambda n: f"crypto {n}")
some_order = st.integers(0, 5).map(lambda n: f"open {n}")
PRELUDE: list[dict[str, Any]] = [
    {"do": "buy", "symbol": "SPY", "qty": "7", "price": "600"},
    {"do": "sell", "symbol": "AAPL", "qty": "3", "price": "230.5"},
    {"do": "buy", "symbol": "SPY250829C00640000", "qty": "4", "price": "1.15"},
    {"do": "sell", "symbol": "AAPL250829P00200000", "qty": "2", "price": "2.05"},
    {"do": "buy", "symbol": "BTC/USD", "qty": "0.7", "price": "60000"},
    {"do": "order", "side": "buy", "symbol": "SPY", "qty": "40", "limit": "599.5"},
    {"do": "order", "side": "sell", "symbol": "BTC/USD", "qty": "0.5", "limit": "61000"},
]


def move(word: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Steps of one word."""
    return st.fixed_dictionaries({"do": st.just(word), **fields})


trade = {"symbol": symbols, "qty": sizes, "price": prices}
moves = st.one_of(
    move("buy", **trade),
    move("sell", **trade),
    move("buy", symbol=symbols, notional=amounts, price=prices),
    move("buy", symbol=symbols, qty=st.just("10"), price=prices, fills=st.lists(counts, max_size=3)),
    move(
        "order", side=st.sampled_from(["buy", "sell"]), symbol=symbols, qty=counts, limit=prices,
        client_order_id=clients,
    ),
    move("fill", order=some_order, qty=counts),
    move("fill", order=some_order),
    move("cancel", order=some_order),
    move("replace", order=some_order, limit=prices, client_order_id=clients),
    move("deposit", amount=amounts),
    move("withdrawal", amount=amounts),
    move("fee", amount=amounts, date=st.sampled_from(["-1d", "now"])),
    move("accrue", amount=amounts),
    move("interest", amount=st.decimals("-9", "9", places=2).map(str)),
    move("dividend", symbol=some_share, per_share=prices),
    move("crypto_fee", symbol=some_coin, qty=sizes),
    move("expiry", symbol=some_option),
    move("assignment", symbol=some_option),
    move("exercise", symbol=some_option),
    move("split", symbol=some_share, new=counts, old=st.sampled_from(["1", "2", "3"])),
    move("price", symbol=symbols, price=prices),
    move(
        "activity", type=st.sampled_from(["JNLC", "QQZ"]), net_amount=amounts,
        status=st.sampled_from(["executed", "correct", "canceled"]),
    ),
    move("activity", type=st.just("ACATS"), symbol=symbols, qty=counts),
    move("clock", by=st.sampled_from(["1s", "3h", "2d"])),
    move("reset", cash=amounts),
)  # fmt: skip


def found(world: World, step: dict[str, Any]) -> dict[str, Any]:
    """The step with "option 2" and the like replaced by what is there."""
    done = dict(step)
    for name in ("symbol", "order"):
        kind, _, number = str(step.get(name, "")).partition(" ")
        if kind == "open":
            there = [row.id for row in world.orders.values() if row.is_open]
        else:
            held = world.positions.values()
            there = [row.instrument.symbol for row in held if row.instrument.asset_class.endswith(kind)]
        if number:
            done[name] = there[int(number) % len(there)] if there else "NONE"
    return done


def explained(rows: list[dict[str, Any]]) -> tuple[Decimal, dict[str, Decimal]]:
    """Cash and quantities from the activities alone, by the rules of the API's documentation."""
    cash, held = Decimal(0), defaultdict[str, Decimal](Decimal)
    for row in rows:
        if row["activity_type"] != "FILL":
            if row["status"] != "canceled":
                cash += Decimal(row["net_amount"])
                if row["activity_type"] in QUANTITY_EVENTS:
                    held[row["symbol"].replace("/", "")] += Decimal(row["qty"])
            continue
        qty = Decimal(row["qty"]) * (1 if row["side"] == "buy" else -1)
        base, _, quote = row["symbol"].partition("/")
        held[f"{base}USD" if quote else base] += qty
        if quote not in {"", "USD"}:
            held[f"{quote}USD"] -= qty * Decimal(row["price"])
        else:
            cash -= qty * Decimal(row["price"]) * (100 if OPTION.fullmatch(base) else 1)
    return cash, {symbol: qty for symbol, qty in held.items() if qty}


def whole_history(world: World) -> list[dict[str, Any]]:
    """All activities, page by page."""
    found: list[dict[str, Any]] = []
    query = {"direction": "asc"}
    while page := lists.activities(world, query):
        found += page
        query["page_token"] = str(page[-1]["id"])
    return found


def check(player: Player, start: Decimal) -> None:
    """Every law at this instant."""
    world = player.world
    with world.held():
        account: dict[str, Any] = forms.account(world)
        rows: list[dict[str, Any]] = [forms.position(world, row) for row in world.positions.values()]
        cash, held = explained(whole_history(world))
        assert Decimal(account["cash"]) == start + cash
        assert {row["symbol"]: Decimal(row["qty"]) for row in rows} == held
        value = sum((Decimal(row["market_value"]) for row in rows), Decimal(0))
        assert abs(Decimal(account["equity"]) - Decimal(account["cash"]) - value) < Decimal("1e-9")
        assert Decimal(account["position_market_value"]) == Decimal(account["long_market_value"]) + Decimal(
            account["short_market_value"]
        )
        for row in rows:
            assert (Decimal(row["qty"]) > 0) == (row["side"] == "long")
        for order in world.orders.values():
            fills = [row for row in world.activities if getattr(row, "order_id", "") == order.id]
            assert order.filled_qty == sum((row.qty or 0 for row in fills), Decimal(0))


@settings(max_examples=100, deadline=None)
@given(st.lists(moves, min_size=5, max_size=30))
def test_cash_positions_orders_and_history_agree_after_every_move(
    steps: list[dict[str, Any]],
) -> None:
    """Cash is the start plus all effects, quantities are sums, equity is cash plus values."""
    player, start = bare(World(now=START, cash=Decimal(1000))), Decimal(1000)
    for raw in [*PRELUDE, *steps]:
        step = found(player.world, raw)
        before = state(player.world)
        try:
            player.do_all([step])
        except UsageError:
            assert state(player.world) == before
        else:
            if step["do"] == "reset":
                start = Decimal(step["cash"])
        check(player, start)


def state(world: World) -> tuple[object, ...]:
    """All that a refused move must leave alone."""
    return (
        world.account, world.cash, world.accrued_fees, dict(world.positions), dict(world.orders),
        list(world.activities), dict(world.marks),
    )  # fmt: skip
