from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from snapsync.model.change import (
    BankrollChange,
    Cause,
    Moved,
    PositionChange,
    Sign,
    TransactionChange,
    changed_fields,
    sign,
    step,
)
from snapsync.model.instant import instant, midnight
from snapsync.model.ledger import Activity
from snapsync.model.plan import Plan, recheck
from snapsync.model.planner import plan
from snapsync.model.policy import Rules
from snapsync.model.state import OpenOrder, Position, Scope, State, Transaction
from snapsync.model.threeway import Base

from .world import (
    AT,
    FILLED,
    IWM,
    QQQ,
    RULES,
    SINCE,
    SPY,
    agreed,
    applied,
    event,
    fill,
    later,
    look,
    of,
    position,
    state,
    trade,
)


def only(made: Plan) -> PositionChange | TransactionChange | BankrollChange:
    """The plan's one change."""
    (change,) = made.changes
    return change


def codes(made: Plan) -> list[str]:
    """The codes of a plan's findings."""
    return [finding.code for finding in made.findings]


def base(
    book: State,
    positions: tuple[Position, ...] = (),
    transactions: tuple[Transaction, ...] = (),
    activities: tuple[Activity, ...] = (),
) -> Base:
    """An agreed point at which that was the broker's side."""
    seen = look(book, positions, transactions, activities)
    return Base(at=seen.at, book=book, broker=seen.broker, marks=seen.marks, ledger=seen.ledger)


def test_equal_sides_need_nothing() -> None:
    """Book and broker alike: no change, nothing withheld, nothing to note but the first contact."""
    held, row = position(SPY, "2"), trade("order:a")
    made = plan(look(state([held], [row]), [held], [row]), None, RULES)
    assert not made.drift
    assert made.withheld == ()
    assert codes(made) == ["baseline"]
    assert plan(look(state(), ()), base(state()), RULES).findings == ()


def test_companions_make_no_drift() -> None:
    """Entry prices, times, multipliers and ids are written beside a change; a difference in them is none."""
    held, row = position(SPY, "2", "2.40"), trade("order:a")
    book = state(
        [position(SPY, "2", "9.99")], [msgspec.structs.replace(row, time=later(FILLED, 99), price=None)]
    )
    assert not plan(look(book, [held], [row]), None, RULES).drift


@pytest.mark.parametrize(
    ("book", "broker", "signed"),
    [(None, "2", Sign.ADD), ("2", None, Sign.CLOSE), ("2", "3", Sign.UPDATE), ("2", "-2", Sign.UPDATE)],
)
def test_a_holding_is_opened_corrected_or_closed(book: str | None, broker: str | None, signed: Sign) -> None:
    """What the book lacks is added, what the broker lacks is closed, a quantity corrected, also a short's."""
    ours = [position(SPY, book)] if book else []
    theirs = [position(SPY, broker)] if broker else []
    change = only(plan(look(state(ours), theirs), None, RULES))
    assert isinstance(change, PositionChange)
    assert (sign(change), change.key, change.fields) == (signed, SPY, ("qty",))


def test_a_holding_of_nothing_is_none() -> None:
    """A quantity of zero on either side is the same as no position."""
    assert not plan(look(state([position(SPY, "0")])), None, RULES).drift
    assert not plan(look(state(), [position(SPY, "0")]), None, RULES).drift
    closed = only(plan(look(state([position(SPY, "1")]), [position(SPY, "0")]), None, RULES))
    assert sign(closed) is Sign.CLOSE


def test_a_trade_is_imported_corrected_or_linked() -> None:
    """A missing order is added, a wrong one corrected, a row without an id linked to its order."""
    orders = [
        trade("order:new", symbol=QQQ),
        trade("order:wrong", qty="5"),
        trade("order:linked", symbol=IWM, at=later(FILLED, 60)),
    ]
    rows = [trade("order:wrong", qty="4"), trade("row:1", symbol=IWM)]
    made = plan(look(state((), rows), (), orders), None, RULES)
    found = {change.key: change for change in made.changes if isinstance(change, TransactionChange)}
    assert {key: (sign(change), change.fields) for key, change in found.items()} == {
        "order:new": (Sign.ADD, ("key",)),
        "order:wrong": (Sign.UPDATE, ("qty",)),
        "order:linked": (Sign.UPDATE, ("key",)),
    }
    assert [change.key for change in made.changes] == ["order:new", "order:wrong", "order:linked"]
    assert step(found["order:linked"]).before == {
        "key": "row:1",
        "symbol": IWM,
        "action": "buy",
        "qty": "2",
        "price": "2.4",
    }


