"""Check: red on drift that nobody has approved, green otherwise, and never a byte of the book changed."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.conftest import Bot

from .test_approve import HAND, LATER, approved, names, planned
from .test_bad_input import assert_clear

FORMS = ("text", "json", "markdown", "github", "junit")


def test_red_then_approved_then_in_step(bot: Bot) -> None:
    """Drift is red, approved drift green, and after the apply all is in step."""
    before = bot.book
    red = bot.run("check")
    assert (red.code, red.out.splitlines()[-1].partition(":")[0]) == (2, "Unapproved drift")
    assert "snapsync approve" in red.err

    approved(bot)
    green = bot.run("check")
    assert (green.code, green.out.splitlines()[-1].partition(":")[0]) == (0, "Approved drift")
    assert bot.book == before

    bot.run("apply", "--yes")
    after = bot.book
    step = bot.run("check")
    assert (step.code, step.out.splitlines()[-1].partition(":")[0]) == (0, "In step")
    assert bot.run("check", "-q") == (0, "", "")
    assert bot.book == after


def test_a_tick_inside_the_tolerance_and_one_outside(bot: Bot) -> None:
    """A price tick leaves the check green; a leap turns it red, and says why."""
    planned(bot)
    approved(bot)
    bot.sandbox.do({"do": "price", "symbol": "SPY250822C00635000", "price": "2.60"})
    assert bot.run("check").code == 0

    bot.sandbox.do({"do": "price", "symbol": "SPY250822C00635000", "price": "99"})
    ran = bot.run("check")
    assert ran.code == 2
    assert "reading-moved: equity was $100,262.75" in ran.out


def test_a_trade_by_hand_after_the_approval(bot: Bot) -> None:
    """A new manual trade turns the check red, though the rest was approved."""
    planned(bot)
    approved(bot)
    assert bot.run("check").code == 0
    bot.sandbox.do(HAND, LATER)

    ran = bot.run("check")

    assert ran.code == 2
    assert "uncovered-change: the position IWM250829C00230000" in ran.out
    assert "cash-moved" in ran.out


def test_a_withdrawal_hidden_in_the_tolerance(bot: Bot) -> None:
    """Money that left after the approval turns the check red, however little."""
    planned(bot)
    approved(bot)
    bot.sandbox.do({"do": "withdrawal", "amount": "20"})

    ran = bot.run("check")

    assert ran.code == 2
    assert "cash-moved" in ran.out


def test_refused_is_refused(bot: Bot) -> None:
    """What a rule refuses is refused in every form."""
    for form in FORMS:
        bot.sandbox.fault("positions", answer={"status": 200, "body": "[]"}, times=3)
        assert bot.run("check", "--format", form).code == 22


def test_a_rejected_plan_is_red(bot: Bot) -> None:
    """An approved plan that was then rejected is red, and says by whom."""
    id = planned(bot)
    approved(bot)
    bot.run("revoke", id, "--by", "Bea", "--reason", "no")

    ran = bot.run("check")

    assert ran.code == 2
    assert "rejected" in ran.out
    assert "by Bea" in ran.out


@pytest.mark.parametrize("form", FORMS)
def test_formats(bot: Bot, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each format is well-formed, has the same exit code, and is told of in colours by nobody."""
    summary = bot.folder / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    ran = bot.run("check", "--format", form)

    assert ran.code == 2
    match form:
        case "json":
            document = ran.json
            assert (document["kind"], document["exit"], document["standing"]) == ("check", 2, "unapproved")
            again = bot.run("check", "--json").json
            assert again["plan"]["id"] == document["plan"]["id"]
            assert again.keys() == document.keys()
        case "markdown":
            assert ran.out.startswith("### ❌ snapsync paper\n\n**Unapproved drift: ")
        case "github":
            assert ran.out.startswith("::error title=snapsync paper::Unapproved drift: ")
            assert summary.read_text() == bot.run("check", "--format", "markdown").out
        case "junit":
            root = ET.fromstring(ran.out.encode())  # noqa: S314 - our own
            assert (root.tag, root.get("failures")) == ("testsuite", "1")
    assert summary.exists() == (form == "github")


