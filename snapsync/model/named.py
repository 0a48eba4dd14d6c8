"""Whose orders the account's trades were, as far as the ids tell that their senders gave them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .canon import Record
from .state import Transaction

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
"""What the broker's server names an order that has no name of its own."""


class Named(Record, frozen=True):
    """How many trades have a name of their own, ``all`` in all, and how many of these are ``others``.

    Others are those whose name does not begin with ``prefix``. Kept with each look, so that the next one
    counts what has changed since and not a whole history.
    """

    prefix: str
    all: int = 0
    others: int = 0

    def counted(self, trades: Iterable[Transaction | None], sign: int = 1) -> Named:
        """With these trades too; with a sign of -1, without them."""
        named = [id for each in trades if each and (id := each.client_order_id) and not _UUID.fullmatch(id)]
        others = sum(not id.startswith(self.prefix) for id in named)
        return Named(prefix=self.prefix, all=self.all + sign * len(named), others=self.others + sign * others)

    def changed(self, changes: Mapping[str, tuple[Transaction | None, Transaction | None]]) -> Named:
        """After these changes, each as (before, after)."""
        without = self.counted((before for before, _ in changes.values()), -1)
        return without.counted(after for _, after in changes.values())
