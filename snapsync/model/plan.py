"""The plan: a pure function of the agreed point, the book, the broker and the rules.

Apply does exactly what a plan says, or refuses. The plan's id is the content of its body, which holds
no prices: planning twice on unchanged facts gives one id, and so does a price tick.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from .bankroll import bankroll_change
from .canon import PlanId, Record, RulesId, SnapshotId, Stored, encode, identify
from .change import (
    BANKROLL,
    BankrollChange,
    Cause,
    Change,
    PositionChange,
    Step,
    TransactionChange,
    changed_fields,
    component,
    step,
)
from .evidence import Evidence
from .instant import Instant, shift
from .ledger import Ledger
from .match import match
from .policy import (
    Finding,
    Rules,
    Severity,
    ambiguous,
    baseline,
    left_out,
    pending,
    unproven_rows,
    vanished,
)
from .state import Marks, Scope, State, Transaction
from .threeway import Base, Moves

Origin = Literal["sync", "undo", "restore", "repair"]


class Judged(Record, frozen=True):
    """What of a finding is hashed: that it stands in the way, and of what."""

    code: str
    severity: Severity
    key: str


class PlanBody(Stored, frozen=True, tag="plan"):
    """What a plan's id is the content of. Notes are left out: they neither block nor change anything."""

    account: str
    scope: Scope
    rules: RulesId
    origin: Origin
    changes: tuple[Step, ...]
    findings: tuple[Judged, ...]


class Reading(Record, frozen=True):
    """The broker's dollars when the plan was made: shown, and copied into an approval; not in the id."""

    equity: Decimal
    cash: Decimal | None
    bankroll: Decimal | None


class Plan(Stored, frozen=True, tag="plan-details"):
    """The whole instruction, with all that a person needs to judge it.

    ``withheld`` are keys that differ but are left alone for now. ``at`` is the broker's time of the look.
    """

    env: str
    account: str
    scope: Scope
    rules: RulesId
    origin: Origin
    at: Instant
    book: SnapshotId
    broker: SnapshotId
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    withheld: tuple[str, ...]
    reading: Reading

    @property
    def body(self) -> PlanBody:
        return PlanBody(
            account=self.account,
            scope=self.scope,
            rules=self.rules,
            origin=self.origin,
            changes=tuple(step(change) for change in self.changes),
            findings=tuple(
                Judged(code=finding.code, severity=finding.severity, key=finding.key)
                for finding in self.findings
                if finding.severity != "note"
            ),
        )

    @property
    def id(self) -> PlanId:
        """Equal for equal instructions, whenever and by whomever they were planned."""
        return PlanId(identify(encode(self.body)))

    @property
    def drift(self) -> bool:
        """Whether there is anything to apply; asked here and nowhere worked out again."""
        return bool(self.changes)

    @property
    def refused(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "refuse")


