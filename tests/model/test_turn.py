"""Holdings that ended and began anew between two looks, though book and broker may agree in quantity."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.change import Cause, Execution, Moved, PositionChange, Sign, sign, step
from snapsync.model.instant import Instant, midnight
from snapsync.model.ledger import Activity
from snapsync.model.plan import Look, Plan, recheck
from snapsync.model.planner import plan
from snapsync.model.state import Position, State
from snapsync.model.threeway import Base
from snapsync.model.turn import turn

from .strategies import WIDE
from .world import AT, FILLED, QQQ, RULES, SPY, agreed, applied, event, fill, later, look, of, position, state

OLD, NEW = "2.40", "2.80"
Trade = tuple[str, str]
"""A signed quantity, and a price."""


def fills(*trades: Trade, since: Instant = FILLED) -> list[Activity]:
    """One fill after the other, a minute apart, each an order of its own."""
    return [
        fill(
            f"{n}-{since[11:16]}",
            qty=qty.removeprefix("-"),
            price=price,
            side="sell" if qty.startswith("-") else "buy",
            at=later(since, n * 60),
        )
        for n, (qty, price) in enumerate(trades)
    ]


def before(qty: str = "5", price: str = OLD) -> Base:
    """An agreed point at which both held that."""
    seen = look(state([position(SPY, qty, price)]), [position(SPY, qty, price)])
    return agreed(seen, plan(seen, None, RULES))


def now(
    base: Base, rows: Iterable[Activity], price: str = NEW, book: State | None = None, at: Instant = AT
) -> Look:
    """Both sides after these trades; the book as it was, if no other is given."""
    held = base.broker.positions.by_key().get(SPY)
    qty = (held.qty if held else Decimal(0)) + sum(
        (row.qty or Decimal(0)) * (-1 if row.side == "sell" else 1) for row in rows
    )
    theirs = [position(SPY, str(qty), price)] if qty else []
    return look(book or base.book, theirs, (), [*base.ledger, *rows], at=at)


def only(made: Plan) -> PositionChange:
    """The plan's one change of a holding."""
    (change,) = (each for each in made.changes if isinstance(each, PositionChange))
    return change


def none(made: Plan) -> bool:
    """Whether no holding is to be changed."""
    return not any(isinstance(each, PositionChange) for each in made.changes)


def told(found: Execution | None) -> tuple[Decimal | None, Instant | None]:
    """Price and time."""
    assert found
    assert found.source == "fills"
    return found.price, found.time


# --- what is planned ------------------------------------------------------------------------------


@pytest.mark.parametrize("again", ["5", "7", "3"])
def test_a_holding_that_was_sold_and_bought_again_is_another_one(again: str) -> None:
    """Whatever the new quantity: the former holding ended with its sale, the new one began with its buy."""
    base, rows = before(), fills(("-5", "3.00"), (again, NEW))
    change = only(plan(now(base, rows), base, RULES))

    assert sign(change) is Sign.UPDATE
    assert told(change.closed) == (Decimal(3), rows[0].time)
    assert told(change.execution) == (Decimal(NEW), rows[1].time)
    assert change.fields == (("opened",) if again == "5" else ("opened", "qty"))
    assert change.why.evidence == (rows[1].key, rows[0].key)
    assert (change.why.moved, change.why.cause) == (Moved.BROKER, Cause.UNKNOWN)


def test_a_short_that_was_covered_and_sold_again_is_another_one() -> None:
    """The same the other way round."""
    base, rows = before("-5"), fills(("5", "1.10"), ("-5", NEW))
    change = only(plan(now(base, rows), base, RULES))
    assert told(change.closed) == (Decimal("1.1"), rows[0].time)
    assert told(change.execution) == (Decimal(NEW), rows[1].time)


def test_several_fills_are_averaged_up_to_the_end_and_from_the_beginning() -> None:
    """The close is the last of those that sold it, the opening the first of those that bought it."""
    base = before()
    rows = fills(("2", "2.50"), ("-3", "3.00"), ("-4", "3.70"), ("1", "2.00"), ("4", "3.00"))
    change = only(plan(now(base, rows), base, RULES))
    assert told(change.closed) == (Decimal("3.4"), rows[2].time)
    assert told(change.execution) == (Decimal("2.8"), rows[3].time)


