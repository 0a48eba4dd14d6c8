"""What stays unexplained from look to look: how much, since when, and when a person is asked.

A fee's row comes a day late, an expiry's overnight. So what is missing is carried along with its age, and
goes by itself when the activity arrives: the oldest amount of a key first, for that is the one whose row was
due first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, localcontext

import msgspec

from .canon import EXACT, Record, normal, plain
from .change import Cause
from .explanation import CASH, FELT_BEFORE, MISSING_BEFORE, Explanation
from .instant import Instant, readable, shift
from .ledger import FILL
from .money import dollars, signed
from .policy import Finding, Rules
from .proven import Told
from .state import State
from .symbols import CRYPTO, EQUITY, OPTION, Contract, asset_class, contract, multiplier
from .trading_days import market_day, past_expiry, trading_days_between

ZERO = Decimal(0)
UNEXPLAINED = frozenset({"cash-unexplained", "quantity-unexplained", "expiry-pending"})
"""The codes of the findings on what is missing."""
_CASH = "The broker's cash is not what its activities make it."
_QUANTITY = "The broker's position is not what its activities make it."
_EXPIRY = "An option past its expiry has vanished, and no activity says how."
FLOOR = Decimal("1.00")
_FORGOTTEN_DAYS = 90
_FEES: Mapping[str, Decimal] = {OPTION: Decimal("0.10"), EQUITY: Decimal("0.001")}
"""What a contract or a share may cost in fees that have no row yet, in dollars, at most.

