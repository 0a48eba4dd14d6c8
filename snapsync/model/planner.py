"""The planner: from the agreed point, the book, the broker and the rules to a Plan; a pure function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from .bankroll import Since, bankroll_change
from .brief import Brief, brief
from .canon import encode
from .change import (
    BANKROLL,
    OPENED,
    BankrollChange,
    Change,
    Moved,
    PositionChange,
    TransactionChange,
    changed_fields,
    component,
    either,
    step,
)
from .evidence import Evidence, of_reset
from .explain import Terms, explain
from .holds import holding, on_hold
from .instant import Instant, shift
from .missing import missing_findings, sums
from .named import Named
from .pairs import Pairs, pairs
from .plan import Look, Plan, reading_of
from .policy import (
    Finding,
    Rules,
    another_host,
    baseline,
    in_flight,
    left_out,
    pending,
    shared_account,
    undone,
    unknown_types,
    vanished,
)
from .policy_size import leap, mass_close
from .policy_trades import ambiguous, late_rows, mistimed, unproven_rows
from .state import IMPORTED, SEVERAL, Marks, Position, State, Transaction
from .symbols import asset_class
from .threeway import Base, Moves, kept_open, position_moves
from .turn import quantity
from .worth import TradedSizes

_DELIVERY_DAYS = 7
"""For how long a left-out holding that came of an option is told of."""


def plan(look: Look, base: Base | None, rules: Rules) -> Plan:
    """Compute what the book should change to be true to the broker."""
    trades = pairs(look, base)
    evidence = Evidence(look, rules, booked=_Booked(trades), base=base)
    young = evidence.filled_since(shift(look.at, seconds=-rules.grace_seconds))
    positions = _positions(look, base, evidence)
    changes: list[Change] = [*positions, *_transactions(trades, evidence)]
    held = [change for change in changes if _symbol(change) in young]
    kept = {key for change in held for key in kept_open(change)}
    due = [change for change in changes if _symbol(change) not in young]
    by_hand, waiting = evidence.by_hand(young) if base else ((), ())
    bankroll, note = _bankroll(look, base, rules, evidence, by_hand)
    if bankroll:
        due.insert(0, bankroll)
    due = [change for change in due if component(change) in rules.components]
    findings = (
        *(() if base else (baseline(),)),
        *([another_host(*look.hosts, look.env)] if look.hosts else ()),
        *_broker_findings(look, base, rules, evidence),
        *pending({_symbol(change) for change in held}, rules),
        *_trade_findings(trades, look),
        *((note,) if note else ()),
        *left_out(look.book, look.broker, look.marks, evidence.delivered_since(_lately(look))),
        *_undone(look, due, rules),
        *mass_close(due, len(_held(look.book)), rules),
        *(() if look.rebound else leap(due, rules)),
        *on_hold(holding(due, look.holds, rules)),
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
        changes=tuple(due),
        findings=findings,
        withheld=tuple(sorted(kept | trades.left_open | {*waiting})),
        reading=reading_of(look),
        explanation=_explanation(look, base, evidence),
    )


class _Booked:
    """The keys of the orders that the book has a row of the bot's own for."""

    def __init__(self, trades: Pairs) -> None:
        self._links, self._find = trades.links, trades.booked

    def __contains__(self, key: object) -> bool:
        row = self._find(str(key))
        return key in self._links or (row is not None and row.origin != IMPORTED)


def _explanation(look: Look, base: Base | None, evidence: Evidence) -> Brief:
    """What the account did since the agreed point."""
    missing = sums(base.missing if base else ())
    sizes = TradedSizes(look.broker.transactions)
    terms = Terms(senders=evidence.senders, habit=look.habit, missing=missing, multipliers=sizes)
    return brief(explain(base.then if base else None, look.now, terms))


def _broker_findings(look: Look, base: Base | None, rules: Rules, evidence: Evidence) -> Iterator[Finding]:
    """What is to be said of the account itself, whatever the book says."""
    yield from look.observations
    yield from missing_findings(look.missing, look.at, look.broker, rules)
    yield from vanished(look.broker, look.marks)
    yield from unknown_types(evidence.recent if base else look.ledger)
    working = (each for each in look.open_orders if look.scope.covers(each.symbol, asset_class(each.symbol)))
    yield from in_flight(working)
    yield from shared_account(_named(look, rules.bot_prefix))