class Look(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What was seen of both sides at one time, stored: the facts that a plan is made of."""

    env: str
    account: str
    at: Instant
    book: State
    book_snapshot: SnapshotId
    broker: State
    broker_snapshot: SnapshotId
    marks: Marks
    ledger: Ledger
    observations: tuple[Finding, ...] = ()

    @property
    def scope(self) -> Scope:
        if self.broker.scope is None:
            raise ValueError("a broker's State carries its Scope")
        return self.broker.scope


def plan(look: Look, base: Base | None, rules: Rules) -> Plan:
    """Compute what the book should change to be true to the broker."""
    evidence = Evidence(look.ledger, look.broker, rules, since=base.ledger if base else None)
    young = evidence.filled_since(shift(look.at, seconds=-rules.grace_seconds))
    positions = _positions(look, base, evidence)
    trades, trade_findings = _transactions(look, base, evidence)
    changes: list[Change] = [*positions, *trades]
    held = [change for change in changes if _symbol(change) in young]
    due = [change for change in changes if _symbol(change) not in young]
    bankroll, note = _bankroll(look, base, rules, evidence)
    if bankroll:
        due.insert(0, bankroll)
    findings = [
        *(() if base else (baseline(),)),
        *look.observations,
        *vanished(look.broker, look.marks),
        *pending({_symbol(change) for change in held}, rules),
        *trade_findings,
        *((note,) if note else ()),
        *left_out(look.book, look.broker, look.marks),
    ]
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
        findings=tuple(findings),
        withheld=tuple(sorted({change.key for change in held})),
        reading=Reading(equity=look.marks.equity, cash=look.broker.cash, bankroll=look.book.bankroll),
    )


def _symbol(change: Change) -> str:
    match change:
        case TransactionChange():
            return change.after.symbol
        case _:
            return change.key


def _positions(look: Look, base: Base | None, evidence: Evidence) -> list[PositionChange]:
    scope = look.scope
    moves = Moves.since(
        (base.book.positions, base.broker.positions) if base else None,
        look.book.positions,
        look.broker.positions,
        base.open if base else frozenset(),
    )
    book, broker = look.book.positions.by_key(), look.broker.positions.by_key()
    found = []
    for key in moves.worth_a_look(book.keys() | broker.keys()):
        before, after = book.get(key), broker.get(key)
        seen = after or before
        if seen is None or not scope.covers(key, seen.asset_class):
            continue
        fields = ("qty",) if before is None or after is None else changed_fields(before, after)
        if fields:
            execution, why = evidence.of_position(before, after, moves.of(key))
            found.append(
                PositionChange(before=before, after=after, fields=fields, execution=execution, why=why)
            )
    return found


def _transactions(
    look: Look, base: Base | None, evidence: Evidence
) -> tuple[list[TransactionChange], list[Finding]]:
    moves = Moves.since(
        (base.book.transactions, base.broker.transactions) if base else None,
        look.book.transactions,
        look.broker.transactions,
        base.open if base else frozenset(),
    )
    since = look.broker.coverage.since if look.broker.coverage else look.at
    book, broker = look.book.transactions.by_key(), look.broker.transactions.by_key()

    def compared(row: Transaction) -> bool:
        return row.time >= since and look.scope.covers(row.symbol, row.asset_class)

    worth = [broker[key] for key in moves.worth_a_look(broker.keys()) if compared(broker[key])]
    matches = match(
        (row for row in book.values() if not row.linked and row.time >= shift(since, minutes=-5)),
        (order for order in worth if order.key not in book),
    )
    rows = {order.key: row for row, order in matches.links}
    doubtful = {order.key for order, _ in matches.ambiguous}
    found = []
    for order in worth:
        row = book.get(order.key) or rows.get(order.key)
        if order.key in doubtful:
            continue
        fields = _fields(row, order)
        if fields:
            why = evidence.of_transaction(order, moves.of(order.key, row.key if row else order.key))
            found.append(TransactionChange(before=row, after=order, fields=fields, why=why))
    strays = (
        key
        for key in moves.worth_a_look(book.keys())
        if book[key].linked and key not in broker and compared(book[key])
    )
    found.sort(key=lambda change: (change.after.time, change.key))
    return found, [*ambiguous(matches), *unproven_rows(strays, since)]


def _fields(row: Transaction | None, order: Transaction) -> tuple[str, ...]:
    if row is None:
        return ("key",)
    linked = () if row.linked else ("key",)
    return (*linked, *changed_fields(row, order))


def _bankroll(
    look: Look, base: Base | None, rules: Rules, evidence: Evidence
) -> tuple[BankrollChange | None, Finding | None]:
    amount = look.marks.equity if rules.basis == "equity" else look.broker.cash
    if amount is None:
        raise ValueError("a broker's State carries its cash")
    book_moved = base is not None and base.book.bankroll != look.book.bankroll
    return bankroll_change(
        look.book.bankroll,
        amount,
        rules,
        recent=evidence.recent if base else None,
        manual_fills=evidence.recent_fills(Cause.MANUAL) if base else (),
        moved=Moves(
            None if base is None else frozenset({BANKROLL} if book_moved else ()),
            frozenset({BANKROLL}),
            frozenset(),
        ).of(BANKROLL),
    )
