from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.symbols import (
    CRYPTO,
    EQUITY,
    OPTION,
    all_contracts,
    asset_class,
    canonical,
    contract,
    multiplier,
    names_contract,
    occ,
)

from .strategies import LAW

roots = st.from_regex(r"[A-Z]{1,4}[0-9]?|[A-Z]{3}\.[A-Z]|[A-Z]{6}", fullmatch=True)
expiries = st.dates(date(2000, 1, 1), date(2099, 12, 31))
kinds = st.sampled_from(["call", "put"])
strikes = st.integers(1, 10**8 - 1).map(lambda n: Decimal(n).scaleb(-3))


@LAW
@given(roots, expiries, kinds, strikes)
def test_contract_is_the_inverse_of_occ(root: str, expiry: date, kind: str, strike: Decimal) -> None:
    """What a symbol was written from is read back, also with a root that ends in a digit."""
    symbol = occ(root, expiry, kind, strike)
    read = contract(symbol)
    assert read is not None
    assert (read.root, read.expiry, read.option_type, read.strike) == (root, expiry, kind, strike)
    assert occ(read.root, read.expiry, read.option_type, read.strike) == symbol
    assert canonical(symbol) == symbol
    assert asset_class(symbol) == OPTION


@LAW
@given(roots, expiries, kinds, strikes)
def test_padded_and_lower_case_symbols_are_the_same_contract(
    root: str, expiry: date, kind: str, strike: Decimal
) -> None:
    """The 21 characters of the official form, and lower case, have the one key."""
    symbol = occ(root, expiry, kind, strike)
    padded = f"{root:<6}{symbol.removeprefix(root)}"
    assert canonical(padded) == canonical(f" {padded.lower()} ") == symbol
    assert contract(padded) == contract(symbol)
    assert asset_class(padded) == asset_class(symbol.lower()) == OPTION


@LAW
@given(st.text(max_size=25))
def test_canonical_has_one_answer(text: str) -> None:
    """The normal form of a normal form is itself, whatever the text."""
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize(
    ("written", "key", "kind"),
    [
        ("SPY   250822C00635000", "SPY250822C00635000", OPTION),
        ("spy250822c00635000", "SPY250822C00635000", OPTION),
        ("AAPL1 250822P00012500", "AAPL1250822P00012500", OPTION),
        ("BRK.B 250822P00400000", "BRK.B250822P00400000", OPTION),
        ("SPXW251219C05000000", "SPXW251219C05000000", OPTION),
        ("BTC/USD", "BTCUSD", CRYPTO),
        ("btc/usd", "BTCUSD", CRYPTO),
        ("ETH/BTC", "ETHBTC", CRYPTO),
        ("SHIB/USDT", "SHIBUSDT", CRYPTO),
        ("BTCUSD", "BTCUSD", CRYPTO),
        ("SPY", "SPY", EQUITY),
        (" spy ", "SPY", EQUITY),
        ("BRK.B", "BRK.B", EQUITY),
        ("GOOGL", "GOOGL", EQUITY),
        ("MUSD", "MUSD", EQUITY),
    ],
)
def test_one_key_and_class_per_symbol(written: str, key: str, kind: str) -> None:
    """Symbols as people, orders and positions write them come to one key and one class."""
    assert canonical(written) == key
    assert asset_class(written) == kind


@pytest.mark.parametrize(
    "symbol",
    [
        "",
        "SPY",
        "SPY250822X00635000",
        "SPY250230C00635000",
        "SPY251322C00635000",
        "SPY250822C0063500",
        "250822C00635000",
        "TOOLONG250822C00635000",
        "SPY250822C00635000 ",
        "SPY\u0662250822C00635000",
    ],
)
def test_what_is_no_contract_is_none(symbol: str) -> None:
    """A symbol that is no OCC symbol, or names a day that does not exist, is no contract."""
    assert contract(symbol) is None


@pytest.mark.parametrize(
    ("text", "strike"),
    [("00635000", "635"), ("00000500", "0.5"), ("00012125", "12.125"), ("99999999", "99999.999")],
)
def test_strikes_have_three_decimals(text: str, strike: str) -> None:
    """A strike is read exactly, in normal form."""
    read = contract(f"SPY250822C{text}")
    assert read is not None
    assert str(read.strike) == strike


@pytest.mark.parametrize(
    "strike",
    [
        "0",
        "-1",
        "0.0005",
        "12.1255",
        "100000",
        "100.0000000000000000000000000000000001",
        "NaN",
        "1E+30",
        "1E-40",
    ],
)
def test_a_strike_that_does_not_fit_is_refused(strike: str) -> None:
    """No strike is rounded into a symbol of another contract."""
    with pytest.raises(ValueError, match=r"strike|finite"):
        occ("SPY", date(2025, 8, 22), "call", Decimal(strike))


@pytest.mark.parametrize("expiry", [date(1999, 12, 31), date(2100, 1, 1)])
def test_an_expiry_of_another_century_is_refused(expiry: date) -> None:
    """A symbol has two digits for the year: another century's would become this one's."""
    with pytest.raises(ValueError, match="expiry"):
        occ("SPY", expiry, "call", Decimal(1))


def test_an_option_is_a_hundred_shares() -> None:
    """The usual multiplier: 100 for options, 1 for all else."""
    assert multiplier(OPTION) == 100
    assert multiplier(EQUITY) == multiplier(CRYPTO) == 1


one_form = st.builds(occ, roots, expiries, kinds, strikes)
nearly = st.one_of(
    one_form,
    one_form.map(lambda symbol: f"{symbol},{symbol}"),
    one_form.map(str.lower),
    one_form.map(lambda symbol: f"{symbol[:-15]}  {symbol[-15:]}"),
    one_form.map(lambda symbol: f"{symbol[:-15]}251301{symbol[-9:]}"),
    st.sampled_from(["", "SPY", "SPY251219C00600000\n", "SPY251219C0060000\u0663"]),
)


@LAW
@given(st.lists(one_form, max_size=3), nearly, st.lists(one_form, max_size=3))
def test_all_are_contracts_if_each_is(before: list[str], odd: str, after: list[str]) -> None:
    """Many symbols at once are judged as they are one by one."""
    symbols = [*before, odd, *after]

    assert all_contracts(symbols) == all(names_contract(each) and canonical(each) == each for each in symbols)