def _named(look: Look, prefix: str) -> Named:
    """Whose the account's trades are by their names; counted here where the look has not counted them so."""
    if look.named and look.named.prefix == prefix:
        return look.named
    return Named(prefix=prefix).counted(look.broker.transactions if prefix else ())


def _trade_findings(trades: Pairs, look: Look) -> Iterator[Finding]:
    """What is to be said of rows and orders that do not go together as they should."""
    yield from ambiguous(trades.matches)
    yield from mistimed(trades.matches, trades.mistimed, look.book_zone)
    yield from late_rows(trades.kept)
    yield from unproven_rows(trades.strays, trades.since)


def _undone(look: Look, due: Iterable[Change], rules: Rules) -> Iterator[Finding]:
    """The changes that were applied already within a day, and that the book has lost again."""
    before: dict[bytes, list[Instant]] = {}
    for each in look.written:
        before.setdefault(encode(each.step), []).append(each.at)
    again = {
        change.key: before[data]
        for change in due
        if change.why.moved in {Moved.BOOK, Moved.BOTH} and (data := encode(step(change))) in before
    }
    yield from undone({key: sorted(times) for key, times in again.items()}, rules)


def _lately(look: Look) -> Instant:
    return shift(look.at, days=-_DELIVERY_DAYS)


def _symbol(change: Change) -> str:
    match change:
        case TransactionChange():
            return change.after.symbol
        case _:
            return change.key


def _positions(look: Look, base: Base | None, evidence: Evidence) -> list[PositionChange]:
    moves = position_moves(base, look.book, look.broker)
    book, broker = _held(look.book), _held(look.broker)
    agreed = base.broker.positions.by_key() if base else {}
    had = _held(base.book) if base else {}
    there = book.keys() | broker.keys()
    found = []
    for key in sorted({*moves.worth_a_look(there), *(there & evidence.moved)}):
        before, after = book.get(key), broker.get(key)
        if not look.scope.covers(key, either(before, after).asset_class):
            continue
        how = evidence.of_position(before, after, agreed.get(key), moves.of(key))
        fields = ("qty",) if before is None or after is None else changed_fields(before, after)
        fields = (OPENED, *fields) if how.closed else fields
        if not fields:
            continue
        execution, why = how.execution, how.why
        if look.rebound and after is None and not why.evidence:
            execution, why = of_reset(moves.of(key))
        found.append(
            PositionChange(
                before=before,
                after=after,
                fields=fields,
                execution=execution,
                closed=how.closed,
                why=why,
                reopens=why.moved is Moved.BOOK
                and before is None
                and quantity(had.get(key)) == quantity(after),
            )
        )
    return found


def _held(side: State) -> dict[str, Position]:
    return {position.key: position for position in side.positions if position.qty}


def _transactions(trades: Pairs, evidence: Evidence) -> list[TransactionChange]:
    found = []
    for order in trades.orders:
        row = trades.rows.get(order.key)
        fields = () if order.key in trades.left_open else _fields(row, order)
        if fields:
            moved = trades.moves.of(order.key, *(row.key.split(SEVERAL) if row else ()))
            found.append(
                TransactionChange(
                    before=row,
                    after=order,
                    fields=fields,
                    why=evidence.of_transaction(order, moved),
                    withdraws=order.key in trades.late or order.key in trades.doubled,
                )
            )
    return sorted(found, key=lambda change: (change.after.time, change.key))


def _fields(row: Transaction | None, order: Transaction) -> tuple[str, ...]:
    if row is None:
        return ("key",)
    linked = () if row.linked else ("key",)
    return (*linked, *changed_fields(row, order))


def _bankroll(
    look: Look, base: Base | None, rules: Rules, evidence: Evidence, by_hand: tuple[str, ...]
) -> tuple[BankrollChange | None, Finding | None]:
    amount = _amount(look.broker, look.marks, rules)
    book_moved = base is not None and base.book.bankroll != look.book.bankroll
    broker_moved = base is not None and _amount(base.broker, base.marks, rules) != amount
    moves = Moves(base, {BANKROLL} if book_moved else (), {BANKROLL} if broker_moved else ())
    since = Since(
        recent=evidence.unbooked if base else None,
        manual_fills=by_hand,
        moved=moves.of(BANKROLL),
        corrected=look.corrected,
    )
    return bankroll_change(look.book.bankroll, amount, rules, since)


def _amount(broker: State, marks: Marks, rules: Rules) -> Decimal:
    amount = marks.equity if rules.basis == "equity" else broker.cash
    if amount is None:
        raise ValueError("a broker's State carries its cash")
    return amount
