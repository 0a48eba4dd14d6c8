"""Approve and revoke, and the gate that apply has because of them."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from snapsync import Env, apply, approve, choose, plan, revoke
from snapsync.config import load
from snapsync.errors import Exit, PlanError
from snapsync.model.history import Actor
from snapsync.model.policy import Rules
from tests.conftest import Bot, Ran

from .test_bad_input import assert_clear
from .test_commands import scrubbed

STRICT = "ALPACA_SYNC_REQUIRE_APPROVAL: [paper]\n"
HAND = {"do": "buy", "symbol": "IWM250829C00230000", "qty": "1", "price": "2.00"}
LATER = {"do": "clock", "by": "10m"}


@pytest.fixture
def strict(bot: Bot) -> Bot:
    """A bot whose env insists on approvals."""
    bot.configure(STRICT)
    return bot


def planned(bot: Bot) -> str:
    """The id of a plan that is made now."""
    id: str = bot.run("plan", "--json").json["id"]
    return id


def approved(bot: Bot, *args: str) -> str:
    """The id of an approval that is given now."""
    ran = bot.run("approve", "--yes", "--json", *args)
    assert ran.code == 0, ran.out
    id: str = ran.json["approval"]["id"]
    return id


def as_other(bot: Bot, user: str = "ann", *, ahead: timedelta = timedelta(0)) -> Env:
    """The env in the hands of somebody else, or at another time."""
    import os  # noqa: PLC0415 - here alone

    config = load(os.environ, bot.folder)
    return Env(config, clock=lambda: datetime.now(UTC) + ahead, actor=Actor(user=user, host="laptop"))


def test_the_way_from_plan_to_apply(strict: Bot) -> None:
    """Where approvals are wanted, a plan is refused until it is approved, and then applied without asking."""
    planned(strict)
    before = strict.book

    assert_clear(strict.run("apply", "--yes"), 21, "No approval covers this plan", "snapsync approve")
    assert strict.book == before
    approval = approved(strict, "--reason", "looked at it", "--by", "Ann")
    done = strict.run("apply", "--yes", "--json")

    assert done.code == 0
    assert strict.book != before
    operation = strict.run("show", done.json["operation"], "--json").json
    assert operation["approval"] == approval
    assert operation["said"]["by"] == "Ann"


def test_it_reads_well(strict: Bot, snapshot: SnapshotAssertion) -> None:
    """What approve, log, show and revoke print."""
    id = planned(strict)
    ran = strict.run("approve", id, "--reason", "a deposit", "--by", "Ann", "--for", "2h")
    approval = strict.run("log", "--json").json["operations"][0]["approval"]
    said = [
        ran,
        strict.run("log"),
        strict.run("show", approval),
        strict.run("status"),
        strict.run("revoke", approval, "--reason", "too early"),
        strict.run("revoke", id),
        strict.run("apply", "--yes"),
    ]

    shown = "\n".join(each.out + each.err for each in said)
    import re  # noqa: PLC0415 - here alone

    shown = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d (E[SD]T|UTC)", "WHEN", scrubbed(shown, strict.folder))
    assert re.sub(r"Made \S+ s ago", "Made AGE ago", shown) == snapshot


def test_an_approval_is_used_up(strict: Bot) -> None:
    """One approval is good for one apply: the same plan wanted again needs another."""
    planned(strict)
    approved(strict)
    before = strict.bankroll.read_bytes(), strict.positions.read_bytes(), strict.history.read_bytes()
    assert strict.run("apply", "--yes").code == 0
    for path, data in zip((strict.bankroll, strict.positions, strict.history), before, strict=True):
        path.write_bytes(data)
    strict.run("plan")

    assert_clear(strict.run("apply", "--yes"), 21, "used-up")


def test_who_approved_is_told_wherever_it_counts(strict: Bot) -> None:
    """The apply names the approval, the log by whom and why, blame who is behind a quantity."""
    planned(strict)
    said = strict.run("approve", "--yes", "--by", "Ann\x1b[31m", "--reason", "as *agreed*\x07", "--json").json
    done = strict.run("apply", "--yes", "--json").json
    log = strict.run("log", "--json").json["operations"]

    assert done["approval"] == said["approval"]["id"]
    assert [each["said"] and each["said"]["reason"] for each in log] == [None, "as *agreed*\x07", None]
    assert "by Ann\\x1b[31m: as *agreed*\\x07\n" in strict.run("log").out
    story = strict.run("blame", "SPY250822C00635000")
    assert story.out.count("by Ann\\x1b[31m: as *agreed*\\x07") == 2
    steps = strict.run("blame", "SPY250822C00635000", "--json").json
    for side in ("broker", "book"):
        assert steps[side]["steps"][-1]["approved"]["id"] == done["approval"]


def test_an_apply_without_an_approval_names_none(bot: Bot) -> None:
    """Where none was given, none was used up."""
    bot.run("plan")

    assert bot.run("apply", "--yes", "--json").json["approval"] is None
    assert bot.run("undo", "--yes", "--json").json["approval"] is None


def test_a_plan_with_more_is_not_covered(strict: Bot) -> None:
    """A plan made after one more trade is not covered by the approval from before; the trade is named."""
    planned(strict)
    approved(strict)
    strict.sandbox.do(HAND, LATER)
    planned(strict)

    assert_clear(strict.run("apply", "--yes"), 21, "uncovered-change", "IWM250829C00230000", "cash-moved")


def test_a_trade_after_the_approval_is_not_covered(strict: Bot) -> None:
    """The approved plan itself is not applied over other cash than it was approved with."""
    strict.configure(STRICT + "ALPACA_SYNC_PLAN_MAX_AGE_MINUTES: 0\n")
    planned(strict)
    approved(strict)
    strict.sandbox.do(HAND, LATER)
    before = strict.book

    assert_clear(strict.run("apply", "--yes"), 21, "cash-moved")
    assert strict.book == before


def test_the_tolerance_at_apply(strict: Bot) -> None:
    """A price tick after the approval is written with today's number; a leap is not."""
    strict.configure(STRICT + "ALPACA_SYNC_PLAN_MAX_AGE_MINUTES: 0\n")
    planned(strict)
    approved(strict)
    strict.sandbox.do({"do": "price", "symbol": "SPY250822C00635000", "price": "99"})
    assert_clear(strict.run("apply", "--yes"), 21, "reading-moved")
    strict.sandbox.do({"do": "price", "symbol": "SPY250822C00635000", "price": "2.60"})

    assert strict.run("apply", "--yes").code == 0