def test_a_trade_through_nothing_ends_one_holding_and_begins_the_other() -> None:
    """Each has the average of its own part of the fills; the one that did both counts for both."""
    base = before("2")
    rows = fills(("-1", "2.70"), ("-2", "2.80"), ("-3", "2.90"))
    change = only(plan(now(base, rows, "2.875"), base, RULES))
    assert told(change.closed) == (Decimal("2.75"), rows[1].time)
    assert told(change.execution) == (Decimal("2.875"), rows[1].time)


def test_at_first_contact_too_a_long_that_became_a_short_has_two_prices() -> None:
    """Book and broker cannot be one holding, so the fills are asked as far back as they tell of both."""
    rows = fills(("2", OLD), ("-1", "2.70"), ("-2", "2.80"))
    seen = look(state([position(SPY, "2")]), [position(SPY, "-1", "2.80")], (), rows)
    change = only(plan(seen, None, RULES))
    assert change.why.moved is Moved.BASELINE
    assert told(change.closed) == (Decimal("2.75"), later(FILLED, 120))
    assert told(change.execution) == (Decimal("2.8"), later(FILLED, 120))


def test_what_came_and_went_wholly_between_two_looks_is_no_holding() -> None:
    """The row is closed when it first came to nothing, the new one opened after the last time."""
    base = before()
    rows = fills(("-5", "3.00"), ("9", "9.00"), ("-9", "9.50"), ("4", "2.70"), ("1", "3.20"))
    change = only(plan(now(base, rows), base, RULES))
    assert told(change.closed) == (Decimal(3), rows[0].time)
    assert told(change.execution) == (Decimal("2.8"), rows[3].time)
    assert len(change.why.evidence) == 5


def test_a_close_has_the_price_of_its_own_sale() -> None:
    """What was bought and sold again after it is another story."""
    base = before()
    rows = fills(("-5", "3.00"), ("5", "9.00"), ("-5", "9.50"))
    change = only(plan(now(base, rows), base, RULES))
    assert sign(change) is Sign.CLOSE
    assert told(change.execution) == (Decimal(3), rows[0].time)
    assert change.why.evidence == (rows[0].key,)


def test_an_assigned_short_that_was_sold_again_is_another_one() -> None:
    """It ended by the assignment, at no price, after the day's market."""
    base = before("-2")
    end = msgspec.structs.replace(event("OPASN", symbol=SPY, qty="2"), time=midnight("2025-08-20"))
    rows = [end, *fills(("-2", NEW))]
    seen = look(base.book, [position(SPY, "-2", NEW)], (), rows)
    change = only(plan(seen, base, RULES))
    assert change.closed
    assert (change.closed.source, change.closed.price) == ("assigned", Decimal(0))
    assert change.closed.time == "2025-08-20T20:00:00.000000000Z"
    assert told(change.execution) == (Decimal(NEW), rows[1].time)


@pytest.mark.parametrize("trades", [(("-3", "3.00"), ("3", "2.80")), (("2", "2.80"), ("-2", "3.00"))])
def test_a_holding_that_never_came_to_nothing_is_the_same(trades: tuple[Trade, Trade]) -> None:
    """Sold in part and bought again, or the other way round: nothing is to be done."""
    base = before()
    assert none(plan(now(base, fills(*trades)), base, RULES))


def test_the_plans_id_says_that_it_is_another_holding() -> None:
    """Of equal quantities it is no empty step; another end, or another beginning, is another plan."""
    base = before()
    ids, steps = [], []
    for since in (FILLED, later(FILLED, 1)):
        made = plan(now(base, fills(("-5", "3.00"), ("5", NEW), since=since)), base, RULES)
        ids.append(made.id)
        steps.append(step(only(made)))
    assert ids[0] != ids[1]
    assert all(each.before != each.after for each in steps)
    assert steps[0].before == {"key": SPY, "qty": "5", "closed": FILLED}
    assert steps[0].after == {"key": SPY, "qty": "5", "opened": later(FILLED, 60)}


# --- when it is not ---------------------------------------------------------------------------------


def test_without_an_agreed_point_the_row_is_taken_for_the_holding() -> None:
    """What was before the first contact is not judged."""
    base = before()
    assert none(plan(now(base, fills(("-5", "3.00"), ("5", NEW))), None, RULES))


