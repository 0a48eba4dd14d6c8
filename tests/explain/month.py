"""A month with everything in it, moved in the sandbox: its days, and what its own books say of each."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from snapsync.ends.alpaca import BrokerReading, Reach
from snapsync.model.ledger import Activity
from snapsync.model.proven import Proven
from snapsync.sandbox import Sandbox, World
from snapsync.sandbox.activities import Effect, Event, event_effect, fill_effect
from snapsync.sandbox.clock import EASTERN, parse_instant
from tests.broker.truth import read

Step = dict[str, Any]

CALL, PUT, LATE = "SPY250815C00640000", "F250815P00012000", "IWM250829C00225000"
LEGS = [{"symbol": "QQQ250829C00600000", "side": "buy", "price": 2.41},
        {"symbol": "QQQ250829C00610000", "side": "sell", "price": 1.17}]  # fmt: skip


def accrue(amount: str, *, pending: str = "0.05") -> list[Step]:
    """Fees that today's trades will cost, in both of the account's numbers."""
    return [{"do": "accrue", "amount": amount}, {"do": "accrue", "amount": pending, "pending": True}]


def fees(amount: str, day: str, *, pending: str = "0.05") -> list[Step]:
    """The rows for them, a day late."""
    return [{"do": "fee", "amount": amount, "sub_type": "REG", "date": day},
            {"do": "fee", "amount": pending, "sub_type": "TAF", "date": day}]  # fmt: skip


def price(**marks: float | str) -> list[Step]:
    """Where the market closes."""
    return [
        {"do": "price", "symbol": symbol.replace("_", "/"), "price": str(mark)}
        for symbol, mark in marks.items()
    ]


DAYS: dict[str, list[Step]] = {
    "2025-08-01": [],
    "2025-08-04": [
        {"do": "buy", "symbol": "AAPL", "qty": "10", "price": "231.17", "client_order_id": "bot-1"},
        {"do": "buy", "symbol": CALL, "qty": 4, "price": "1.15", "client_order_id": "bot-2"},
        *accrue("0.13"), *price(AAPL=232.10, **{CALL: 1.20}),
    ],
    "2025-08-05": [
        *fees("0.13", "-1d"),
        {"do": "order", "side": "buy", "symbol": "IWM", "qty": 9, "limit": "215.25",
         "client_order_id": "bot-3"},
        {"do": "fill", "order": "bot-3", "qty": 4},
        {"do": "sell", "symbol": PUT, "qty": 2, "price": "0.65", "client_order_id": "bot-4"},
        *accrue("0.21"), *price(AAPL=229.40, **{CALL: 0.95, PUT: 0.71}),
    ],
    "2025-08-06": [
        *fees("0.21", "-1d"),
        {"do": "fill", "order": "bot-3", "qty": 2}, {"do": "cancel", "order": "bot-3"},
        {"do": "buy", "symbol": "BTC/USD", "qty": "0.0789", "price": "64123.55"},
        {"do": "buy", "symbol": "NVDA", "notional": 500, "price": "171.33"},
        *price(AAPL=225.10, IWM=216.05, BTC_USD="64500.25", NVDA="169.87"),
    ],
    # a deposit on a losing day
    "2025-08-07": [
        {"do": "crypto_fee", "symbol": "BTC/USD", "qty": "0.000197250"},
        {"do": "deposit", "amount": 5000},
        {"do": "buy", "symbol": "ETH/BTC", "qty": "0.5", "price": "0.0412"},
        *price(AAPL=219.80, IWM=211.40, BTC_USD="62111.11", NVDA="160.01", **{CALL: 0.40, PUT: 1.14}),
    ],
    "2025-08-08": [
        {"do": "crypto_fee", "symbol": "ETH/USD", "qty": "0.00125"},
        {"do": "buy", "symbol": "TSLA", "qty": 5, "limit": "341.02", "fills": [3, 2],
         "client_order_id": "bot-5"},
        {"do": "interest", "amount": "1.37"},
        *accrue("0.02", pending="0.01"), *price(AAPL=221.30, TSLA=339.90, ETH_USD="2599.10"),
    ],
    # Friday's fees come on Monday, and a fill is taken back
    "2025-08-11": [
        *fees("0.02", "-3d", pending="0.01"),
        {"do": "bust", "order": "bot-5"},
        {"do": "dividend", "symbol": "AAPL", "per_share": "0.26"},
        *price(AAPL=223.00, TSLA=344.25),
    ],
    "2025-08-12": [
        {"do": "mleg", "qty": 2, "legs": LEGS},
        *accrue("0.33"), *price(QQQ250829C00600000=2.60, QQQ250829C00610000=1.20, AAPL=228.44),
    ],
    "2025-08-13": [
        *fees("0.33", "-1d"),
        {"do": "split", "symbol": "AAPL", "new": 4},
        *price(AAPL=57.50, **{PUT: 0.42}),
    ],
    "2025-08-14": [
        {"do": "withdrawal", "amount": "2500.50"},
        {"do": "activity", "type": "QQZ", "symbol": "IWM", "qty": 1, "net_amount": "-3.21"},
        {"do": "activity", "type": "CSD", "net_amount": 777, "status": "canceled"},
        *price(IWM=214.00),
    ],
    "2025-08-15": [*price(**{CALL: 0.01})],
    # over the weekend one expires and one is assigned
    "2025-08-18": [
        {"do": "expiry", "symbol": CALL},
        {"do": "assignment", "symbol": PUT},
        *price(AAPL=56.10, F=11.48),
    ],
    "2025-08-19": [
        {"do": "sell", "symbol": "AAPL", "qty": 25, "price": "56.40"},
        {"do": "buy", "symbol": LATE, "qty": 3, "price": "1.10", "client_order_id": "bot-6"},
        *accrue("0.55", pending="0.19"), *price(AAPL=56.00, **{LATE: 1.30}),
    ],
    "2025-08-20": [
        *fees("0.55", "-1d", pending="0.19"),
        {"do": "exercise", "symbol": LATE, "qty": 1},
        {"do": "interest", "amount": "-4.02"},
        *price(IWM=226.20, **{LATE: 2.05}),
    ],
    "2025-08-21": [
        {"do": "activity", "type": "JNLC", "net_amount": "250"},
        {"do": "sell", "symbol": "TSLA", "qty": 5, "price": "350.01", "client_order_id": "bot-7"},
        *price(TSLA=352.10),
    ],
    "2025-08-22": [
        {"do": "activity", "type": "NC", "symbol": "NVDA", "qty": "-1.5"},
        {"do": "activity", "type": "NC", "symbol": "NVDX", "qty": "1.5", "price": "159"},
        {"do": "activity", "type": "DIV", "sub_type": "SDIV", "symbol": "IWM", "qty": "0.25"},
        *price(NVDX=161.00, TSLA=349.00),
    ],
    # nobody looks on Monday
    "2025-08-26": [
        {"do": "activity", "type": "DIVNRA", "net_amount": "-0.39", "date": "-4d"},
        *price(BTC_USD="66000.10", ETH_USD="2710.55"),
    ],
    "2025-08-29": [{"do": "sell", "symbol": "BTC/USD", "qty": "0.05", "price": "66100"}],
}  # fmt: skip


class Day(NamedTuple):
    """One evening: what was read, and what the simulator's own books say."""

    date: str
    reading: BrokerReading
    equity: Decimal
    flows: Decimal

    @property
    def proven(self) -> Proven:
        """The account as it was read."""
        reading = self.reading
        return Proven(at=reading.at, state=reading.state, marks=reading.marks, ledger=reading.ledger)


