"""When the bankroll is to be corrected: the guide's three triggers, and nothing else.

A price tick alone changes nothing inside the tolerance; a deposit, a withdrawal or a trade made by
hand since the agreed point does, however small.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from .canon import normal
from .change import BankrollChange, Cause, Moved, Why
from .instant import Instant
from .ledger import Activity, flows
from .policy import Finding, Rules, within_tolerance

OVER_TOLERANCE = "over tolerance"
FLOW = "deposit or withdrawal"
MANUAL_FILL = "manual trade"
MISSING = "missing"


class Since(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What happened since the bankroll was last agreed on.

    ``recent`` are the activities proven since, None on first contact; ``manual_fills`` the keys of fills
    among them that the bot did not order. ``moved`` is which side left the agreed point, ``corrected`` when
    the book's number was last written by us.
    """

    recent: Iterable[Activity] | None
    manual_fills: Iterable[str]
    moved: Moved
    corrected: Instant | None = None


def bankroll_change(
    book: Decimal | None, amount: Decimal, rules: Rules, since: Since
) -> tuple[BankrollChange | None, Finding | None]:
    """Decide on the bankroll.

    Args:
        book: what the bot sizes its trades with, in dollars; None where the file or the number is missing.
        amount: the broker's reading of the basis, in dollars.
        rules: tolerance and basis.
        since: what happened since the agreed point.

    Returns:
        The change, if one is due; else a note on how far the book is off, if it is.
    """
    cash_flows = flows(since.recent or ())
    by_hand = tuple(since.manual_fills) if since.recent is not None else ()
    triggers = _triggers(book, amount, rules, flowed=bool(cash_flows), by_hand=bool(by_hand))
    if book == amount:
        return None, None
    if not triggers:
        return None, within_tolerance(book, amount, rules, since.corrected) if book is not None else None
    change = BankrollChange(
        before=book,
        basis=rules.basis,
        amount=amount,
        flows=normal(sum((row.net_amount or Decimal(0) for row in cash_flows), Decimal(0))),
        triggers=triggers,
        why=Why(
            moved=since.moved,
            cause=_cause(triggers, since.moved),
            evidence=(*(row.key for row in cash_flows), *by_hand),
        ),
    )
    return change, None


def _triggers(
    book: Decimal | None, amount: Decimal, rules: Rules, *, flowed: bool, by_hand: bool
) -> tuple[str, ...]:
    if book is None:
        return (MISSING,)
    found = []
    # the percentage of a basis of zero or less means nothing: any difference counts
    if amount <= 0 or abs(book - amount) * 100 > rules.tolerance_pct * amount:
        found.append(OVER_TOLERANCE)
    if flowed:
        found.append(FLOW)
    if by_hand:
        found.append(MANUAL_FILL)
    return tuple(found)


def _cause(triggers: tuple[str, ...], moved: Moved) -> Cause:
    if FLOW in triggers:
        return Cause.CASH_FLOW
    if MANUAL_FILL in triggers:
        return Cause.MANUAL
    if moved in {Moved.BOOK, Moved.BOTH}:
        return Cause.BOOK_EDIT
    return Cause.UNKNOWN if moved is Moved.BASELINE or MISSING in triggers else Cause.MARKET
