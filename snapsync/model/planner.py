"""The planner: from the agreed point, the book, the broker and the rules to a Plan; a pure function."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from .bankroll import bankroll_change
from .change import (
    BANKROLL,
    BankrollChange,
    Cause,
    Change,
    PositionChange,
    TransactionChange,
    changed_fields,
    component,
)
from .evidence import Evidence, of_reset
from .instant import Instant, shift
from .match import Matches, match
from .plan import Look, Plan, reading_of
from .policy import (
    Finding,
    Rules,
    ambiguous,
    baseline,
    in_flight,
    left_out,
    pending,
    shared_account,
    unknown_types,
    unproven_rows,
    vanished,
)
from .state import IMPORTED, ORDER, Marks, Position, State, Transaction
from .symbols import asset_class
from .threeway import Base, Moves, position_moves, transaction_moves


def plan(look: Look, base: Base | None, rules: Rules) -> Plan:
    """Compute what the book should change to be true to the broker."""
    trades = _compared_trades(look, base)
    booked = {row.key for row in look.book.transactions if row.origin != IMPORTED} | trades.links
    evidence = Evidence(look.ledger, look.broker, rules, booked=booked, base=base)
    young = evidence.filled_since(shift(look.at, seconds=-rules.grace_seconds))
    positions = _positions(look, base, evidence)
    changes: list[Change] = [*positions, *_transactions(trades, evidence)]
    held = [change for change in changes if _symbol(change) in young]
    due = [change for change in changes if _symbol(change) not in young]
    bankroll, note = _bankroll(look, base, rules, evidence, young)
    if bankroll:
        due.insert(0, bankroll)
    findings = (
        *(() if base else (baseline(),)),
        *_broker_findings(look, base, rules, evidence),
        *pending({_symbol(change) for change in held}, rules),
        *ambiguous(trades.matches),
        *unproven_rows(trades.strays, trades.since),
        *((note,) if note else ()),
        *left_out(look.book, look.broker, look.marks),
    )
    return Plan(
        env=look.env,
        account=look.account,
        scope=look.scope,
        rules=rules.id,
        origin="sync",
        at=look.at,
        book=look.book_snapshot,
        broker=look.broker_snapshot,
        changes=tuple(change for change in due if component(change) in rules.components),
        findings=findings,
        withheld=tuple(sorted({change.key for change in held} | trades.doubtful)),
        reading=reading_of(look),
    )


def _broker_findings(look: Look, base: Base | None, rules: Rules, evidence: Evidence) -> Iterator[Finding]:
    """What is to be said of the account itself, whatever the book says."""
    yield from look.observations
    yield from vanished(look.broker, look.marks)
    yield from unknown_types(evidence.recent if base else look.ledger)
    working = (each for each in look.open_orders if look.scope.covers(each.symbol, asset_class(each.symbol)))
    yield from in_flight(working)
    yield from shared_account(look.broker.transactions, rules.bot_prefix)


def _symbol(change: Change) -> str:
    match change:
        case TransactionChange():
            return change.after.symbol
        case _:
            return change.key


def _positions(look: Look, base: Base | None, evidence: Evidence) -> list[PositionChange]:
    scope = look.scope
    moves = position_moves(base, look.book, look.broker)
    book, broker = _held(look.book), _held(look.broker)
    agreed = base.broker.positions.by_key() if base else {}
    found = []
    for key in moves.worth_a_look(book.keys() | broker.keys()):
        before, after = book.get(key), broker.get(key)
        seen = after or before
        if seen is None or not scope.covers(key, seen.asset_class):
            continue
        fields = ("qty",) if before is None or after is None else changed_fields(before, after)
        if fields:
            execution, why = evidence.of_position(before, after, agreed.get(key), moves.of(key))
            if look.rebound and after is None and not why.evidence:
                execution, why = of_reset(moves.of(key))
            found.append(
                PositionChange(before=before, after=after, fields=fields, execution=execution, why=why)
            )
    return found


def _held(side: State) -> dict[str, Position]:
    return {position.key: position for position in side.positions if position.qty}


class _Trades(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The broker's trades that are compared, each with the book's row for it; ``strays`` are rows without."""

    since: Instant
    moves: Moves
    orders: list[Transaction]
    rows: dict[str, Transaction]
    matches: Matches
    strays: list[str]

    @property
    def links(self) -> set[str]:
        return {order.key for _, order in self.matches.links}

    @property
    def doubtful(self) -> set[str]:
        return {order.key for order, _ in self.matches.ambiguous}


def _compared_trades(look: Look, base: Base | None) -> _Trades:
    moves = transaction_moves(base, look.book, look.broker)
    since = look.broker.coverage.since if look.broker.coverage else look.at
    book, broker = look.book.transactions.by_key(), look.broker.transactions.by_key()

    def compared(row: Transaction) -> bool:
        return row.time >= since and look.scope.covers(row.symbol, row.asset_class)

    orders = [broker[key] for key in moves.worth_a_look(broker.keys()) if compared(broker[key])]
    matches = match(
        (row for row in book.values() if not row.linked and row.time >= shift(since, minutes=-5)),
        (order for order in orders if order.key not in book),
    )
    working = {f"{ORDER}{order.id}" for order in look.open_orders}
    return _Trades(
        since=since,
        moves=moves,
        orders=orders,
        rows={
            **{order.key: book[order.key] for order in orders if order.key in book},
            **{order.key: row for row, order in matches.links},
        },
        matches=matches,
        strays=[
            key
            for key in moves.worth_a_look(book.keys() - broker.keys() - working)
            if book[key].linked and compared(book[key])
        ],
    )


def _transactions(trades: _Trades, evidence: Evidence) -> list[TransactionChange]:
    found = []
    for order in trades.orders:
        row = trades.rows.get(order.key)
        fields = () if order.key in trades.doubtful else _fields(row, order)
        if fields:
            moved = trades.moves.of(order.key, row.key if row else order.key)
            why = evidence.of_transaction(order, moved)
            found.append(TransactionChange(before=row, after=order, fields=fields, why=why))
    return sorted(found, key=lambda change: (change.after.time, change.key))


def _fields(row: Transaction | None, order: Transaction) -> tuple[str, ...]:
    if row is None:
        return ("key",)
    linked = () if row.linked else ("key",)
    return (*linked, *changed_fields(row, order))


def _bankroll(
    look: Look, base: Base | None, rules: Rules, evidence: Evidence, young: frozenset[str]
) -> tuple[BankrollChange | None, Finding | None]:
    amount = _amount(look.broker, look.marks, rules)
    book_moved = base is not None and base.book.bankroll != look.book.bankroll
    broker_moved = base is not None and _amount(base.broker, base.marks, rules) != amount
    moves = Moves(base, {BANKROLL} if book_moved else (), {BANKROLL} if broker_moved else ())
    return bankroll_change(
        look.book.bankroll,
        amount,
        rules,
        recent=evidence.recent if base else None,
        manual_fills=evidence.recent_fills(Cause.MANUAL, but=young) if base else (),
        moved=moves.of(BANKROLL),
    )


def _amount(broker: State, marks: Marks, rules: Rules) -> Decimal:
    amount = marks.equity if rules.basis == "equity" else broker.cash
    if amount is None:
        raise ValueError("a broker's State carries its cash")
    return amount
