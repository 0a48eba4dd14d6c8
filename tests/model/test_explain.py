"""The equations: the parts add up to the whole, and what no activity accounts for is said to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.accruals import Habit
from snapsync.model.canon import EXACT
from snapsync.model.change import Cause
from snapsync.model.explain import Terms, explain
from snapsync.model.explanation import Explanation, Part
from snapsync.model.instant import Instant, instant
from snapsync.model.ledger import BUSTED, Activity, ledger
from snapsync.model.pages import Pages
from snapsync.model.proven import Proven
from snapsync.model.senders import Orders, Senders
from snapsync.model.state import Coverage, Marks, Position, PositionMark, State, Transaction
from snapsync.model.symbols import asset_class, multiplier

from .strategies import LAW
from .world import IWM, SPY, event, fill, trade

MORNING, EVENING = instant("2025-08-21T13:30:00Z"), instant("2025-08-21T21:00:00Z")
SINCE = instant("2025-08-01T00:00:00Z")


def account(  # noqa: PLR0913 - an account has that much to say
    cash: str | Decimal,
    holds: Mapping[str, tuple[str | Decimal, str | Decimal | None]] | None = None,
    rows: Iterable[Activity] = (),
    *,
    at: Instant = EVENING,
    accrued: str | None = None,
    pending: str | None = None,
    equity: str | Decimal | None = None,
) -> Proven:
    """An account as it was proven: what it holds is (quantity, price) by symbol."""
    positions, marks, worth = [], {}, Decimal(cash)
    for symbol, (qty, price) in (holds or {}).items():
        kind = asset_class(symbol)
        size = multiplier(kind)
        positions.append(Position(key=symbol, asset_class=kind, qty=Decimal(qty), multiplier=size))
        marks[symbol] = PositionMark(price=None if price is None else Decimal(price))
        worth = EXACT.add(worth, EXACT.multiply(EXACT.multiply(Decimal(qty), Decimal(price or 0)), size))
    return Proven(
        at=at,
        state=State(
            cash=Decimal(cash),
            positions=Pages.of(Position, positions),
            transactions=Pages.of(trade("order:x").__class__, ()),
            coverage=Coverage(since=SINCE),
        ),
        marks=Marks(
            equity=worth if equity is None else Decimal(equity),
            accrued_fees=None if accrued is None else Decimal(accrued),
            pending_reg_taf_fees=None if pending is None else Decimal(pending),
            positions=marks,
        ),
        ledger=ledger(rows),
    )


def parts(found: Explanation, cause: Cause) -> list[Part]:
    """The parts of one cause."""
    return [part for part in found.parts if part.cause is cause]


def assert_adds_up(found: Explanation, before: Proven | None, after: Proven) -> None:
    """Cash, each quantity and equity: the parts and the unexplained make the whole, to the last digit."""
    had = before.quantities if before else {}
    cash = sum((part.cash for part in found.parts), found.unexplained.cash)
    assert cash == after.cash - (before.cash if before else 0)
    equity = sum((part.equity for part in found.parts), found.unexplained.equity)
    assert equity == after.marks.equity - (before.marks.equity if before else 0)
    symbols = {part.symbol for part in found.parts if part.qty} | had.keys() | after.quantities.keys()
    for symbol in symbols | found.unexplained.quantities.keys():
        moved = sum((part.qty for part in found.parts if part.symbol == symbol), Decimal(0))
        moved += found.unexplained.quantities.get(symbol, Decimal(0))
        assert moved == after.quantities.get(symbol, Decimal(0)) - had.get(symbol, Decimal(0)), symbol


# --- laws ------------------------------------------------------------------------------------------

KINDS = ["FEE", "CSD", "DIV", "SPLIT", "OPEXP", "OPASN", "OPTRD", "CFEE", "QQZ", "INT"]
symbols = st.sampled_from([SPY, "AAPL", "BTCUSD", "ETHUSD"])
amounts = st.decimals("-5000", "5000", places=2)
odd = st.decimals("-9", "9", places=9)
prices = st.decimals("0.0001", "900", places=4)


@st.composite
def rows(draw: st.DrawFn) -> Activity:
    """Any activity, of a known type or none, sensible or not."""
    id = draw(st.uuids()).hex
    if draw(st.booleans()):
        symbol = draw(st.sampled_from([SPY, "AAPL", "BTC/USD", "ETH/BTC"]))
        side = draw(st.sampled_from(["buy", "sell", "sell_short"]))
        return Activity(
            type="FILL", id=id, symbol=symbol.replace("/", ""), raw_symbol=symbol if "/" in symbol else None,
            time=draw(st.sampled_from([MORNING, EVENING])), side=side, order_id=id,
            qty=draw(st.decimals("0.000000001", "9", places=9)), price=draw(prices),
        )  # fmt: skip
    kind = draw(
        st.sampled_from(["FEE", "CSD", "DIV", "SPLIT", "OPEXP", "OPASN", "OPTRD", "CFEE", "QQZ", "INT"])
    )
    return Activity(
        type=kind, id=id, symbol=draw(st.sampled_from([SPY, "AAPL", "BTCUSD", ""])),
        time=instant(draw(st.sampled_from(["2025-08-20T04:00:00Z", "2025-08-21T04:00:00Z"]))),
        qty=draw(st.none() | odd), price=draw(st.none() | prices), net_amount=draw(st.none() | amounts),
        sub_type=draw(st.sampled_from([None, "SDIV", "TAF"])),
        status=draw(st.sampled_from([None, "correct", "canceled"])),
        created_at=draw(st.sampled_from([None, instant("2025-08-21T04:10:00Z"), EVENING])),
    )  # fmt: skip


holdings = st.dictionaries(symbols, st.tuples(odd.filter(bool), st.none() | prices), max_size=3)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Proven | None, Proven, Terms]:
    """Two points of one account whose numbers and rows need not fit at all."""
    told = draw(st.lists(rows(), max_size=6, unique_by=lambda row: row.key))
    known = draw(st.integers(0, len(told)))
    otherwise = [msgspec.structs.replace(row, status=BUSTED) for row in told[: draw(st.integers(0, known))]]
    fees = [draw(st.none() | st.decimals("0", "3", places=4).map(str)) for _ in range(4)]
    before = account(
        draw(amounts), draw(holdings), told[:known], at=MORNING, accrued=fees[0], pending=fees[1],
        equity=draw(st.none() | amounts),
    )  # fmt: skip
    after = account(
        draw(amounts), draw(holdings), [*otherwise, *told[len(otherwise) :]], accrued=fees[2],
        pending=fees[3], equity=draw(st.none() | amounts),
    )  # fmt: skip
    habits: list[Habit | None] = [None, "posted", "accrued", "accrued and pending"]
    terms = Terms(
        habit=draw(st.sampled_from(habits)),
        missing=draw(st.dictionaries(st.sampled_from(["cash", "AAPL"]), amounts)),
    )
    return (None if draw(st.integers(0, 4)) == 0 else before), after, terms


@LAW
@given(histories())
def test_the_parts_always_add_up_to_the_whole(history: tuple[Proven | None, Proven, Terms]) -> None:
    """Whatever the numbers and the activities are: nothing is lost and nothing is forced to fit."""
    before, after, terms = history
    with localcontext(EXACT):
        assert_adds_up(explain(before, after, terms), before, after)


@LAW
@given(histories())
def test_nothing_moved_between_a_point_and_itself(history: tuple[Proven | None, Proven, Terms]) -> None:
    """An account explained against itself has no part and nothing unexplained."""
    _, after, _ = history
    found = explain(after, after)
    assert not found.parts
    assert not found.unexplained


# --- cash ------------------------------------------------------------------------------------------


def test_each_dollar_has_its_activity() -> None:
    """A deposit, a sale with its contract size, a fee and a dividend are a part each, with their evidence."""
    told = [
        event("CSD", amount="5000", id="d"),
        fill("1", side="sell", qty="2", price="1.59"),
        event("FEE", amount="-0.43", id="f"),
        event("DIV", symbol="AAPL", qty="10", amount="2.60", id="v"),
    ]
    before = account("1000", {SPY: ("2", "1.33")}, at=MORNING)
    found = explain(before, account("6320.17", rows=told))
    assert not found.unexplained
    assert {(part.what, part.cash, part.cause.value) for part in found.parts if part.cash} == {
        ("deposit", Decimal(5000), "cash flow"),
        ("sold", Decimal(318), "unknown"),
        ("fee", Decimal("-0.43"), "fee"),
        ("dividend", Decimal("2.6"), "income"),
    }
    # proceeds of 318.00 are cash; as equity the sale is what it brought against the last mark
    (sold,) = [part for part in found.parts if part.what == "sold"]
    assert (sold.equity, sold.qty) == (Decimal(52), Decimal(-2))
    assert sold.evidence == ("FILL:f-1:" + SPY,)
    assert not parts(found, Cause.MARKET)


def test_a_net_amount_wins_over_price_times_quantity() -> None:
    """The published example of a delivery has a wrong price: the amount is what moved."""
    told = [
        msgspec.structs.replace(event("OPTRD", symbol="AAPL", qty="200", amount="-30000"), price=Decimal(90)),
        event("OPEXC", symbol="AAPL250829C00150000", qty="-2", amount="0"),
    ]
    before = account("30000", {"AAPL250829C00150000": ("2", "12")}, at=MORNING)
    found = explain(before, account("0", {"AAPL": ("200", "160")}, told))
    assert not found.unexplained
    assert [part.cash for part in parts(found, Cause.OPTION_EVENT) if part.cash] == [Decimal(-30000)]


def test_a_pair_that_shares_an_id_is_two_activities() -> None:
    """An assignment and its shares were published under one id; both count."""
    put = "AAPL250829P00200000"
    told = [event("OPASN", symbol=put, qty="1", amount="0"),
            event("OPTRD", symbol="AAPL", qty="100", amount="-20000")]  # fmt: skip
    before = account("20000", {put: ("-1", "3")}, at=MORNING)
    assert not explain(before, account("0", {"AAPL": ("100", "197")}, told)).unexplained


@pytest.mark.parametrize("amount", ["5262.75", "-0.43", "-70000.01"])
def test_cash_without_an_activity_is_unexplained_to_the_cent(amount: str) -> None:
    """Also where it makes the account owe money."""
    found = explain(account("1000", at=MORNING), account(Decimal(1000) + Decimal(amount)))
    assert found.unexplained.cash == found.unexplained.equity == Decimal(amount)


def test_a_canceled_activity_moves_nothing_and_is_told() -> None:
    """It is recorded at the broker, but void."""
    void = msgspec.structs.replace(event("CSD", amount="500"), status="canceled")
    found = explain(account("10", at=MORNING), account("10", rows=[void]))
    assert not found.unexplained
    assert [(part.cash, part.rule) for part in found.parts] == [
        (Decimal(0), "the broker calls the activity canceled: it moves nothing")
    ]


# --- fees on their way -----------------------------------------------------------------------------


def test_fees_that_leave_cash_when_they_are_posted_need_no_accruals() -> None:
    """The account shows them before; cash and rows agree all the while."""
    bought = fill("1", qty="1", price="2")
    before = account("1000", at=MORNING, accrued="0")
    found = explain(before, account("800", {SPY: ("1", "2")}, [bought], accrued="0.43"))
    assert not found.unexplained
    assert found.habit == "posted"


@pytest.mark.parametrize(
    ("pending", "cash", "habit"), [("0", "-0.43", "accrued"), ("0.20", "-0.63", "accrued and pending")]
)
def test_fees_that_leave_cash_when_they_accrue_are_a_line_that_names_the_reading(
    pending: str, cash: str, habit: str
) -> None:
    """Both readings of the account's numbers, and when the row comes the line is taken back."""
    before = account("1000", at=MORNING, accrued="0", pending="0")
    between = account(Decimal(1000) + Decimal(cash), accrued="0.43", pending=pending)
    found = explain(before, between)
    assert not found.unexplained
    assert found.habit == habit
    (line,) = found.parts
    assert (line.what, line.cash) == ("fees accrued, not yet posted", Decimal(cash))
    assert "accrued_fees" in line.rule
    posted = account(between.cash, rows=[event("FEE", amount=cash)], accrued="0", pending="0")
    found = explain(between, posted)
    assert not found.unexplained
    assert sum(part.cash for part in found.parts) == 0


