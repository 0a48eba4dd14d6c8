"""Telling Slack of an env: each new fact once, whichever process meets it, and never at the cost of a run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from snapsync import Env, SnapsyncError, apply, plan
from snapsync.store.told import telling
from snapsync.verbs.back import plan_undo
from snapsync.verbs.tell import tell
from tests.conftest import Bot

from .server import Answer, SlackServer

HAND = {"do": "buy", "symbol": "IWM250829C00230000", "qty": "1", "price": "2.00"}
LATER = {"do": "clock", "by": "10m"}


def opened(bot: Bot) -> tuple[Env, list[str]]:
    """The env as a new process opens it, and what it says."""
    env, said = bot.env(), list[str]()
    env.say = env.warn = said.append
    return env, said


def look(bot: Bot, *, write: bool = False) -> list[str]:
    """One run of a program: plan, apply if told to, tell. What it says of Slack."""
    env, said = opened(bot)
    try:
        made = plan(env)
    except SnapsyncError as trouble:
        tell(env, stopped=trouble)
        return said
    done = apply(env) if write and made.plan.drift else None
    tell(env, plan=made.plan, wrote=done.operation if done else None)
    return said


def heads(slack: SlackServer) -> list[str]:
    """The first lines of all messages."""
    return [each.splitlines()[0] for each in slack.messages]


def masked(text: str) -> str:
    """A message without what differs from run to run."""
    text = re.sub(r"\b[0-9a-f]{12}\b", "ID", text)
    return re.sub(r"on \S+, [^,]* E[SD]T(, applied by \S+)?", r"on HOST, WHEN\1", text)


def test_a_sync_is_told_as_the_guide_has_it(
    bot: Bot, slack: SlackServer, snapshot: SnapshotAssertion
) -> None:
    """The guide's two lines first; then where, what changed in $ and %, ids, and one command."""
    look(bot, write=True)

    (said,) = slack.messages
    assert said.splitlines()[:2] == [
        "✅ Alpaca Sync SUCCESS [PAPER]",
        "Bankroll: ✅ | Positions: ✅ | Transactions: ✅",
    ]
    assert "$95,000.00 → $100,262.75 (+$5,262.75, +5.54 %)" in said
    operation = re.search(r"`snapsync show ([0-9a-f]{12}) --env paper`", said)
    assert operation
    assert bot.run("show", operation[1], "--env", "paper").code == 0
    assert re.sub(r"by \S+", "by USER", masked(said)) == snapshot


def test_each_fact_once(bot: Bot, slack: SlackServer) -> None:
    """The same drift is told once, by whichever process; its end once; being in step is no news."""
    for _ in range(3):
        look(bot)
    assert heads(slack) == ["⚠️ Alpaca Sync DRIFT [PAPER]"]

    bot.sandbox.do(HAND, LATER)
    look(bot)
    look(bot)
    assert heads(slack)[1:] == ["⚠️ Alpaca Sync DRIFT [PAPER]"]

    look(bot, write=True)
    look(bot, write=True)
    assert heads(slack)[2:] == ["✅ Alpaca Sync SUCCESS [PAPER]"]


def test_a_drift_that_goes_by_itself_is_over(bot: Bot, slack: SlackServer) -> None:
    """When the bot mends its own book, that is told."""
    look(bot, write=True)
    good = bot.bankroll.read_bytes()
    bot.bankroll.write_text('{"balance": 95000}')
    look(bot)
    bot.bankroll.write_bytes(good)
    look(bot)
    look(bot)

    assert heads(slack)[1:] == ["⚠️ Alpaca Sync DRIFT [PAPER]", "✅ Alpaca Sync RESOLVED [PAPER]"]


def test_what_a_person_did_is_told_by_the_next_run(bot: Bot, slack: SlackServer) -> None:
    """An apply and an undo on a terminal are found in the log, also by another process."""
    look(bot, write=True)
    env, _ = opened(bot)
    apply(env, plan_undo(env), confirmed=True)
    look(bot)

    assert heads(slack)[1] == "✅ Alpaca Sync UNDONE [PAPER]"
    assert "🛑 Alpaca Sync BLOCKED [PAPER]" in heads(slack)  # what was undone is on hold
    assert "A change is on hold" in slack.messages[-1]
    assert "snapsync approve" in slack.messages[-1]


