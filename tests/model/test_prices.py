"""Whether a price as the book writes it is the true one: book rounding must not look like drift."""

from __future__ import annotations

from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.fields import same_price
from snapsync.model.trades import average

from .strategies import LAW, numbers, spellings

trues = st.decimals("0.000000001", "99999", places=9)
roundings = st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN])


@LAW
@given(trues, st.integers(2, 9), roundings)
def test_a_rounded_price_is_the_same(true: Decimal, places: int, rounding: str) -> None:
    """Whichever way a bot rounds halves, and to how many decimals, its price is the true one."""
    written = true.quantize(Decimal(1).scaleb(-places), rounding=rounding)
    assert same_price(written, true)


@LAW
@given(st.lists(st.tuples(st.integers(1, 300), st.integers(1, 99999)), min_size=1, max_size=5))
def test_a_float_average_is_the_same(fills: list[tuple[int, int]]) -> None:
    """A bot averages its fills with floats and writes all their digits: noise, and digits beyond ours."""
    qty = sum(count for count, _ in fills)
    true = average(
        sum((Decimal(count * price).scaleb(-2) for count, price in fills), Decimal(0)), Decimal(qty)
    )
    written = Decimal(repr(sum(count * (price / 100) for count, price in fills) / qty))
    assert same_price(written, true)


@LAW
@given(trues, st.integers(2, 9), st.sampled_from([-1, 1]))
def test_the_next_price_is_another(true: Decimal, places: int, by: int) -> None:
    """A price that is off by more than half a unit of its last decimal is drift."""
    unit = Decimal(1).scaleb(-places)
    written = true.quantize(unit) + by * unit
    last = written % (unit * 10)  # a last digit of zero does not show how exact a number is
    if last and abs(written - true) * 2 > unit:
        assert not same_price(written, true)


@LAW
@given(trues, trues, st.data())
def test_how_a_price_is_spelled_changes_nothing(written: Decimal, true: Decimal, data: st.DataObject) -> None:
    """2.4 and 2.400 are one price: equal States must be judged alike."""
    other = data.draw(spellings(written))
    near = true.quantize(Decimal("0.001"))
    assert same_price(other, true) == same_price(written, true)
    assert same_price(data.draw(spellings(near)), true) == same_price(near, true)


@LAW
@given(numbers, numbers)
def test_any_two_numbers_can_be_compared(written: Decimal, true: Decimal) -> None:
    """However odd a cell's number is, comparing it is never an error; a number is its own equal."""
    assert same_price(written, written)
    assert same_price(written, true) or written != true


@pytest.mark.parametrize(
    ("written", "true", "same"),
    [
        ("2.40", "2.40", True),
        ("2.4", "2.404", True),
        ("2.41", "2.404", False),
        ("2.67", "2.675", True),
        ("2.68", "2.675", True),
        ("2.406666666666667", "2.406666667", True),
        ("2.4066", "2.406666667", False),
        ("74.08472656250001", "74.084726562", True),
        ("2.400", "2.404", True),
        ("2.4066666640", "2.406666667", False),
        ("0.30000000000000004", "0.3", True),
        ("2.4000000000000003552713678800500929355621337890625", "2.4", True),
        ("1E+2", "100", True),
        ("1E+2", "101", False),
        ("1E+30", "2.4", False),
        ("0.00", "0.004", True),
    ],
)
def test_prices_that_bots_write(written: str, true: str, *, same: bool) -> None:
    """Cents, ties, float noise, fifty digits and exponents."""
    assert same_price(Decimal(written), Decimal(true)) is same


def test_an_unsaid_price_equals_only_an_unsaid_one() -> None:
    """None is not a price."""
    assert same_price(None, None)
    assert not same_price(None, Decimal(1))
    assert not same_price(Decimal(1), None)