@pytest.mark.parametrize("booked", [("5", NEW), ("7", NEW), ("5", "2.79"), ("4", OLD)])
def test_a_book_that_was_written_since_is_corrected_in_quantity_alone(booked: tuple[str, str]) -> None:
    """The bot has noted it itself, or somebody has edited the row: nothing is written over that."""
    base, rows = before(), fills(("-5", "3.00"), ("7", NEW))
    made = plan(now(base, rows, book=state([position(SPY, *booked)])), base, RULES)
    if booked[0] == "7":
        assert none(made)
    else:
        change = only(made)
        assert (change.closed, change.fields) == (None, ("qty",))


def test_fills_that_do_not_explain_the_holding_prove_nothing() -> None:
    """Where one is missing it is not certain that there ever was nothing."""
    base, rows = before(), fills(("-5", "3.00"), ("4", NEW))
    seen = look(base.book, [position(SPY, "5", NEW)], (), rows)
    assert none(plan(seen, base, RULES))


def test_a_new_holding_at_the_old_price_is_told_by_the_rows_time() -> None:
    """Then the price tells nothing: only a row that is older than the sale is the former holding's."""
    base, rows = before(), fills(("-5", "3.00"), ("5", OLD))
    seen = now(base, rows, OLD)
    for opened, expected in [
        (None, True),
        (later(FILLED, -121), False),
        (later(FILLED, -119), True),
        (rows[1].time, True),
        (midnight("2025-08-19"), False),
        (Instant("2025-08-21T00:00:00.000000000Z"), True),
    ]:
        known = {} if opened is None else {SPY: opened}
        made = plan(msgspec.structs.replace(seen, opened=known, book_zone="UTC"), base, RULES)
        assert none(made) is expected, opened


# --- and when it comes again -------------------------------------------------------------------------


@pytest.mark.parametrize("again", ["5", "7"])
def test_young_fills_wait_and_are_not_forgotten(again: str) -> None:
    """Within the grace period it is withheld; at the next look it is due, though its fills are known."""
    base, rows = before(), fills(("-5", "3.00"), (again, NEW), since=later(AT, -90))
    young = now(base, rows)
    made = plan(young, base, RULES)
    assert none(made)
    assert (made.waiting, len(made.withheld)) == ((SPY,), 3)

    minute = msgspec.structs.replace(young, at=later(AT, 60))
    change = only(plan(minute, agreed(young, made), RULES))
    assert told(change.closed) == (Decimal(3), rows[0].time)
    assert told(change.execution) == (Decimal(NEW), rows[1].time)


def test_a_bot_that_writes_within_the_grace_period_is_left_alone() -> None:
    """Its row, with another price, is the new holding's: nothing is left to do."""
    base, rows = before(), fills(("-5", "3.00"), ("5", NEW), since=later(AT, -90))
    young = now(base, rows)
    point = agreed(young, plan(young, base, RULES))
    minute = msgspec.structs.replace(of(young, state([position(SPY, "5", "2.81")])), at=later(AT, 60))
    made = plan(minute, point, RULES)
    assert none(made)
    assert made.withheld == ()


def test_what_is_left_goes_on_to_be_due_with_what_comes_after_it() -> None:
    """The change is not applied, and looked at again: the same step; then more is bought, and all is one."""
    base, rows = before(), fills(("-5", "3.00"), ("5", NEW))
    seen = now(base, rows)
    first = plan(seen, base, RULES)
    left = agreed(seen, first)
    assert not recheck(first, plan(seen, left, RULES)).gone

    more = [*rows, *fills(("2", "3.15"), since=later(FILLED, 600))]
    grown = look(base.book, [position(SPY, "7", "2.90")], (), more)
    change = only(plan(grown, left, RULES))
    assert told(change.closed) == (Decimal(3), rows[0].time)
    assert told(change.execution) == (Decimal("2.9"), rows[1].time)


def test_what_was_left_in_part_is_told_from_its_beginning() -> None:
    """A part of the sale was too young at a look; the rest, and the new holding, came after it."""
    base, first = before(), fills(("-2", "3.00"), since=later(AT, -30))
    young = now(base, first)
    point = agreed(young, plan(young, base, RULES))
    more = [*first, *fills(("-3", "3.50"), ("5", NEW), since=later(AT, 60))]
    seen = look(base.book, [position(SPY, "5", NEW)], (), more, at=later(AT, 600))
    change = only(plan(seen, point, RULES))
    assert told(change.closed) == (Decimal("3.3"), more[1].time)
    assert told(change.execution) == (Decimal(NEW), more[2].time)