def test_an_outage_has_a_beginning_and_an_end(bot: Bot, slack: SlackServer) -> None:
    """Several failures in a row are one outage; the drift from before is not told again."""
    look(bot)
    bot.sandbox.fault("account", answer="html", times=2)
    look(bot)
    look(bot)
    bot.sandbox.clear_faults()
    look(bot)
    look(bot)

    assert heads(slack) == [
        "⚠️ Alpaca Sync DRIFT [PAPER]",
        "🔌 Alpaca Sync OUTAGE [PAPER]",
        "✅ Alpaca Sync BACK [PAPER]",
    ]
    # the broker is back, and the drift is still there
    assert slack.messages[-1].splitlines()[1] == "Bankroll: ⚠️ | Positions: ⚠️ | Transactions: ⚠️"


def test_a_broken_book_is_told_once_and_calls_somebody(
    bot: Bot, slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure that only a person can end mentions whom the setting names."""
    monkeypatch.setenv("ALPACA_SYNC_SLACK_MENTION", "U0123ABCD")
    look(bot, write=True)
    good = bot.positions.read_bytes()
    bot.positions.write_text("no,such\ncolumns,here\n")
    look(bot)
    look(bot)
    bot.positions.write_bytes(good)
    look(bot)

    assert heads(slack)[1:] == ["❌ Alpaca Sync FAILED [PAPER]", "✅ Alpaca Sync RESOLVED [PAPER]"]
    assert ["<@U0123ABCD>" in each for each in slack.messages] == [False, True, False]


def test_an_approval_that_is_wanted(bot: Bot, slack: SlackServer) -> None:
    """Where the env insists on an approval the message says so; with one it is told as a success."""
    bot.configure("ALPACA_SYNC_REQUIRE_APPROVAL: [paper]\n")
    look(bot)
    assert heads(slack) == ["🛑 Alpaca Sync BLOCKED [PAPER]"]
    assert "ALPACA_SYNC_REQUIRE_APPROVAL" in slack.messages[0]

    assert bot.run("approve", "--yes").code == 0
    look(bot, write=True)
    assert heads(slack)[1:] == ["✅ Alpaca Sync SUCCESS [PAPER]"]


@pytest.mark.parametrize("answer", ["slow", "limited for long", "html", "error"])
def test_a_failing_slack_changes_nothing(bot: Bot, slack: SlackServer, answer: Answer) -> None:
    """The book is written all the same, the failure is said, and the news comes when Slack is back."""
    slack.answers.extend([answer] * 2)
    env, said = opened(bot)
    made = plan(env)
    done = apply(env)
    tell(env, plan=made.plan, wrote=done.operation, within=2)
    assert slack.messages == []
    assert len(said) == 1
    assert said[0].startswith("Slack was not told: ")
    assert slack.url not in said[0]
    log = (bot.folder / "logs" / "alpaca_sync_paper.log").read_text()
    failure = json.loads(log.splitlines()[-1])
    assert (failure["event_type"], failure["source"], failure["head"]) == ("failed", "slack", done.operation)
    assert failure["reason"].startswith("Slack was not told. ")
    assert slack.url not in log
    assert bot.run("check").code == 0

    slack.answers.clear()
    assert "later" in look(bot)[0]  # a Slack that failed is left alone for a while
    (bot.folder / "state" / "paper" / "told.json").unlink()
    bot.sandbox.do(HAND, LATER)
    look(bot, write=True)
    assert heads(slack) == ["✅ Alpaca Sync SUCCESS [PAPER]"]


def test_off_means_off(bot: Bot, slack: SlackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its variables, or with alerts off, nothing is sent, said or remembered."""
    monkeypatch.setenv("ALPACA_SYNC_SLACK_ALERTS", "false")
    assert look(bot) == []
    monkeypatch.delenv("ALPACA_SYNC_SLACK_ALERTS")
    monkeypatch.delenv("SLACK_WEBHOOK_URL")
    assert look(bot) == []

    assert slack.requests == []
    assert not (bot.folder / "state" / "paper" / "told.json").exists()


@pytest.mark.parametrize(
    ("variables", "what"),
    [
        ({"SLACK_WEBHOOK_URL": "http://hooks.example/x"}, "no https:// address"),
        ({"SLACK_WEBHOOK_URL": "hooks"}, "no https:// address"),
        ({"SLACK_WEBHOOK_URL": "", "SLACK_BOT_TOKEN": "xoxb-1-2"}, "no channel"),
        ({"SLACK_WEBHOOK_URL": "", "SLACK_BOT_TOKEN": "hunter2 "}, "no token"),
    ],
    ids=["http", "word", "channel", "token"],
)
def test_half_a_set_up_is_said(
    bot: Bot, slack: SlackServer, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], what: str
) -> None:
    """What is wrong is named, what is secret is not, and the run is not disturbed."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    (said,) = look(bot)

    assert what in said
    assert "hunter2" not in said
    assert slack.requests == []


def test_nothing_secret_is_told(bot: Bot, slack: SlackServer) -> None:
    """Neither keys nor the account's id or number, even where the broker itself says them."""
    account = bot.sandbox.world.account
    secrets = (account.key, account.secret, account.id, account.number, slack.webhook["SLACK_WEBHOOK_URL"])
    look(bot, write=True)
    body = f'{{"message": "{" ".join(secrets)}"}}'
    bot.sandbox.fault("account", answer={"status": 422, "body": body})
    look(bot)

    assert len(slack.messages) == 2
    for each in secrets:
        assert each not in "".join(slack.messages)


