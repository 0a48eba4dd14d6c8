"""What stays unexplained: how it is carried, ages, is made up for, and when a person is asked."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.change import Cause
from snapsync.model.explanation import CASH, FELT_BEFORE, Explanation, Part, Sums, Unexplained
from snapsync.model.instant import Instant, instant
from snapsync.model.missing import Missing, accepted, carried, missing_findings, room_for_fees
from snapsync.model.policy import Finding, Rules
from snapsync.model.proven import Told
from snapsync.model.state import Position, State

from .strategies import LAW
from .world import OPTIONS, RULES, SPY, fill, position, state

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (instant(f"2025-08-{day}T14:00:00Z") for day in (18, 19, 20, 21))


def found(
    at: Instant, cash: str = "0", quantities: Mapping[str, str] | None = None, *parts: Part
) -> Explanation:
    """An explanation up to a look that leaves so much unexplained."""
    left = {key: Decimal(qty) for key, qty in (quantities or {}).items()}
    zero = Sums(Decimal(0), Decimal(0))
    return Explanation(
        since=None, until=at, cash=zero, equity=zero, parts=parts,
        unexplained=Unexplained(cash=Decimal(cash), quantities=left),
    )  # fmt: skip


def posted(cash: str) -> Part:
    """A fee of yesterday."""
    return Part(cause=Cause.FEE, what="fee", cash=Decimal(cash), restates="2025-08-18")


def pieces(missing: tuple[Missing, ...]) -> list[tuple[str, Decimal, str]]:
    """What is missing: key, amount, since which day."""
    return [(each.key, each.amount, each.first[:10]) for each in missing]


def broker(*positions: Position) -> State:
    """The account, which compares options."""
    return msgspec.structs.replace(state(positions), cash=Decimal(1000), scope=OPTIONS)


def judged(
    missing: tuple[Missing, ...], at: Instant, *positions: Position, rules: Rules = RULES
) -> list[Finding]:
    """What is said of it."""
    return list(missing_findings(missing, at, broker(*positions), rules))


# --- carried ---------------------------------------------------------------------------------------


def test_it_goes_by_itself_when_its_activity_arrives() -> None:
    """A deposit was seen in cash on Monday; its row comes on Tuesday, when cash stands still."""
    monday = carried((), found(MONDAY, "500"), {})
    assert pieces(monday) == [(CASH, Decimal(500), "2025-08-18")]
    assert carried(monday, found(TUESDAY, "-500"), {}) == ()


def test_it_keeps_its_age_and_when_it_was_last_seen() -> None:
    """Nothing new on Tuesday: still as old as Monday."""
    (piece,) = carried(carried((), found(MONDAY, "500"), {}), found(TUESDAY), {})
    assert (piece.first, piece.last) == (MONDAY, TUESDAY)


def test_the_fees_of_each_day_have_an_age_of_their_own() -> None:
    """Yesterday's are posted and today's are missing: though the sum hardly moves, none is old."""
    monday = carried((), found(MONDAY, "-0.43"), {})
    tuesday = carried(monday, found(TUESDAY, "-0.08", None, posted("-0.43")), {})
    assert pieces(tuesday) == [(CASH, Decimal("-0.51"), "2025-08-19")]


def test_a_row_that_the_first_look_had_felt_makes_up_for_what_was_missing_then() -> None:
    """Its counterpart in the explanation says that cash did not move again."""
    felt = Part(cause=Cause.RESTATEMENT, what=FELT_BEFORE, cash=Decimal(-500))
    assert carried(carried((), found(MONDAY, "500"), {}), found(TUESDAY, "0", None, felt), {}) == ()


def test_the_oldest_goes_first_and_the_rest_is_younger() -> None:
    """A part of what is missing arrives."""
    missing = carried(carried((), found(MONDAY, "-3"), {}), found(TUESDAY, "-2"), {})
    assert pieces(carried(missing, found(WEDNESDAY, "4"), {})) == [(CASH, Decimal(-1), "2025-08-19")]


@LAW
@given(st.lists(st.tuples(st.decimals("-9", "9", places=2), st.decimals("-9", "9", places=2)), max_size=8))
def test_nothing_is_lost_on_the_way(looks: list[tuple[Decimal, Decimal]]) -> None:
    """The pieces always add up to all that was left unexplained, whatever was posted late."""
    missing: tuple[Missing, ...] = ()
    for number, (left, late) in enumerate(looks):
        at = instant(f"2025-08-{10 + number}T14:00:00Z")
        missing = carried(missing, found(at, str(left), None, posted(str(late))), {})
        assert len({each.amount > 0 for each in missing}) <= 1
    assert sum(each.amount for each in missing) == sum(left for left, _ in looks)


# --- judged ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "severity"),
    [("1.00", "note"), ("-1.20", "note"), ("1.21", "approve"), ("-5262.75", "approve")],
)
def test_cash_above_the_floor_asks(amount: str, severity: str) -> None:
    """One dollar, and ten cents for each of the two contracts that were filled."""
    room = room_for_fees([Told(row=fill("1", qty="2"))])
    (finding,) = judged(carried((), found(MONDAY, amount), room), MONDAY)
    assert (finding.code, finding.key, finding.severity) == ("cash-unexplained", "cash", severity)


@pytest.mark.parametrize(("at", "severity"), [(WEDNESDAY, "note"), (THURSDAY, "approve")])
def test_cash_below_the_floor_asks_after_two_trading_days(at: Instant, severity: str) -> None:
    """A fee is posted the next day; two whole trading days are patience enough."""
    (finding,) = judged(carried((), found(MONDAY, "-0.43"), {}), at)
    assert finding.severity == severity
    assert "first seen 2025-08-18" in finding.detail


@pytest.mark.parametrize(
    ("rules", "severity"),
    [
        (Rules(), "approve"),
        (Rules(cash_floor=Decimal(5)), "note"),
        (Rules(cash_per_contract=Decimal(2)), "note"),
        (Rules(cash_per_contract=Decimal("1.5")), "approve"),
        (Rules(cash_floor=Decimal(5), late_days=4), "note"),
    ],
)
def test_the_rules_say_when_it_asks(rules: Rules, severity: str) -> None:
    """$4.50 after two contracts: the floor, and what each contract adds to it, are the rules'."""
    room = room_for_fees([Told(row=fill("1", qty="2"))])
    missing = carried((), found(MONDAY, "-4.50"), room)
    assert [each.severity for each in judged(missing, WEDNESDAY, rules=rules)] == [severity]