def test_a_fill_that_was_left_open_moves_no_bankroll() -> None:
    """The marks that it is known again by are no trades by hand."""
    base, rows = before(), fills(("-5", "3.00"), ("5", NEW))
    seen = now(base, rows)
    left = agreed(seen, plan(seen, base, RULES))
    assert any(key.startswith("turn:") for key in left.open)
    again = plan(seen, msgspec.structs.replace(left, open=left.open - {"bankroll"}), RULES)
    assert [each.key for each in again.changes] == [SPY]


@pytest.mark.parametrize("price", [NEW, OLD])
def test_a_close_that_was_real_is_never_taken_back(price: str) -> None:
    """The book has closed its row, and so had the broker, before it bought again: that is a new holding."""
    base, rows = before(), fills(("-5", "3.00"), ("5", price))
    change = only(plan(now(base, rows, price, book=state()), base, RULES))
    assert sign(change) is Sign.ADD
    assert not change.reopens
    assert told(change.execution) == (Decimal(price), rows[1].time)
    assert change.why.evidence == (rows[1].key,)


# --- laws -------------------------------------------------------------------------------------------

quantities = st.integers(-4, 4).filter(bool)
courses = st.tuples(quantities, st.lists(st.tuples(quantities, st.sampled_from([OLD, NEW, "3"])), max_size=6))


@WIDE
@given(courses)
def test_both_parts_add_up(course: tuple[int, list[tuple[int, str]]]) -> None:
    """What ended a holding is all that it ever was; what began the other, no less than there is now."""
    start, trades = course
    rows = fills(*((str(qty), price) for qty, price in trades))
    moves = [(row, Decimal(qty)) for row, (qty, _) in zip(rows, trades, strict=True)]
    sums = [Decimal(start)]
    for _, effect in moves:
        sums.append(sums[-1] + effect)
    found = turn(Decimal(start), moves)

    through = any(one * other <= 0 for one, other in pairwise(sums) if one)
    assert (found is not None) is through
    if found:
        ended = [effect for _, effect in found.ended]
        grown = sum((max(Decimal(0), each * (1 if start > 0 else -1)) for each in _until(sums)), Decimal(0))
        assert abs(sum(ended, Decimal(0))) == abs(start) + grown
        assert all(effect * start < 0 for effect in ended)
        began = [effect for _, effect in found.began]
        assert bool(began) is bool(sums[-1])
        assert all(effect * sums[-1] > 0 for effect in began)
        assert abs(sum(began, Decimal(0))) >= abs(sums[-1])


def _until(sums: list[Decimal]) -> list[Decimal]:
    """The steps of a course until it first comes to nothing."""
    found = []
    for one, other in pairwise(sums):
        if one * other <= 0:
            break
        found.append(other - one)
    return found


@WIDE
@given(course=courses, price=st.sampled_from([NEW, OLD]), told_time=st.booleans())
def test_an_applied_turn_leaves_nothing_to_do(
    course: tuple[int, list[tuple[int, str]]], price: str, *, told_time: bool
) -> None:
    """Held against the same agreed point as before, and at the next look, the plan is empty."""
    start, trades = course
    base = before(str(start))
    rows = fills(*((str(qty), cost) for qty, cost in trades))
    seen = now(base, rows, price)
    opened = {SPY: later(FILLED, -86400)} if told_time else {}
    seen = msgspec.structs.replace(seen, opened=opened)
    made = plan(seen, base, RULES)
    changes = [each for each in made.changes if isinstance(each, PositionChange)]
    written: dict[str, Position] = applied(seen.book, made).positions.by_key()
    for change in changes:
        if change.after and change.execution and (change.closed or change.before is None):
            # a new row has the price and the time of its fills
            written[SPY] = msgspec.structs.replace(change.after, entry_price=change.execution.price)
            opened = {SPY: change.execution.time or AT} if told_time else {}
    book = state(written.values())
    after = msgspec.structs.replace(of(seen, book), opened=opened)
    rest = plan(after, base, RULES)
    assert none(rest)
    assert none(plan(after, agreed(after, rest), RULES))


def test_another_holding_is_not_touched() -> None:
    """What one contract's trades tell is told of that one alone."""
    both = [position(SPY, "5"), position(QQQ, "5")]
    seen = look(state(both), both)
    base = agreed(seen, plan(seen, None, RULES))
    rows = fills(("-5", "3.00"), ("5", NEW))
    made = plan(look(state(both), [position(SPY, "5", NEW), both[1]], (), rows), base, RULES)
    assert only(made).key == SPY
