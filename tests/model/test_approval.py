"""What an approval covers, and each way in which it does not: one hole, one test."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from snapsync.model.approval import Approval, Given, Terms, covers
from snapsync.model.canon import ObjectId, encode, identify
from snapsync.model.history import Actor
from snapsync.model.instant import Instant, shift
from snapsync.model.partial import part_of
from snapsync.model.plan import Part, Plan
from snapsync.model.planner import plan as compute
from snapsync.model.policy import Finding
from snapsync.model.register import Act, Register

from .world import AT, IWM, QQQ, RULES, SPY, look, position, state

PLANNER, REVIEWER = Actor(user="cron", host="server"), Actor(user="ann", host="laptop")
TERMS = Terms(rules=RULES, now=shift(AT, hours=1))


def planned(*keys: str, equity: str = "1000", cash: str = "1000", bankroll: str = "1000") -> Plan:
    """A plan that adds a position for each key, and more where the dollars differ."""
    held = [position(key, "2") for key in keys]
    return compute(look(state(bankroll=bankroll), held, equity=equity, cash=cash), None, RULES)


def word(plan: Plan, **fields: Any) -> Approval:  # noqa: ANN401 - whatever an approval has
    """A yes to a plan, for a day."""
    said = Approval(
        word="approved",
        plan=plan.id,
        details=identify(encode(plan)),
        account=plan.account,
        rules=plan.rules,
        scope=plan.scope,
        reading=plan.reading,
        actor=REVIEWER,
        planner=PLANNER,
        at=AT,
        until=shift(AT, days=1),
    )
    return msgspec.structs.replace(said, **fields)


def given(plan: Plan, **fields: Any) -> Given:  # noqa: ANN401 - the same
    """The same, as a gate has it."""
    said = word(plan, **fields)
    return Given(id=identify(encode(said)), approval=said, plan=plan)


def holes(approval: Given, plan: Plan, terms: Terms = TERMS) -> list[tuple[str, str]]:
    """The holes of an approval held against a plan."""
    return [(hole.code, hole.key) for hole in covers(approval, plan, terms).holes]


def with_finding(plan: Plan, severity: str, code: str = "odd") -> Plan:
    """The plan with one more finding."""
    finding = Finding(code=code, severity=severity, key="account", summary="Odd.")  # type: ignore[arg-type]
    return msgspec.structs.replace(plan, findings=(*plan.findings, finding))


def test_the_plan_itself_is_covered() -> None:
    """An approval covers the plan that it was given for, and the same plan made later."""
    plan = planned(SPY, QQQ, bankroll="900")
    assert len(plan.changes) == 3

    assert covers(given(plan), plan, TERMS).whole
    assert covers(given(plan), msgspec.structs.replace(plan, at=shift(AT, hours=1)), TERMS).whole


def test_a_part_of_the_plan_is_covered() -> None:
    """What is left of a plan, when somebody has done a part by hand, needs no new approval."""
    assert covers(given(planned(SPY, QQQ)), planned(SPY), TERMS).whole


def test_another_change_is_a_hole() -> None:
    """A change that was not approved is not covered, and is named."""
    assert holes(given(planned(SPY)), planned(SPY, QQQ)) == [("uncovered-change", QQQ)]


@pytest.mark.parametrize("qty", ["1", "3"])
def test_another_before_value_is_a_hole(qty: str) -> None:
    """The same change from another before is another change."""
    plan, now = (
        compute(look(state([position(SPY, before)]), [position(SPY, "2")]), None, RULES)
        for before in ("5", qty)
    )

    assert holes(given(plan), now) == [("uncovered-change", SPY)]


def test_another_after_value_is_a_hole() -> None:
    """The same change to another after is another change."""
    plan, now = (
        compute(look(state([position(SPY, "5")]), [position(SPY, after)] if after else []), None, RULES)
        for after in ("2", "")
    )

    assert holes(given(plan), now) == [("uncovered-change", SPY)]


def test_two_approvals_cover_only_each_their_own() -> None:
    """Two approvals that only together have all changes do not cover the plan."""
    both = planned(SPY, QQQ)

    assert holes(given(planned(SPY)), both) == [("uncovered-change", QQQ)]
    assert holes(given(planned(QQQ)), both) == [("uncovered-change", SPY)]


@pytest.mark.parametrize("severity", ["approve", "refuse"])
def test_a_new_finding_is_a_hole(severity: str) -> None:
    """A finding that asks or refuses, and that the approved plan lacked, is not covered."""
    plan = planned(SPY)

    assert holes(given(plan), with_finding(plan, severity)) == [("new-finding", "account")]


def test_a_finding_that_became_worse_is_a_hole() -> None:
    """A finding that asked and now refuses is a new one."""
    plan = planned(SPY)

    assert holes(given(with_finding(plan, "approve")), with_finding(plan, "refuse")) == [
        ("new-finding", "account")
    ]


def test_known_findings_and_notes_are_no_holes() -> None:
    """A finding that was approved is covered, one that went is too, and notes never matter."""
    plan = planned(SPY)
    asked = with_finding(plan, "approve")

    assert covers(given(asked), asked, TERMS).whole
    assert covers(given(asked), plan, TERMS).whole
    assert covers(given(plan), with_finding(plan, "note"), TERMS).whole


@pytest.mark.parametrize(
    ("equity", "expected"),
    [("1010", []), ("990", []), ("1010.01", ["reading-moved"]), ("989.99", ["reading-moved"])],
)
def test_the_reading_may_move_within_the_tolerance(equity: str, expected: list[str]) -> None:
    """The amount to be written may have moved by the tolerance since it was approved, and no more."""
    plan, now = planned(bankroll="500"), planned(bankroll="500", equity=equity)
    assert plan.id == now.id

    assert [code for code, _ in holes(given(plan), now)] == expected


def test_a_reading_of_nothing_may_not_move() -> None:
    """A tolerance in percent of nothing is none."""
    plan, now = planned(bankroll="500", equity="0"), planned(bankroll="500", equity="-1")

    assert holes(given(plan), now) == [("reading-moved", "bankroll")]


def test_a_reading_that_is_not_written_may_move() -> None:
    """Where the bankroll is not changed, no amount was approved."""
    assert covers(given(planned(SPY)), planned(SPY, equity="1009"), TERMS).whole


def test_a_withdrawal_within_the_tolerance_is_a_hole() -> None:
    """A withdrawal below the tolerance, or one that a rise of prices hides, is seen in the cash."""
    plan = planned(SPY, bankroll="500", equity="1000", cash="400")

    assert holes(given(plan), planned(SPY, bankroll="500", equity="995", cash="395")) == [
        ("cash-moved", "cash")
    ]
    assert holes(given(plan), planned(SPY, bankroll="500", equity="1000", cash="395")) == [
        ("cash-moved", "cash")
    ]


def test_an_expired_approval_is_a_hole() -> None:
    """It counts up to its last moment, and not after."""
    plan = planned(SPY)
    until = shift(AT, hours=2)

    assert covers(given(plan, until=until), plan, Terms(rules=RULES, now=until)).whole
    late = Terms(rules=RULES, now=shift(until, seconds=1))
    assert holes(given(plan, until=until), plan, late) == [("expired", "approval")]


@pytest.mark.parametrize(
    ("fate", "code"), [("used", "used-up"), ("revoked", "revoked"), ("rejected", "rejected")]
)
def test_a_dead_approval_is_a_hole(fate: str, code: str) -> None:
    """One that was used up, taken back or overruled covers nothing."""
    plan = planned(SPY)
    dead = msgspec.structs.replace(given(plan), fate=fate)

    assert holes(dead, plan) == [(code, "approval")]


def test_another_account_is_a_hole() -> None:
    """An approval counts for the account that it was given for."""
    plan = planned(SPY)

    assert holes(given(plan), msgspec.structs.replace(plan, account="other")) == [
        ("other-account", "account")
    ]


def test_other_rules_are_a_hole() -> None:
    """Neither a plan made by other rules is covered, nor one whose rules are not in force."""
    plan = planned(SPY)
    other = msgspec.structs.replace(RULES, tolerance_pct=Decimal(50))

    assert holes(given(plan), msgspec.structs.replace(plan, rules=other.id)) == [("other-rules", "rules")]
    assert holes(given(plan), plan, Terms(rules=other, now=AT)) == [("other-rules", "rules")]


def test_another_scope_is_a_hole() -> None:
    """What is compared is part of the rules."""
    plan = planned(SPY)
    scope = msgspec.structs.replace(plan.scope, ignore=("X*",))

    assert holes(given(plan), msgspec.structs.replace(plan, scope=scope)) == [("other-rules", "rules")]


def test_another_origin_is_a_hole() -> None:
    """A yes to what follows from the broker is none to a restore that does the same."""
    plan = planned(SPY)

    assert holes(given(plan), msgspec.structs.replace(plan, origin="restore")) == [("other-origin", "plan")]


def test_the_planners_own_yes() -> None:
    """It counts, unless it is not to."""
    plan = planned(SPY)
    own = given(plan, actor=PLANNER)

    assert covers(own, plan, TERMS).whole
    strict = Terms(rules=RULES, now=AT, self_approval=False)
    assert holes(own, plan, strict) == [("self-approved", "approval")]
    assert covers(given(plan), plan, strict).whole


def test_every_hole_is_told() -> None:
    """Several reasons are all named, not only the first."""
    late = Terms(rules=RULES, now=shift(AT, days=2))

    assert holes(given(planned(SPY)), planned(IWM, cash="1"), late) == [
        ("expired", "approval"),
        ("uncovered-change", IWM),
        ("cash-moved", "cash"),
    ]


def said(approval: Approval, at: Instant = AT) -> Act:
    """A word as the log has it."""
    return Act(time=at, id=identify(encode(approval)), word=approval)


def done(plan: Plan, approval: ObjectId | None = None, at: Instant = AT) -> Act:
    """An apply as the log has it."""
    return Act(time=at, applied=plan.id, approval=approval)


def test_an_apply_uses_an_approval_up() -> None:
    """Both an apply of its plan and an apply of a part of it that named it."""
    plan, part = planned(SPY, QQQ), planned(SPY)
    yes = said(word(plan))
    assert yes.id

    assert Register([yes]).fate(yes.id) == "live"
    assert Register([yes, done(plan)]).fate(yes.id) == "used"
    assert Register([yes, done(part, yes.id)]).fate(yes.id) == "used"
    assert Register([yes, done(part)]).fate(yes.id) == "live"


def test_a_plan_may_be_approved_again_after_its_apply() -> None:
    """The same plan wanted again later needs a new approval, and can have one."""
    plan = planned(SPY)
    first, second = said(word(plan)), said(word(plan, at=shift(AT, hours=2)))
    assert first.id
    assert second.id

    register = Register([first, done(plan, at=shift(AT, hours=1)), second])

    assert (register.fate(first.id), register.fate(second.id)) == ("used", "live")


def test_a_word_that_comes_after_its_apply_is_used_up() -> None:
    """An approval that is imported after its plan was applied without it does not count for the next time."""
    plan = planned(SPY)
    yes = said(word(plan), shift(AT, hours=2))
    assert yes.id

    assert Register([done(plan, at=shift(AT, hours=1)), yes]).fate(yes.id) == "used"


def test_one_word_heard_twice_does_not_live_again() -> None:
    """Importing one approval again after it was used up gives it no second life."""
    plan = planned(SPY)
    yes = said(word(plan))
    assert yes.id

    assert Register([yes, done(plan, yes.id), yes]).fate(yes.id) == "used"


def test_a_rejection_ends_approvals_and_a_later_approval_ends_it() -> None:
    """The last word on a plan counts."""
    plan = planned(SPY)
    yes, no = said(word(plan)), said(word(plan, word="rejected", at=shift(AT, hours=1)))
    again = said(word(plan, at=shift(AT, hours=2)))
    assert yes.id
    assert again.id

    register = Register([yes, no])
    assert register.fate(yes.id) == "rejected"
    assert register.rejections == {plan.id: (no.id, no.word)}
    register = Register([yes, no, again])
    assert (register.fate(yes.id), register.fate(again.id)) == ("rejected", "live")
    assert not register.rejections


def test_words_are_taken_back() -> None:
    """An approval that was revoked is dead, in whatever order that is heard; a rejection goes."""
    plan = planned(SPY)
    yes, no = said(word(plan)), said(word(plan, word="rejected"))
    assert yes.id
    gone = said(word(plan, word="revoked", revokes=yes.id))

    assert Register([yes, gone]).fate(yes.id) == "revoked"
    assert Register([gone, yes]).fate(yes.id) == "revoked"
    assert not Register([no, said(word(plan, word="revoked", revokes=no.id))]).rejections


def test_a_finding_on_what_is_left_out_goes_with_it() -> None:
    """A part keeps the findings on itself and on the whole, and not those on what it leaves out."""
    plan = with_finding(planned(SPY, QQQ, bankroll="100"), "approve")
    assert {each.key for each in plan.asking} == {"account", "bankroll"}

    part = part_of(plan, Part(only=("positions",)))

    assert [change.key for change in part.changes] == [QQQ, SPY]
    assert {each.key for each in part.asking} == {"account"}
    assert part.id != plan.id
    assert part_of(plan, None) == plan
