"""The broker's end: one consistent, complete, exact reading of an Alpaca account, or a reason why not.

alpaca-py carries the requests; every number is decoded from the response's bytes by our own types.
Nothing but GET can leave this package. alpaca-py is imported when the first session opens, not before:
it costs most of a second.
"""

from __future__ import annotations

from .clock import MarketClock, glance, read_clock
from .parse import Account
from .read import read_account_once, read_broker
from .reading import BrokerReading, Known, Reach
from .session import Session
from .settle import same_doubt

__all__ = [
    "Account",
    "BrokerReading",
    "Known",
    "MarketClock",
    "Reach",
    "Session",
    "glance",
    "read_account_once",
    "read_broker",
    "read_clock",
    "same_doubt",
]
