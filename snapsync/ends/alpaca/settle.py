"""Whether one reading is of one instant, and whether it contradicts an earlier one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from typing import TypeVar

from snapsync.errors import BrokerError
from snapsync.model.instant import Instant, day_of, shift
from snapsync.model.ledger import FILL, Activity, Ledger
from snapsync.model.money import dollars
from snapsync.model.pages import Pages
from snapsync.model.policy import Finding
from snapsync.model.state import ORDER
from snapsync.model.symbols import CRYPTO
from snapsync.model.trades import Order
from snapsync.model.tree import Keyed

from .parse import Account, Holding, made, millisecond

R = TypeVar("R", bound=Keyed)

ZERO, DOLLAR, ROOM = Decimal(0), Decimal(1), Decimal("0.05")


class UnsettledError(Exception):
    """The account moved while it was read: read again."""


def still(start: Account, end: Account, rows: Iterable[Activity], at: Instant) -> None:
    """Nothing moved between the two looks at the account.

    Raises:
        UnsettledError: cash moved, or an activity is younger than the beginning.
    """
    if end.id != start.id:
        raise UnsettledError("the account's id changed")
    if end.cash != start.cash:
        raise UnsettledError(f"cash moved from {start.cash} to {end.cash}")
    # the broker's clock, as its answers tell it, has whole seconds
    soonest = shift(at, seconds=1)
    late = [row.key for row in rows if made(row) > soonest]
    if late:
        raise UnsettledError(f"{late[-1]} came in between")


def unlike(start: Account, end: Account, held: Iterable[Holding]) -> Iterator[Finding]:
    """The account's market value against the sum of its positions; prices may move a little in between.

    Not where coins are held: whether the account counts them in is not documented.
    """
    holdings = tuple(held)
    if not any(each.position.asset_class == CRYPTO for each in holdings):
        yield from _equity_unlike(start, end)
    values = [each.mark.market_value for each in holdings]
    if any(value is None for value in values) or any(
        each.position.asset_class == CRYPTO for each in holdings
    ):
        return
    for name, total in (
        ("long_market_value", sum((v for v in values if v and v > 0), ZERO)),
        ("short_market_value", sum((v for v in values if v and v < 0), ZERO)),
    ):
        told = [getattr(each.marks, name) for each in (start, end)]
        known = [value for value in told if value is not None]
        room = max([DOLLAR, *(abs(value) * ROOM for value in (*known, total))])
        if known and all(abs(value - total) > room for value in known):
            yield Finding(
                code="market-value-unlike",
                severity="note",
                key=name,
                summary="The account's market value is not the sum of its positions.",
                detail=f"The account's {name} is {dollars(known[0])}; its positions make {dollars(total)}.",
            )


def _equity_unlike(start: Account, end: Account) -> Iterator[Finding]:
    """Equity is cash and market value, within one answer; fees on their way may be in it or not."""
    offs = [_off(each) for each in (start, end)]
    if all(off is not None and abs(off) > DOLLAR + (start.marks.accrued_fees or ZERO) for off in offs):
        parts = start.marks.equity - (offs[0] or ZERO)
        yield Finding(
            code="equity-unlike",
            severity="note",
            key="equity",
            summary="The account's equity is not its cash and its market value.",
            detail=f"The account's equity is {dollars(start.marks.equity)};"
            f" its cash and its market value make {dollars(parts)}.",
        )


def _off(account: Account) -> Decimal | None:
    long, short = account.marks.long_market_value, account.marks.short_market_value
    if long is None or short is None:
        return None
    return account.marks.equity - account.cash - long - short


def same_doubt(finding: Finding) -> str:
    """What makes two doubts one; market values tick, so their numbers do not."""
    detail = "" if finding.code in {"market-value-unlike", "equity-unlike"} else finding.detail
    return f"{finding.code} {finding.key} {detail}"


def gone(
    ledger: Ledger, rows: Iterable[Activity], since: Instant, until: Instant, unread: Collection[str]
) -> Iterator[Activity]:
    """Fills that were read before and are missing now, although the window covers them.

    Not those of a millisecond that was not read whole (``unread``): they may be there all the same.
    """
    seen = {row.key for row in rows}
    for row in ledger.between(day_of(since), day_of(until)):
        if (
            row.type == FILL
            and not row.void
            and since < row.time < until
            and row.key not in seen
            and millisecond(row) not in unread
        ):
            yield row


def told_gone(row: Activity) -> Finding:
    """Note that a fill is not shown any more."""
    return Finding(
        code="activity-gone",
        severity="note",
        key=row.key,
        summary="The broker no longer shows an activity that it showed before.",
        detail=f"{row.key} is kept in the ledger; it may have been busted or corrected.",
        evidence=(row.key,),
    )


def told_unlike(order: Order, claimed: Decimal | None, total: Decimal) -> Finding:
    """Note that an order claims other fills than the activities show."""
    return Finding(
        code="fills-unlike",
        severity="note",
        key=order.symbol,
        summary="An order claims another quantity than its fills make.",
        detail=f"order {order.id} says {claimed} filled, its fills add up to {total}",
        evidence=(ORDER + order.id,),
    )


def settled(unlike: Iterable[Finding], before: Collection[Finding], doubts: Iterable[Finding]) -> None:
    """What orders claim against their fills stands still, and the positions are as the fills make them.

    A fill on its way shows in the positions. One that was busted before it was ever read does not, and
    whether its order takes it back is not documented: the fills count then.

    Raises:
        UnsettledError: it is new, or a position says otherwise too.
    """
    doubted = {each.key for each in doubts}
    open_ = [each.detail for each in unlike if each not in before or each.key in doubted]
    if open_:
        raise UnsettledError("; ".join(open_))


def checked_pages(row: type[R], rows: Iterable[R]) -> Pages[R]:
    """Rows of the broker as pages.

    Raises:
        BrokerError: the broker lists one thing twice; adding up or dropping would be a guess.
    """
    try:
        return Pages.of(row, rows)
    except ValueError as error:
        raise BrokerError(
            "The broker's answer is not understood.",
            detail=f"one answer holds {error}",
            hint="Try again; if this lasts, report it.",
        ) from error
