"""A gallery of plans: every kind of change and finding, long ones, wide ones, and hostile ones."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from snapsync.model.approval import Approval, Cover, Hole
from snapsync.model.canon import OperationId, RulesId, SnapshotId, encode, identify
from snapsync.model.change import (
    BankrollChange,
    Cause,
    Change,
    Execution,
    Moved,
    PositionChange,
    TransactionChange,
    Why,
)
from snapsync.model.history import Actor
from snapsync.model.instant import instant, shift
from snapsync.model.plan import Plan, Reading
from snapsync.model.policy import SEVERITIES, Finding
from snapsync.model.state import Position, Scope, Transaction
from snapsync.model.verdict import Verdict
from tests.model.world import AT, FILLED, IWM, QQQ, SPY, trade

WHY = Why(moved=Moved.BROKER, cause=Cause.MANUAL, evidence=("FILL:f-1:SPY250822C00635000",))
ID = identify(b"anything")
OPERATION = OperationId(ID)

HOSTILE = "\x1b[31m\u202e::error::x%0A<!channel>|`*_[a](http://b)<b>@you =cmd()\r\n#1 ]]> www.evil.example"
"""Terminal escapes, CI commands, markdown, HTML, Slack's markup, a formula, XML, a turned text."""
SAID = "It is so: $1,234.56 and 7 contracts."
WIDE = "株式会社ＳＰＹ🚀é"


def holding(key: str, before: str | None, after: str | None, price: str | None = "2.40") -> PositionChange:
    """A position's change."""
    execution = Execution(price=Decimal(price), time=FILLED, source="fills") if price else None
    return PositionChange(
        before=None if before is None else _position(key, before),
        after=None if after is None else _position(key, after),
        why=WHY,
        execution=execution,
        fields=("qty",),
    )


def _position(key: str, qty: str) -> Position:
    return Position(
        key=key,
        asset_class="us_option",
        qty=Decimal(qty),
        multiplier=Decimal(100),
        entry_price=Decimal("2.4"),
    )


def traded(before: Transaction | None, after: Transaction, *fields: str, **more: bool) -> TransactionChange:
    """A trade's change."""
    return TransactionChange(before=before, after=after, why=WHY, fields=fields, **more)


def bankroll(before: str | None, amount: str, flows: Decimal = Decimal(0)) -> BankrollChange:
    """The bankroll's change."""
    return BankrollChange(
        before=None if before is None else Decimal(before),
        basis="equity",
        amount=Decimal(amount),
        why=Why(moved=Moved.BROKER, cause=Cause.CASH_FLOW),
        triggers=("over tolerance",),
        flows=flows,
    )


def finding(
    severity: str, detail: str = "It is so: $1,234.56 and 7 contracts.", code: str = "odd"
) -> Finding:
    """A finding."""
    made: dict[str, str] = {
        "code": code,
        "severity": severity,
        "key": "plan",
        "summary": f"This is a {severity}.",
    }
    return msgspec.convert({**made, "detail": detail}, Finding)


def of(*changes: Change, findings: tuple[Finding, ...] = (), withheld: tuple[str, ...] = ()) -> Plan:
    """A plan of these changes and findings."""
    return Plan(
        env="paper",
        account="b7a3c1d2-0000-4000-8000-00000000abcd",
        scope=Scope(asset_classes=("us_option",)),
        rules=RulesId(identify(b"rules")),
        origin="sync",
        at=AT,
        book=SnapshotId(identify(b"book")),
        broker=SnapshotId(identify(b"broker")),
        changes=changes,
        findings=findings,
        withheld=withheld,
        reading=Reading(equity=Decimal("100262.75"), cash=Decimal("99339.75"), bankroll=Decimal(95000)),
    )