def test_summaries_add_up(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The summary file is appended to: other steps of the job write to it too."""
    summary = bot.folder / "summary.md"
    summary.write_text("# Mine\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    bot.run("check", "--format", "github")

    assert summary.read_text().startswith("# Mine\n### ❌ snapsync paper\n")


def test_errors_are_annotations_too(bot: Bot) -> None:
    """Where no verdict is reached, the run is told why in its own form."""
    bot.sandbox.fault("positions", answer="html", times=9)
    ran = bot.run("check", "--format", "github")
    assert ran.code == 13
    assert ran.out.startswith("::error title=snapsync::")
    bot.sandbox.fault("positions", answer="html", times=9)
    ran = bot.run("check", "--format", "json")
    assert (ran.code, ran.json["exit"]) == (13, 13)


def test_redacted(bot: Bot) -> None:
    """With --redact there is no amount in any form, and the plan's id is the same."""
    id = planned(bot)
    for form in FORMS:
        shown = bot.run("check", "--format", form, "--redact").out
        assert id[:12] in shown
        assert "100262.75" not in shown
        assert "100,262.75" not in shown
        assert "95,000" not in shown


def without_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a CI that has none."""
    for name in ("ALPACA_PAPER_API_KEY", "ALPACA_PAPER_SECRET_KEY", "ALPACA_PAPER_BASE_URL"):
        monkeypatch.delenv(name)


def contents(folder: Path) -> dict[str, bytes]:
    """The files below a folder."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_offline(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """From what is stored, without keys, network or book: the same plan, and nothing is written."""
    id = planned(bot)
    without_keys(monkeypatch)
    for path in (bot.bankroll, bot.positions, bot.history):
        path.unlink()
    before, requests = contents(bot.folder), len(bot.sandbox.requests)

    red = bot.run("check", "--offline", "--json")
    assert (red.code, red.json["plan"]["id"]) == (2, id)
    assert contents(bot.folder) == before
    approved(bot)
    assert bot.run("check", "--offline").code == 0
    assert len(bot.sandbox.requests) == requests


def test_offline_after_an_apply(bot: Bot) -> None:
    """After an apply the stored book is the one that was written, and in step."""
    planned(bot)
    bot.run("apply", "--yes")

    assert bot.run("check", "--offline").code == 0


def test_offline_and_old(bot: Bot) -> None:
    """What was seen too long ago is no proof: neither are the acts that only carried it on."""
    planned(bot)
    approved(bot)

    assert_clear(bot.run("check", "--offline", "--max-age", "0s"), 20, "too old", "--max-age")
    assert bot.run("check", "--offline", "--max-age", "1h").code == 0


def test_offline_without_a_look(bot: Bot) -> None:
    """With nothing stored there is nothing to check."""
    assert_clear(bot.run("check", "--offline"), 10, "Nothing is stored")


def test_offline_under_other_rules(bot: Bot) -> None:
    """A changed config.yaml in the pull request is judged by: the approval was given under other rules."""
    planned(bot)
    approved(bot)
    bot.configure("ALPACA_SYNC_GRACE_SECONDS: 5\n")

    ran = bot.run("check", "--offline")

    assert ran.code == 2
    assert "other-rules" in ran.out


def test_another_account(bot: Bot) -> None:
    """A check against a store of another account is refused, and stores nothing."""
    planned(bot)
    bot.sandbox.do({"do": "reset"})
    before = names(bot.folder)

    assert_clear(bot.run("check"), 12, "another account")
    assert names(bot.folder) == before


def test_two_forms_at_once(bot: Bot) -> None:
    """--json and another --format contradict each other."""
    ran = bot.run("check", "--json", "--format", "junit")

    assert ran.code == 64
    assert json.loads(ran.out)["kind"] == "error"
