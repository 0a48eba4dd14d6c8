"""The market's hours as the broker tells them, and a first glance at the account with the broker's time."""

from __future__ import annotations

from snapsync.model.canon import Record
from snapsync.model.instant import Instant

from .parse import Account, account
from .row import one
from .session import Asks


class MarketClock(Record, frozen=True):
    """Whether the market is open, and when it opens and closes next."""

    at: Instant
    is_open: bool
    next_open: Instant
    next_close: Instant


def read_clock(asks: Asks) -> MarketClock:
    """Ask for the market's hours.

    Raises:
        BrokerError: as for every request.
    """
    row = one(asks.get("/clock"))
    return MarketClock(
        at=row.instant("timestamp"),
        is_open=row.flag("is_open"),
        next_open=row.instant("next_open"),
        next_close=row.instant("next_close"),
    )


def glance(asks: Asks) -> tuple[Account, Instant | None]:
    """The account alone, and what time it was at the broker's."""
    answer = asks.get("/account")
    return account(one(answer)), answer.at
