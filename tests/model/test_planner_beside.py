"""The planner beside a bot and other programs that write the book too."""

from __future__ import annotations

import msgspec
import pytest

from snapsync.model.change import BankrollChange, PositionChange, TransactionChange, step
from snapsync.model.instant import Instant
from snapsync.model.plan import Look, Plan, Written
from snapsync.model.planner import plan
from snapsync.model.policy import Finding
from snapsync.model.state import Scope, Transaction
from snapsync.model.threeway import Base

from .world import (
    AT,
    FILLED,
    OPTIONS,
    RULES,
    SPY,
    agreed,
    event,
    fill,
    later,
    look,
    of,
    position,
    state,
    trade,
)

HOUR = 3600


def codes(made: Plan) -> list[str]:
    """The codes of a plan's findings."""
    return [finding.code for finding in made.findings]


def found(made: Plan, code: str) -> Finding:
    """The one finding of a code."""
    (finding,) = (each for each in made.findings if each.code == code)
    return finding


def imported(row: Transaction) -> Transaction:
    """A row of the history that we have written."""
    return msgspec.structs.replace(row, origin="sync")


def since_then(seen: Look, *rows: Transaction) -> tuple[Look, Base]:
    """The same account, with other rows in the book than at the agreed point."""
    return of(seen, state((), rows)), agreed(seen, plan(seen, None, RULES))


# --- the bot writes its row late ------------------------------------------------------------------


def late(*, untouched: bool) -> tuple[Look, Base]:
    """An order was imported; now the bot has written its own row for it, without the order's id."""
    ours = imported(trade("order:a"))
    seen = look(state((), [ours]), (), [trade("order:a")])
    now, base = since_then(seen, ours, trade("row:1", at=later(FILLED, 20)))
    return msgspec.structs.replace(now, untouched=lambda key: untouched and key == "order:a"), base


def test_a_late_row_is_linked_and_ours_withdrawn() -> None:
    """The bot's own row stays; the one that we wrote for the same order goes, and the plan's id says so."""
    made = plan(*late(untouched=True), RULES)
    (change,) = made.changes
    assert isinstance(change, TransactionChange)
    assert (change.before and change.before.key, change.key, change.withdraws) == ("row:1", "order:a", True)
    assert step(change) != step(msgspec.structs.replace(change, withdraws=False))
    assert codes(made) == []


def test_an_imported_row_that_was_edited_is_not_withdrawn() -> None:
    """Somebody's note in it would be lost: both rows stay, and it is told until it is settled."""
    seen, base = late(untouched=False)
    made = plan(seen, base, RULES)
    assert not made.drift
    assert codes(made) == ["late-row"]
    assert codes(plan(seen, agreed(seen, made), RULES)) == ["late-row"]


@pytest.mark.parametrize("edited", [{"at": later(FILLED, 1)}, {"price": "2.41"}], ids=["time", "price"])
def test_an_imported_row_with_another_time_or_price_is_not_withdrawn(edited: dict[str, str]) -> None:
    """The row alone cannot tell that it was edited there; the broker's order can."""
    seen = look(state((), [imported(trade("order:a"))]), (), [trade("order:a")])
    row = imported(trade("order:a", **edited))  # type: ignore[arg-type]
    now, base = since_then(seen, row, trade("row:1"))
    made = plan(msgspec.structs.replace(now, untouched=lambda key: key == "order:a"), base, RULES)
    assert "late-row" in codes(made)
    assert not any(isinstance(each, TransactionChange) and each.withdraws for each in made.changes)


def test_a_late_row_that_fits_two_orders_is_not_guessed() -> None:
    """One was imported and one is new: the row may be either's."""
    ours = imported(trade("order:a"))
    before = look(state((), [ours]), (), [trade("order:a")])
    both = look(
        state((), [ours, trade("row:1")]), (), [trade("order:a"), trade("order:b", at=later(FILLED, 30))]
    )
    made = plan(both, agreed(before, plan(before, None, RULES)), RULES)
    assert not made.drift
    assert codes(made) == ["ambiguous-match", "ambiguous-match"]


def test_the_bots_own_row_with_the_same_id_is_no_late_row() -> None:
    """A bot that names the order writes into the same transaction: its quantity is counted, not guessed."""
    twice = imported(trade("order:a", qty="4"))
    seen = look(state((), [twice]), (), [trade("order:a")])
    (change,) = plan(seen, None, RULES).changes
    assert (change.key, change.fields) == ("order:a", ("qty",))


