"""The audit log: a line per act once it is history; what is missing or changed of it is found."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snapsync import SnapsyncError, apply, log, plan, sync, verify
from tests.conftest import Bot, Ran

FOREIGN = "2025-08-21 INFO the old sync was here {\n"


@pytest.fixture
def path(bot: Bot) -> Path:
    """Where the audit log of the bot lies."""
    return bot.folder / "logs" / "alpaca_sync_paper.log"


def lines(path: Path) -> list[dict[str, Any]]:
    """The lines that are JSON."""
    return [json.loads(each) for each in path.read_text().splitlines() if each.startswith("{")]


def acts(bot: Bot) -> list[str]:
    """The ids of all acts, oldest first."""
    return [str(id) for id, _ in log(bot.env())][::-1]


def test_a_line_per_act(bot: Bot, path: Path) -> None:
    """Each act is one line, in their order: who, when, from what, to what, by which plan."""
    sync(bot.env())

    planned, applied = lines(path)
    assert [planned["operation"], applied["operation"]] == acts(bot)
    assert (planned["event_type"], planned["before"], planned["summary"]["add"]) == ("plan", None, 5)
    assert (applied["event_type"], applied["environment"]) == ("apply", "paper")
    assert applied["head"] == applied["operation"]
    assert applied["plan"] == planned["plan"]
    assert (applied["before"]["bankroll"], applied["after"]["bankroll"]) == ("95000", "100262.75")
    assert applied["before"]["positions"]["QQQ250822P00480000"]["qty"] == "2"
    assert applied["after"]["positions"]["QQQ250822P00480000"] is None
    assert len(applied["after"]["transactions"]) == 4
    assert "manual" in applied["source"]
    assert applied["actor"] == f"{bot.env().actor.user}@{bot.env().actor.host}"
    assert applied["timestamp"] > planned["timestamp"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_kind_of_act_has_its_line(bot: Bot, path: Path) -> None:
    """Approvals, ways back and looks in step are lines as well, and the history gives them all again."""
    for args in (["plan"], ["approve", "--yes"], ["apply", "--yes"], ["undo", "--yes"], ["plan"]):
        assert bot.run(*args).code == 0
    assert bot.run("revoke", plan(bot.env()).plan.id).code == 0

    assert [each["operation"] for each in lines(path)] == acts(bot)
    assert bot.run("log", "--audit") == Ran(0, path.read_text(), "")
    kinds = {each["event_type"] for each in lines(path)}
    assert kinds == {"plan", "approve", "apply", "undo", "revoke"}


def test_it_can_be_followed_and_rotated(bot: Bot, path: Path) -> None:
    """Lines are only ever added to the file of that name; one that was moved away is made anew."""
    plan(bot.env())
    with path.open() as follower:
        follower.read()
        apply(bot.env())
        assert json.loads(follower.read())["event_type"] == "apply"
    path.rename(path.with_suffix(".log.1"))
    plan(bot.env())

    [again] = lines(path)
    assert again["operation"] == acts(bot)[-1]
    assert len(lines(path.with_suffix(".log.1"))) == 2
    assert verify(bot.env()).good


def test_lines_that_are_not_ours_stay(bot: Bot, path: Path) -> None:
    """What other programs write into it is kept and passed over, a line that broke off too."""
    path.write_text(FOREIGN + "[1, 2]\n" + '{"operation": 5}\n' + "broke o")
    sync(bot.env())

    text = path.read_text()
    assert text.startswith(FOREIGN + "[1, 2]\n" + '{"operation": 5}\n' + "broke o\n{")
    assert [each.get("operation") for each in lines(path)][1:] == acts(bot)
    found = verify(bot.env())
    assert found.good
    assert not found.notes


def test_a_missing_end_is_written_by_the_next(bot: Bot, path: Path) -> None:
    """What a crash or a full disk took from the end comes with the next line, in order and once."""
    sync(bot.env())
    plan(bot.env())
    whole = path.read_text()
    first = whole.splitlines(keepends=True)[0]
    for left in (first, first + whole[len(first) :][:40]):
        path.write_text(left)
        plan(bot.env())
        known = [each for each in path.read_text().splitlines() if each.endswith("}")]
        assert [json.loads(each)["operation"] for each in known] == acts(bot)


def test_a_changed_line_is_found(bot: Bot, path: Path) -> None:
    """Verify holds each line against the history, and says which was changed."""
    sync(bot.env())
    whole = path.read_text()
    path.write_text(whole.replace('"100262.75"', '"262.75"'))

    ran = bot.run("verify")

    assert ran.code == 30
    assert "line 2" in ran.out
    path.write_text(whole)
    assert bot.run("verify").code == 0


def test_a_line_that_was_taken_out_is_told(bot: Bot, path: Path) -> None:
    """An act without a line among others is no damage, but it is told."""
    sync(bot.env())
    plan(bot.env())
    one, _, three = path.read_text().splitlines(keepends=True)
    path.write_text(one + three + three.replace(json.loads(three)["operation"], "0" * 64))

    found = verify(bot.env())

    assert found.good
    assert "without a line in the audit log: 1" in found.notes[1]
    assert "name no act of this history: 1" in found.notes[0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
def test_a_full_disk_changes_no_result(bot: Bot, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A line that cannot be written changes no sync, is told even with -q, and comes with the next one."""
    path.symlink_to("/dev/full")

    ran = bot.run("sync", "-q")

    assert ran.code == 0
    assert "Synced [PAPER]" in ran.out
    assert ran.err.count("The audit log could not be written") == 2  # of the look and of the write
    logged = [json.loads(line) for line in bot.run("sync", "--log-json").err.splitlines()]
    assert [line["level"] for line in logged if "audit log" in line["message"]] == ["WARNING"]
    assert sync(bot.env())
    assert "The audit log could not be written" in caplog.text
    path.unlink()
    path.write_text(bot.run("log", "--audit").out)
    assert [each["operation"] for each in lines(path)] == acts(bot)
    assert bot.run("verify").code == 0


