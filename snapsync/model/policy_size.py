"""Findings on how much a plan would change at once: a person is asked where it is a lot and unexplained."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .change import BankrollChange, Cause, Change, PositionChange
from .money import dollars, signed
from .policy import Finding, Rules


def mass_close(changes: Iterable[Change], held: int, rules: Rules) -> Iterable[Finding]:
    """Ask before many open positions are closed for which no trade, expiry or the like is known.

    Args:
        changes: the plan's.
        held: how many open positions the book has.
        rules: how many of them, and which part of all, is too many.
    """
    bare = [
        change.key
        for change in changes
        if isinstance(change, PositionChange)
        and change.after is None
        and not change.why.evidence
        and change.why.cause is not Cause.ACCOUNT_RESET
    ]
    if len(bare) >= rules.closing_count and len(bare) * 100 > rules.closing_pct * held:
        yield Finding(
            code="mass-close",
            severity="approve",
            key="positions",
            summary="Many open positions would be closed without any trade that closed them.",
            detail=f"{len(bare)} of {held}: {', '.join(sorted(bare))}. Is it the right account? Were they"
            " closed before the days that were read?",
        )


def leap(changes: Iterable[Change], rules: Rules) -> Iterable[Finding]:
    """Ask before the bankroll makes a step that deposits and withdrawals do not explain."""
    for change in changes:
        if not isinstance(change, BankrollChange) or change.before is None:
            continue
        step = change.amount - change.before - change.flows
        if abs(step) * 100 > rules.leap_pct * max(change.before, Decimal(0)):
            yield Finding(
                code="bankroll-leap",
                severity="approve",
                key=change.key,
                summary="The bankroll would make a step that no deposit or withdrawal explains.",
                detail=f"From {dollars(change.before)} to {dollars(change.amount)}: {signed(step)} is not"
                f" explained (asked above {rules.leap_pct} %). Is it the right account?",
            )