def test_several_rows_of_one_order_are_linked() -> None:
    """The order's last fill, from the ledger, says how late its rows may be."""
    end = later(FILLED, HOUR)
    rows = [trade("row:1", qty="2"), trade("row:2", qty="3", at=end)]
    fills = [
        fill("a", qty="2"),
        msgspec.structs.replace(fill("a", qty="3", at=end), id="f-2"),
    ]
    made = plan(look(state((), rows), (), [trade("order:a", qty="5")], fills), None, RULES)
    (change,) = made.changes
    assert isinstance(change, TransactionChange)
    assert change.before is not None
    assert (change.before.key, change.fields) == ("row:1+row:2", ("key",))


# --- rows that go with nothing --------------------------------------------------------------------


def test_a_row_without_an_order_stays_noted() -> None:
    """Not only when it is new: until somebody puts it right."""
    seen = look(state((), [trade("order:gone")]))
    first = plan(seen, None, RULES)
    again = plan(seen, agreed(seen, first), RULES)
    assert first.withheld == again.withheld == ("order:gone",)
    assert codes(again) == ["row-without-order"]


def test_an_ambiguous_order_names_its_candidates() -> None:
    """A person decides, so a person is told which rows."""
    rows = [trade("row:1"), trade("row:2", at=later(FILLED, 40))]
    made = plan(look(state((), rows), (), [trade("order:a")]), None, RULES)
    said = found(made, "ambiguous-match")
    assert said.evidence == ("row:1", "row:2")
    assert "13:45:00 UTC" in said.detail
    assert "13:45:40 UTC" in said.detail


# --- time zones -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "hours", "right"),
    [
        ("UTC", -4, "America/New_York"),
        ("UTC", -5, "America/Chicago"),
        ("UTC", 9, "Asia/Tokyo"),
        ("America/New_York", 4, "UTC"),
        ("America/New_York", -3, "America/Los_Angeles"),
        ("UTC", -11, "…"),
        ("localtime", 4, "…"),
    ],
)
def test_the_right_zone_is_proposed(zone: str, hours: int, right: str) -> None:
    """Nothing is imported beside rows that are there, only with another hour."""
    row = trade("row:1", at=later(FILLED, hours * HOUR))
    seen = msgspec.structs.replace(look(state((), [row]), (), [trade("order:a")]), book_zone=zone)
    made = plan(seen, None, RULES)
    said = found(made, "book-timezone")
    assert said.detail.endswith(f"ALPACA_SYNC_BOOK_TIMEZONE: {right}")
    assert f"{abs(hours)} h {'later' if hours > 0 else 'earlier'}" in said.detail
    assert not made.drift
    assert made.withheld == ("order:a",)


def test_rows_with_ids_tell_of_the_zone_too() -> None:
    """They are linked already, so nothing waits for it."""
    rows = [trade("order:a", at=later(FILLED, -4 * HOUR)), trade("order:b", at=later(FILLED, -4 * HOUR + 9))]
    made = plan(look(state((), rows), (), [trade("order:a"), trade("order:b")]), None, RULES)
    assert "America/New_York" in found(made, "book-timezone").detail
    assert (made.drift, made.withheld) == (False, ())


def test_a_bots_own_time_is_noted_and_kept() -> None:
    """Neither an hour's nor a day's difference is corrected; ours are right by themselves."""
    rows = [trade("order:a", at=later(FILLED, 777)), imported(trade("order:b", at=later(FILLED, 777)))]
    made = plan(look(state((), rows), (), [trade("order:a"), trade("order:b")]), None, RULES)
    assert not made.drift
    assert found(made, "time-differs").evidence == ("order:a",)


# --- another writer -------------------------------------------------------------------------------


def undone(times: int) -> Plan:
    """We set a quantity right; another program has put the wrong one back."""
    broker = [position(SPY, "3")]
    wrong = look(state([position(SPY, "1")]), broker)
    (fix,) = plan(wrong, None, RULES).changes
    base = agreed(of(wrong, state(broker)), plan(of(wrong, state(broker)), None, RULES))
    written = tuple(Written(step(fix), at=later(AT, -n)) for n in range(times))
    return plan(msgspec.structs.replace(wrong, written=written), base, RULES)


