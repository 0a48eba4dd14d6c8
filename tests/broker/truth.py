"""What a reading of a sandbox's account must say, worked out from its world by other means than ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

from snapsync.ends.alpaca import BrokerReading, Known, Reach, Session, read_broker
from snapsync.ends.alpaca.pace import unheard
from snapsync.model.instant import instant
from snapsync.model.named import Named
from snapsync.model.state import Scope
from snapsync.sandbox import Sandbox, World
from snapsync.sandbox.activities import Event, Fill
from snapsync.sandbox.clock import EASTERN, SECOND, utc_text
from snapsync.sandbox.orders import Order

ALL = Scope(asset_classes=("us_equity", "us_option", "crypto"))
REACH = Reach(lookback_days=30, overlap_days=5, prefix="bot-")
ENDED = {"OPEXP": "expired", "OPASN": "assigned", "OPEXC": "exercised"}

Picture = dict[str, Any]


def read(
    sandbox: Sandbox,
    known: BrokerReading | None = None,
    *,
    reach: Reach = REACH,
    told: Callable[[float], None] = unheard,
    **session: Any,  # noqa: ANN401 - whatever Session takes
) -> BrokerReading:
    """Read a sandbox's account over HTTP; ``known`` is an earlier reading to go on from."""
    asks = Session(sandbox.url, sandbox.key, sandbox.secret, **session)
    try:
        reading = read_broker(asks, ALL, proven_by(known) if known else None, reach, told)
    finally:
        asks.close()
    if reading.named:  # counted on from reading to reading: it must be what counting all would say
        assert reading.named == Named(prefix=reach.prefix).counted(reading.state.transactions)
    return reading


def proven_by(reading: BrokerReading) -> Known:
    """What a stored reading proves for the next one."""
    return Known(
        at=reading.at,
        proven=reading.manifest.proven,
        state=reading.state,
        marks=reading.marks,
        ledger=reading.ledger,
        working=reading.manifest.working,
        missing=reading.missing,
        habit=reading.habit,
        assumed=reading.assumed,
        named=reading.named,
    )


def seen(reading: BrokerReading) -> Picture:
    """A reading in the plain form that ``truth`` has too."""
    return {
        "account": reading.account,
        "cash": reading.state.cash,
        "positions": {
            p.key: (p.asset_class, p.qty, p.multiplier, p.entry_price) for p in reading.state.positions
        },
        "trades": {
            t.key: (t.symbol, t.asset_class, t.action, t.qty, t.multiplier, t.time)
            for t in reading.state.transactions
        },
        "senders": {
            t.key: (t.client_order_id, t.parent_id)
            for t in reading.state.transactions
            if t.key.startswith("order:")
        },
        "ledger": {(row.type, row.id, row.qty, row.price, row.net_amount) for row in reading.ledger},
        "open": {each.id: (each.symbol, each.side, each.filled_qty) for each in reading.open_orders},
    }


def truth(world: World, since: str) -> Picture:
    """The same picture of the world; ``since`` is from when on the reading was to be complete."""
    bound = _nanoseconds(since)
    with world.held():
        rows = [row for row in world.activities if row.created > bound]
        trades, senders = _trades(world, bound)
        return {
            "account": world.account.id,
            "cash": world.cash,
            "positions": {
                key: (row.instrument.asset_class, row.qty, row.instrument.multiplier, row.avg_entry_price)
                for key, row in world.positions.items()
            },
            "trades": trades | _ends(world, rows),
            "senders": senders,
            "ledger": {_ledger_row(row) for row in rows},
            "open": {
                row.id: (row.ticket.symbol.replace("/", ""), row.ticket.side, row.filled_qty)
                for row in world.working
                if row.ticket.symbol
            },
        }


def prices(reading: BrokerReading) -> dict[str, Decimal | None]:
    """The average price of each order."""
    return {t.key: t.price for t in reading.state.transactions if t.key.startswith("order:")}


def true_prices(world: World) -> dict[str, Fraction]:
    """The exact average price of each order that has fills."""
    qty: dict[str, Fraction] = defaultdict(Fraction)
    paid: dict[str, Fraction] = defaultdict(Fraction)
    for row in world.activities:
        if isinstance(row, Fill):
            qty[row.order_id] += Fraction(row.qty)
            paid[row.order_id] += Fraction(row.qty) * Fraction(row.price)
    return {f"order:{id}": paid[id] / qty[id] for id in qty}


def assert_true(reading: BrokerReading, sandbox: Sandbox, *, but: str = "") -> None:
    """The reading is the world's, number by number; ``but`` names a part that may differ."""
    assert reading.state.coverage is not None
    should, is_ = truth(sandbox.world, reading.state.coverage.since), seen(reading)
    for part, value in should.items():
        assert part == but or is_[part] == value, part
    exact = true_prices(sandbox.world)
    for key, price in prices(reading).items():
        assert price is not None
        assert abs(Fraction(price) - exact[key]) <= Fraction(1, 2 * 10**9), key


def _trades(world: World, bound: int) -> tuple[Picture, Picture]:
    fills: dict[str, list[Fill]] = defaultdict(list)
    for row in world.activities:
        if isinstance(row, Fill):
            fills[row.order_id].append(row)
    trades, senders = {}, {}
    for id, mine in fills.items():
        order: Order = world.orders[id]
        if order.is_open or min(row.created for row in mine) <= bound:
            continue
        traded = world.instrument(order.ticket.symbol)
        trades[f"order:{id}"] = (
            order.ticket.symbol.replace("/", ""),
            traded.asset_class,
            order.ticket.side,
            sum((row.qty for row in mine), Decimal(0)),
            traded.multiplier,
            instant(utc_text(min(row.time for row in mine))),
        )
        senders[f"order:{id}"] = (order.client_order_id, order.parent)
    return trades, senders


def _ends(world: World, rows: list[Any]) -> Picture:
    return {
        f"activity:{row.type}:{row.id}:{row.symbol}": (
            row.symbol,
            "us_option",
            ENDED[row.type],
            abs(row.qty),
            world.instrument(row.symbol).multiplier,
            # a day in New York, where the market is
            instant(f"{datetime.combine(row.date, time(), EASTERN).isoformat()}"),
        )
        for row in rows
        if row.type in ENDED and row.status != "canceled"
    }


def _ledger_row(row: Fill | Event) -> tuple[Any, ...]:
    amount = row.net_amount if isinstance(row, Event) else None
    return (row.type, row.id, row.qty, row.price, amount)


def _nanoseconds(since: str) -> int:
    # filters are given in whole seconds
    return int(datetime.fromisoformat(since[:19] + "+00:00").timestamp()) * SECOND
