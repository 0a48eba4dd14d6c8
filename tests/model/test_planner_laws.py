"""Laws over whole small accounts: what a plan promises, whatever the two sides are."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.canon import encode
from snapsync.model.change import PositionChange
from snapsync.model.ledger import Activity
from snapsync.model.plan import Look, Plan, recheck
from snapsync.model.planner import plan
from snapsync.model.policy import Rules
from snapsync.model.state import Position, Scope, State, Transaction
from snapsync.model.trades import transactions

from .strategies import WIDE, respelled
from .world import (
    AT,
    IWM,
    QQQ,
    SINCE,
    SPY,
    agreed,
    applied,
    fill,
    later,
    look,
    of,
    position,
    state,
    trade,
)

SYMBOLS = (SPY, QQQ, IWM, "AAPL")
scopes = st.sampled_from(
    [
        Scope(asset_classes=("us_option",)),
        Scope(asset_classes=("us_option", "us_equity")),
        Scope(asset_classes=("us_option", "us_equity"), ignore=("QQQ*",)),
    ]
)
# before the coverage, well inside it, close together, and too young to touch
moments = st.one_of(
    st.just(later(SINCE, -3600)),
    st.integers(0, 40).map(lambda n: later(SINCE, 3600 + n * 10)),
    st.integers(0, 300).map(lambda n: later(AT, -n)),
)
counts = st.integers(1, 2).map(str)
prices = st.sampled_from(["2.40", "2.404", "2.41"])
some_rules = st.builds(
    Rules, bot_prefix=st.sampled_from(["", "bot-"]), grace_seconds=st.sampled_from([0, 60])
)
holdings = st.dictionaries(st.sampled_from(SYMBOLS), st.integers(-2, 3), max_size=4).map(
    lambda held: [position(key, str(qty)) for key, qty in held.items()]
)
orders = st.builds(
    lambda order, symbol, qty, price, side, at: fill(
        order, symbol=symbol, qty=qty, price=price, side=side, at=at
    ),
    st.integers(0, 9).map(str),
    st.sampled_from(SYMBOLS),
    counts,
    prices,
    st.sampled_from(["buy", "sell"]),
    moments,
)
ledgers = st.lists(orders, max_size=6, unique_by=lambda row: row.order_id)
wild_rows = st.lists(
    st.builds(
        trade,
        st.one_of(st.integers(0, 9).map(lambda n: f"order:{n}"), st.integers(0, 4).map(lambda n: f"row:{n}")),
        symbol=st.sampled_from(SYMBOLS),
        qty=counts,
        price=st.one_of(st.none(), prices),
        action=st.sampled_from(["buy", "sell"]),
        at=moments,
    ),
    max_size=4,
)
bankrolls = st.none() | st.sampled_from(["1000", "1000.5", "900"])
equities = st.sampled_from(["1000", "1001", "1300", "-5"])


@st.composite
def histories(draw: st.DrawFn, trades: tuple[Transaction, ...]) -> list[Transaction]:
    """A bot's rows for these trades: right, wrong, without an id, missing, and some of nothing."""
    found = {row.key: row for row in draw(wild_rows)}
    for n, order in enumerate(trades):
        match draw(st.sampled_from(["same", "missing", "wrong", "unlinked", "unlinked"])):
            case "same":
                found[order.key] = order
            case "wrong":
                found[order.key] = msgspec.structs.replace(order, qty=order.qty + 1)
            case "unlinked":
                row = msgspec.structs.replace(
                    order, key=f"row:o{n}", time=later(order.time, draw(st.integers(0, 150)))
                )
                found[row.key] = row
            case _:
                found.pop(order.key, None)
    return list(found.values())


def traded(rows: list[Activity]) -> tuple[Transaction, ...]:
    """The broker's trades from its fills; every other order is the bot's."""
    return tuple(
        msgspec.structs.replace(row, client_order_id="bot-1" if int(row.key[-1]) % 2 else "web")
        for row in transactions(rows, {}, {})
    )


@st.composite
def looks(draw: st.DrawFn) -> Look:
    """Both sides at one time, as different as can be."""
    rows = draw(ledgers)
    trades = traded(rows)
    book = state(draw(holdings), draw(histories(trades)), draw(bankrolls))
    return look(book, draw(holdings), trades, rows, equity=draw(equities), scope=draw(scopes))


@st.composite
def moved(draw: st.DrawFn, seen: Look, book: State) -> Look:
    """The account two minutes later: more trades, other holdings, and a book that was written to."""
    more = [
        msgspec.structs.replace(
            row, time=later(AT, int(row.order_id or "0")), id=f"late-{row.id}", order_id=f"1{row.order_id}"
        )
        for row in draw(ledgers)
    ]
    rows = [*seen.ledger, *more]
    trades = traded(rows)
    kept = [row for row in book.transactions if draw(st.integers(0, 5))]
    added = [row for row in draw(histories(traded(more))) if row.key not in {each.key for each in kept}]
    positions = list(book.positions) if draw(st.booleans()) else draw(holdings)
    held = list(seen.broker.positions) if draw(st.booleans()) else draw(holdings)
    return look(
        state(positions, [*kept, *added], draw(bankrolls)),
        held,
        trades,
        rows,
        equity=draw(equities),
        scope=seen.scope,
        at=later(AT, 120),
    )


