"""A store with a day of many trades, as the reader that was made from docs/format.md sees it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from snapsync.model.canon import ObjectId, encode, identify
from snapsync.model.instant import Instant
from snapsync.model.pages import Pages
from snapsync.model.state import Transaction
from snapsync.model.tree import MOST, Node
from snapsync.store.store import Store

from . import reader


def trade(number: int) -> Transaction:
    """One of a day's trades."""
    return Transaction(
        key=f"order:{number}",
        symbol="SPY",
        asset_class="us_equity",
        action="buy",
        qty=Decimal(1),
        price=Decimal("1.5"),
        multiplier=Decimal(1),
        time=Instant(f"2025-08-21T14:30:00.{number:09}Z"),
    )


@pytest.mark.parametrize("count", [MOST, MOST + 1, 20 * MOST])
def test_the_page_is_enough_to_read_a_busy_day(tmp_path: Path, count: int) -> None:
    """The independent reader finds every trade, and each part where the page says that it lies."""
    store = Store.create(tmp_path / "store", "paper")
    pages = Pages.of(Transaction, map(trade, range(count)))
    store.put_all(pages.objects())
    found = reader.Store(tmp_path / "store").rows(pages.root, "transactions")
    assert [row["key"] for row in found] == sorted(f"order:{number}" for number in range(count))


def test_a_day_that_is_split_for_no_reason_is_not_as_the_page_says(tmp_path: Path) -> None:
    """The same rows in other parts would be other objects: the reader insists on the one way."""
    store = Store.create(tmp_path / "store", "paper")
    page = next(iter(Pages.of(Transaction, [trade(1)]).objects()))
    store.put_all([page])
    digit = reader.sha256(b"order:1")[1]
    day = store.put(Node(children={digit: page[0]}, leaf=True))
    month = store.put(Node(children={"2025-08-21": day}, leaf=True))
    root = ObjectId(store.put(Node(children={"2025-08": month}, leaf=False)))
    assert root == identify(encode(Node(children={"2025-08": month}, leaf=False)))
    with pytest.raises(reader.DamagedError, match="split for a reason"):
        reader.Store(tmp_path / "store").rows(root, "transactions")