def test_a_fee_that_is_accrued_no_more_and_has_no_row_is_missing_where_the_habit_is_known() -> None:
    """Without the habit nothing moved; with it the fee left cash before and was never posted."""
    before, after = account("999.57", at=MORNING, accrued="0.43"), account("999.57", accrued="0")
    assert not explain(before, after).unexplained
    assert explain(before, after, Terms(habit="accrued")).unexplained.cash == Decimal("-0.43")


def test_a_deposit_without_a_row_does_not_hide_behind_accruals() -> None:
    """Neither reading closes the equation: what is left over is said by the account's habit."""
    before, after = account("1000", at=MORNING, accrued="0"), account("5999.57", accrued="0.43")
    assert explain(before, after, Terms(habit="accrued")).unexplained.cash == Decimal(5000)
    assert explain(before, after, Terms(habit="posted")).unexplained.cash == Decimal("4999.57")


# --- rounding --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cash", "unexplained"),
    [("-0.3333333", "0"), ("-0.33", "0"), ("-0.34", "-0.01"), ("-0.331", "0"), ("-1.33", "-1")],
)
def test_a_fractional_fill_may_be_rounded_to_a_cent_and_no_further(cash: str, unexplained: str) -> None:
    """Half a cent at most is its own line; a whole cent is never rounding."""
    bought = fill("1", symbol="AAPL", qty="0.3333333", price="1")
    found = explain(
        account("10", at=MORNING), account(10 + Decimal(cash), {"AAPL": ("0.3333333", "1")}, [bought])
    )
    assert found.unexplained.cash == Decimal(unexplained)


