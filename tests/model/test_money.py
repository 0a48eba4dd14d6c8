from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given

from snapsync.model.money import cents, dollars, masked, price, signed

from .strategies import LAW, numbers


@pytest.mark.parametrize(
    ("amount", "text", "difference"),
    [
        ("100262.75", "$100,262.75", "+$100,262.75"),
        ("-0.43", "-$0.43", "-$0.43"),
        ("0", "$0.00", "+$0.00"),
        ("-0", "$0.00", "+$0.00"),
        ("0.00000", "$0.00", "+$0.00"),
        ("0E+3", "$0.00", "+$0.00"),
        ("1E+3", "$1,000.00", "+$1,000.00"),
        ("0.006", "$0.01", "+$0.01"),
        ("0.004", "$0.004", "+$0.004"),
        ("-0.0043", "-$0.0043", "-$0.0043"),
        ("1E-7", "$0.0000001", "+$0.0000001"),
        ("2.675", "$2.68", "+$2.68"),
        ("1234567.891", "$1,234,567.89", "+$1,234,567.89"),
        ("123456789012345678901234567890.129", None, None),
    ],
)
def test_amounts_as_people_read_them(amount: str, text: str | None, difference: str | None) -> None:
    """Thousands, two decimals, the sign before the dollar; below one cent in full, never "-$0.00"."""
    text = text or "$123,456,789,012,345,678,901,234,567,890.13"
    assert dollars(Decimal(amount)) == text
    assert signed(Decimal(amount)) == (difference or f"+{text}")


@LAW
@given(numbers)
def test_every_amount_can_be_shown(amount: Decimal) -> None:
    """No amount, however large or small, stops a report; its sign is right and zero has none."""
    shown = dollars(amount)
    assert shown.startswith("-") == (amount < 0)
    assert abs(cents(amount) - amount) <= Decimal("0.005")
    assert Decimal(shown.replace("$", "").replace(",", "")) in {cents(amount), amount}
    assert signed(amount)[0] == ("-" if amount < 0 else "+")


@pytest.mark.parametrize(
    ("amount", "text"),
    [("2.4", "2.40"), ("0.0315", "0.0315"), ("1E+2", "100.00"), ("635", "635.00"), ("1234.5", "1,234.50")],
)
def test_prices_show_all_that_they_have(amount: str, text: str) -> None:
    """A price has two decimals at least and is never rounded."""
    assert price(Decimal(amount)) == text


def test_an_unknown_price_is_a_question_mark() -> None:
    """What is not known is not shown as zero."""
    assert price(None) == "?"


def test_an_account_is_masked() -> None:
    """Of an account's number only the last four characters are shown."""
    assert masked("PA3ABCDEF123") == "…F123"
