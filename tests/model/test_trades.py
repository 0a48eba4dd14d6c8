from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.instant import Instant, instant, shift
from snapsync.model.ledger import CANCELED, Activity, flows
from snapsync.model.state import Transaction
from snapsync.model.trades import Order, average, transactions

from .strategies import LAW, instants, prices, quantities

SPY = "SPY250822C00635000"
AT = instant("2025-08-21T13:45:00.123456789Z")


def fill(  # noqa: PLR0913 - a fill has that much to say
    order: str, qty: str, price: str, *, id: str = "1", symbol: str = SPY, side: str = "buy", at: Instant = AT
) -> Activity:
    """One execution of an order."""
    return Activity(
        type="FILL",
        id=id,
        symbol=symbol,
        time=at,
        side=side,
        qty=Decimal(qty),
        price=Decimal(price),
        order_id=order,
    )


def event(type_: str, qty: str, *, status: str | None = "executed", symbol: str = SPY) -> Activity:
    """A non-trade activity."""
    return Activity(
        type=type_,
        id="20250822000000000::e",
        symbol=symbol,
        time=instant("2025-08-22T00:00:00Z"),
        qty=Decimal(qty),
        net_amount=Decimal(0),
        status=status,
    )


def order(id: str, *, done: bool = True, symbol: str = SPY, asset_class: str = "us_option") -> Order:
    """What the order list says."""
    return Order(
        id=id,
        symbol=symbol,
        asset_class=asset_class,
        done=done,
        client_order_id=f"bot-{id}",
        parent_id="p" if id == "leg" else None,
    )


def only(*rows: Activity, orders: tuple[Order, ...] = ()) -> Transaction:
    """The one transaction that these rows make."""
    (found,) = transactions(rows, {each.id: each for each in orders}, {})
    return found


executions = st.lists(st.tuples(quantities, prices, instants), min_size=1, max_size=8)


@LAW
@given(st.lists(executions, min_size=1, max_size=3), st.data())
def test_fills_in_any_order_are_the_same_trades(
    orders: list[list[tuple[Decimal, Decimal, Instant]]], data: st.DataObject
) -> None:
    """Pages of activities may come as they like; each order's fills are added up exactly."""
    rows = [
        fill(f"o{n}", str(qty), str(price), id=f"{n}.{m}", at=at)
        for n, fills in enumerate(orders)
        for m, (qty, price, at) in enumerate(fills)
    ]
    found = {each.key: each for each in transactions(rows, {}, {})}
    shuffled = data.draw(st.permutations(rows))
    assert {each.key: each for each in transactions(shuffled, {}, {})} == found
    for n, fills in enumerate(orders):
        trade = found[f"order:o{n}"]
        assert trade.qty == sum(qty for qty, _, _ in fills)
        assert trade.time == min(at for _, _, at in fills)
        assert min(price for _, price, _ in fills) <= (trade.price or 0) + Decimal("1e-9")
        assert (trade.price or 0) - Decimal("1e-9") <= max(price for _, price, _ in fills)


@LAW
@given(
    st.lists(st.tuples(st.integers(1, 99).map(lambda n: Decimal(10) ** (n % 40)), prices), min_size=2),
    st.data(),
)
def test_huge_numbers_are_added_up_exactly(fills: list[tuple[Decimal, Decimal]], data: st.DataObject) -> None:
    """Quantities of forty digits beside single ones are no reason to round, or to depend on the order."""
    rows = [fill("o", str(qty), str(price), id=str(n)) for n, (qty, price) in enumerate(fills)]
    assert only(*rows) == only(*data.draw(st.permutations(rows)))


def test_partial_fills_are_one_trade() -> None:
    """An order filled in three parts is one transaction at the average price, from its first fill."""
    rows = (
        fill("o", "2", "2.40", id="a", at=shift(AT, seconds=5)),
        fill("o", "1", "2.43", id="b"),
        fill("o", "3", "2.41", id="c", at=shift(AT, seconds=9)),
    )
    trade = only(*rows, orders=(order("o"),))
    assert (trade.key, trade.qty, trade.price, trade.time) == ("order:o", Decimal(6), Decimal("2.41"), AT)
    assert (trade.action, trade.client_order_id, trade.linked) == ("buy", "bot-o", True)
    assert trade.multiplier == 100


@pytest.mark.parametrize(
    ("amount", "qty", "price"),
    [
        ("7.22", "3", "2.406666667"),
        ("100", "8", "12.5"),
        ("0", "5", "0"),
        ("5", "0", "0"),
        ("1E+40", "1", "1" + "0" * 40),
        ("0.000012345", "1", "0.000012345"),
    ],
)
def test_an_average_has_nine_decimals(amount: str, qty: str, price: str) -> None:
    """Exact where nine decimals suffice, else rounded to them; nothing traded has no price to divide."""
    assert str(average(Decimal(amount), Decimal(qty))) == price