def test_a_coin_that_pays_is_rounded_to_nine_decimals() -> None:
    """Up to one unit of the ninth decimal per fill is its own line; more is not explained."""
    bought = msgspec.structs.replace(
        fill("1", symbol="ETHBTC", qty="0.333333333", price="0.041234567"), raw_symbol="ETH/BTC"
    )
    paid = Decimal("0.333333333") * Decimal("0.041234567")
    before = account("0", {"BTCUSD": ("1", "64000")}, at=MORNING)
    for off, lost in ((0, False), (2, True)):
        left: Decimal = (1 - paid).quantize(Decimal("1e-9")) - off * Decimal("1e-9")
        holds: dict[str, tuple[str | Decimal, str]] = {"BTCUSD": (left, "64000")}
        holds["ETHUSD"] = ("0.333333333", "2600")
        found = explain(before, account("0", holds, [bought]))
        assert bool(found.unexplained.quantities) == lost


# --- quantities ------------------------------------------------------------------------------------


def test_a_split_with_a_fractional_remainder_is_explained_as_far_as_it_is_told() -> None:
    """Seven shares for two: the half share is paid out; if it just vanished it would be unexplained."""
    split = event("SPLIT", symbol="AAPL", qty="2.5")
    paid = event("CIL", symbol="AAPL", amount="33.10", id="c")
    before = account("0", {"AAPL": ("1", "232")}, at=MORNING)
    found = explain(before, account("33.10", {"AAPL": ("3", "66.2")}, [split, paid]))
    assert found.unexplained.quantities == {"AAPL": Decimal("-0.5")}
    assert found.unexplained.cash == 0
    # the split itself is no gain: price and quantity moved against each other
    (held,) = parts(found, Cause.MARKET)
    assert held.equity == Decimal("3.5") * Decimal("66.2") - 232


