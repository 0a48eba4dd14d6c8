"""Roll the last proven State forward by the activities since: what the broker's own numbers leave unsaid.

Two derivations of each position and of cash, one from the broker's lists and one from its activities,
must agree. Where they do not, and stay so, the difference is reported with both numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, localcontext

from .canon import EXACT, normal
from .ledger import FILL, POSITION_EVENTS, Activity
from .money import dollars, signed
from .policy import Finding
from .state import State
from .symbols import EQUITY, OPTION, asset_class, canonical, multiplier
from .trades import SIDES

ZERO = Decimal(0)
FLOOR = Decimal("1.00")
FLOOR_PER_CONTRACT = Decimal("0.10")
FLOOR_PER_SHARE = Decimal("0.001")
"""Fees are posted a day late (pitfall 20): up to so much of cash may lack its row meanwhile."""
NINTH_DECIMAL = Decimal("1e-9")


def quantity_effects(row: Activity) -> Iterator[tuple[str, Decimal]]:
    """By how much an activity moves which holdings; signed. A coin-for-coin fill moves two."""
    if row.void or row.qty is None:
        return
    if row.type == FILL:
        signed_qty = row.qty if SIDES[row.side or ""] == "buy" else -row.qty
        coin, quote = _pair(row)
        yield coin, signed_qty
        if quote:
            yield quote, normal(EXACT.multiply(-signed_qty, row.price or ZERO))
    elif row.type in POSITION_EVENTS or (row.type, row.sub_type) == ("DIV", "SDIV"):
        # any other dividend's qty is the number of shares that it was paid on
        yield row.symbol, row.qty


def cash_effect(row: Activity, multipliers: Mapping[str, Decimal]) -> Decimal:
    """By how many dollars an activity moves cash; signed. A coin-for-coin fill moves none."""
    if row.void:
        return ZERO
    if row.type != FILL:
        return row.net_amount or ZERO
    if _pair(row)[1]:
        return ZERO
    each = multipliers.get(row.symbol) or multiplier(asset_class(row.raw_symbol or row.symbol))
    amount = EXACT.multiply(EXACT.multiply(row.qty or ZERO, row.price or ZERO), each)
    return -amount if SIDES[row.side or ""] == "buy" else amount


def unexplained(
    before: State,
    after: State,
    rows: Iterable[Activity],
    undone: Iterable[Activity] = (),
    multipliers: Mapping[str, Decimal] | None = None,
) -> tuple[Finding, ...]:
    """Where positions and cash are not what the last proven State and the new activities make them.

    Args:
        before: the last proven State.
        after: the State to explain.
        rows: the activities since, and those that are told otherwise now.
        undone: how the latter were told before, such as one that was canceled since.
        multipliers: of contracts that neither State holds.
    """
    new, old = tuple(rows), tuple(undone)
    sizes = {**(multipliers or {}), **{p.key: p.multiplier for p in (*before.positions, *after.positions)}}
    with localcontext(EXACT):
        return (*_quantities(before, after, new, old), *_cash(before, after, new, old, sizes))


def _quantities(
    before: State, after: State, rows: tuple[Activity, ...], undone: tuple[Activity, ...]
) -> Iterator[Finding]:
    expected = {p.key: p.qty for p in before.positions}
    for row in rows:
        for symbol, qty in quantity_effects(row):
            expected[symbol] = expected.get(symbol, ZERO) + qty
    for row in undone:
        for symbol, qty in quantity_effects(row):
            expected[symbol] = expected.get(symbol, ZERO) - qty
    found = {p.key: p.qty for p in after.positions}
    # what a coin is paid with is rounded to nine decimals by the broker, once per fill
    hair = NINTH_DECIMAL * sum(_pair(row)[1] is not None for row in rows if row.type == FILL)
    for symbol in sorted(expected.keys() | found.keys()):
        should, is_ = expected.get(symbol, ZERO), found.get(symbol, ZERO)
        if abs(should - is_) > hair:
            yield Finding(
                code="quantity-unexplained",
                severity="note",
                key=symbol,
                summary="The broker's position is not what its activities make it.",
                detail=f"{symbol}: the broker lists {normal(is_)}; the last proven position and"
                f" the activities since make it {normal(should)}.",
            )


def _cash(
    before: State,
    after: State,
    rows: tuple[Activity, ...],
    undone: tuple[Activity, ...],
    multipliers: Mapping[str, Decimal],
) -> Iterator[Finding]:
    rest = (after.cash or ZERO) - (before.cash or ZERO)
    rest -= sum((cash_effect(row, multipliers) for row in rows), ZERO)
    rest += sum((cash_effect(row, multipliers) for row in undone), ZERO)
    fees = sum((_fees(row) for row in rows if row.type == FILL), ZERO)
    if abs(rest) > FLOOR + fees:
        yield Finding(
            code="cash-unexplained",
            severity="note",
            key="cash",
            summary="The broker's cash is not what its activities make it.",
            detail=f"Cash is {dollars(after.cash or ZERO)}: {signed(normal(rest))} beside the last proven"
            " amount and the activities since. Fees are often posted a day late.",
        )


def _fees(row: Activity) -> Decimal:
    """What a fill may cost in fees that have no row yet, at most; coins are charged in coins."""
    kind = asset_class(row.raw_symbol or row.symbol)
    each = {OPTION: FLOOR_PER_CONTRACT, EQUITY: FLOOR_PER_SHARE}.get(kind, ZERO)
    return each * (row.qty or ZERO)


def _pair(row: Activity) -> tuple[str, str | None]:
    """The holding that a fill moves, and for a coin-for-coin fill the one that it is paid with."""
    base, slash, quote = (row.raw_symbol or "").partition("/")
    if not slash or asset_class(row.raw_symbol or "") == EQUITY or quote == "USD":
        return row.symbol, None
    return canonical(f"{base}/USD"), canonical(f"{quote}/USD")
