"""A sync in the lines that its log has always had: one fact each, with one tag in front."""

from __future__ import annotations

from collections.abc import Iterable

from snapsync.model.canon import encode, plain
from snapsync.model.change import BankrollChange, Cause, Change, PositionChange, TransactionChange, sign
from snapsync.model.instant import Instant
from snapsync.model.money import dollars, price
from snapsync.model.plan import Reading
from snapsync.model.synced import Outcome, Synced

from .neutral import json_text, terminal

TAG = "[ALPACA-SYNC]"

_BY = {Cause.MANUAL: "manual ", Cause.BOT: "bot "}


def line(words: str) -> str:
    """One line of the log."""
    return f"{TAG} {words}"


def as_json(at: Instant, level: str, env: str, message: str) -> str:
    """One line of the log as a JSON object."""
    words = message.removeprefix(TAG).lstrip()
    return json_text(encode({"time": at, "level": level, "env": env, "message": words}).decode())


def lines(done: Synced, holdings: int | None = None) -> list[str]:
    """What was seen and done, in the order in which it was.

    Args:
        done: the sync.
        holdings: how many of the account's positions are compared.
    """
    said: list[str] = []
    reading = done.plan.reading if done.plan else None
    if reading:
        said += _account(reading)
    for outcome in done.outcomes:
        if outcome.component == "positions" and holdings is not None:
            said.append(f"Found {holdings} position{'' if holdings == 1 else 's'} in Alpaca account")
        said += _outcome(outcome)
    return [line(each) for each in said]


def _account(reading: Reading) -> Iterable[str]:
    cash = "unknown" if reading.cash is None else dollars(reading.cash)
    yield f"Alpaca account - Equity: {dollars(reading.equity)}, Cash: {cash}"
    local = "none" if reading.bankroll is None else dollars(reading.bankroll)
    yield f"Balance comparison - Local: {local}, Alpaca: {dollars(reading.equity)}"


def _outcome(outcome: Outcome) -> Iterable[str]:
    written = outcome.standing != "drift"
    for change in outcome.changes:
        yield _change(change, written=written)
    for left in outcome.left:
        what = _change(left.change, written=False)
        if left.held:
            yield f"On hold, not applied: {what}"
        else:
            why = left.finding.summary if left.finding else "An approval is missing."
            yield f"Blocked, not applied: {what} - {why}"
    for key in outcome.pending:
        yield f"Pending, left to the bot for now: {terminal(key)}"
    if outcome.standing == "in step":
        yield f"{outcome.component.capitalize()} in step"
    if outcome.reason:
        yield f"{outcome.component.capitalize()} {outcome.standing}: {terminal(outcome.reason)}"


def _change(change: Change, *, written: bool) -> str:
    match change:
        case BankrollChange():
            before = "none" if change.before is None else dollars(change.before)
            step = f"from {before} to {dollars(change.amount)}"
            return (
                f"Bankroll synchronized - Updated {step}"
                if written
                else f"Bankroll differs - To update {step}"
            )
        case PositionChange():
            return _position(change)
        case TransactionChange():
            trade = change.after
            words = (
                f"{terminal(trade.action)} {plain(trade.qty)} {terminal(trade.symbol)} @ {price(trade.price)}"
            )
            if written:
                return f"{'Imported' if change.before is None else 'Corrected'} trade: {words}"
            return f"{'Missing' if change.before is None else 'Differing'} trade: {words}"


def _position(change: PositionChange) -> str:
    key, cause = terminal(change.key), change.why.cause
    if change.before is None and change.after is not None:
        return f"Detected {_BY.get(cause, '')}position: {key} (qty: {plain(change.after.qty)})"
    if change.after is None:
        how = {Cause.MANUAL: "closed manually", Cause.OPTION_EVENT: "expired, assigned or exercised"}
        return f"Position {how.get(cause, 'closed')}: {key}"
    if change.before is None:
        raise ValueError(f"a change of nothing: {sign(change)} {change.key}")
    if change.closed:
        return f"Position closed and opened again: {key} (qty: {plain(change.after.qty)})"
    return f"Quantity mismatch: {key} (local: {plain(change.before.qty)}, Alpaca: {plain(change.after.qty)})"