@pytest.mark.parametrize(("held", "unexplained"), [("12", {}), ("11", {"AAPL": Decimal(1)}), ("10", {})])
def test_a_type_never_seen_counts_with_what_the_position_moved_by(
    held: str, unexplained: dict[str, Decimal]
) -> None:
    """Whether its quantity moves a position nobody knows: where the position did not, it is not forced to."""
    odd_one = event("QQZ", symbol="AAPL", qty="2", amount="-7")
    before = account("10", {"AAPL": ("10", "1")}, at=MORNING)
    found = explain(before, account("3", {"AAPL": (held, "1")}, [odd_one]))
    assert found.unexplained.quantities == unexplained
    assert found.unexplained.cash == 0
    assert all("does not know" in part.rule for part in parts(found, Cause.UNKNOWN))


# --- told otherwise --------------------------------------------------------------------------------


def test_a_busted_fill_takes_back_what_it_did() -> None:
    """The row that was there is undone: cash, quantity and all, as a restatement."""
    bought = fill("1", qty="2", price="2.40")
    busted = msgspec.structs.replace(bought, status=BUSTED)
    before = account("520", {SPY: ("2", "2.40")}, [bought], at=MORNING)
    found = explain(before, account("1000", rows=[busted]))
    assert not found.unexplained
    (undone,) = parts(found, Cause.RESTATEMENT)
    assert (undone.cash, undone.qty) == (Decimal(480), Decimal(-2))