def unlike_zero(positions: list[Position]) -> dict[str, Decimal]:
    """Quantities by key."""
    return {each.key: each.qty for each in positions if each.qty}


@WIDE
@given(looks(), some_rules)
def test_a_side_compared_with_itself_needs_nothing(seen: Look, rules: Rules) -> None:
    """diff(a, a) is empty, whatever a is."""
    book = state(seen.broker.positions, seen.broker.transactions, "1000")
    same = msgspec.structs.replace(
        of(seen, book), marks=msgspec.structs.replace(seen.marks, equity=Decimal(1000))
    )
    made = plan(same, None, rules)
    assert made.changes == ()
    assert made.withheld == ()


@WIDE
@given(looks(), some_rules)
def test_an_applied_plan_leaves_nothing_to_do(seen: Look, rules: Rules) -> None:
    """patch(book, plan) is in step but for what was withheld, and in scope the holdings are the broker's."""
    made = plan(seen, None, rules)
    book = applied(seen.book, made)
    again = plan(of(seen, book), None, rules)
    assert again.changes == ()
    assert again.withheld == made.withheld
    assert not recheck(made, again).due
    ours, theirs = unlike_zero(list(book.positions)), unlike_zero(list(seen.broker.positions))
    for key in ours.keys() | theirs.keys():
        held = position(key, "1")
        if seen.scope.covers(key, held.asset_class) and key not in made.withheld:
            assert ours.get(key) == theirs.get(key)
        elif not seen.scope.covers(key, held.asset_class):
            assert ours.get(key) == unlike_zero(list(seen.book.positions)).get(key)


@WIDE
@given(looks(), some_rules)
def test_no_row_is_ever_lost(seen: Look, rules: Rules) -> None:
    """Every row of the book is there afterwards, at most linked or corrected; and no trade is there twice."""
    before, after = (
        seen.book.transactions.by_key(),
        applied(seen.book, plan(seen, None, rules)).transactions.by_key(),
    )
    linked = len(before.keys() - after.keys())
    assert all(key.startswith("row:") for key in before.keys() - after.keys())
    assert len(after) >= len(before)
    assert linked <= len(after.keys() - before.keys())


@WIDE
@given(looks(), some_rules, st.data())
def test_planning_again_gives_the_same_plan(seen: Look, rules: Rules, data: st.DataObject) -> None:
    """On the same facts, in whatever order and however written, the whole plan has the same bytes."""
    made = plan(seen, None, rules)
    book = state(
        [data.draw(respelled(each)) for each in data.draw(st.permutations(list(seen.book.positions)))],
        [data.draw(respelled(each)) for each in data.draw(st.permutations(list(seen.book.transactions)))],
    )
    book = msgspec.structs.replace(book, bankroll=data.draw(respelled(seen.book.bankroll)))
    again = plan(of(seen, book), None, rules)
    assert again.id == made.id
    assert encode(again) == encode(made)
    assert msgspec.json.decode(encode(made), type=Plan) == made


@WIDE
@given(looks(), some_rules, st.data())
def test_looking_only_where_something_moved_is_enough(seen: Look, rules: Rules, data: st.DataObject) -> None:
    """After an apply, comparing what moved or was left open gives the plan that comparing all would give."""
    book = applied(seen.book, plan(seen, None, rules))
    point = agreed(of(seen, book), plan(of(seen, book), None, rules))
    now = data.draw(moved(of(seen, book), book))
    narrow = plan(now, point, rules)
    wide = plan(now, msgspec.structs.replace(point, same_terms=False), rules)
    assert narrow.body == wide.body
    assert narrow.withheld == wide.withheld
    assert {change.key: change.why.cause for change in narrow.changes} == {
        change.key: change.why.cause for change in wide.changes
    }


@WIDE
@given(looks(), some_rules, equities, st.integers(0, 59))
def test_prices_are_not_in_the_id(seen: Look, rules: Rules, equity: str, seconds: int) -> None:
    """Another equity or another second gives another id only where a change or a question comes or goes."""
    tick = msgspec.structs.replace(
        seen, marks=msgspec.structs.replace(seen.marks, equity=Decimal(equity)), at=later(AT, seconds)
    )
    one, other = plan(seen, None, rules), plan(tick, None, rules)
    same = [change.key for change in one.changes] == [change.key for change in other.changes]
    same &= one.body.findings == other.body.findings
    assert (one.id == other.id) == same


@WIDE
@given(looks(), some_rules)
def test_evidence_is_in_the_ledger(seen: Look, rules: Rules) -> None:
    """Whatever a change points to has been seen, moves the holding the right way, and prices it."""
    rows = {row.key: row for row in seen.ledger}
    for change in plan(seen, None, rules).changes:
        if isinstance(change, PositionChange):
            grows = (change.after.qty if change.after else 0) > (change.before.qty if change.before else 0)
            for key in change.why.evidence:
                assert rows[key].symbol == change.key
                assert (rows[key].side == "buy") == grows
            if change.why.evidence:
                assert change.execution is not None
                assert change.execution.price is not None
                assert Decimal("2.40") <= change.execution.price <= Decimal("2.41")
                assert change.execution.time in {row.time for row in rows.values()}
