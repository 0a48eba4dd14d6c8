"""Findings: what the rules think of a change or of a plan. Data, never exceptions.

``note`` informs. ``approve`` wants a person's yes. ``refuse`` stops the apply. Codes are stable;
docs/findings.md says what each means and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Literal

from .canon import Record, RulesId, Stored, encode, identify, plain
from .change import COMPONENTS, Basis, Component
from .instant import Instant, readable
from .ledger import KNOWN_TYPES, Activity
from .money import dollars, signed
from .named import Named
from .state import Marks, OpenOrder, Position, PositionMark, State

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
    left to the bot; ``bot_prefix`` marks the bot's own client order ids. The others say when a person is
    asked: above which percentages, from how many positions on, how often a change may be written again, and
    above how many dollars, or after how many trading days, for what no activity explains.
    """

    tolerance_pct: Decimal = Decimal(1)
    basis: Basis = "equity"
    components: tuple[Component, ...] = COMPONENTS
    grace_seconds: int = 60
    bot_prefix: str = ""
    closing_pct: Decimal = Decimal(50)
    closing_count: int = 3
    leap_pct: Decimal = Decimal(25)
    repeats: int = 2
    cash_floor: Decimal = Decimal(1)
    cash_per_contract: Decimal = Decimal("0.1")
    late_days: int = 2

    @property
    def id(self) -> RulesId:
        return RulesId(identify(encode(self)))


def vanished(broker: State, marks: Marks) -> Iterable[Finding]:
    """Refuse a position list that is empty while the account shows market value."""
    value = abs(marks.long_market_value or Decimal(0)) + abs(marks.short_market_value or Decimal(0))
    if value and not broker.positions:
        yield Finding(
            code="positions-vanished",
            severity="refuse",
            key="positions",
            summary="The broker lists no positions while its account shows market value.",
            detail=f"The account's market value is {dollars(value)}; an empty list would close every"
            " open row. Plan again; if it stays so, ask the broker.",
        )


def left_out(book: State, broker: State, marks: Marks, delivered: Mapping[str, str]) -> Iterable[Finding]:
    """Note the holdings outside the Scope: on both sides ignored, never closed.

    Args:
        book: the book.
        broker: the account.
        marks: the account's prices.
        delivered: symbols that an option's assignment or exercise has moved lately, with the activity.
    """
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
    for held in sorted(outside, key=lambda p: p.key):
        if held.key in delivered:
            yield Finding(
                code="left-out-delivery",
                severity="note",
                key=held.key,
                summary="An option of this account became a holding that is not compared.",
                detail=f"{plain(held.qty)} {held.key} came of an assignment or exercise. Your bot's book"
                f" does not show them. To have them in it, add {held.asset_class} to"
                " ALPACA_SYNC_ASSET_CLASSES.",
                evidence=(delivered[held.key],),
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


def shared_account(named: Named) -> Iterable[Finding]:
    """Note that most orders with a name of their own are not this bot's: several bots, one account?"""
    if named.prefix and named.others * 2 > named.all:
        yield Finding(
            code="shared-account",
            severity="note",
            key="account",
            summary="Several bots seem to share this account.",
            detail=f"{named.others} of {named.all} orders with a client order id of their own do not begin"
            f" with {named.prefix}. One account should have one book.",
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


def another_host(last: str, here: str, env: str) -> Finding:
    """Tell that the book was last written from another machine: two that know nothing of each other?

    With real money a person is asked.
    """
    summary = "Another machine was the last to write this book."
    detail = (
        f"That was {last}, this is {here}. Is snapsync still at work there? Then each would undo the other."
        " If the bot has moved, apply this once from here."
    )
    if env == "live":
        return Finding(code="another-host", severity="approve", key="host", summary=summary, detail=detail)
    return Finding(code="another-host", severity="note", key="host", summary=summary, detail=detail)


def undone(applied: Mapping[str, Sequence[Instant]], rules: Rules) -> Iterable[Finding]:
    """Tell of changes that another writer has taken back, so that they are wanted again.

    At first it is told; then a person is asked, or two programs would undo each other for ever.

    Args:
        applied: when in the last 24 hours each change was applied already, by its key; sorted.
        rules: how often is too often.
    """
    for key, times in sorted(applied.items()):
        detail = (
            f"{key} was written {len(times)} time(s) in the last 24 h, last at {readable(times[-1])}, and is"
            " again as before. Which program writes it? Stop an old sync; let the bot read the book before it"
            " writes it."
        )
        if len(times) < rules.repeats:
            yield Finding(
                code="undone-by-another",
                severity="note",
                key=key,
                summary="Another program has undone what snapsync had written.",
                detail=detail,
            )
        else:
            yield Finding(
                code="undone-again",
                severity="approve",
                key=key,
                summary="Another program undoes again and again what snapsync writes.",
                detail=detail,
            )


def within_tolerance(book: Decimal, amount: Decimal, rules: Rules, corrected: Instant | None) -> Finding:
    """Note how far the bankroll is off where that is too little to change it, and since when that grew."""
    since = f"since the last correction, {readable(corrected)}" if corrected else "never corrected so far"
    return Finding(
        code="bankroll-within-tolerance",
        severity="note",
        key="bankroll",
        summary="The bankroll is off by less than the tolerance.",
        detail=f"The book says {dollars(book)}, the broker's {rules.basis} is {dollars(amount)}: off by"
        f" {signed(amount - book)}, {since} (tolerance {rules.tolerance_pct} %).",
    )
