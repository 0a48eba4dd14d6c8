"""Whose the account's trades are by their names."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from snapsync.model.instant import Instant
from snapsync.model.named import Named
from snapsync.model.pages import Pages
from snapsync.model.state import Transaction

from .strategies import LAW, tables

names = st.sampled_from(
    [None, "bot-1", "bot-2", "x", "robot-1", "b0a5f6a4-1f5e-4b6e-9d0a-5d1f0c1b2a3c"],
)


@st.composite
def named(draw: st.DrawFn) -> Pages[Transaction]:
    """Trades with and without names of their own."""
    table = draw(tables())
    rows = [msgspec.structs.replace(row, client_order_id=draw(names)) for row in table.values()]
    return Pages.of(Transaction, rows)


@LAW
@given(named(), named())
def test_what_changed_is_counted_as_all_would_be(old: Pages[Transaction], new: Pages[Transaction]) -> None:
    """From the last count and the changes since follows what counting every trade again would say."""
    nobody = Named(prefix="bot-")
    assert nobody.counted(old).changed(new.changed_since(old)) == nobody.counted(new)


def test_names_that_the_server_gives_are_nobodys() -> None:
    """Only names that a sender has given are counted; those of others are told apart by their beginning."""
    ids = [None, "bot-1", "bot-2", "x", "robot-1", "B0A5F6A4-1F5E-4B6E-9D0A-5D1F0C1B2A3C"]
    row = Transaction(
        key="order:1",
        symbol="SPY",
        asset_class="us_equity",
        action="buy",
        qty=Decimal(1),
        price=None,
        multiplier=Decimal(1),
        time=Instant("2025-08-21T14:30:00.000000000Z"),
    )
    trades = [msgspec.structs.replace(row, client_order_id=id) for id in ids]
    assert Named(prefix="bot-").counted(trades) == Named(prefix="bot-", all=4, others=2)
