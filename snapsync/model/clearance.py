"""Whether a bot may trade on its book: the answer to one question before one trade."""

from __future__ import annotations

from typing import Literal

from .canon import PlanId, Record
from .instant import Instant

Intent = Literal["open", "close"]
Known = Literal["ok", "drift", "unknown"]


class Clearance(Record, frozen=True):
    """What is known of the book before a trade. True where nothing speaks against the trade.

    That is: the book is in step, or the trade only reduces risk (``intent`` is ``close``), or the question
    is switched off. ``standing`` says what is known, whatever the intent: ``unknown`` is where it could not
    be found out. ``age`` is how old that knowledge is, in seconds; until ``good_until`` the same question
    is answered from it, without asking the broker.
    """

    standing: Known
    intent: Intent
    reason: str
    plan: PlanId | None = None
    age: float | None = None
    good_until: Instant | None = None
    off: bool = False

    def __bool__(self) -> bool:
        return self.standing == "ok" or self.intent == "close" or self.off