A share counts as a hundredth of a contract, also where the rules say another amount for a contract.
"""
_COIN_FEE = Decimal("0.003")
"""What share of the coins bought may be taken as a fee that has no row yet, at most."""


class Missing(Record, frozen=True):
    """An amount without a cause: of ``cash`` in dollars, of a symbol in units; signed as the account moved.

    ``first`` and ``last`` are the looks at which it was seen. ``room`` is how much of it may be fees on their
    way. ``accepted``: a person has approved a plan that asked about it.
    """

    key: str
    amount: Decimal
    first: Instant
    last: Instant
    room: Decimal = ZERO
    accepted: bool = False


def carried(
    earlier: Iterable[Missing], found: Explanation, room: Mapping[str, Decimal]
) -> tuple[Missing, ...]:
    """What is missing at the second point of an explanation.

    Args:
        earlier: what was missing at its first point.
        found: the explanation.
        room: how much of each key may be fees on their way.
    """
    at, fresh, late = found.until, dict(found.unexplained.quantities), ZERO
    fresh[CASH] = found.unexplained.cash
    for part in found.parts:
        if part.cause is Cause.RESTATEMENT and part.what in {FELT_BEFORE, MISSING_BEFORE}:
            fresh[CASH] += part.cash
            fresh[part.symbol] = fresh.get(part.symbol, ZERO) + part.qty
        elif part.restates:
            late += part.cash
    old = [each for each in earlier if not (each.accepted and each.first < shift(at, days=-_FORGOTTEN_DAYS))]
    kept: list[Missing] = []
    with localcontext(EXACT):
        for key in sorted({each.key for each in old} | fresh.keys()):
            pieces = [each for each in old if each.key == key]
            amount = fresh.get(key, ZERO)
            if key == CASH and amount:
                # yesterday's fees are posted and today's are not: each has an age of its own
                pieces, left = _made_up(pieces, -late)
                amount += late + left
            pieces, amount = _made_up(pieces, amount)
            if amount:
                pieces = _added(pieces, key, normal(amount), at, room.get(key, ZERO))
            kept += pieces
    return tuple(msgspec.structs.replace(each, last=at) for each in kept)


def _made_up(pieces: list[Missing], amount: Decimal) -> tuple[list[Missing], Decimal]:
    """What an amount leaves of those of the other sign, oldest first; and what they leave of it."""
    kept = []
    for each in pieces:
        if amount and (each.amount > 0) != (amount > 0):
            used = min(abs(each.amount), abs(amount)).copy_sign(amount)
            amount -= used
            each = msgspec.structs.replace(each, amount=normal(each.amount + used))  # noqa: PLW2901
        if each.amount:
            kept.append(each)
    return kept, amount


def _added(pieces: list[Missing], key: str, amount: Decimal, at: Instant, room: Decimal) -> list[Missing]:
    """One more piece; those of one trading day are one."""
    if pieces and not pieces[-1].accepted and market_day(pieces[-1].first) == market_day(at):
        last = pieces[-1]
        more = msgspec.structs.replace(last, amount=normal(last.amount + amount), room=last.room + room)
        return [*pieces[:-1], more]
    return [*pieces, Missing(key=key, amount=amount, first=at, last=at, room=room)]


def sums(missing: Iterable[Missing]) -> dict[str, Decimal]:
    """How much is missing in all, by key."""
    total: dict[str, Decimal] = {}
    for each in missing:
        total[each.key] = EXACT.add(total.get(each.key, ZERO), each.amount)
    return total


def room_for_fees(told: Iterable[Told]) -> dict[str, Decimal]:
    """How much of each key may be fees on their way after these activities."""
    room = {CASH: ZERO}
    with localcontext(EXACT):
        for each in told:
            row = each.row
            if row.type != FILL or each.sign < 0 or row.void:
                continue
            kind, qty = asset_class(row.raw_symbol or row.symbol), row.qty or ZERO
            room[CASH] += _FEES.get(kind, ZERO) * qty
            if kind == CRYPTO and row.side == "buy":
                room[row.symbol] = room.get(row.symbol, ZERO) + _COIN_FEE * qty
    return {key: normal(amount) for key, amount in room.items()}


def accepted(missing: Iterable[Missing], keys: Iterable[str]) -> tuple[Missing, ...]:
    """The same, where a person has approved what is missing of these keys."""
    known = set(keys)
    return tuple(
        msgspec.structs.replace(each, accepted=True) if each.key in known else each for each in missing
    )


def missing_findings(
    missing: Iterable[Missing], at: Instant, broker: State, rules: Rules
) -> Iterator[Finding]:
    """What is to be said of what is missing, and whether a person is asked."""
    by_key: dict[str, list[Missing]] = {}
    for each in missing:
        if not each.accepted:
            by_key.setdefault(each.key, []).append(each)
    with localcontext(EXACT):
        totals = {key: sum((each.amount for each in pieces), ZERO) for key, pieces in by_key.items()}
        ended = _ended_options(totals, at, broker)
        delivered = _delivered(totals, ended)
        for key, pieces in sorted(by_key.items()):
            total = totals[key]
            if not total:
                continue
            if key in ended or (key in delivered and not _overdue(pieces, at, rules)):
                yield _vanished(pieces, total, at, rules)
            elif key == CASH:
                yield _cash(pieces, total, at, broker, rules)
            else:
                yield _quantity(pieces, total, at, broker, rules)


def _ended_options(totals: Mapping[str, Decimal], at: Instant, broker: State) -> dict[str, Contract]:
    """The options among what is missing whose last day is over, and that are not held any more."""
    held = {each.key for each in broker.positions}
    terms = {key: contract(key) for key in totals.keys() - held}
    return {key: each for key, each in terms.items() if each and past_expiry(each.expiry, at)}


def _delivered(totals: Mapping[str, Decimal], ended: Mapping[str, Contract]) -> set[str]:
    """The shares and the cash that are just what an assignment or exercise of such an option would make."""
    found: set[str] = set()
    for key, terms in ended.items():
        shares, cash = totals.get(terms.root, ZERO), totals.get(CASH, ZERO)
        if shares and abs(shares) == abs(totals[key]) * multiplier(OPTION) and cash == -shares * terms.strike:
            found |= {CASH, terms.root}
    return found


def _cash(pieces: list[Missing], total: Decimal, at: Instant, broker: State, rules: Rules) -> Finding:
    contracts = sum((each.room for each in pieces), ZERO) / _FEES[OPTION]
    floor = rules.cash_floor + contracts * rules.cash_per_contract
    cash, why = broker.cash or ZERO, _since(pieces)
    if abs(total) > floor:
        why = f"more than the {dollars(floor)} that fees on their way may come to, {why}"
    detail = (
        f"Cash is {dollars(cash)}; its activities make it {dollars(cash - total)}: unexplained"
        f" {signed(total)}, {why}. Fees are often posted a day late; this goes when their row comes."
    )
    if abs(total) > floor or _overdue(pieces, at, rules):
        return Finding(code="cash-unexplained", severity="approve", key=CASH, summary=_CASH, detail=detail)
    return Finding(code="cash-unexplained", severity="note", key=CASH, summary=_CASH, detail=detail)


def _quantity(pieces: list[Missing], total: Decimal, at: Instant, broker: State, rules: Rules) -> Finding:
    key = pieces[0].key
    position = next((each for each in broker.positions if each.key == key), None)
    is_ = position.qty if position else ZERO
    kind = position.asset_class if position else asset_class(key)
    fee = (
        total < 0 and -total <= sum((each.room for each in pieces), ZERO) and not _overdue(pieces, at, rules)
    )
    hint = " A coin's fee is taken at once, and posted at the end of the day." if fee else ""
    detail = (
        f"{key}: the broker lists {plain(is_)}; its activities make it {plain(is_ - total)}:"
        f" unexplained {plain(total)}, {_since(pieces)}.{hint}"
    )
    if fee or (broker.scope is not None and not broker.scope.covers(key, kind)):
        return Finding(
            code="quantity-unexplained", severity="note", key=key, summary=_QUANTITY, detail=detail
        )
    return Finding(code="quantity-unexplained", severity="approve", key=key, summary=_QUANTITY, detail=detail)


def _vanished(pieces: list[Missing], total: Decimal, at: Instant, rules: Rules) -> Finding:
    key = pieces[0].key
    detail = (
        f"{key}: {plain(-total)} expired or assigned, evidence pending, {_since(pieces)}."
        f" Such activities come overnight; {rules.late_days} trading day(s) are waited for."
    )
    if contract(key) is None:
        detail = (
            f"{key}: {signed(total) if key == CASH else plain(total)} is just what an assignment would make,"
            f" evidence pending, {_since(pieces)}."
        )
    if _overdue(pieces, at, rules):
        return Finding(code="expiry-pending", severity="approve", key=key, summary=_EXPIRY, detail=detail)
    return Finding(code="expiry-pending", severity="note", key=key, summary=_EXPIRY, detail=detail)


def _overdue(pieces: list[Missing], at: Instant, rules: Rules) -> bool:
    days = trading_days_between(market_day(pieces[0].first), market_day(at))
    return days >= rules.late_days


def _since(pieces: list[Missing]) -> str:
    return f"first seen {readable(pieces[0].first)}"