@pytest.mark.parametrize(("days", "severity"), [(2, "approve"), (3, "approve"), (4, "note")])
def test_the_rules_say_how_late_is_too_late(days: int, severity: str) -> None:
    """Monday's fee is three trading days late on Friday morning."""
    missing = carried((), found(MONDAY, "-0.43"), {})
    friday = instant("2025-08-22T14:00:00Z")
    assert [each.severity for each in judged(missing, friday, rules=Rules(late_days=days))] == [severity]


def test_a_weekend_and_a_holiday_do_not_count() -> None:
    """Friday before Labor Day: Tuesday and Wednesday are the two trading days."""
    missing = carried((), found(instant("2025-08-29T14:00:00Z"), "-0.43"), {})
    asked = {}
    for day in ("2025-09-02", "2025-09-03", "2025-09-04"):
        (finding,) = judged(missing, instant(f"{day}T14:00:00Z"))
        asked[day] = finding.severity
    assert asked == {"2025-09-02": "note", "2025-09-03": "note", "2025-09-04": "approve"}


def test_a_quantity_asks_at_once() -> None:
    """Both numbers are said."""
    (finding,) = judged(carried((), found(MONDAY, quantities={SPY: "1"}), {}), MONDAY, position(SPY, "3"))
    assert (finding.code, finding.key, finding.severity) == ("quantity-unexplained", SPY, "approve")
    assert "lists 3" in finding.detail
    assert "make it 2" in finding.detail