class Month(NamedTuple):
    """The evenings, and what each activity did by the simulator's own rules, by (id, symbol)."""

    days: tuple[Day, ...]
    effects: dict[tuple[str, str], Effect]


def month(habit: str) -> Month:
    """Live through the month, and look every evening; ``habit`` is when fees leave cash."""
    world = World(
        now=_at("2025-08-01 09:00"),
        cash=Decimal(20_000),
        oddities=() if habit == "posted" else ("fees-leave-cash-early",),
    )
    days: list[Day] = []
    effects: dict[tuple[str, str], Effect] = {}
    with Sandbox(world, rate_limit=10**6) as sandbox:
        for day, steps in DAYS.items():
            world.set_clock(_at(f"{day} 10:00"))
            sandbox.do(*(step for step in steps if habit == "accrued and pending" or not _pending(step)))
            world.set_clock(_at(f"{day} 16:30"))
            known = days[-1].reading if days else None
            reading = read(sandbox, known, reach=Reach(lookback_days=30, overlap_days=5))
            with world.held():
                days.append(Day(day, reading, world.equity, _flows(steps)))
                effects |= _effects(world)
    return Month(tuple(days), effects)


def _pending(step: Step) -> bool:
    return bool(step.get("pending")) or step.get("sub_type") == "TAF"


def _flows(steps: list[Step]) -> Decimal:
    """What came in and went out by a day's own script."""
    total = Decimal(0)
    for step in steps:
        if step["do"] == "deposit" or (step.get("type") == "JNLC"):
            total += Decimal(str(step.get("amount") or step["net_amount"]))
        elif step["do"] == "withdrawal":
            total -= Decimal(str(step["amount"]))
    return total


def _effects(world: World) -> dict[tuple[str, str], Effect]:
    found = {}
    for row in world.activities:
        if isinstance(row, Event):
            found[row.id, row.symbol or ""] = event_effect(row)
        else:
            traded = world.instrument(row.symbol)
            found[row.id, row.symbol.replace("/", "")] = fill_effect(row, traded, Decimal(1))
    return found


def without(look: Proven, key: str) -> Proven:
    """A look whose ledger never heard of an activity."""
    rows = [row for row in look.ledger if row.key != key]
    return msgspec.structs.replace(look, ledger=type(look.ledger).of(Activity, rows))


def _at(text: str) -> int:
    found = parse_instant(text, EASTERN)
    assert found is not None
    return found
