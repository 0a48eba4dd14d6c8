"""When a person is asked because a plan would change a lot at once, and when not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from snapsync.model.plan import Plan
from snapsync.model.planner import plan
from snapsync.model.policy import Rules

from .world import RULES, agreed, event, fill, look, of, position, state

KEYS = [f"SPY250822C00{number:06}" for number in range(600000, 600008)]


def closing(*, gone: int, kept: int, traded: int = 0, rules: Rules = RULES) -> Plan:
    """A plan that closes some positions of the book and keeps others; ``traded`` of the first were sold."""
    book = state([position(key, "2") for key in KEYS[: gone + kept]])
    sold = [fill(f"o{n}", symbol=KEYS[n], side="sell") for n in range(traded)]
    return plan(look(book, [position(key, "2") for key in KEYS[gone : gone + kept]], (), sold), None, rules)


def asked(made: Plan) -> list[str]:
    """The codes of what asks."""
    return [each.code for each in made.asking]


def ruled(**fields: Any) -> Rules:  # noqa: ANN401 - whatever rules have
    """Rules with other thresholds."""
    return msgspec.structs.replace(RULES, **fields)


@pytest.mark.parametrize(
    ("gone", "kept", "traded", "expected"),
    [
        (3, 2, 0, ["mass-close"]),
        (3, 3, 0, []),
        (2, 0, 0, []),
        (3, 0, 0, ["mass-close"]),
        (4, 1, 1, ["mass-close"]),
        (4, 2, 1, []),
        (5, 0, 5, []),
    ],
)
def test_closing_many_positions(gone: int, kept: int, traded: int, expected: list[str]) -> None:
    """More than half of them and at least three, counting only those that no trade closed."""
    assert asked(closing(gone=gone, kept=kept, traded=traded)) == expected


def test_closing_thresholds() -> None:
    """Both thresholds are the user's."""
    assert asked(closing(gone=1, kept=7, rules=ruled(closing_count=1, closing_pct=Decimal(10)))) == [
        "mass-close"
    ]
    assert not asked(closing(gone=3, kept=0, rules=ruled(closing_count=4)))
    assert not asked(closing(gone=3, kept=1, rules=ruled(closing_pct=Decimal(75))))


def test_closing_after_another_account() -> None:
    """Who has said that the account is another one is not asked about its positions, nor its balance."""
    book = state([position(key, "2") for key in KEYS], bankroll="10")

    assert not asked(plan(msgspec.structs.replace(look(book), rebound=True), None, RULES))


def test_positions_that_are_not_written_do_not_count() -> None:
    """Where positions are not kept in step, none is closed."""
    assert not asked(closing(gone=5, kept=0, rules=ruled(components=("bankroll", "transactions"))))


def step(before: str | None, amount: str, *flows: str, rules: Rules = RULES) -> Plan:
    """A plan for a bankroll, with deposits and withdrawals since the agreed point."""
    first = look(state(bankroll=before), equity=before or "0", cash="0")
    rows = [
        event("CSW" if flow.startswith("-") else "CSD", amount=flow, id=f"c{number}")
        for number, flow in enumerate(flows)
    ]
    base = agreed(first, plan(first, None, RULES))
    seen = look(state(bankroll=before), (), (), rows, equity=amount, cash="0")
    return plan(of(seen, state(bankroll=before)), base, rules)


@pytest.mark.parametrize(
    ("before", "amount", "flows", "expected"),
    [
        ("1000", "1250", [], []),
        ("1000", "1250.01", [], ["bankroll-leap"]),
        ("1000", "750", [], []),
        ("1000", "749.99", [], ["bankroll-leap"]),
        ("1000", "6000", ["5000"], []),
        ("1000", "6000", ["4000", "1000"], []),
        ("1000", "6000", ["4000"], ["bankroll-leap"]),
        ("1000", "1100", ["-900"], ["bankroll-leap"]),
        ("1000", "-1", [], ["bankroll-leap"]),
        ("0", "10", [], ["bankroll-leap"]),
        ("-10", "10", [], ["bankroll-leap"]),
        (None, "100000", [], []),
    ],
)
def test_a_leap_of_the_bankroll(
    before: str | None, amount: str, flows: list[str], expected: list[str]
) -> None:
    """A quarter of the bankroll, apart from what came in and went out; a first bankroll is no step."""
    assert asked(step(before, amount, *flows)) == expected


def test_the_threshold_of_a_leap() -> None:
    """It is the user's."""
    assert not asked(step("1000", "2000", rules=ruled(leap_pct=Decimal(100))))
    assert asked(step("1000", "1100", rules=ruled(leap_pct=Decimal(5)))) == ["bankroll-leap"]
