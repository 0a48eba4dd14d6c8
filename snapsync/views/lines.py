"""One line per change, in aligned columns, with its sign."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from snapsync.model.change import (
    BankrollChange,
    Cause,
    Change,
    Execution,
    Moved,
    PositionChange,
    TransactionChange,
    Why,
    sign,
)

from .amounts import SHOWN, Amounts
from .neutral import terminal
from .paint import Paint
from .table import GAP
from .times import local
from .width import padded, width
from .wrap import columns

Line = tuple[str, str, str, str, str]
"""sign, kind, key, what happens, cause"""


def lines(
    changes: Iterable[Change],
    zone: ZoneInfo,
    paint: Paint,
    *,
    verbose: bool = False,
    amounts: Amounts = SHOWN,
) -> list[str]:
    """The changes as aligned lines; with ``verbose`` each is followed by why and by its evidence."""
    rows = [(change, line(change, zone, amounts)) for change in changes]
    if not rows:
        return []
    widths = [max(width(row[column]) for _, row in rows) for column in range(4)]
    shown = []
    for change, row in rows:
        cells = [padded(cell, wide) for cell, wide in zip(row[1:3], widths[1:3], strict=True)]
        room = columns() - sum(widths[:3]) - len("  ") - len(" ") - 3 * len(GAP) - width(row[4])
        cells.append(padded(row[3], min(widths[3], room)))  # a cause moves left before it wraps
        text = f"{row[0]} {GAP.join([*cells, row[4]])}".rstrip()
        shown.append("  " + paint(text, row[0]))
        if verbose:
            shown += ["      " + paint(each, "dim") for each in _reasons(change, amounts)]
    return shown


def line(change: Change, zone: ZoneInfo, amounts: Amounts = SHOWN) -> Line:
    """The cells of one change, made harmless for a terminal."""
    because = _because(change.why)
    match change:
        case BankrollChange():
            return (sign(change), "bankroll", _off(change, amounts), _step(change, amounts), because)
        case PositionChange():
            return (sign(change), "position", terminal(change.key), _holding(change, amounts), because)
        case TransactionChange():
            symbol = terminal(change.after.symbol)
            return (sign(change), "trade", symbol, _trade(change, zone, amounts), because)


def _off(change: BankrollChange, amounts: Amounts) -> str:
    return "" if change.before is None else amounts.signed(change.amount - change.before)


def _step(change: BankrollChange, amounts: Amounts) -> str:
    before = "none" if change.before is None else amounts.dollars(change.before)
    return f"{before} → {amounts.dollars(change.amount)} ({change.basis})"


def _holding(change: PositionChange, amounts: Amounts) -> str:
    before, after, execution = change.before, change.after, change.execution
    at = _at(execution, amounts)
    if before is None and after is not None:
        reopened = ", reopened: never closed" if change.reopens else ""
        return f"{amounts.qty(after.qty)}{at}{reopened}"
    if before is not None and after is None:
        return f"{amounts.qty(before.qty)} → 0{_ended(execution, amounts)}"
    if before is not None and after is not None:
        if change.closed:
            ended = f"{amounts.qty(before.qty)} → 0{_ended(change.closed, amounts)}"
            return f"{ended}; new: {amounts.qty(after.qty)}{at}"
        return f"{amounts.qty(before.qty)} → {amounts.qty(after.qty)}"
    return ""


def _at(execution: Execution | None, amounts: Amounts) -> str:
    return f" @ {amounts.price(execution.price)}" if execution and execution.price else ""


def _ended(execution: Execution | None, amounts: Amounts) -> str:
    if execution and execution.source not in ("fills", "broker average"):
        return f", {execution.source}"
    return f", closed{_at(execution, amounts)}"


def _trade(change: TransactionChange, zone: ZoneInfo, amounts: Amounts) -> str:
    before, after = change.before, change.after
    when = local(after.time, zone)
    action, qty = terminal(after.action), amounts.qty(after.qty)
    if before is None:
        return f"{action} {qty} @ {amounts.price(after.price)}  {when}"
    linked = "key" in change.fields
    parts = [f"{action} {qty}" + ("" if linked else f" @ {amounts.price(after.price)}")]
    if "qty" in change.fields:
        parts[0] = f"{action} {amounts.qty(before.qty)} → {qty}"
    if "price" in change.fields:
        parts.append(f"price {amounts.price(before.price)} → {amounts.price(after.price)}")
    if "action" in change.fields:
        parts.append(f"was {terminal(before.action)}")
    if linked:  # what it was traded at stands in the book already; -v tells it
        parts.append("linked")
    if change.withdraws:
        parts.append("imported row withdrawn")
    return f"{', '.join(parts)}  {when}"


def _because(why: Why) -> str:
    if why.moved is Moved.BASELINE and why.cause is Cause.UNKNOWN:
        return "baseline"
    return why.cause.value


def _reasons(change: Change, amounts: Amounts) -> Iterable[str]:
    if isinstance(change, BankrollChange):
        yield f"because: {', '.join(change.triggers)}"
        if change.flows:
            yield f"deposits and withdrawals: {amounts.signed(change.flows)}"
    yield f"moved: {change.why.moved.value}; fields: {', '.join(change.fields)}"
    if isinstance(change, TransactionChange):
        yield f"key: {terminal(change.key)}, traded at {amounts.price(change.after.price)}"
    for each in change.why.evidence:
        yield f"evidence: {terminal(each)}"