@pytest.mark.parametrize("basis", ["equity", "cash"])
def test_a_yes_is_to_the_dollars_that_were_shown(bot: Bot, basis: str) -> None:
    """Without an approval too: a plan of long ago does not write a bankroll that nobody has seen."""
    bot.configure(f"ALPACA_SYNC_PLAN_MAX_AGE_MINUTES: 0\nALPACA_SYNC_BANKROLL_BASIS: {basis}\n")
    bot.run("plan")
    bot.run("approve", "--yes", "--by", "Ann")
    bot.sandbox.do({"do": "withdrawal", "amount": "3000"})
    before = bot.book
    assert_clear(bot.run("apply", "--yes"), 20, "stale", "tolerance")
    assert bot.book == before

    bot.run("plan")
    bot.sandbox.do({"do": "withdrawal", "amount": "10"})
    assert bot.run("apply", "--yes").code == 0
    (act,) = bot.run("log", "--json", "--verb", "apply").json["operations"]
    assert act["said"] is None  # what was approved is not what was written


def test_a_finding_that_asks_is_satisfied_by_an_approval(bot: Bot) -> None:
    """An approval stands for the yes that a rule wants, without a prompt."""
    files = (bot.bankroll, bot.positions, bot.history)
    old = [path.read_bytes() for path in files]
    for _ in range(2):
        bot.run("plan")
        assert bot.run("apply", "--yes").code == 0
        for path, data in zip(files, old, strict=True):
            path.write_bytes(data)
    found = bot.run("plan", "--json").json["findings"]
    assert "undone-again" in {each["code"] for each in found}

    assert_clear(bot.run("apply", "--yes"), 21, "wants a person's yes", "snapsync approve")
    approved(bot)
    assert bot.run("apply", "--yes").code == 0


def test_revoking_an_approval(strict: Bot) -> None:
    """An approval that was taken back counts no more, and can be taken back once."""
    planned(strict)
    approval = approved(strict)
    assert strict.run("revoke", approval[:12]).code == 0

    assert_clear(strict.run("apply", "--yes"), 21, "revoked")
    assert_clear(strict.run("revoke", approval), 21, "no longer counts")


def test_rejecting_a_plan(bot: Bot) -> None:
    """A rejected plan is applied nowhere, approvals or not, until the rejection is taken back."""
    id = planned(bot)
    approved(bot)
    rejection = bot.run("revoke", id, "--by", "Ann", "--reason", "not yet", "--json").json["approval"]["id"]
    before = bot.book

    assert_clear(bot.run("apply", "--yes"), 21, "This plan was rejected", "Ann", "not yet", "revoke")
    assert_clear(bot.run("approve", "--yes"), 21, "rejected")
    assert_clear(bot.run("revoke", id), 21, "rejected")
    assert bot.book == before
    assert bot.run("revoke", rejection).code == 0
    assert_clear(bot.run("revoke", rejection), 21, "no longer counts")
    assert bot.run("apply", "--yes").code == 0