def test_what_failed_is_a_line(bot: Bot, path: Path) -> None:
    """A broker that cannot be read is an event: when, who tried, why; and without an act."""
    sync(bot.env())
    bot.sandbox.fault("positions", answer="html")
    with pytest.raises(SnapsyncError):
        sync(bot.env())

    failure = lines(path)[-1]
    assert (failure["event_type"], failure["source"], failure["operation"]) == ("failed", "sync", None)
    assert failure["head"] == acts(bot)[-1]
    assert "not understood" in failure["reason"]
    plan(bot.env())
    assert [each["operation"] for each in lines(path) if each["operation"]] == acts(bot)
    assert verify(bot.env()).good


@pytest.mark.parametrize("verb", ["plan", "check", "sync"])
def test_every_way_to_look_notes_its_failure_once(bot: Bot, path: Path, verb: str) -> None:
    """Whoever finds the broker down leaves one line, with who it was; a first try without a store none."""
    bot.sandbox.fault("positions", answer="html")
    bot.run("plan")
    assert not path.exists()
    bot.sandbox.clear_faults()
    bot.run("plan")
    bot.sandbox.fault("positions", answer="html")

    bot.run(verb)

    assert [each["source"] for each in lines(path) if each["event_type"] == "failed"] == [verb]


def test_an_apply_that_is_refused_is_a_line(bot: Bot, path: Path) -> None:
    """A plan that went stale is tried in vain: the log says why, and after which act."""
    bot.run("plan")
    bot.positions.write_text(bot.positions.read_text().replace(",2,2,", ",5,5,"))
    assert bot.run("apply", "--yes").code == 20

    failure = lines(path)[-1]
    assert (failure["event_type"], failure["source"], failure["head"]) == ("failed", "apply", acts(bot)[-1])
    assert "stale" in failure["reason"]


def test_no_secret_is_in_it(bot: Bot, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither keys nor the account's id or number."""
    sync(bot.env())
    monkeypatch.setenv("ALPACA_PAPER_SECRET_KEY", "a-wrong-secret")
    with pytest.raises(SnapsyncError):
        sync(bot.env())

    text = path.read_text()
    account = bot.env().store.identity.account
    assert account
    for secret in (bot.sandbox.key, bot.sandbox.secret, "a-wrong-secret", account):
        assert secret not in text


def test_it_lies_where_it_is_configured(bot_at: Callable[..., Bot]) -> None:
    """ALPACA_SYNC_BOOK names the file; its folder is made."""
    bot = bot_at("guide")
    bot.configure("ALPACA_SYNC_BOOK:\n  audit: audit/{env}.jsonl\n")
    bot.run("plan")

    assert len(lines(bot.folder / "audit" / "paper.jsonl")) == 1


def test_what_leaves_no_trace_leaves_no_line(bot: Bot, path: Path) -> None:
    """A recording that is replayed, and what init shows, are not history."""
    bot.run("plan", "--record", "recording")
    before = path.read_text()

    assert bot.run("plan", "--replay", "recording").code == 0
    assert bot.run("init").code == 0
    assert path.read_text() == before


def test_the_lines_can_be_chosen(bot: Bot) -> None:
    """--audit goes with the log's own choices; one JSON document it is not."""
    bot.run("sync")
    bot.run("plan")

    assert bot.run("log", "--audit", "-n", "1").out == bot.run("log", "--audit").out.splitlines(True)[-1]
    [applied] = bot.run("log", "--audit", "--verb", "apply").out.splitlines()
    assert json.loads(applied)["event_type"] == "apply"
    assert bot.run("log", "--audit", "--json").code == 64


def test_a_hostile_line_stops_nobody(bot: Bot, path: Path) -> None:
    """A line that nests deeper than any reader follows is no reason to fail, before or after an act."""
    bot.run("plan")
    with path.open("a") as file:
        file.write('{"x":' + "[" * 50_000 + "]" * 50_000 + "}\n")

    assert [bot.run(*verb).code for verb in (("plan",), ("apply", "--yes"), ("verify",))] == [0, 0, 0]
    assert acts(bot)[-1] == json.loads(path.read_text().splitlines()[-1])["operation"]


def test_lines_that_were_moved_doubled_or_garbled_are_told(bot: Bot, path: Path) -> None:
    """Lines out of their order, twice, or cut are no damage of the history, but verify counts them."""
    for _ in range(4):
        plan(bot.env())
    a, b, c, d = path.read_text().splitlines()
    path.write_text("\n".join([b, a, a, c[:-9], d]) + "\n")

    found = verify(bot.env())

    assert found.good
    told = [note for note in found.notes if "audit log" in note]
    assert [note.rpartition(": ")[2] for note in told[:4]] == ["1.", "1.", "1.", "1."]
    assert [note.split("log ")[1].split(":")[0] for note in told[:3]] == [
        "that cannot be read",
        "that stand there more than once",
        "that are out of their order",
    ]


def test_a_log_that_cannot_be_read_is_told(bot: Bot, path: Path) -> None:
    """A folder where the log should be stops neither an act nor the check of the store."""
    bot.run("plan")
    path.unlink()
    path.mkdir()

    again = bot.run("plan")
    assert again.code == 0
    assert "audit log" in again.err
    assert bot.run("verify").code == 0
