"""How amounts are shown: as they are, or hidden, for where balances are nobody's business."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from snapsync.model import money
from snapsync.model.canon import plain

MARK = "•••"
"""What stands for an amount that is hidden."""


class Amounts(NamedTuple):
    """The ways to write an amount: dollars, a difference in dollars, a price, a quantity."""

    dollars: Callable[[Decimal], str]
    signed: Callable[[Decimal], str]
    price: Callable[[Decimal | None], str]
    qty: Callable[[Decimal], str]
    hidden: bool


def _hidden(amount: Decimal | None) -> str:
    del amount
    return MARK


SHOWN = Amounts(money.dollars, money.signed, money.price, plain, hidden=False)
HIDDEN = Amounts(_hidden, _hidden, _hidden, _hidden, hidden=True)
