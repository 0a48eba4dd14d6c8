"""One line per change, in aligned columns, with its sign."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from zoneinfo import ZoneInfo

from snapsync.model.canon import plain
from snapsync.model.change import (
    BankrollChange,
    Cause,
    Change,
    Moved,
    PositionChange,
    TransactionChange,
    Why,
    sign,
)
from snapsync.model.money import dollars, price, signed

from .neutral import terminal
from .paint import Paint
from .times import local

Line = tuple[str, str, str, str, str]
"""sign, kind, key, what happens, cause"""


def lines(changes: Iterable[Change], zone: ZoneInfo, paint: Paint, *, verbose: bool = False) -> list[str]:
    """The changes as aligned lines; with ``verbose`` each is followed by why and by its evidence."""
    rows = [(change, _line(change, zone)) for change in changes]
    if not rows:
        return []
    widths = [max(len(row[column]) for _, row in rows) for column in range(4)]
    shown = []
    for change, (mark, kind, key, what, cause) in rows:
        text = f"{mark} {kind:<{widths[1]}}  {key:<{widths[2]}}  {what:<{widths[3]}}  {cause}".rstrip()
        shown.append("  " + paint(text, mark))
        if verbose:
            shown += ["      " + paint(each, "dim") for each in _reasons(change)]
    return shown


def _line(change: Change, zone: ZoneInfo) -> Line:
    match change:
        case BankrollChange():
            return (sign(change), "bankroll", _off(change), _step(change), _because(change.why))
        case PositionChange():
            key = terminal(change.key)
            return (sign(change), "position", key, _holding(change), _because(change.why))
        case TransactionChange():
            symbol = terminal(change.after.symbol)
            return (sign(change), "trade", symbol, _trade(change, zone), _because(change.why))


def _off(change: BankrollChange) -> str:
    return "" if change.before is None else signed(change.amount - change.before)


def _step(change: BankrollChange) -> str:
    before = "none" if change.before is None else dollars(change.before)
    return f"{before} → {dollars(change.amount)} ({change.basis})"


def _holding(change: PositionChange) -> str:
    before, after, execution = change.before, change.after, change.execution
    at = f" @ {price(execution.price)}" if execution and execution.price else ""
    if before is None and after is not None:
        return f"{_qty(after.qty)}{at}{', reopened: it was never closed' if change.reopens else ''}"
    if before is not None and after is None:
        event = execution and execution.source not in ("fills", "broker average")
        how = f", {execution.source}" if execution and event else f", closed{at}"
        return f"{_qty(before.qty)} → 0{how}"
    if before is not None and after is not None:
        return f"{_qty(before.qty)} → {_qty(after.qty)}"
    return ""


def _trade(change: TransactionChange, zone: ZoneInfo) -> str:
    before, after = change.before, change.after
    when = local(after.time, zone)
    if before is None:
        return f"{terminal(after.action)} {_qty(after.qty)} @ {price(after.price)}  {when}"
    parts = [f"{terminal(after.action)} {_qty(after.qty)} @ {price(after.price)}"]
    if "qty" in change.fields:
        parts[0] = f"{terminal(after.action)} {_qty(before.qty)} → {_qty(after.qty)}"
    if "price" in change.fields:
        parts.append(f"price {price(before.price)} → {price(after.price)}")
    if "action" in change.fields:
        parts.append(f"was {terminal(before.action)}")
    if "key" in change.fields:
        parts.append("linked")
    if change.withdraws:
        parts.append("imported row withdrawn")
    return f"{', '.join(parts)}  {when}"


def _qty(qty: Decimal) -> str:
    return plain(qty)


def _because(why: Why) -> str:
    if why.moved is Moved.BASELINE and why.cause is Cause.UNKNOWN:
        return "baseline"
    return why.cause.value


def _reasons(change: Change) -> Iterable[str]:
    if isinstance(change, BankrollChange):
        yield f"because: {', '.join(change.triggers)}"
        if change.flows:
            yield f"deposits and withdrawals: {signed(change.flows)}"
    yield f"moved: {change.why.moved.value}; fields: {', '.join(change.fields)}"
    if isinstance(change, TransactionChange):
        yield f"key: {terminal(change.key)}"
    for each in change.why.evidence:
        yield f"evidence: {terminal(each)}"