def test_a_change_that_another_writer_undid_is_told_and_then_asked_for() -> None:
    """Once is told; the third time it is wanted, a person must say yes, and the id says that it asks."""
    assert codes(undone(0)) == []
    assert [codes(undone(n)) for n in (1, 2, 3)] == [
        ["undone-by-another"],
        ["undone-again"],
        ["undone-again"],
    ]
    assert undone(0).id == undone(1).id != undone(2).id
    assert [each.code for each in undone(2).asking] == ["undone-again"]


def test_what_the_broker_moved_was_undone_by_nobody() -> None:
    """The same step can be due again because the account went there and back."""
    seen = look(state([position(SPY, "1")]), [position(SPY, "3")])
    (fix,) = plan(seen, None, RULES).changes
    before = look(state([position(SPY, "1")]), [position(SPY, "1")])
    base = agreed(before, plan(before, None, RULES))
    again = msgspec.structs.replace(seen, written=(Written(step(fix), at=AT),) * 3)
    assert codes(plan(again, base, RULES)) == []


@pytest.mark.parametrize(("held", "reopens"), [("2", True), ("3", False)])
def test_a_close_that_never_was_is_opened_again(held: str, *, reopens: bool) -> None:
    """The book closed it, the broker never did: its row is opened again; another quantity is a new row."""
    point = look(state([position(SPY, "2")]), [position(SPY, "2")])
    base = agreed(point, plan(point, None, RULES))
    (change,) = plan(look(state(), [position(SPY, held)]), base, RULES).changes
    assert isinstance(change, PositionChange)
    assert change.reopens is reopens


# --- what is left out -----------------------------------------------------------------------------


def test_shares_that_came_of_an_assignment_are_told_of() -> None:
    """They are not compared, so the book will not show them: better to know."""
    rows = [event("OPASN", symbol=SPY, qty="-1"), event("OPTRD", symbol="SPY", qty="-100")]
    made = plan(look(state(), [position("SPY", "-100"), position("AAPL", "5")], (), rows), None, RULES)
    said = found(made, "left-out-delivery")
    assert (said.key, said.evidence) == ("SPY", ("OPTRD:e:SPY",))
    both = Scope(asset_classes=("us_option", "us_equity"))
    assert "left-out-delivery" not in codes(
        plan(look(state(), [position("SPY", "-100")], (), rows, scope=both), None, RULES)
    )
    assert OPTIONS.asset_classes == ("us_option",)


@pytest.mark.parametrize(("corrected", "said"), [(None, "never corrected"), (AT, "2025-08-21 15:00 UTC")])
def test_a_small_difference_says_since_when_it_grew(corrected: Instant | None, said: str) -> None:
    """How far the bankroll is off, and since which correction that has accumulated."""
    seen = msgspec.structs.replace(look(state(), equity="1005"), corrected=corrected)
    detail = found(plan(seen, None, RULES), "bankroll-within-tolerance").detail
    assert "+$5.00" in detail
    assert said in detail


def test_a_trade_by_hand_that_was_too_young_is_not_forgotten() -> None:
    """Planned within its grace period, it moves the bankroll at the first look after, however little."""
    before = look(state(), equity="1000")
    base = agreed(before, plan(before, None, RULES))
    hand = [fill("m", at=later(AT, -30))]
    order = [trade("order:m", client="web", at=later(AT, -30))]
    young = look(state(), [position(SPY, "2")], order, hand, equity="1001")
    made = plan(young, base, RULES)
    assert (made.changes, "FILL:f-m:SPY250822C00635000" in made.withheld) == ((), True)

    minute = msgspec.structs.replace(young, at=later(AT, 60))
    later_on = plan(minute, agreed(young, made), RULES)
    (bankroll,) = (each for each in later_on.changes if isinstance(each, BankrollChange))
    assert bankroll.triggers == ("manual trade",)
    assert bankroll.why.evidence == ("FILL:f-m:SPY250822C00635000",)
    assert later_on.withheld == ()


def test_a_young_fill_of_the_bots_own_moves_no_bankroll_later() -> None:
    """Its row came within the grace period, so it was not made by hand."""
    before = look(state(), equity="1000")
    base = agreed(before, plan(before, None, RULES))
    bots = [fill("b", at=later(AT, -30))]
    young = look(state(), [position(SPY, "2")], [trade("order:b", at=later(AT, -30))], bots, equity="1001")
    made = plan(young, base, RULES)
    book = state([position(SPY, "2")], [trade("order:b", at=later(AT, -30))])
    minute = msgspec.structs.replace(of(young, book), at=later(AT, 60))
    assert plan(minute, agreed(young, made), RULES).changes == ()