def test_trades_before_the_coverage_are_not_compared() -> None:
    """What was not proven complete is no evidence of a missing row; the first proven instant is."""
    early, first = trade("order:a", at=later(SINCE, -1)), trade("order:b", at=SINCE)
    made = plan(look(state(), (), [early, first]), None, RULES)
    assert [change.key for change in made.changes] == ["order:b"]
    assert codes(plan(look(state((), [early])), None, RULES)) == ["baseline"]


def test_a_row_without_an_order_is_noted_and_kept() -> None:
    """A row that names an order which the broker does not show is never deleted."""
    made = plan(look(state((), [trade("order:gone")])), None, RULES)
    assert not made.drift
    assert codes(made) == ["baseline", "row-without-order"]
    assert made.findings[1].key == "order:gone"


def test_a_row_of_a_working_order_is_no_stray() -> None:
    """A bot may write its row, with the order's id, before the order is done."""
    working = OpenOrder(id="a", symbol=SPY, side="buy", qty=Decimal(5), filled_qty=Decimal(0))
    made = plan(look(state((), [trade("order:a")]), open_orders=(working,)), None, RULES)
    assert codes(made) == ["baseline"]


def test_a_row_without_an_id_and_without_an_order_is_kept() -> None:
    """What a bot wrote without an id, and no order matches, is left as it is."""
    assert not plan(look(state((), [trade("row:1")])), None, RULES).drift


def test_what_is_out_of_scope_is_never_closed() -> None:
    """Other asset classes and ignored symbols are left alone on both sides, counted and shown."""
    scope = Scope(asset_classes=("us_option",), ignore=("QQQ*",))
    book = state([position("AAPL", "5"), position(QQQ, "1")], [trade("order:x", symbol="AAPL")])
    seen = look(
        book, [position("SPY", "7"), position("BTCUSD", "0.5")], [trade("order:y", symbol=QQQ)], scope=scope
    )
    made = plan(seen, None, RULES)
    assert not made.drift
    notes = [finding for finding in made.findings if finding.code.startswith("left-out")]
    assert {finding.severity for finding in notes} == {"note"}
    said = " ".join(finding.detail for finding in notes)
    assert "7 SPY" in said
    assert "0.5 BTCUSD" in said
    assert "open row" in said or "2 of them" in said


def test_a_vanished_list_of_positions_is_refused() -> None:
    """An empty list while the account shows market value would close every row."""
    book = state([position(SPY, "2")])
    assert [each.code for each in plan(look(book, market_value="504"), None, RULES).refused] == [
        "positions-vanished"
    ]
    assert not plan(look(book, market_value="0"), None, RULES).refused
    assert not plan(look(book, [position(QQQ, "1")], market_value="504"), None, RULES).refused


def test_young_fills_are_withheld() -> None:
    """The bot may be about to write its own row: position and trade wait, other symbols do not."""
    young, old = later(AT, -59), later(AT, -60)
    seen = look(
        state(),
        [position(SPY, "2"), position(QQQ, "2")],
        [trade("order:a", at=young), trade("order:b", symbol=QQQ, at=old)],
        [fill("a", at=young), fill("b", symbol=QQQ, at=old)],
    )
    made = plan(seen, None, RULES)
    assert made.withheld == (SPY, "order:a")
    assert {change.key for change in made.changes} == {QQQ, "order:b"}
    assert codes(made) == ["baseline", "pending"]
    done = agreed(seen, plan(of(seen, applied(seen.book, made)), None, RULES))
    assert done.open == {SPY, "order:a"}
    minute = msgspec.structs.replace(of(seen, done.book), at=later(AT, 60))
    grown = plan(minute, done, RULES)
    assert {change.key for change in grown.changes} == {SPY, "order:a"}
    assert grown.withheld == ()


