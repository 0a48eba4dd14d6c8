"""What people read of an explanation: foreign text stays text, amounts keep their cents."""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from snapsync.model.brief import brief
from snapsync.model.change import Cause
from snapsync.model.explanation import Explanation, Part, Sums, Unexplained
from snapsync.model.instant import instant
from snapsync.views import explain as view
from snapsync.views.paint import plain

UTC = ZoneInfo("UTC")


def told(*parts: Part, cash: str = "0", **quantities: str) -> Explanation:
    """An explanation of these parts, with so much unexplained."""
    total = sum((part.cash for part in parts), Decimal(cash))
    return Explanation(
        since=instant("2025-08-20T20:30:00Z"),
        until=instant("2025-08-21T15:30:00Z"),
        cash=Sums(Decimal(0), total),
        equity=Sums(Decimal(0), total),
        parts=parts,
        unexplained=Unexplained(
            cash=Decimal(cash),
            equity=Decimal(cash),
            quantities={key: Decimal(qty) for key, qty in quantities.items()},
        ),
    )


def flow(amount: str, what: str = "deposit", symbol: str = "") -> Part:
    """A part that moves cash."""
    return Part(cause=Cause.CASH_FLOW, what=what, symbol=symbol, cash=Decimal(amount), equity=Decimal(amount))


def test_foreign_text_cannot_steer_a_terminal_or_end_a_cell() -> None:
    """A type and a symbol that nobody knows are shown as what they are."""
    found = told(flow("1", "Q\x1b[31mZ|`<b>", "A\x1b]0;x\x07|`"), **{"B\x1b[2J": "1"})
    said = view.explanation(found, UTC, plain, verbose=True)
    assert "\x1b" not in said
    assert "\x07" not in said
    table = view.markdown(found, UTC)
    assert "\x1b" not in table
    assert "<b>" not in table
    assert all(line.replace("\\|", "").count("|") == 7 for line in table.splitlines()[2:])
    assert "\x1b" not in view.brief(brief(found), UTC)


def test_what_is_unexplained_is_a_line_and_a_verdict() -> None:
    """With its separators and its sign, quantities beside it."""
    said = view.explanation(told(cash="-5262.75", AAPL="1.5"), UTC, plain)
    assert "  unexplained    -5,262.75" in said
    assert "  AAPL  unexplained +1.5" in said
    assert said.endswith("Unexplained: -$5,262.75, 1.5 AAPL.")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("AAPL", {"AAPL", "AAPL250829P00200000"}), ("AAPL250829P00200000", {"AAPL250829P00200000"})],
)
def test_a_symbol_is_itself_or_an_option_on_it(asked: str, shown: set[str]) -> None:
    """AAPL1 is another one."""
    symbols = ("AAPL", "AAPL250829P00200000", "AAPL1", "SPY", "")
    found = told(*(flow("1", symbol=symbol) for symbol in symbols))
    assert {line.first.symbol for line in view.lines(found, asked)} == shown


def test_the_short_form_is_one_sentence() -> None:
    """Sums of a kind are one; what nothing moved is left out."""
    said = view.brief(brief(told(flow("5000"), flow("200"), cash="-0.43", SPY="2")), UTC)
    assert said == (
        "The account moved by +$5,199.57 since 2025-08-20 20:30 UTC: deposits +$5,200.00,"
        " unexplained -$0.43, 2 SPY."
    )


def test_the_short_form_adds_up_to_what_equity_did() -> None:
    """A trade at the market's own price moved cash alone, and is said to have."""
    sold = Part(cause=Cause.MANUAL, what="sold", symbol="BTCUSD", cash=Decimal(3305))
    held = Part(cause=Cause.MARKET, what="held", symbol="BTCUSD", equity=Decimal("5.80"))
    found = msgspec.structs.replace(told(sold, held), equity=Sums(Decimal(0), Decimal("5.80")))

    said = view.brief(brief(found), UTC)

    assert "moved by +$5.80" in said
    assert "manual trades $0.00 (cash +$3,305.00), held positions +$5.80" in said


def test_an_account_that_stood_still_is_nothing_to_tell() -> None:
    """Not even in a sentence."""
    assert not view.worth_telling(brief(told()))
    assert view.worth_telling(brief(told(cash="0.01")))


def test_less_than_a_cent_is_shown_in_full() -> None:
    """Rounding may be that small."""
    assert "+0.00322" in view.explanation(told(flow("0.00322")), UTC, plain)


def test_another_reading_of_the_fees_is_said_beside_what_is_unexplained() -> None:
    """With -v: when fees leave cash is not documented, and another way makes another amount."""
    fees = "or fees leave cash when accrued_fees shows them"
    found = msgspec.structs.replace(told(cash="1"), or_else=fees)
    said = " ".join(view.explanation(found, UTC, plain, verbose=True).split())
    assert said.endswith("Unless fees leave cash when accrued_fees shows them: then it is another amount.")
    assert "Unless" not in view.explanation(found, UTC, plain)