def test_a_corrected_fill_counts_with_the_difference() -> None:
    """The old telling is undone and the new one counts."""
    bought = fill("1", qty="2", price="2.40")
    corrected = msgspec.structs.replace(bought, price=Decimal("2.50"))
    before = account("520", {SPY: ("2", "2.40")}, [bought], at=MORNING)
    found = explain(before, account("500", {SPY: ("2", "2.40")}, [corrected]))
    assert not found.unexplained
    assert sum(part.cash for part in parts(found, Cause.RESTATEMENT)) == -20


def test_a_row_that_only_says_more_is_no_restatement() -> None:
    """A description that was filled in later moves nothing."""
    first = event("CSD", amount="500")
    more = msgspec.structs.replace(first, description="ACH")
    assert not explain(account("500", rows=[first], at=MORNING), account("500", rows=[more])).parts


def test_a_row_that_the_broker_had_made_before_explains_nothing_twice() -> None:
    """Cash had the deposit at the first point already, only its row was not listed yet."""
    late = msgspec.structs.replace(event("CSD", amount="500"), created_at=instant("2025-08-21T13:00:00Z"))
    found = explain(account("500", at=MORNING), account("500", rows=[late]))
    assert not found.unexplained
    assert sorted(part.cash for part in found.parts) == [-500, 500]
    # but where cash moves with the row, it moved with the row
    moved = explain(account("500", at=MORNING), account("1000", rows=[late]))
    assert [part.cash for part in moved.parts] == [500]


def test_what_was_missing_at_the_first_point_is_made_up_for() -> None:
    """A fee left cash yesterday and is posted today: nothing is unexplained any more."""
    found = explain(
        account("999.57", at=MORNING),
        account("999.57", rows=[event("FEE", amount="-0.43")]),
        Terms(missing={"cash": Decimal("-0.43")}),
    )
    assert not found.unexplained
    assert [part.cash for part in parts(found, Cause.RESTATEMENT)] == [Decimal("0.43")]