def test_a_withheld_holding_keeps_its_evidence() -> None:
    """What was left open at the agreed point is still explained by the fills before it."""
    opened, sold = (
        fill("bot", at=later(AT, -30)),
        fill("m", symbol=QQQ, side="sell", price="3.10", at=later(AT, -30)),
    )
    trades = [
        trade("order:bot", client="bot-1", at=opened.time),
        trade("order:m", symbol=QQQ, action="sell", price="3.10", client="web", at=sold.time),
    ]
    seen = look(state([position(QQQ, "2")]), [position(SPY, "2")], trades, [opened, sold])
    made = plan(seen, None, RULES)
    assert made.changes == ()
    minute = msgspec.structs.replace(seen, at=later(AT, 60))
    changes = plan(minute, agreed(seen, made), RULES).changes
    found = {change.key: change for change in changes if isinstance(change, PositionChange)}
    assert {key: change.why.cause for key, change in found.items()} == {SPY: Cause.BOT, QQQ: Cause.MANUAL}
    closed = found[QQQ].execution
    assert closed is not None
    assert (closed.price, closed.time, closed.source) == (Decimal("3.1"), sold.time, "fills")


def test_twins_stay_open_until_they_are_resolved() -> None:
    """Ambiguous orders are withheld, so that naming one order in its row is enough to link the other."""
    orders = [trade("order:a"), trade("order:b", at=later(FILLED, 10))]
    seen = look(state((), [trade("row:1"), trade("row:2")]), (), orders)
    made = plan(seen, None, RULES)
    assert not made.drift
    assert made.withheld == ("order:a", "order:b")
    assert codes(made) == ["baseline", "ambiguous-match", "ambiguous-match"]
    point = agreed(seen, made)
    assert codes(plan(seen, point, RULES)) == ["ambiguous-match", "ambiguous-match"]
    named = of(seen, state((), [trade("order:a"), trade("row:2")]))
    change = only(plan(named, point, RULES))
    assert (change.key, change.before) == ("order:b", trade("row:2"))


def test_new_terms_make_every_key_worth_a_look() -> None:
    """Under other rules or another scope what nobody moved is compared too."""
    book = state([position("AAPL", "5")])
    point = base(book)
    scope = Scope(asset_classes=("us_option", "us_equity"))
    assert not plan(look(book, scope=scope), point, RULES).drift
    renewed = msgspec.structs.replace(point, same_terms=False)
    change = only(plan(look(book, scope=scope), renewed, RULES))
    assert sign(change) is Sign.CLOSE
    assert change.why.moved is Moved.BASELINE


@pytest.mark.parametrize("component", ["bankroll", "positions", "transactions"])
def test_only_the_chosen_components_change(component: str) -> None:
    """A part of the book that is not kept in step is left alone."""
    seen = look(state(bankroll="5"), [position(SPY, "2")], [trade("order:a")])
    rules = msgspec.structs.replace(RULES, components=(component,))
    names = {"bankroll": "bankroll", "positions": SPY, "transactions": "order:a"}
    assert [change.key for change in plan(seen, None, rules).changes] == [names[component]]


def test_who_moved() -> None:
    """Against the agreed point it is known which side left it."""
    held = position(SPY, "2")
    point = base(state([held]), (held,))
    moved = {
        Moved.BROKER: look(state([held]), [position(SPY, "3")]),
        Moved.BOOK: look(state([position(SPY, "1")]), [held]),
        Moved.BOTH: look(state([position(SPY, "1")]), [position(SPY, "3")]),
    }
    for side, seen in moved.items():
        assert only(plan(seen, point, RULES)).why.moved is side
    assert only(plan(moved[Moved.BOOK], point, RULES)).why.cause is Cause.BOOK_EDIT
    assert only(plan(moved[Moved.BOTH], None, RULES)).why.moved is Moved.BASELINE


def cause(
    *,
    rules: Rules = RULES,
    rows: tuple[Transaction, ...] = (),
    client: str | None = None,
    listed: bool = True,
) -> tuple[Cause, Cause | None]:
    """Whose a new holding of SPY is by its order ``a``, and whose the trade is, if it is a change."""
    orders = (trade("order:a", client=client),) if listed else ()
    seen = look(state((), rows), [position(SPY, "2")], orders, [fill("a")])
    made = plan(seen, base(state((), rows)), rules)
    causes = {type(change): change.why.cause for change in made.changes}
    return causes[PositionChange], causes.get(TransactionChange)


