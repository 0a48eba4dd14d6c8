"""A row of looks as they are known now: each with the activities that its account had felt already.

Rows that came late explain an earlier day than the one on which they came. What is told otherwise since
(a bust, a correction) stays as each look knew it: that is when the account felt it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .ledger import Activity
from .proven import Proven, made


def as_now_known(looks: Sequence[Proven]) -> list[Proven]:
    """Looks of one account, in the order of time, each with the rows that the broker had made by then."""
    known: list[Proven] = []
    for look in reversed(looks):
        known.append(_with_later_rows(look, known[-1]) if known else look)
    return known[::-1]


def _with_later_rows(look: Proven, later: Proven) -> Proven:
    rows: list[Activity] = []
    for before, after in later.ledger.changed_since(look.ledger).values():
        if before is None and after is not None and made(after) <= look.at:
            rows.append(after)
    return msgspec.structs.replace(look, ledger=look.ledger.merged(rows)) if rows else look