def test_an_expired_approval(bot: Bot) -> None:
    """An approval ends when it said it would."""
    bot.configure(STRICT)
    plan(as_other(bot))
    approve(as_other(bot), lasting=timedelta(hours=2))

    with pytest.raises(PlanError, match="expired"):
        apply(as_other(bot, ahead=timedelta(hours=3)))


def test_the_planner_may_not_approve(bot: Bot) -> None:
    """With SELF_APPROVAL off, somebody else's yes is wanted: another user, or another machine."""
    bot.configure(STRICT + "ALPACA_SYNC_SELF_APPROVAL: false\n")
    planned(bot)
    assert_clear(bot.run("approve", "--yes"), 22, "may not approve", "ALPACA_SYNC_SELF_APPROVAL")

    approve(as_other(bot))
    assert bot.run("apply", "--yes").code == 0


def test_an_own_approval_does_not_outlive_the_rule(bot: Bot) -> None:
    """Turning SELF_APPROVAL off ends the planner's own approvals too."""
    bot.configure(STRICT)
    planned(bot)
    approved(bot)
    bot.configure(STRICT + "ALPACA_SYNC_SELF_APPROVAL: false\n")

    assert_clear(bot.run("apply", "--yes"), 21, "self-approved")


def test_who_approved_in_ci(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CI run is noted beside the user and what was typed; nothing is, on anybody's own machine."""
    planned(bot)
    assert bot.run("approve", "--yes", "--json").json["approval"]["job"] is None
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_ACTOR", "octo")
    monkeypatch.setenv("GITHUB_RUN_ID", "42")

    said = bot.run("approve", "--yes", "--by", "Ann", "--json").json["approval"]

    assert said["job"] == {"system": "github", "actor": "octo", "run": "42"}
    assert said["by"] == "Ann"
    assert said["actor"]["user"]


def test_nobody_can_answer(bot: Bot) -> None:
    """Without --yes and without a plan's id, an approval needs a terminal."""
    id = planned(bot)

    assert_clear(bot.run("approve"), 1, "Nobody can answer here", f"snapsync approve {id[:12]}")
    assert bot.run("approve", id[:8]).code == 0


def test_what_cannot_be_is_not_asked_about(bot: Bot) -> None:
    """Too long a time and an empty plan are refused before somebody is asked."""
    planned(bot)
    assert_clear(bot.run("approve", "--for", "31d"), 64, "cannot last that long")
    bot.run("apply", "--yes")
    bot.run("plan")
    assert_clear(bot.run("approve"), 64, "nothing to approve")


@pytest.mark.parametrize("lasting", ["0s", "31d", "2", "soon", "-1h", "999999d"])
def test_lengths_of_time(bot: Bot, lasting: str) -> None:
    """An approval lasts from a second to thirty days."""
    planned(bot)

    ran = bot.run("approve", "--yes", "--for", lasting)

    assert ran.code == 64
    assert "Traceback" not in ran.err


def test_nothing_planned_cannot_be_approved(bot: Bot) -> None:
    """Before the first plan there is nothing to say yes to."""
    assert_clear(bot.run("approve", "--yes"), 20, "No plan has been made yet")


def test_an_unknown_plan_cannot_be_approved(bot: Bot) -> None:
    """An id that the store does not have, and a beginning too short to mean one."""
    planned(bot)
    assert_clear(bot.run("approve", "f" * 12), 64, "No such id")
    assert_clear(bot.run("approve", "abc"), 64, "at least 4")


def test_an_ambiguous_beginning_approves_nothing(bot: Bot) -> None:
    """Where an id's beginning is another's too, both are named."""
    id = planned(bot)
    rules = (Rules(late_days=number) for number in itertools.count(3))
    other = next(each for each in rules if each.id.startswith(id[:4]))
    bot.env().store.put(other)

    assert_clear(bot.run("approve", id[:4]), 64, "ambiguous", id[:12], other.id[:12])
    assert bot.run("approve", id[:12]).code == 0


def test_an_approval_cannot_be_approved(bot: Bot) -> None:
    """The id of something else is told from a plan's."""
    planned(bot)
    assert_clear(bot.run("approve", approved(bot)), 64, "not a plan's")


def test_an_applied_plan_cannot_be_approved(bot: Bot) -> None:
    """What was done needs no yes any more."""
    id = planned(bot)
    assert bot.run("apply", "--yes").code == 0
    assert_clear(bot.run("approve", id), 20, "applied already")


def test_a_plan_without_changes_cannot_be_approved(bot: Bot) -> None:
    """In step there is nothing to say yes to."""
    planned(bot)
    assert bot.run("apply", "--yes").code == 0
    bot.run("plan")
    assert_clear(bot.run("approve", "--yes"), 64, "nothing to approve")


def test_a_rejected_plan_cannot_be_approved(bot: Bot) -> None:
    """A no stands until it is taken back, and names who said it."""
    id = planned(bot)
    assert bot.run("revoke", id, "--by", "Ann").code == 0
    assert_clear(bot.run("approve", id), 21, "rejected", "Ann")


def test_a_stale_plan_cannot_be_approved(bot: Bot) -> None:
    """A plan whose changes a newer one no longer has, or that was made by other rules, is stale."""
    id = planned(bot)
    bot.bankroll.write_text(bot.bankroll.read_text().replace("95000.00", "94000.00"))
    planned(bot)
    assert_clear(bot.run("approve", id), 20, "stale", "bankroll")
    newest = planned(bot)
    bot.configure("ALPACA_SYNC_GRACE_SECONDS: 5\n")
    assert_clear(bot.run("approve", newest), 20, "other rules")


def test_an_old_plan_cannot_be_approved(bot: Bot) -> None:
    """A plan of two months ago is not approved, whatever its changes are."""
    plan(as_other(bot))

    with pytest.raises(PlanError, match="30 days") as raised:
        approve(as_other(bot, ahead=timedelta(days=60)))
    assert raised.value.exit == Exit.STALE


def test_a_refused_plan_cannot_be_approved(bot: Bot) -> None:
    """What a rule refuses, no approval lets through."""
    bot.sandbox.fault("positions", answer={"status": 200, "body": "[]"}, times=3)
    id = planned(bot)

    assert_clear(bot.run("approve", id), 22, "no approval helps", "positions-vanished")


def test_an_approval_edited_on_disk(strict: Bot) -> None:
    """An approval whose bytes were changed is damage, not an approval."""
    planned(strict)
    id = approved(strict)
    path = strict.folder / "state" / "paper" / "objects" / id[:2] / id[2:]
    text = zlib.decompress(path.read_bytes()).decode()
    path.chmod(0o600)
    path.write_bytes(zlib.compress(text.replace('"reason":""', '"reason":"forged"').encode()))
    before = strict.book

    assert_clear(strict.run("apply", "--yes"), 30, "damaged", str(path.name)[:12])
    assert strict.book == before


def test_from_python(bot: Bot) -> None:
    """The same from a program: approve what was looked at, take it back, and see it in the log."""
    env = bot.env()
    made = plan(env)
    said = approve(env, choose(env, made.plan.id), by="Ann")
    assert said.approval.plan == made.plan.id
    back = revoke(env, said.id)

    assert back.approval.revokes == said.id
    assert [act.verb for _, act in env.store.log()] == ["revoke", "approve", "plan"]


def test_approvals_do_not_move_the_agreed_point(bot: Bot) -> None:
    """Approving in between changes neither what the next plan compares with nor where the env stands."""
    id = planned(bot)
    standing = bot.run("status", "--json").json["standing"]
    approved(bot)

    assert bot.run("status", "--json").json["standing"] == standing == "drift"
    assert planned(bot) == id


def names(folder: Path) -> set[str]:
    """The files below a folder."""
    return {str(path) for path in folder.rglob("*")}


def test_a_declined_approval_leaves_no_trace(bot: Bot, run: Callable[..., Ran]) -> None:
    """Where nobody says yes, nothing is stored."""
    planned(bot)
    before = names(bot.folder)

    assert run("approve").code == 1
    assert names(bot.folder) == before


def test_a_long_reason_fits_the_terminal(bot: Bot) -> None:
    """A reason and a part that are longer than a line are told on lines of their own, in 80 columns."""
    why = "a deposit of mine, and a trade by hand that I made on my phone while the bot slept"
    narrow = bot.run("plan", "--only", "positions", "--only", "history", "--except", "SPY", "--except", "QQQ")
    bot.run("plan")
    bot.run("approve", "--yes", "--reason", why)

    said = bot.run("log").out + narrow.out

    assert max(len(line) for line in said.splitlines() if str(bot.folder) not in line) <= 80
    assert why in " ".join(said.split())