def test_the_bots_own_orders() -> None:
    """The bot's are the orders with its prefix, and those that its own history has a row for."""
    free = Rules()
    assert cause(client="bot-1") == (Cause.BOT, Cause.BOT)
    assert cause(client="web") == (Cause.MANUAL, Cause.MANUAL)
    assert cause(client=None) == (Cause.MANUAL, Cause.MANUAL)
    assert cause(rules=free, client="bot-1") == (Cause.MANUAL, Cause.MANUAL)
    assert cause(rules=free, rows=(trade("order:a"),)) == (Cause.BOT, None)
    assert cause(rules=free, rows=(trade("row:1"),)) == (Cause.BOT, Cause.BOT)
    assert cause(rules=free, rows=(trade("order:a"),), listed=False) == (Cause.BOT, None)
    assert cause(listed=False) == (Cause.UNKNOWN, None)


def test_the_bots_own_trade_is_no_trigger() -> None:
    """Without a prefix a trade in the bot's own history is not taken for one made by hand."""
    rows = (trade("order:a"),)
    seen = look(state([position(SPY, "2")], rows), [position(SPY, "2")], rows, [fill("a")], equity="1000.50")
    assert not plan(seen, base(state()), Rules()).drift
    by_hand = plan(of(seen, state()), base(state()), Rules())
    assert isinstance(by_hand.changes[0], BankrollChange)
    assert by_hand.changes[0].triggers == ("manual trade",)


@pytest.mark.parametrize(
    ("kind", "qty", "held", "source"),
    [("OPEXP", "-2", "2", "expired"), ("OPASN", "2", "-2", "assigned"), ("OPEXC", "-2", "2", "exercised")],
)
def test_an_option_event_closes_at_nothing(kind: str, qty: str, held: str, source: str) -> None:
    """Contracts that expired or were exercised or assigned are closed by that event, at no price."""
    book = state([position(SPY, held)])
    point = base(book, (position(SPY, held),))
    change = only(plan(look(book, (), (), [event(kind, symbol=SPY, qty=qty)]), point, RULES))
    assert isinstance(change, PositionChange)
    assert change.why.cause is Cause.OPTION_EVENT
    assert change.why.evidence == (f"{kind}:e:{SPY}",)
    assert change.execution is not None
    assert (change.execution.price, change.execution.source) == (Decimal(0), source)


@pytest.mark.parametrize(
    ("looked", "ended"),
    [("2025-08-22T13:00:00Z", "2025-08-21T20:00:00"), ("2025-08-21T18:00:00Z", "2025-08-21T18:00:00")],
)
def test_what_is_dated_by_a_day_ended_with_the_market(looked: str, ended: str) -> None:
    """An option that was bought on its last day has not ended before that, nor after it was seen to have."""
    book = state([position(SPY, "2")])
    expiry = msgspec.structs.replace(event("OPEXP", symbol=SPY, qty="-2"), time=midnight("2025-08-21"))
    seen = msgspec.structs.replace(look(book, (), (), [expiry]), at=instant(looked))

    change = only(plan(seen, base(book, (position(SPY, "2"),)), RULES))

    assert isinstance(change, PositionChange)
    assert change.execution is not None
    assert change.execution.time == f"{ended}.000000000Z"


def test_a_split_has_no_price() -> None:
    """Shares that a split brought were not bought: the broker's average stands, and nobody traded."""
    scope = Scope(asset_classes=("us_equity",))
    held = position("AAPL", "2", "230")
    seen = look(
        state([held]),
        [position("AAPL", "8", "57.5")],
        (),
        [event("SPLIT", symbol="AAPL", qty="6")],
        scope=scope,
    )
    change = only(plan(seen, base(state([held]), (held,)), RULES))
    assert isinstance(change, PositionChange)
    assert change.execution is not None
    assert (change.execution.price, change.execution.source) == (Decimal("57.5"), "broker average")
    assert change.why.cause is Cause.CORPORATE
    assert change.why.evidence == ("SPLIT:e:AAPL",)


