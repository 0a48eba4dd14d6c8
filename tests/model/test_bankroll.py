from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.bankroll import FLOW, MANUAL_FILL, MISSING, OVER_TOLERANCE, Since, bankroll_change
from snapsync.model.change import BankrollChange, Cause, Moved, sign
from snapsync.model.ledger import Activity
from snapsync.model.policy import Finding, Rules

from .strategies import LAW, numbers
from .world import event


def decide(
    book: str | None,
    amount: str,
    *,
    tolerance: str = "1",
    recent: tuple[Activity, ...] | None = (),
    by_hand: tuple[str, ...] = (),
    moved: Moved = Moved.BROKER,
) -> tuple[BankrollChange | None, Finding | None]:
    """The decision on one bankroll."""
    return bankroll_change(
        None if book is None else Decimal(book),
        Decimal(amount),
        Rules(tolerance_pct=Decimal(tolerance)),
        Since(recent=recent, manual_fills=by_hand, moved=moved),
    )


def due(book: str | None, amount: str, **more: object) -> BankrollChange:
    """The change, which must be due."""
    change, note = decide(book, amount, **more)  # type: ignore[arg-type]
    assert change is not None
    assert note is None
    return change


@pytest.mark.parametrize(
    ("book", "amount", "tolerance", "changes"),
    [
        ("99000", "100000", "1", False),
        ("98999.99", "100000", "1", True),
        ("101000", "100000", "1", False),
        ("101000.01", "100000", "1", True),
        ("100000", "100000.01", "0", True),
        ("0.99", "1", "1", False),
        ("98765432109876543209.9", "98765432109876543210", "0.0000000000000000001", True),
        ("1", "0", "100", True),
        ("-5", "-5.01", "100", True),
        ("0", "-0.01", "100", True),
    ],
)
def test_the_tolerance_is_inclusive(book: str, amount: str, tolerance: str, *, changes: bool) -> None:
    """Exactly the tolerance is still inside; of an equity of zero or less any difference counts."""
    change, note = decide(book, amount, tolerance=tolerance)
    assert (change is not None, note is not None) == (changes, not changes)
    if change:
        assert change.triggers == (OVER_TOLERANCE,)


@pytest.mark.parametrize("amount", ["1000", "1000.00", "0", "-7"])
def test_equal_amounts_need_nothing(amount: str) -> None:
    """In step is in step, whatever happened since, and there is nothing to note."""
    assert decide(amount, amount, recent=(event("CSD", amount="5"),), by_hand=("FILL:1",)) == (None, None)


def test_a_small_difference_is_noted() -> None:
    """Inside the tolerance the bankroll is left alone, and the note says by how much it is off."""
    _, note = decide("1000", "1004.50")
    assert note is not None
    assert (note.code, note.severity) == ("bankroll-within-tolerance", "note")
    assert "+$4.50" in note.detail


def test_a_deposit_is_a_trigger_however_small() -> None:
    """Money that came in is booked at once; it shifts the peak by its net amount."""
    flows = (
        event("CSD", amount="5", id="a"),
        event("CSW", amount="-2.50", id="b"),
        event("FEE", amount="-1"),
    )
    change = due("1000", "1002.50", recent=flows)
    assert change.triggers == (FLOW,)
    assert change.flows == Decimal("2.5")
    assert change.why.cause is Cause.CASH_FLOW
    assert change.why.evidence == ("CSD:a:", "CSW:b:")


def test_a_manual_trade_is_a_trigger_however_small() -> None:
    """A trade that the bot did not make moves what it may spend."""
    change = due("1000", "999.99", by_hand=("FILL:f:SPY",))
    assert change.triggers == (MANUAL_FILL,)
    assert change.why.cause is Cause.MANUAL
    assert change.why.evidence == ("FILL:f:SPY",)


def test_all_triggers_are_named() -> None:
    """A deposit on the day of a manual trade that exceeds the tolerance is due for three reasons."""
    change = due("1000", "6000", recent=(event("CSD", amount="5000"),), by_hand=("FILL:f:SPY",))
    assert change.triggers == (OVER_TOLERANCE, FLOW, MANUAL_FILL)


def test_a_missing_bankroll_is_due() -> None:
    """No file, or no number in it: it is written, and is no update of anything."""
    change = due(None, "1000", moved=Moved.BASELINE, recent=None)
    assert (change.triggers, change.before, sign(change).value) == ((MISSING,), None, "+")
    assert change.after == 1000


def test_first_contact_knows_no_flows() -> None:
    """Without an agreed point nobody knows which deposits the book has seen: the tolerance alone decides."""
    change, note = decide("1000", "1001", recent=None, by_hand=("FILL:f:SPY",), moved=Moved.BASELINE)
    assert change is None
    assert note is not None
    assert due("900", "1000", recent=None, moved=Moved.BASELINE).flows == 0


@pytest.mark.parametrize(
    ("moved", "cause"),
    [
        (Moved.BROKER, Cause.MARKET),
        (Moved.BOOK, Cause.BOOK_EDIT),
        (Moved.BASELINE, Cause.UNKNOWN),
    ],
)
def test_who_moved_the_bankroll(moved: Moved, cause: Cause) -> None:
    """Without flows or manual trades it is the market, or the book was edited, or nobody knows."""
    assert due("500", "1000", moved=moved).why.cause is cause


@LAW
@given(st.none() | numbers, numbers, st.decimals("0", "50", places=2), st.booleans())
def test_a_difference_is_a_change_or_a_note(
    book: Decimal | None,
    amount: Decimal,
    tolerance: Decimal,
    flowed: bool,  # noqa: FBT001 - drawn
) -> None:
    """Never both, never neither; and a book that took the change over needs none."""
    rules = Rules(tolerance_pct=tolerance)
    recent = (event("CSD", amount="1"),) if flowed else ()
    change, note = bankroll_change(
        book, amount, rules, Since(recent=recent, manual_fills=(), moved=Moved.BROKER)
    )
    assert [change, note].count(None) == (2 if book == amount else 1)
    if change:
        again = bankroll_change(
            change.after, amount, rules, Since(recent=recent, manual_fills=(), moved=Moved.BROKER)
        )
        assert again == (None, None)
