"""The rules about trades: what is said of rows and orders that do not go together as they should."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from .canon import plain
from .instant import Instant, readable, seconds_between, to_datetime
from .match import Matches, Pair, whole_hours
from .money import price
from .policy import Finding
from .state import Transaction

_SHOWN = 4
_ZONES = (
    "UTC",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
)
"""Where bots run, in the order in which they are proposed."""


def ambiguous(matches: Matches) -> Iterable[Finding]:
    """Note each order that more than one row without an id may stand for."""
    for order, rows in matches.ambiguous:
        yield Finding(
            code="ambiguous-match",
            severity="note",
            key=order.key,
            summary="More than one pairing of orders and rows without an order id is possible.",
            detail=f"The order {_said(order)} may be {_either(rows)}. Nothing is imported for it; write"
            " its id into the right row.",
            evidence=tuple(row.key for row in rows),
        )


def mistimed(matches: Matches, linked: Sequence[Pair], zone: str) -> Iterable[Finding]:
    """Note rows whose time is not that of their order, and which zone would be right where one would.

    Args:
        matches: rows without an order id; those that are like an order but for the hour are ``shifted``.
        linked: rows with an order id, and their orders, where the times differ.
        zone: the zone in which the book's times were read.
    """
    hours = {whole_hours(seconds_between(order.time, row.time)) for row, order in linked}
    if matches.shifted:
        yield _zone_finding(matches.shifted, matches.hours, zone)
    elif linked and len(hours) == 1 and (same := hours.pop()):
        yield _zone_finding(linked, same, zone)
    elif linked:
        row, order = linked[-1]
        yield Finding(
            code="time-differs",
            severity="note",
            key="transactions",
            summary="Rows of the history have another time than their orders.",
            detail=f"{len(linked)} row(s); the last: {_said(row)}, order {_said(order)}. They are left as"
            " they are.",
            evidence=tuple(order.key for _, order in linked),
        )


def _zone_finding(pairs: Sequence[Pair], hours: int, zone: str) -> Finding:
    row, order = pairs[0]
    way = "later" if hours > 0 else "earlier"
    right = _right_zone(pairs, hours, zone) or "…"
    waiting = "" if row.linked else " Nothing is imported for these orders until then."
    return Finding(
        code="book-timezone",
        severity="note",
        key="transactions",
        summary="The book's times seem to be in another time zone than configured.",
        detail=f"{len(pairs)} row(s) are like an order, but exactly {abs(hours)} h {way}; the first:"
        f" {_said(row)}, order {_said(order)}. Times that name no zone are read in {zone}.{waiting} If that"
        f" is wrong, set in config.yaml:\n  ALPACA_SYNC_BOOK_TIMEZONE: {right}",
        evidence=tuple(order.key for _, order in pairs),
    )


def _right_zone(pairs: Sequence[Pair], hours: int, zone: str) -> str | None:
    try:
        read = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # the machine's own zone need not have a name
        return None

    def fits(name: str) -> bool:
        there = ZoneInfo(name)
        for row, order in pairs:
            offset = to_datetime(row.time).astimezone(read).utcoffset() or timedelta()
            if to_datetime(order.time).astimezone(there).utcoffset() != offset + timedelta(hours=hours):
                return False
        return True

    return next((name for name in _ZONES if fits(name)), None)


def late_rows(keys: Iterable[str]) -> Iterable[Finding]:
    """Note orders that the history has twice: imported, changed since, and then written by the bot."""
    for key in keys:
        yield Finding(
            code="late-row",
            severity="note",
            key=key,
            summary="The bot wrote a row for an order that had been imported already.",
            detail=f"{key}: the imported row is no longer as it was written, so it is not taken out. Remove"
            " one of the two rows, or write the order's id into the bot's.",
        )


def unproven_rows(keys: Iterable[str], since: Instant) -> Iterable[Finding]:
    """Note rows that name an order which the broker does not show."""
    for key in sorted(keys):
        yield Finding(
            code="row-without-order",
            severity="note",
            key=key,
            summary="A row of the history names an order that the broker does not show.",
            detail=f"{key}: the broker was read completely since {readable(since)}. The row is kept.",
        )


def _either(rows: tuple[Transaction, ...]) -> str:
    said = [f"the row {_said(row)}" for row in rows[:_SHOWN]]
    more = [f"{len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else []
    return " or ".join(said + more)


def _said(trade: Transaction) -> str:
    at = trade.time[:19].replace("T", " ")
    return f"{trade.action} {plain(trade.qty)} {trade.symbol} @ {price(trade.price)} of {at} UTC"
