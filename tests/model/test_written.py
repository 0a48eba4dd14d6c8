"""A trade's text, put together from parts, is what ``encode`` makes of the trade."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.canon import encode
from snapsync.model.instant import Instant
from snapsync.model.state import Transaction
from snapsync.model.symbols import multiplier
from snapsync.model.written import contracts, deal, price_text, subject, written

from .strategies import LAW, numbers, texts

TIME = Instant("2025-03-01T15:00:00.000000000Z")


@st.composite
def trades(draw: st.DrawFn) -> Transaction:
    """Any trade that a row of a book can say."""
    kind = draw(st.sampled_from(["us_option", "us_equity", "crypto", 'what "else"']))
    return Transaction(
        key=draw(texts),
        symbol=draw(texts),
        asset_class=kind,
        action=draw(texts),
        qty=draw(numbers),
        price=draw(st.none() | numbers),
        multiplier=multiplier(kind),
        time=TIME,
        origin=draw(st.sampled_from([None, "sync"])),
    )


@given(found=st.lists(trades(), max_size=4))
@LAW
def test_a_text_is_what_encode_makes(found: list[Transaction]) -> None:
    """Whatever a trade's words and numbers are."""
    texts = written(
        [each.key for each in found],
        [each.time for each in found],
        [deal(each.action, each.origin, each.qty) for each in found],
        [subject(each.symbol, each.asset_class) for each in found],
        [price_text(each.price) for each in found],
    )

    assert texts == [encode(each).decode() for each in found]


def test_contracts_are_subjects() -> None:
    """An OCC symbol says what its row is about."""
    symbols = ["SPY250822C00635000", "BRK.B1250822P00001500"]

    assert contracts(symbols) == [subject(symbol, "us_option") for symbol in symbols]