def test_what_is_not_compared_is_only_noted() -> None:
    """No row of the book follows from it."""
    missing = carried((), found(MONDAY, quantities={"AAPL": "1"}), {})
    assert [each.severity for each in judged(missing, MONDAY, position("AAPL", "3"))] == ["note"]


@pytest.mark.parametrize(
    ("lost", "at", "severity"),
    [("-0.0025", MONDAY, "note"), ("-0.0031", MONDAY, "approve"), ("-0.0025", THURSDAY, "approve"),
     ("0.0025", MONDAY, "approve")],
)  # fmt: skip
def test_a_coins_fee_may_be_on_its_way(lost: str, at: Instant, severity: str) -> None:
    """Up to three thousandths of what was bought; it is taken at once and posted at the end of the day."""
    bought = msgspec.structs.replace(fill("1", symbol="BTCUSD", qty="1"), raw_symbol="BTC/USD")
    missing = carried((), found(MONDAY, quantities={"BTCUSD": lost}), room_for_fees([Told(row=bought)]))
    coins = msgspec.structs.replace(OPTIONS, asset_classes=("crypto",))
    account = msgspec.structs.replace(broker(position("BTCUSD", "0.9975")), scope=coins)
    assert [each.severity for each in missing_findings(missing, at, account, RULES)] == [severity]


@pytest.mark.parametrize(
    ("seen", "at", "code", "severity"),
    [
        # SPY250822…: its last day is a Friday
        ("2025-08-22T19:00:00Z", "2025-08-22T19:00:00Z", "quantity-unexplained", "approve"),
        ("2025-08-23T12:00:00Z", "2025-08-23T12:00:00Z", "expiry-pending", "note"),
        ("2025-08-23T12:00:00Z", "2025-08-26T21:00:00Z", "expiry-pending", "note"),
        ("2025-08-23T12:00:00Z", "2025-08-27T12:00:00Z", "expiry-pending", "approve"),
    ],
)
def test_an_option_past_its_expiry_that_vanished_has_time(
    seen: str, at: str, code: str, severity: str
) -> None:
    """Expired or assigned: its activity comes overnight, so a person is asked after two trading days."""
    missing = carried((), found(instant(seen), quantities={SPY: "-2"}), {})
    (finding,) = judged(missing, instant(at))
    assert (finding.code, finding.severity) == (code, severity)


@pytest.mark.parametrize(
    ("cash", "shares", "codes"),
    [
        ("-127000", "200", {"expiry-pending": "note"}),
        ("-127000.01", "200", {"expiry-pending": "note", "cash-unexplained": "approve",
                               "quantity-unexplained": "note"}),
        ("-127000", "100", {"expiry-pending": "note", "cash-unexplained": "approve",
                            "quantity-unexplained": "note"}),
    ],
)  # fmt: skip
def test_what_an_assignment_would_make_waits_with_its_option(
    cash: str, shares: str, codes: dict[str, str]
) -> None:
    """Two calls at 635 that vanished, 200 shares and their price: one event, whose rows come overnight."""
    saturday = instant("2025-08-23T12:00:00Z")
    missing = carried((), found(saturday, cash, {SPY: "-2", "SPY": shares}), {})
    said = judged(missing, saturday, position("SPY", shares))
    assert {each.code: each.severity for each in said} == codes
    later = judged(missing, instant("2025-08-27T12:00:00Z"), position("SPY", shares))
    assert {each.severity for each in later if each.key in {"cash", SPY}} == {"approve"}


def test_what_a_person_has_accepted_is_not_asked_again() -> None:
    """It is remembered, so that its activity, should it ever come, has something to make up for."""
    missing = accepted(carried((), found(MONDAY, "500"), {}), {CASH})
    assert not judged(missing, THURSDAY)
    more = carried(missing, found(THURSDAY, "7"), {})
    (finding,) = judged(more, THURSDAY)
    assert "unexplained +$7.00" in finding.detail
    assert pieces(carried(more, found(THURSDAY, "-500"), {})) == [(CASH, Decimal(7), "2025-08-21")]
