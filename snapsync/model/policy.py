"""Findings: what the rules think of a change or of a plan. Data, never exceptions.

``note`` informs. ``approve`` wants a person's yes. ``refuse`` stops the apply. Codes are stable;
docs/findings.md says what each means and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from .canon import Record, RulesId, Stored, encode, identify, plain
from .change import COMPONENTS, Basis, Component
from .instant import Instant
from .ledger import KNOWN_TYPES, Activity
from .match import Matches
from .money import dollars, signed
from .state import Marks, OpenOrder, Position, PositionMark, State, Transaction

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)

Severity = Literal["note", "approve", "refuse"]
SEVERITIES: tuple[Severity, ...] = ("note", "approve", "refuse")


class Finding(Record, frozen=True):
    """One judgement: a stable code, what it is about (``key``), and sentences for people."""

    code: str
    severity: Severity
    key: str
    summary: str
    detail: str = ""
    evidence: tuple[str, ...] = ()


class Rules(Stored, frozen=True, tag="rules"):
    """Everything that a plan depends on beside the facts.

    ``tolerance_pct`` is in percent of the basis; ``grace_seconds`` is how young a fill may be to be
    left to the bot; ``bot_prefix`` marks the bot's own client order ids.
    """

    tolerance_pct: Decimal = Decimal(1)
    basis: Basis = "equity"
    components: tuple[Component, ...] = COMPONENTS
    grace_seconds: int = 60
    bot_prefix: str = ""

    @property
    def id(self) -> RulesId:
        return RulesId(identify(encode(self)))


def vanished(broker: State, marks: Marks) -> Iterable[Finding]:
    """Refuse a position list that is empty while the account shows market value."""
    value = abs(marks.long_market_value or Decimal(0)) + abs(marks.short_market_value or Decimal(0))
    if value and not broker.positions.buckets:
        yield Finding(
            code="positions-vanished",
            severity="refuse",
            key="positions",
            summary="The broker lists no positions while its account shows market value.",
            detail=f"The account's market value is {dollars(value)}; an empty list would close every"
            " open row. Plan again; if it stays so, ask the broker.",
        )


def left_out(book: State, broker: State, marks: Marks) -> Iterable[Finding]:
    """Note the holdings outside the Scope: on both sides ignored, never closed."""
    scope = broker.scope
    if scope is None:
        return
    outside = [p for p in broker.positions if not scope.covers(p.key, p.asset_class)]
    rows = sum(not scope.covers(p.key, p.asset_class) for p in book.positions)
    if outside or rows:
        yield Finding(
            code="left-out",
            severity="note",
            key="positions",
            summary="Holdings outside the compared asset classes or symbols are left alone.",
            detail="\n".join(
                [_listed(outside, marks)] * bool(outside) + [f"{rows} open row(s) of the book."] * bool(rows)
            ),
        )


def _listed(held: list[Position], marks: Marks) -> str:
    known = {p.key: marks.positions.get(p.key, PositionMark()).market_value for p in held}
    worth = sum((value for value in known.values() if value is not None), Decimal(0))
    each = ", ".join(
        f"{plain(p.qty)} {p.key}" + (f" ({dollars(value)})" if (value := known[p.key]) is not None else "")
        for p in sorted(held, key=lambda p: p.key)
    )
    return f"At the broker {len(held)}, worth {dollars(worth)} in all: {each}."


def pending(symbols: Iterable[str], rules: Rules) -> Iterable[Finding]:
    """Note what is left to the bot for now because its fill is so young."""
    for symbol in sorted(symbols):
        yield Finding(
            code="pending",
            severity="note",
            key=symbol,
            summary="A fill is so young that the bot may be about to write its own row.",
            detail=f"{symbol} was filled less than {rules.grace_seconds} s ago; it is compared after that.",
        )


def ambiguous(matches: Matches) -> Iterable[Finding]:
    """Note each order that more than one row without an id may stand for."""
    for order, rows in matches.ambiguous:
        yield Finding(
            code="ambiguous-match",
            severity="note",
            key=order.key,
            summary="More than one pairing of orders and rows without an order id is possible.",
            detail=f"{order.action} {order.qty} {order.symbol} at {order.time}: {len(rows)} row(s) of the"
            " history fit. Nothing is imported for it; write the order id into the right row.",
        )


def unproven_rows(keys: Iterable[str], since: Instant) -> Iterable[Finding]:
    """Note rows that name an order which the broker does not show."""
    for key in sorted(keys):
        yield Finding(
            code="row-without-order",
            severity="note",
            key=key,
            summary="A row of the history names an order that the broker does not show.",
            detail=f"{key}: the broker was read completely since {since}. The row is kept.",
        )


def unknown_types(rows: Iterable[Activity]) -> Iterable[Finding]:
    """Note activities of a type that we do not know: kept as evidence, counted by their net amount."""
    for row in rows:
        if row.type not in KNOWN_TYPES:
            amount = "no amount" if row.net_amount is None else dollars(row.net_amount)
            yield Finding(
                code="unknown-activity",
                severity="note",
                key=row.key,
                summary="The account has an activity of a type that snapsync does not know.",
                detail=f"{row.type} {row.symbol or ''} of {row.time[:10]}: {amount}. It is kept.",
                evidence=(row.key,),
            )


def in_flight(orders: Iterable[OpenOrder]) -> Iterable[Finding]:
    """Note orders that are filled in part and may fill further: a trade waits until its order is done."""
    for order in orders:
        if order.filled_qty:
            yield Finding(
                code="in-flight",
                severity="note",
                key=order.symbol,
                summary="An order is filled in part and may fill further.",
                detail=f"{order.side or 'order'} {order.symbol}: {order.filled_qty} of {order.qty or '?'}"
                " filled. Its trade is recorded when the order is done.",
            )


def shared_account(trades: Iterable[Transaction], prefix: str) -> Iterable[Finding]:
    """Note that most orders with a name of their own are not this bot's: several bots, one account?"""
    ids = (row.client_order_id for row in trades)
    named = [id for id in ids if id and not _UUID.fullmatch(id)]  # the server's own ids are UUIDs
    others = [id for id in named if not id.startswith(prefix)]
    if prefix and len(others) * 2 > len(named):
        yield Finding(
            code="shared-account",
            severity="note",
            key="account",
            summary="Several bots seem to share this account.",
            detail=f"{len(others)} of {len(named)} orders with a client order id of their own do not begin"
            f" with {prefix}. One account should have one book.",
        )


def baseline() -> Finding:
    """Note that there is no earlier proven point: differences have no explanation yet."""
    return Finding(
        code="baseline",
        severity="note",
        key="plan",
        summary="First contact: there is no earlier agreed point to explain differences from.",
        detail="Applying makes this the agreed point; the book's old bytes are kept.",
    )


def within_tolerance(book: Decimal, amount: Decimal, rules: Rules) -> Finding:
    """Note how far the bankroll is off where that is too little to change it."""
    return Finding(
        code="bankroll-within-tolerance",
        severity="note",
        key="bankroll",
        summary="The bankroll is off by less than the tolerance.",
        detail=f"The book says {dollars(book)}, the broker's {rules.basis} is {dollars(amount)}: off by"
        f" {signed(amount - book)} (tolerance {rules.tolerance_pct} %).",
    )