row = trade("row:0123456789abcdef#1", qty="3", price="2.4")
CHANGES: dict[str, Change] = {
    "bankroll added": bankroll(None, "100262.75"),
    "bankroll changed": bankroll("95000", "100262.75", flows=Decimal(5000)),
    "bankroll below zero": bankroll("1234.5", "-98765.4321", flows=Decimal("-250.1")),
    "position added": holding(SPY, None, "1"),
    "position short": holding(SPY, None, "-2", None),
    "position changed": holding(IWM, "10", "6"),
    "position closed": holding(QQQ, "2", None, "3.05"),
    "position expired": msgspec.structs.replace(
        holding(QQQ, "2", None), execution=Execution(price=Decimal(0), time=FILLED, source="expired")
    ),
    "position reopened": msgspec.structs.replace(holding(SPY, None, "1"), reopens=True),
    "trade added": traded(None, trade("order:1", qty="1"), "key"),
    "trade linked": traded(row, trade("order:1", qty="3", price="2.4"), "key"),
    "trade corrected": traded(
        row, trade("order:1", qty="1234.5", price="0.0315", action="sell"), "action", "price", "qty"
    ),
    "trade withdrawn": traded(row, trade("order:1", qty="3"), "key", withdraws=True),
}
FINDINGS = tuple(finding(severity) for severity in SEVERITIES)

PLANS: dict[str, Plan] = {
    "empty": of(),
    "left open": of(withheld=(SPY,)),
    **{name: of(change) for name, change in CHANGES.items()},
    "everything": of(*CHANGES.values(), findings=FINDINGS[:2]),
    "a thousand changes": of(
        *(holding(f"SPY2508{10 + n % 20}C00{n:06}", None, str(n + 1)) for n in range(400)),
        *(traded(None, trade(f"order:{n}", qty=str(n + 1)), "key") for n in range(600)),
        findings=tuple(finding("note", f"It is the {n}th.", "pending") for n in range(50)),
    ),
    **{f"a finding: {each.severity}": of(CHANGES["position added"], findings=(each,)) for each in FINDINGS},
    "wide": of(holding(WIDE, None, "1"), holding(SPY, None, "123456789.000000001")),
    "hostile": of(
        holding(HOSTILE, None, "1"),
        traded(None, trade(f"order:{HOSTILE}", symbol=HOSTILE, action=HOSTILE), "key"),
        findings=(finding("approve", HOSTILE), msgspec.structs.replace(FINDINGS[0], key=HOSTILE)),
    ),
}


def approval(plan: Plan, by: str = "", reason: str = "") -> Approval:
    """A yes to a plan."""
    return Approval(
        word="approved",
        plan=plan.id,
        details=identify(encode(plan)),
        account=plan.account,
        rules=plan.rules,
        scope=plan.scope,
        reading=plan.reading,
        actor=Actor(user="ann", host="laptop"),
        planner=Actor(user="cron", host="server"),
        at=instant("2025-08-21T15:10:00Z"),
        until=shift(AT, days=1),
        by=by,
        reason=reason,
    )


HOLES = (
    Hole(code="uncovered-change", key=HOSTILE, detail=f"the position {HOSTILE} is not what was approved"),
    Hole(code="cash-moved", key="cash", detail="cash was $99,339.75, is $1.00"),
)


def verdicts() -> dict[str, Verdict]:
    """A verdict of each standing, and one of foreign words everywhere."""
    plan, refused = PLANS["everything"], PLANS["a finding: refuse"]
    yes = approval(plan, by="Ann", reason="looked at it")
    foreign = approval(PLANS["hostile"], by=HOSTILE, reason=HOSTILE)
    return {
        "in step": Verdict(plan=PLANS["empty"], operation=OPERATION),
        "approved": Verdict(plan=plan, operation=OPERATION, cover=Cover(id=ID, approval=yes)),
        "no approval": Verdict(plan=plan, operation=OPERATION),
        "not covered": Verdict(plan=plan, cover=Cover(id=ID, approval=yes, holes=HOLES[1:])),
        "rejected": Verdict(
            plan=plan,
            cover=Cover(id=ID, approval=yes),
            rejection=msgspec.structs.replace(yes, word="rejected"),
        ),
        "refused": Verdict(plan=refused, operation=OPERATION, cover=Cover(id=ID, approval=yes)),
        "hostile": Verdict(
            plan=PLANS["hostile"],
            cover=Cover(id=ID, approval=foreign, holes=HOLES),
            rejection=msgspec.structs.replace(foreign, word="rejected"),
        ),
    }