def test_an_order_that_still_works_is_left_out() -> None:
    """Its fills are in flight: they become a transaction when the order is done."""
    rows = [fill("o", "5", "1.10")]
    assert transactions(rows, {"o": order("o", done=False)}, {}) == ()
    assert [each.qty for each in transactions(rows, {"o": order("o")}, {})] == [5]


def test_an_order_that_is_no_longer_listed_is_done() -> None:
    """An order list forgets; the fills are the proof, and the sender is unknown."""
    trade = only(fill("gone", "5", "1.10"))
    assert (trade.qty, trade.client_order_id, trade.asset_class) == (Decimal(5), None, "us_option")


def test_a_canceled_order_has_its_fills() -> None:
    """Done does not mean filled: an order that was canceled half way is a trade of that half."""
    assert only(fill("o", "5", "1.10"), orders=(order("o"),)).qty == 5


def test_void_rows_count_for_nothing() -> None:
    """A row that the broker canceled is recorded but void."""
    assert transactions([event("OPEXP", "-2", status=CANCELED)], {}, {}) == ()
    deposit = msgspec.structs.replace(event("CSD", "0", status=CANCELED), net_amount=Decimal(5000))
    assert flows([deposit]) == ()
    assert len(flows([msgspec.structs.replace(deposit, status="executed")])) == 1


def test_other_activities_are_no_trades() -> None:
    """Deposits, fees, dividends, the share leg of an assignment and fills without an order make no trade."""
    others = [event(kind, "3") for kind in ("CSD", "FEE", "DIV", "OPTRD", "CFEE", "SPLIT", "QQZ")]
    loose = msgspec.structs.replace(fill("o", "1", "1"), order_id=None)
    assert transactions([*others, loose], {}, {}) == ()
    assert transactions([event("OPEXP", "1", symbol="")], {}, {}) == ()


@pytest.mark.parametrize(
    ("kind", "qty", "action"),
    [
        ("OPEXP", "-2", "expired"),
        ("OPEXP", "2", "expired"),
        ("OPASN", "2", "assigned"),
        ("OPEXC", "-2", "exercised"),
        ("OPXRC", "-2", "exercised"),
    ],
)
def test_an_option_event_is_a_trade_at_nothing(kind: str, qty: str, action: str) -> None:
    """Expiry, assignment and exercise remove contracts; their quantity is never negative."""
    trade = only(event(kind, qty))
    assert trade.key == f"activity:{kind}:20250822000000000::e:{SPY}"
    assert (trade.action, trade.qty, trade.price, trade.multiplier) == (
        action,
        Decimal(2),
        Decimal(0),
        Decimal(100),
    )
    assert trade.linked


def test_an_event_and_its_share_leg_may_have_one_id() -> None:
    """An id alone is no key: the symbol and the type belong to it."""
    rows = [event("OPEXC", "-1"), event("OPEXC", "-1", symbol="QQQ250822P00480000")]
    assert len({each.key for each in transactions(rows, {}, {})}) == 2


def test_the_legs_of_one_order_are_trades_of_their_own() -> None:
    """A multi-leg order is its legs, each with the parent's id."""
    trade = only(fill("leg", "3", "0.43"), orders=(order("leg"),))
    assert (trade.key, trade.parent_id) == ("order:leg", "p")


@pytest.mark.parametrize(
    ("raw", "key", "kind"),
    [("BTC/USD", "BTCUSD", "crypto"), ("ETH/BTC", "ETHBTC", "crypto"), ("SOL/EUR", "SOLEUR", "crypto")],
)
def test_a_coin_is_known_by_what_the_broker_wrote(raw: str, key: str, kind: str) -> None:
    """The slash of a pair says crypto, also where the key alone would not."""
    row = msgspec.structs.replace(fill("o", "0.000000001", "64000.5", symbol=key), raw_symbol=raw)
    trade = only(row)
    assert (trade.symbol, trade.asset_class, trade.multiplier) == (key, kind, Decimal(1))
    assert trade.qty == Decimal("0.000000001")


@pytest.mark.parametrize("side", ["sell", "sell_short"])
def test_a_short_sale_is_a_sale(side: str) -> None:
    """Very old fills say sell_short; the quantity stays positive, the action says which way."""
    trade = only(fill("o", "4", "230.5", symbol="AAPL", side=side))
    assert (trade.action, trade.qty, trade.asset_class) == ("sell", Decimal(4), "us_equity")


def test_an_adjusted_contract_has_its_own_multiplier() -> None:
    """What the position's cost basis has shown wins over the usual hundred."""
    (trade,) = transactions([fill("o", "1", "1")], {}, {SPY: Decimal(150)})
    assert trade.multiplier == 150