def test_a_dividend_moves_no_shares() -> None:
    """The number of shares that a dividend was paid on is no evidence of a trade."""
    scope = Scope(asset_classes=("us_equity",))
    seen = look(state(), [position("AAPL", "2")], (), [event("DIV", symbol="AAPL", qty="2")], scope=scope)
    change = only(plan(seen, base(state()), RULES))
    assert change.why.evidence == ()


def test_shares_that_were_transferred_out_were_not_sold() -> None:
    """A transfer closes a holding without a price, and says what it was."""
    scope = Scope(asset_classes=("us_equity",))
    held = position("AAPL", "2")
    seen = look(state([held]), (), (), [event("ACATS", symbol="AAPL", qty="-2")], scope=scope)
    change = only(plan(seen, base(state([held]), (held,)), RULES))
    assert isinstance(change, PositionChange)
    assert change.execution is not None
    assert (change.execution.price, change.execution.source) == (None, "activity ACATS")


def test_a_crypto_fee_does_not_hide_the_sender() -> None:
    """The fee that is taken in the coin has no order; the bot's sale is the bot's still."""
    scope = Scope(asset_classes=("crypto",))
    held = position("BTCUSD", "0.5")
    rows = [
        fill("a", symbol="BTCUSD", qty="0.4", side="sell", price="64000"),
        event("CFEE", symbol="BTCUSD", qty="-0.1"),
    ]
    sold = trade("order:a", symbol="BTCUSD", qty="0.4", action="sell", price="64000", client="bot-1")
    seen = look(state([held], [sold]), (), [sold], rows, scope=scope)
    change = only(plan(seen, base(state([held]), (held,)), RULES))
    assert isinstance(change, PositionChange)
    assert change.why.cause is Cause.BOT
    assert change.execution is not None
    assert change.execution.price == Decimal(64000)


def test_a_price_tick_leaves_the_id_alone() -> None:
    """The bankroll's after is a word: the id changes only where its change appears or disappears."""
    book = state(bankroll="1000")
    ids = {
        equity: plan(look(book, equity=equity), None, RULES).id for equity in ("1001", "1009", "1100", "1200")
    }
    assert ids["1001"] == ids["1009"]
    assert ids["1100"] == ids["1200"] != ids["1001"]


def test_the_basis_is_chosen() -> None:
    """The bankroll follows equity or cash, and the id says which."""
    seen = look(state(bankroll="5"), equity="1000", cash="400")
    by_equity, by_cash = (
        plan(seen, None, RULES),
        plan(seen, None, msgspec.structs.replace(RULES, basis="cash")),
    )
    assert only(by_equity).after == 1000
    assert only(by_cash).after == 400
    assert by_equity.id != by_cash.id


def test_a_step_is_due_or_gone() -> None:
    """Held against newer facts a step counts only with the same key, before and after."""
    book = state(bankroll="5")
    old = plan(look(book, [position(SPY, "2"), position(QQQ, "1")]), None, RULES)
    moved = plan(look(book, [position(SPY, "3"), position(QQQ, "1", "9")], equity="1500"), None, RULES)
    held = recheck(old, moved)
    assert [change.key for change in held.due] == ["bankroll", QQQ]
    assert [change.key for change in held.gone] == [SPY]
    bankroll = held.due[0]
    assert isinstance(bankroll, BankrollChange)
    assert bankroll.amount == 1500


def test_a_newer_change_does_not_disturb() -> None:
    """What came after a plan waits for a plan of its own."""
    old = plan(look(state(), [position(SPY, "2")]), None, RULES)
    new = plan(look(state(), [position(SPY, "2"), position(QQQ, "1")]), None, RULES)
    held = recheck(old, new)
    assert [change.key for change in held.due] == [SPY]
    assert held.gone == ()
    assert recheck(new, old).gone == (step(new.changes[0]),)


def test_only_a_difference_names_fields() -> None:
    """A field is named exactly where it differs; what the book leaves unsaid does not differ."""
    row, order = trade("row:1", price=None), trade("order:a", qty="3", action="sell", price="2.404")
    assert changed_fields(row, order) == ("action", "qty")
    assert changed_fields(trade("row:1"), order) == ("action", "qty")
    assert changed_fields(trade("row:1", price="2.41"), order) == ("action", "price", "qty")
    assert changed_fields(order, order) == ()
    assert changed_fields(position(SPY, "2.0"), position(SPY, "2", "9")) == ()
