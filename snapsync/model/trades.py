"""From fills and option events to Transactions: one per order that is done, one per event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from itertools import groupby
from operator import attrgetter

from .canon import EXACT, Record, normal
from .ledger import FILL, OPTION_EVENTS, Activity
from .state import ACTIVITY, ORDER, Transaction
from .symbols import OPTION, asset_class, multiplier

SIDES = {"buy": "buy", "sell": "sell", "sell_short": "sell"}
"""Alpaca's sides; very old fills say ``sell_short``."""

_PLACES, _TENTH_OF_A_CENT = 9, -3

BOT, MANUAL = "bot", "manual"


class Order(Record, frozen=True):
    """What an order list adds to the fills: who sent it, whether it is done, what it belongs to."""

    id: str
    symbol: str
    asset_class: str
    done: bool
    client_order_id: str | None = None
    parent_id: str | None = None


def transactions(
    rows: Iterable[Activity],
    orders: Mapping[str, Order],
    multipliers: Mapping[str, Decimal],
) -> tuple[Transaction, ...]:
    """Every done order with fills, and every option event, among these activities.

    Fills of an order that is still working are in flight: they become a transaction when it is done.
    An order that the broker no longer lists is taken as done.
    """
    live = [row for row in rows if not row.void]
    fills = sorted((row for row in live if row.type == FILL and row.order_id), key=attrgetter("order_id"))
    traded = (
        _traded(order_id, list(group), orders.get(order_id), multipliers)
        for order_id, group in groupby(fills, key=lambda row: row.order_id or "")
        if order_id not in orders or orders[order_id].done
    )
    events = (_event(row, multipliers) for row in live if row.type in OPTION_EVENTS and row.symbol)
    return (*traded, *events)


def _traded(
    order_id: str,
    fills: list[Activity],
    order: Order | None,
    multipliers: Mapping[str, Decimal],
) -> Transaction:
    # cum_qty is not monotonic within a millisecond: quantities are added up (alpaca-api.md, pitfall 23)
    with localcontext(EXACT):  # so that no order of the fills makes another sum
        qty = sum((fill.qty or Decimal(0) for fill in fills), Decimal(0))
        amount = sum(((fill.qty or Decimal(0)) * (fill.price or Decimal(0)) for fill in fills), Decimal(0))
    symbol = fills[0].symbol
    kind = order.asset_class if order else asset_class(fills[0].raw_symbol or symbol)
    return Transaction(
        key=ORDER + order_id,
        symbol=symbol,
        asset_class=kind,
        action=SIDES[fills[0].side or ""],
        qty=normal(qty),
        price=_price(fills) or average(amount, qty),
        multiplier=multipliers.get(symbol, multiplier(kind)),
        time=min(fill.time for fill in fills),
        client_order_id=order.client_order_id if order else None,
        parent_id=order.parent_id if order else None,
    )


def _event(row: Activity, multipliers: Mapping[str, Decimal]) -> Transaction:
    return Transaction(
        key=ACTIVITY + row.key,
        symbol=row.symbol,
        asset_class=OPTION,
        action=OPTION_EVENTS[row.type],
        qty=normal(abs(row.qty or Decimal(0))),
        price=Decimal(0),
        multiplier=multipliers.get(row.symbol, multiplier(OPTION)),
        time=row.time,
    )


def _price(fills: list[Activity]) -> Decimal | None:
    """The one price of all fills, to its last digit: some coins have more than nine decimals."""
    prices = {fill.price for fill in fills}
    return prices.pop() if len(prices) == 1 else None


def average(amount: Decimal, qty: Decimal) -> Decimal:
    """The price per unit, exact where it has at most nine decimals, else rounded to nine.

    Below a tenth of a cent they would be too few: there it is rounded to nine digits that count.
    """
    if not qty:
        return Decimal(0)
    price = EXACT.divide(amount, qty)
    places = _PLACES if price.adjusted() >= _TENTH_OF_A_CENT else _PLACES - price.adjusted()
    return normal(price.quantize(Decimal(1).scaleb(-places), context=EXACT))
