"""A gallery of plans: every kind of change and finding, long ones, wide ones, and hostile ones."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from snapsync.model.approval import Approval, Cover, Hole
from snapsync.model.brief import Brief, Sum
from snapsync.model.canon import ImageId, OperationId, RulesId, SnapshotId, encode, identify
from snapsync.model.change import (
    BankrollChange,
    Cause,
    Change,
    Execution,
    FileChange,
    Moved,
    PositionChange,
    Spot,
    TransactionChange,
    Why,
)
from snapsync.model.explanation import Unexplained
from snapsync.model.history import Actor
from snapsync.model.instant import instant, shift
from snapsync.model.plan import Origin, Part, Plan, Reading
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

PUT_BACK = tuple(Spot(line=n + 2, field="quantity", before=str(n + 7), after="2.40") for n in range(8))
ROW = "2025-08-21 10:05:00,SPY250822C00635000,BUY,1,1234.5,240.00,,hand"
CELL = Spot(line=3, field="current_bankroll", before="100262.75", after="95000")
COMES, GOES = (Spot(line=4, field=None, before=a, after=b) for a, b in ((None, ROW), (ROW, None)))


def file(
    role: str,
    *spots: Spot,
    whole: bool = False,
    notes: tuple[str, ...] = (),
    left: tuple[Spot, ...] = (),
    name: str = "",
) -> FileChange:
    """A file's change."""
    names = {"bankroll": "bankroll_alpaca_paper.json", "positions": "positions_alpaca_paper.csv"}
    return FileChange(
        role=role,
        name=name or names.get(role, "trade_history_alpaca_paper.csv"),
        before=ImageId(ID),
        after=ImageId(identify(b"sound")),
        whole=whole,
        spots=spots,
        count=len(spots),
        notes=notes,
        left=left,
    )


def of_files(origin: Origin, *files: FileChange, findings: tuple[Finding, ...] = ()) -> Plan:
    """A plan that gives files other bytes."""
    target = None if origin == "repair" else OPERATION
    plan = of(findings=findings)
    return msgspec.structs.replace(plan, origin=origin, files=files, target=target, broker=None)


def explained(plan: Plan, symbol: str = SPY) -> Plan:
    """A plan that says what the account did."""
    missing = Unexplained(cash=Decimal("-1234.5"), quantities={symbol: Decimal("2.40")})
    sums = tuple(
        Sum(what=what, cash=Decimal(amount), equity=Decimal(amount))
        for what, amount in (("deposits", "5000"), ("fees", "-250.1"), ("bot's trades", "98765.4321"))
    )
    total = Decimal("100262.75")
    found = Brief(since=FILLED, until=AT, equity=total, cash=total, sums=sums, unexplained=missing)
    return msgspec.structs.replace(plan, explanation=found)


def partly(plan: Plan, only: tuple[str, ...], leave: tuple[str, ...] = ()) -> Plan:
    """A part of a plan."""
    return msgspec.structs.replace(plan, part=Part(only=only, leave=leave))


NOTES = tuple(f"line {n + 2}: the cell is {n + 7}.{n}.0 becomes {n + 7}" for n in range(8))
FILE_PLANS: dict[str, Plan] = {
    "undo, whole": of_files("undo", file("bankroll", CELL, whole=True), file("positions", COMES, whole=True)),
    "undo, place by place": of_files(
        "undo",
        file("positions", *PUT_BACK, left=(GOES,)),
        file("history", left=(GOES,)),
        findings=(finding("note", "positions_alpaca_paper.csv: line 4: $1,234.56", "left-as-it-is"),),
    ),
    "restore, rows out": of_files(
        "restore",
        file("history", COMES, GOES, whole=True),
        findings=(finding("approve", "1 row(s), in line 4: $1,234.56", "rows-taken-out"),),
    ),
    "repair, with notes": of_files(
        "repair",
        file("history", *PUT_BACK, whole=True, notes=NOTES),
        findings=(finding("note", "line 9: 7 contracts of what?", "not-repaired"),),
    ),
    "hostile undo": of_files(
        "undo",
        file("history", Spot(line=2, field=HOSTILE, before=HOSTILE, after=HOSTILE), name=HOSTILE),
        file("positions", Spot(line=2, field=None, before=HOSTILE, after=None)),
    ),
    "hostile repair": of_files("repair", file("history", CELL, notes=(HOSTILE,))),
}

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
    "explained": explained(of(CHANGES["bankroll changed"])),
    "in step, explained": explained(of()),
    "held": of(
        CHANGES["position closed"],
        findings=(finding("approve", "QQQ: undone on 2025-08-21 by ann: 7 contracts.", "held"),),
    ),
    "a part": partly(of(CHANGES["position added"]), ("positions",), ("QQQ*", "IWM*")),
    "a part, nothing in it": partly(of(), ("bankroll",)),
    **FILE_PLANS,
    "hostile part": explained(partly(of(CHANGES["trade added"]), (HOSTILE,), (HOSTILE,)), HOSTILE),
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
    yes = approval(plan, by="Ann", reason="the deposit of $5,000.00")
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
        "explained": Verdict(plan=PLANS["explained"], operation=OPERATION),
        "a part": Verdict(plan=PLANS["a part"], cover=Cover(id=ID, approval=approval(PLANS["a part"]))),
        "undo": Verdict(plan=PLANS["undo, place by place"], operation=OPERATION),
        "repair": Verdict(plan=PLANS["repair, with notes"], operation=OPERATION),
        "hostile undo": Verdict(plan=PLANS["hostile undo"], operation=OPERATION),
        "hostile repair": Verdict(plan=PLANS["hostile repair"], operation=OPERATION),
        "hostile part": Verdict(plan=PLANS["hostile part"], operation=OPERATION),
        "refused": Verdict(plan=refused, operation=OPERATION, cover=Cover(id=ID, approval=yes)),
        "hostile": Verdict(
            plan=PLANS["hostile"],
            cover=Cover(id=ID, approval=foreign, holes=HOLES),
            rejection=msgspec.structs.replace(foreign, word="rejected"),
        ),
    }
