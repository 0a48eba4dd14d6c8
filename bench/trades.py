"""A bot's three years of trades, made up from a seed: the same ones each time, however many there are."""

from __future__ import annotations

import functools
import random
from collections import deque
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from snapsync.sandbox.activities import Side

NEW_YORK = ZoneInfo("America/New_York")
MONTHS, POSITIONS = 36, 2_000
BY_HAND = 20
"""So many of the newest trades are not in the book: somebody made them in Alpaca's own app."""
SECOND = 1_000_000_000
_SESSION = 23_400 * SECOND
_DAYS_BACK = 1096
_AT_ONCE = 6
"""How many contracts the bot holds at once: few, so that each is sold again before it expires."""
_UNDERLYINGS = ("SPY", "QQQ", "IWM", "AAPL", "MSFT", "NVDA", "TSLA", "AMD", "META", "AMZN")
_FRIDAY = 4


class Trade(NamedTuple):
    """An order and its one fill. Prices are in cents, times in nanoseconds, ``stamp`` is New York's clock."""

    at: int
    stamp: str
    order: str
    client: str
    fill: str
    symbol: str
    side: Side
    qty: int
    cents: int

    @property
    def by_hand(self) -> bool:
        return self.client.startswith("app-")


class Holding(NamedTuple):
    """A contract that is held all the time."""

    symbol: str
    qty: int
    cents: int


def holdings(now: datetime) -> list[Holding]:
    """What the account has held since before the first trade."""
    dice = random.Random("holdings")  # noqa: S311 - made-up trades
    found = []
    for number in range(POSITIONS):
        expiry = _friday(now.date() + timedelta(days=60 + number % 200))
        underlying = _UNDERLYINGS[number % len(_UNDERLYINGS)]
        strike = 100_000 + 2_500 * (number // len(_UNDERLYINGS))
        symbol = _contract(underlying, expiry, "CP"[number % 2], strike)
        found.append(Holding(symbol, dice.randint(1, 5), dice.randint(80, 900)))
    return found


def trades(size: int, now: datetime, seed: str = "trades") -> Iterator[Trade]:
    """So many trades over three years, up to the last session that has ended; the size must be even.

    The bot sells again whatever it buys. The last ``BY_HAND`` trades are by hand; half of them buy what is
    still held, the others are bought and sold again.
    """
    dice = random.Random(seed)  # noqa: S311 - made-up trades
    days = sessions(now)
    lots: deque[_Lot] = deque()
    count = size - BY_HAND
    for number, (day, offset) in enumerate(_moments(dice, days, count)):
        lot, side = _deal(dice, lots, count - number, day)
        yield _trade(dice, _opening(day), offset, lot, side, f"bot-{number:07}")
    for number in range(BY_HAND):
        again = number >= BY_HAND // 2 and number % 2 == 1
        lot = lots.popleft() if again else _bought(dice, days[-1])
        if number >= BY_HAND // 2 and not again:
            lots.append(lot)
        offset = _SESSION - (BY_HAND - number) * 60 * SECOND
        yield _trade(dice, _opening(days[-1]), offset, lot, "sell" if again else "buy", f"app-{number:07}")


def sessions(now: datetime) -> list[date]:
    """The trading days of the last three years that have ended."""
    here = now.astimezone(NEW_YORK)
    last = here.date() if here.time() > time(16) else here.date() - timedelta(days=1)
    days = (last - timedelta(days=n) for n in range(_DAYS_BACK, -1, -1))
    return [day for day in days if day.weekday() <= _FRIDAY]


class _Lot(NamedTuple):
    symbol: str
    qty: int
    cents: int


def _moments(dice: random.Random, days: list[date], count: int) -> Iterator[tuple[date, int]]:
    """When the bot trades: as often each day, at any time but for the last half hour."""
    for place, day in enumerate(days):
        here = (place + 1) * count // len(days) - place * count // len(days)
        for offset in sorted(dice.randrange(_SESSION - 1800 * SECOND) for _ in range(here)):
            yield day, offset


def _deal(dice: random.Random, lots: deque[_Lot], left: int, day: date) -> tuple[_Lot, Side]:
    """Buy something new, or sell what was bought first; at the end nothing is left."""
    if lots and (len(lots) >= min(_AT_ONCE, left) or dice.random() < 1 / 2):
        bought = lots.popleft()
        gain = dice.randint(-bought.cents // 3, bought.cents // 3)
        return bought._replace(cents=bought.cents + gain), "sell"
    lots.append(_bought(dice, day))
    return lots[-1], "buy"


def _bought(dice: random.Random, day: date) -> _Lot:
    expiry = _friday(day + timedelta(days=30))
    strike = 100_000 + 1_000 * dice.randrange(600)
    symbol = _contract(dice.choice(_UNDERLYINGS), expiry, dice.choice("CP"), strike)
    return _Lot(symbol, dice.randint(1, 5), dice.randint(50, 900))


def _trade(
    dice: random.Random, opening: tuple[int, str], offset: int, lot: _Lot, side: Side, client: str
) -> Trade:
    midnight, day = opening
    since_midnight = 34_200 * SECOND + offset // 1000 * 1000
    seconds, nanos = divmod(since_midnight, SECOND)
    hours, rest = divmod(seconds, 3600)
    stamp = f"{day}{hours:02}{rest // 60:02}{rest % 60:02}{nanos // 1_000_000:03}"
    order, fill = _uuid(dice), _uuid(dice)
    return Trade(
        midnight + since_midnight,
        stamp,
        order,
        client,
        f"{stamp}::{fill}",
        lot.symbol,
        side,
        lot.qty,
        lot.cents,
    )


@functools.cache
def _opening(day: date) -> tuple[int, str]:
    """New York's midnight, as if no clock were put back before the opening, and the day as ids have it."""
    opens = datetime.combine(day, time(9, 30), NEW_YORK).astimezone(UTC)
    return int(opens.timestamp() - 34_200) * SECOND, f"{day:%Y%m%d}"


def _friday(day: date) -> date:
    return day + timedelta(days=(_FRIDAY - day.weekday()) % 7)


def _contract(underlying: str, expiry: date, kind: str, strike: int) -> str:
    return f"{underlying}{expiry:%y%m%d}{kind}{strike:08}"


def _uuid(dice: random.Random) -> str:
    bits = f"{dice.getrandbits(128):032x}"
    return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"
