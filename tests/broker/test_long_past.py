"""However long an account's past is, a reading and its explanation ask the store for what moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from snapsync.ends.alpaca import BrokerReading, Session, read_broker
from snapsync.model.canon import ObjectId
from snapsync.model.explain import Terms, explain
from snapsync.model.instant import Instant
from snapsync.model.ledger import FILL, Activity
from snapsync.model.pages import Pages
from snapsync.model.proven import Proven
from snapsync.model.senders import Orders, Senders
from snapsync.model.state import ORDER, Transaction
from snapsync.model.worth import TradedSizes
from snapsync.sandbox import Sandbox, World

from .conftest import EARLIER
from .truth import ALL, REACH, proven_by, read

Shows = Callable[[World], Sandbox]
NEW_FILL = {"do": "buy", "symbol": "IWM", "qty": 10, "price": 215.25, "client_order_id": "bot-6"}
LATE_FEE = {"do": "fee", "amount": "0.07", "date": "-1d"}


def past(days: int, trades: int) -> tuple[list[Transaction], list[Activity]]:
    """What an account did for so many days before its first reading."""
    orders: list[Transaction] = []
    fills: list[Activity] = []
    for back in range(days):
        day = date(2025, 8, 1) - timedelta(days=back)
        for number in range(trades):
            id, at = f"{back}-{number}", Instant(f"{day}T14:30:00.{number:09}Z")
            common: dict[str, Any] = {"symbol": "SPY", "qty": Decimal(1), "price": Decimal(600), "time": at}
            fills.append(Activity(type=FILL, id=id, side="buy", order_id=id, **common))
            orders.append(
                Transaction(
                    key=ORDER + id,
                    asset_class="us_equity",
                    action="buy",
                    multiplier=Decimal(1),
                    client_order_id=f"bot-{id}",
                    **common,
                )
            )
    return orders, fills


class Shelf:
    """A store in memory that counts what is asked for."""

    def __init__(self) -> None:
        self.held: dict[ObjectId, bytes] = {}
        self.asked: Counter[str] = Counter()

    def get(self, id: ObjectId) -> bytes:
        """An object's content."""
        self.asked[msgspec.json.decode(self.held[id])["kind"]] += 1
        return self.held[id]

    def keep(self, row: type[Any], pages: Pages[Any]) -> Pages[Any]:
        """Pages as they come back from here."""
        self.held |= dict(pages.objects())
        return Pages.stored(row, pages.root, self.get)


def with_past(reading: BrokerReading, days: int, trades: int) -> tuple[BrokerReading, Shelf]:
    """The same reading of an account with a longer past, as a store has it."""
    orders, fills = past(days, trades)
    shelf = Shelf()
    state = msgspec.structs.replace(
        reading.state, transactions=shelf.keep(Transaction, reading.state.transactions.merged(orders))
    )
    ledger = shelf.keep(Activity, reading.ledger.merged(fills))
    named = reading.named.counted(orders) if reading.named else None
    return msgspec.structs.replace(reading, state=state, ledger=ledger, named=named), shelf


def read_on(sandbox: Sandbox, known: BrokerReading) -> BrokerReading:
    """A further reading, alone: ``truth.read`` goes through all trades to prove their count."""
    asks = Session(sandbox.url, sandbox.key, sandbox.secret)
    try:
        return read_broker(asks, ALL, proven_by(known), REACH)
    finally:
        asks.close()


def proven(reading: BrokerReading) -> Proven:
    """The account as a reading has proven it."""
    return Proven(at=reading.at, state=reading.state, marks=reading.marks, ledger=reading.ledger)


@pytest.mark.parametrize("step", [NEW_FILL, LATE_FEE], ids=["fill", "fee"])
def test_a_reading_asks_for_no_more_of_a_longer_past(
    shows: Shows, world: World, step: dict[str, Any]
) -> None:
    """Pages that are read, to read the account and to explain it: as many of 20 days as of 400.

    Only for what need not be new, as a fee, one page of each day is looked through.
    """
    sandbox = shows(world)
    sandbox.do(*EARLIER, {"do": "clock", "by": "1h"})
    first = read(sandbox)
    accounts = [with_past(first, days, 2) for days in (20, 400)]
    sandbox.do({"do": "clock", "by": "1m"}, step, {"do": "clock", "by": "1m"})
    pages = []
    for known, shelf in accounts:
        now = read_on(sandbox, known)
        trades = now.state.transactions
        terms = Terms(senders=Senders(Orders(trades), (), "bot-"), multipliers=TradedSizes(trades))
        found = explain(proven(known), proven(now), terms)
        assert not found.unexplained
        assert any(part.cash for part in found.parts)
        pages.append(shelf.asked["page"])
        # nothing of the past was lost over that, and no more is new than the way to what moved
        assert {row.key for row in known.ledger} < {row.key for row in now.ledger}
        assert len(list(trades.objects())) <= 4
        assert len(list(now.ledger.objects())) <= 4
    searched = 400 - 20 if step is LATE_FEE else 0
    assert pages[1] - pages[0] <= searched
    assert pages[0] <= 12 + (20 + 2 if step is LATE_FEE else 0)


def test_a_busy_past_is_not_gone_through_for_what_is_new(shows: Shows, world: World) -> None:
    """Days of five hundred trades: of none of them more than one small page is read."""
    sandbox = shows(world)
    sandbox.do(*EARLIER, {"do": "clock", "by": "1h"})
    known, shelf = with_past(read(sandbox), 20, 500)
    sandbox.do(LATE_FEE, {"do": "clock", "by": "1m"})
    read_on(sandbox, known)
    assert shelf.asked["page"] <= 12 + 20 + 2