def test_a_damaged_memory_is_begun_anew(bot: Bot, slack: SlackServer) -> None:
    """It is said, and the worst is that something is told twice."""
    look(bot)
    path = bot.folder / "state" / "paper" / "told.json"
    path.write_bytes(path.read_bytes().replace(b"drift", b"draft"))

    said = look(bot)
    look(bot)

    assert "cannot be read" in said[0]
    assert heads(slack) == ["⚠️ Alpaca Sync DRIFT [PAPER]"] * 2


def test_a_store_that_is_damaged_is_told(bot: Bot, slack: SlackServer) -> None:
    """Where not even the log can be read there is news all the same, once, and its end."""
    look(bot)
    good: dict[Path, bytes] = {}
    for path in (bot.folder / "state" / "paper" / "objects").rglob("*"):
        if path.is_file():
            good[path] = path.read_bytes()
            path.chmod(0o600)
            path.write_bytes(b"x")
    look(bot)
    look(bot)
    for path, data in good.items():
        path.write_bytes(data)
    look(bot)

    assert heads(slack) == [
        "⚠️ Alpaca Sync DRIFT [PAPER]",
        "❌ Alpaca Sync FAILED [PAPER]",
        "⚠️ Alpaca Sync DRIFT [PAPER]",
    ]


def test_a_digest_comes_once_a_day(bot: Bot, slack: SlackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """From its time on, New York time, with the day's numbers."""
    monkeypatch.setenv("ALPACA_SYNC_SLACK_DIGEST", "00:00")
    look(bot, write=True)
    look(bot)

    assert heads(slack) == ["✅ Alpaca Sync SUCCESS [PAPER]", "📋 Alpaca Sync DIGEST [PAPER]"]
    assert "1 look(s), 1 write(s) with 8 change(s)" in slack.messages[1]
    assert "Now: in step." in slack.messages[1]


def test_a_bots_token_works_too(bot: Bot, slack: SlackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token and a channel in the place of a webhook."""
    monkeypatch.delenv("SLACK_WEBHOOK_URL")
    for name, value in slack.bot.items():
        monkeypatch.setenv(name, value)
    assert look(bot) == []

    assert slack.bodies[0]["channel"] == "#trading-alerts"


def test_one_process_tells_at_a_time(bot: Bot, slack: SlackServer) -> None:
    """Another one that is telling just now is not waited for, and what it leaves is told by the next run."""
    with telling(bot.folder / "state" / "paper"):
        assert look(bot, write=True) == []
    assert slack.messages == []

    look(bot)
    look(bot)
    assert heads(slack) == []  # in the beginning what was before is no news

    bot.sandbox.do(HAND, LATER)
    with telling(bot.folder / "state" / "paper"):
        look(bot, write=True)
    look(bot)
    assert heads(slack) == ["✅ Alpaca Sync SUCCESS [PAPER]"]


def test_the_store_is_sound_with_it(bot: Bot, slack: SlackServer) -> None:
    """What is remembered is no part of the history: verify has nothing against it, nor against its loss."""
    look(bot, write=True)
    assert bot.run("verify").code == 0
    (bot.folder / "state" / "paper" / "told.json").unlink()

    assert bot.run("verify").code == 0
    assert look(bot) == []
    assert len(slack.messages) == 1