def test_rows_dug_up_from_before_the_first_reading_are_no_news() -> None:
    """A reading further back finds what the account had felt long before."""
    old = msgspec.structs.replace(event("CSD", amount="500"), time=instant("2025-07-01T04:00:00Z"))
    assert not explain(account("10", at=MORNING), account("10", rows=[old])).parts


# --- first contact ---------------------------------------------------------------------------------


def test_first_contact_calls_the_rest_baseline() -> None:
    """What the activities prove is explained; what was there before them is not unexplained."""
    found = explain(None, account("1520", {SPY: ("2", "2.50"), "AAPL": ("5", "100")}, [fill("1")]))
    assert not found.unexplained
    baseline = {(part.symbol, part.cash, part.qty) for part in found.parts if part.what == "baseline"}
    assert baseline == {("", Decimal(2000), 0), ("AAPL", 0, Decimal(5))}


# --- whose it was ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "at", "cause"),
    [
        ("bot-1", "2025-08-21T14:00:00Z", Cause.BOT),
        ("x", "2025-08-21T14:00:00Z", Cause.MANUAL),
        ("x", "2025-08-22T19:29:59Z", Cause.MANUAL),
        ("x", "2025-08-22T19:30:00Z", Cause.BROKER),
        ("bot-1", "2025-08-22T19:30:00Z", Cause.BOT),
    ],
)
def test_an_option_sold_late_on_its_last_day_may_be_the_brokers_doing(
    client: str, at: str, cause: Cause
) -> None:
    """Alpaca closes what the account could not pay for; the rule is named, and so is the other reading."""
    sold = fill("1", side="sell", at=instant(at))
    senders = Senders(Orders(Pages.of(Transaction, [trade("order:1", client=client)])), (), "bot-")
    before = account("0", {SPY: ("2", "2.4")}, at=MORNING)
    found = explain(before, account("480", rows=[sold]), Terms(senders=senders))
    (part,) = [part for part in found.parts if part.what == "sold"]
    assert part.cause is cause
    assert part.rule
    assert bool(part.or_else) == (cause is Cause.BROKER)


def test_a_late_fee_says_which_day_it_restates() -> None:
    """It belongs to an earlier day than the first point's."""
    late = msgspec.structs.replace(event("FEE", amount="-0.43"), time=instant("2025-08-20T04:00:00Z"))
    found = explain(account("10", at=MORNING), account("9.57", rows=[late]))
    assert [part.restates for part in found.parts] == ["2025-08-20"]


# --- equity ----------------------------------------------------------------------------------------


def test_equity_is_flows_fees_the_market_and_what_trades_gained() -> None:
    """Held: quantity before at both prices. Traded: quantity at the later price against what was paid."""
    bought = fill("1", symbol=IWM, qty="4", price="1.10")
    before = account("1000", {SPY: ("2", "2.00")}, at=MORNING)
    after = account("560", {SPY: ("2", "2.50"), IWM: ("4", "1.25")}, [bought])
    found = explain(before, after)
    assert {(part.what, part.symbol): part.equity for part in found.parts} == {
        ("bought", IWM): Decimal(60),
        ("held", SPY): Decimal(100),
    }


def test_prices_that_were_read_apart_are_a_part_of_the_market() -> None:
    """The account's equity has another price than its position: a few cents between two requests."""
    before = account("0", {"AAPL": ("10", "100")}, at=MORNING)
    found = explain(before, account("0", {"AAPL": ("10", "101")}, equity="1010.40"))
    assert {part.what: part.equity for part in found.parts} == {
        "held": 10,
        "prices read apart": Decimal("0.4"),
    }


def test_a_holding_without_a_price_has_its_last_known_one() -> None:
    """Its value is not known, so nothing is made of it."""
    before = account("0", {"AAPL": ("10", "100")}, at=MORNING)
    found = explain(before, account("0", {"AAPL": ("10", None)}, equity="1000"))
    assert not found.parts
