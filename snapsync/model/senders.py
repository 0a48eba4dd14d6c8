"""Who sent the order behind a fill: the bot, a person, or the broker itself."""

from __future__ import annotations

from collections.abc import Container
from datetime import time
from zoneinfo import ZoneInfo

import msgspec

from .change import Cause
from .instant import day_of, to_datetime
from .ledger import FILL, Activity
from .pages import Pages
from .state import ORDER, Transaction
from .symbols import contract

_NEW_YORK = ZoneInfo("America/New_York")
_BROKER_CLOSES_FROM = time(15, 30)
"""From then on Alpaca closes options that expire that day and that the account could not pay for."""


class Sender(msgspec.Struct, frozen=True):
    """Whose an order was, by which rule, and who else it may have been."""

    cause: Cause
    rule: str
    or_else: str = ""


class Orders:
    """The broker's trades by the fills behind them; of a long history no more is read than that takes.

    A trade lies on the day of its first fill that counts: on this fill's own day, or else it is searched for.
    ``working`` are the ids of orders that may still fill: what is done stays so, so these are no trades yet.
    """

    def __init__(self, trades: Pages[Transaction], working: Container[str] = ()) -> None:
        self._trades, self._working = trades, working
        self._found: dict[str, Transaction | None] = {}

    def of(self, fill: Activity) -> Transaction | None:
        """The trade that a fill is of; None where the broker has not told of its order yet."""
        key = f"{ORDER}{fill.order_id}"
        if key not in self._found:
            found = self._trades.get(day_of(fill.time), key)
            if found is None and fill.order_id not in self._working:
                found = self._trades.search(key)
            self._found[key] = found
        return self._found[key]


class Senders:
    """Answers whose a fill was.

    Args:
        orders: the broker's trades.
        booked: the keys of the orders that the book has a row of the bot's own for.
        prefix: what the bot's client order ids begin with; empty: the bot marks none.
    """

    def __init__(self, orders: Orders, booked: Container[str], prefix: str) -> None:
        self._orders, self._booked, self._prefix = orders, booked, prefix

    def of(self, fill: Activity) -> Sender:
        """Whose a fill was; an order that the broker has not told of yet is nobody's."""
        key = f"{ORDER}{fill.order_id}"
        if key in self._booked:
            return Sender(Cause.BOT, "the book has a row of the bot's for the order")
        order = self._orders.of(fill)
        if order is None:
            return Sender(Cause.UNKNOWN, "the order is not known yet")
        sender = self.of_order(order)
        if sender.cause is Cause.MANUAL and _may_be_the_brokers(fill):
            return Sender(
                Cause.BROKER,
                "an order that the bot did not send, on the option's last day after 15:30 in New York",
                "or somebody closed it by hand",
            )
        return sender

    def of_order(self, order: Transaction) -> Sender:
        """Whose an order was."""
        if order.key in self._booked:
            return Sender(Cause.BOT, "the book has a row of the bot's for the order")
        if not self._prefix:
            return Sender(
                Cause.MANUAL, "the book has no row for the order", "or the bot has not written it yet"
            )
        if (order.client_order_id or "").startswith(self._prefix):
            return Sender(Cause.BOT, f"the client order id begins with {self._prefix}")
        return Sender(Cause.MANUAL, f"the client order id does not begin with {self._prefix}")


def _may_be_the_brokers(fill: Activity) -> bool:
    terms = contract(fill.symbol) if fill.type == FILL else None
    if terms is None:
        return False
    moment = to_datetime(fill.time).astimezone(_NEW_YORK)
    return moment.date() == terms.expiry and moment.time() >= _BROKER_CLOSES_FROM
