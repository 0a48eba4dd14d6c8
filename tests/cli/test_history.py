"""log, show, diff and blame as a person reads them, and what they say to wrong input."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from snapsync.model.change import COMPONENTS
from tests.conftest import Bot

IWM = "IWM250829C00225000"
ROW = f"IWM,{IWM},10,10,1.10,2025-08-21 11:00:00,open,\n"
TRADE = f"2025-08-21 11:00:00,{IWM},BUY,10,1.10,1100.00,{{order}},breakout\n"


@pytest.fixture
def story(bot_at: Callable[..., Bot]) -> Bot:
    """A bot with a past: two applies, looks in step between and after them, and an edit at the end."""
    bot = bot_at("guide", until="before")
    bot.write_book()
    bot.run("plan")
    bot.run("apply", "--yes")
    for _ in range(3):
        bot.run("plan")
    bot.sandbox.stage("after")
    with bot.positions.open("a") as file:
        file.write(ROW)
    with bot.history.open("a") as file:
        file.write(TRADE.format(order=bot.order_id("bot-iwm-0821")))
    bot.run("plan")
    bot.run("apply", "--yes")
    bot.run("plan")
    bot.run("plan")
    bot.positions.write_text(bot.positions.read_text().replace(",6,6,", ",9,9,"))
    bot.run("plan")
    return bot


def scrubbed(text: str, folder: Path) -> str:
    """Text without what differs from run to run: ids, today's times, folders, people."""
    text = re.sub(r"\n {8}(?! )", " ", text.replace(str(folder), "FOLDER"))  # as wide as people's names
    text = re.sub(r"\b[0-9a-f]{64}\b", "ID64", text)
    text = re.sub(r"\b[0-9a-f]{12}\b", "ID", text)
    text = re.sub(r"(?!2025-08)\d{4}-\d\d-\d\d \d\d:\d\d E[SD]T", "YYYY-MM-DD HH:MM EST", text)
    text = re.sub(r"in step, \d\d:\d\d\S*", "in step, HH:MM", text)
    return re.sub(r"\S+@\S+", "WHO@HOST", text)


def ids(bot: Bot, verb: str) -> list[str]:
    """The operations of a verb, newest first."""
    found = bot.run("log", "--all", "-n", "99", "--verb", verb, "--json").json["operations"]
    return [each["id"] for each in found]


def test_history_reads_well(story: Bot, snapshot: SnapshotAssertion) -> None:
    """What a person sees, in 80 columns."""
    for line in (
        "log",
        "log -v --all",
        "log -n 2",
        "log --symbol spy",
        f"log --symbol {IWM} --verb apply",
        "log --symbol TSLA",
        "show --at today",
        "diff",
        "diff broker book",
        "diff agreed broker",
        f"blame {IWM}",
        "blame QQQ250822P00480000",
    ):
        ran = story.run(*line.split())

        assert ran.code == 0
        assert max(map(len, ran.out.splitlines()[1:])) <= 80
        assert scrubbed(ran.out, story.folder) == snapshot(name=line)


def test_two_applies_compared(story: Bot, snapshot: SnapshotAssertion) -> None:
    """Of two operations both sides are compared; with -v each trade tells its key."""
    newer, older = ids(story, "apply")
    said = [story.run("diff", older[:12], newer[:12], *more).out for more in ([], ["-v"])]

    assert [scrubbed(text, story.folder) for text in said] == snapshot
    assert story.run("diff", newer, newer).out.endswith("No difference.\n")


def test_any_two_can_be_compared(story: Bot) -> None:
    """Words, times, ids of operations, plans, snapshots and States, each with each; the same is the same."""
    (applied, _), found = ids(story, "apply"), objects(story)
    named = [found[kind] for kind in ("plan", "book-snapshot", "broker-snapshot", "state")]
    things = ["book", "broker", "agreed", "today", applied, *named]

    for a, b in combinations(things, 2):
        there, back = diffed(story, a, b)["parts"], diffed(story, b, a)["parts"]
        for one, other in zip(there, back, strict=True):
            assert (one["a"], one["b"]) == (other["b"], other["a"])
            assert one["summary"]["added"] == other["summary"]["gone"]
            assert one["summary"]["different"] == other["summary"]["different"]
    for a in things:
        assert not any(part["differences"] for part in diffed(story, a, a)["parts"])


def test_words_can_be_of_another_time(story: Bot) -> None:
    """With --at the three words are about that operation, and the book is no longer the files."""
    applied = ids(story, "apply")[0]
    story.positions.unlink()

    for a, b in (("agreed", "book"), ("broker", "book")):
        document = diffed(story, a, b, "--at", applied)
        assert document["as_of"]["operation"] == applied
        assert not any(part["differences"] for part in document["parts"])
    assert diffed(story, "agreed", "book")["parts"][0]["summary"]["gone"] == 2


def diffed(bot: Bot, *args: str) -> dict[str, Any]:
    """What `diff` says, as a document."""
    ran = bot.run("diff", *args, "--json")
    assert ran.code == 0, ran.out
    document: dict[str, Any] = ran.json
    return document


def objects(bot: Bot) -> dict[str, str]:
    """One object of each kind, the last by id: kind to id."""
    folder = bot.folder / "state" / "paper" / "objects"
    ids = sorted(path.parent.name + path.name for path in folder.glob("*/*"))
    return {bot.run("show", id, "--json").json["kind"]: id for id in ids}


def test_every_kind_reads_well(story: Bot) -> None:
    """Each kind of object has words of its own, no JSON, in 80 columns; the account is masked."""
    account = story.sandbox.world.account.id
    found = objects(story)

    assert {"operation", "plan", "broker-snapshot", "book-snapshot", "state", "node", "page"} <= found.keys()
    assert {"image", "branch", "chunk", "rules"} <= found.keys()
    for kind, id in found.items():
        text, document = story.run("show", id, "-q").out, story.run("show", id, "--json").out
        assert "{" not in text, kind
        assert account not in text + document
        assert max(map(len, text.splitlines())) <= 90, kind


def test_snapshots_read_well(story: Bot, snapshot: SnapshotAssertion) -> None:
    """A look at the account with its prices, and the book with its files."""
    act = story.run("show", ids(story, "apply")[0]).out
    both = re.findall(r"(?:book|broker) +([0-9a-f]{64})", act)
    said = [story.run("show", id, "-q").out for id in both]

    assert [re.sub(r"\d+ requests", "N requests", scrubbed(text, story.folder)) for text in said] == snapshot


def test_any_earlier_file_of_the_book_can_be_got_back(bot: Bot) -> None:
    """`show --file` writes the very bytes that a file had, by operation, snapshot, plan or time."""
    before = bot.book
    bot.bankroll.write_bytes(bot.bankroll.read_bytes() + b"\r\n\r\n")
    before[bot.bankroll.name] = bot.bankroll.read_bytes()
    planned = bot.run("plan", "--json").json
    bot.run("apply", "--yes")
    after = bot.book
    assert after != before
    (applied,) = ids(bot, "apply")
    snapshot = re.search(r"book +([0-9a-f]{64})", bot.run("show", applied).out)
    assert snapshot

    for role, path in zip(COMPONENTS, (bot.bankroll, bot.positions, bot.history), strict=True):
        name = "history" if role == "transactions" else role
        for id in (planned["operation"], planned["id"]):
            assert bot.run("show", id, "--file", name).out.encode() == before[path.name]
        for args in ([applied], [snapshot[1]], ["--at", applied], ["--at", "today"]):
            assert bot.run("show", *args, "--file", name).out.encode() == after[path.name]


WRONG = (
    (["log", "--at", "2020-01-01"], "Nothing was stored yet at that time."),
    (["show", "--at", "2999-01-01"], "That time has not come yet."),
    (["diff", "2025-11-02 01:30", "book"], "was twice in America/New_York"),
    (["blame", IWM, "--at", "2025-03-09 02:30"], "was skipped by the clocks"),
    (["log", "--since", "soon"], "That is not a time."),
    (["log", "--verb", "conquer"], "'conquer' is not one of"),
    (["log", "-n", "0"], "0 is not in the range"),
    (["show", "zzzz"], "No such id"),
    (["show", "ab"], "at least 4 characters"),
    (["show", "abcd", "--at", "today"], "--at goes without an ID."),
    (["show", "--file", "ledger"], "'ledger' is not one of"),
    (["show", "--file", "history", "--json"], "--file writes bytes"),
    (["diff", "agred", "book"], "That is neither an id nor a time."),
    # an empty variable of a script's is not "now"
    (["log", "--at", ""], "That is neither an id nor a time."),
    (["log", "--since", ""], "That is not a time."),
    (["show", ""], "at least 4 characters"),
    (["diff", "", "book"], "That is neither an id nor a time."),
    (["blame", "IWM"], f"snapsync blame {IWM}"),
    (["blame", "IWM250829C0022500"], f"snapsync blame {IWM}"),
    (["blame", "TSLA"], "Neither side has ever held that."),
)


def test_wrong_input_is_told_in_words(bot: Bot) -> None:
    """What cannot be meant is one clear error, exit 64, and no trace."""
    bot.run("plan")
    bot.run("apply", "--yes")

    for args, words in WRONG:
        ran = bot.run(*args)

        assert ran.code == 64, args
        assert words in " ".join((ran.err or ran.out).split())
        assert "Traceback" not in ran.err


@pytest.mark.parametrize("args", [["log"], ["show"], ["diff"], ["blame", "SPY"], ["show", "--at", "today"]])
def test_before_the_first_look(bot: Bot, args: list[str]) -> None:
    """Where nothing is stored yet, that is said, and what to do."""
    ran = bot.run(*args)

    assert ran.code == 10
    assert "snapsync plan --env paper" in ran.err


def test_an_operation_that_saw_nothing_has_no_sides(bot: Bot) -> None:
    """A rebind can be looked back at, but there is nothing of it to compare."""
    bot.run("plan")
    bot.sandbox.do({"do": "reset", "cash": "1000"})
    bot.run("rebind", "--confirm", "paper")
    (rebound,) = ids(bot, "rebind")

    assert bot.run("diff", rebound, "book").code == 64
    assert bot.run("show", "--at", rebound).out.count("nobody had looked") == 2
    assert bot.run("show", rebound, "--file", "bankroll").code == 64


def test_a_file_that_was_not_there_cannot_be_got_back(bot_at: Callable[..., Bot]) -> None:
    """No file is not an empty file."""
    bot = bot_at("guide")
    bot.run("plan")

    ran = bot.run("show", "--file", "positions")

    assert (ran.code, ran.out) == (64, "")
    assert "no such file then" in ran.err


def test_the_log_goes_back_from_a_point(story: Bot) -> None:
    """--at begins there, --since ends there, and both are named."""
    every = story.run("log", "--all", "-n", "99", "--json").json
    middle = every["operations"][4]

    back = story.run("log", "--all", "--at", middle["id"], "--json").json
    since = story.run("log", "--all", "--since", middle["time"], "--json").json

    assert back["operations"] == every["operations"][4:]
    assert back["as_of"] == {"at": middle["time"], "operation": middle["id"]}
    assert since["operations"] == every["operations"][:5]
    assert f"As of operation {middle['id'][:12]}" in story.run("log", "--at", middle["id"]).out


def test_text_and_json_of_the_log_agree(story: Bot) -> None:
    """A folded stretch is one line and one document, with how many, the first and the last."""
    every = story.run("log", "--all", "--json").json["operations"]
    folded = story.run("log", "--json").json["operations"]
    lines = story.run("log", "-q").out.splitlines()

    assert len(lines) == len(folded) == 7
    assert sum(each.get("count", 1) for each in folded) == len(every) == 10
    stretch = folded[1]
    assert (stretch["count"], stretch["whole"]) == (2, True)
    assert (stretch["last"], stretch["first"]) == (every[1], every[2])
    assert lines[1].startswith(stretch["last"]["id"][:12])


def test_more_is_said(story: Bot) -> None:
    """Where there are older operations than those listed, the talk says so, and the document too."""
    assert "There is more" in story.run("log", "-n", "1").err
    assert story.run("log", "-n", "1", "--json").json["more"]
    assert not story.run("log", "-n", "7", "--json").json["more"]


def test_other_bytes_are_no_difference_but_told(bot: Bot) -> None:
    """Where only bytes that are not ours differ, no record does, and the file is named."""
    bot.run("plan")
    bot.positions.write_text(bot.positions.read_text().replace("keep me", "kept"))

    ran = bot.run("diff", "today", "book")

    assert "Bytes that no record stands for differ in: positions" in ran.out
    assert "No difference." in ran.out


def test_a_book_that_cannot_be_read_now_leaves_the_story(story: Bot) -> None:
    """A broken file is an error for what compares it, and no more than a word for what looks back."""
    story.positions.write_text("symbol\n\x00")

    assert story.run("diff").code == 1
    ran = story.run("blame", IWM)
    assert ran.code == 0
    assert "cannot be read now" in ran.err
    assert story.run("diff", "agreed", "broker").code == 0


def test_foreign_text_cannot_steer_the_terminal(bot_at: Callable[..., Bot]) -> None:
    """Escapes in client order ids, order ids and cells are written out in every view."""
    bot = bot_at("guide")
    bot.configure("ALPACA_SYNC_ASSET_CLASSES: [us_option, us_equity]\n")
    bad = "\x1b]0;x\x07"
    bot.write_book()
    with bot.history.open("a") as file:
        file.write(f"2025-08-21 11:00:00,ABC,BU{bad},3,1.00,300.00,id{bad},{bad}\n")
    bot.sandbox.do({"do": "buy", "symbol": "AAPL", "qty": "1", "price": "2", "client_order_id": f"me{bad}"})
    bot.sandbox.do({"do": "clock", "by": "5m"})
    assert bot.run("plan").code == 0
    assert bot.run("apply", "--yes").code == 0
    with bot.history.open("a") as file:
        file.write(f"2025-08-21 12:00:00,DEF,BU{bad},3,1.00,300.00,other{bad},{bad}\n")
    folder = bot.folder / "state" / "paper" / "objects"
    shown = [["show", path.parent.name + path.name, "-v"] for path in folder.glob("*/*")]
    others = [["diff", "-v"], ["diff", "broker", "book", "-v"], ["log", "-v"], ["show", "--at", "today"]]
    blamed = [["blame", "AAPL"], ["blame", f"abc{bad}"], ["log", "--symbol", bad], ["diff", bad]]

    said = {tuple(args): bot.run(*args) for args in (*shown, *others, *blamed)}

    assert "\\x1b" in said["diff", "-v"].out
    assert "\\x1b" in said["blame", "AAPL"].out
    for typed, ran in said.items():
        assert not {"\x1b", "\x07"} & set(ran.out + ran.err), typed


def test_documents_are_of_one_kind_each(story: Bot) -> None:
    """Every command that looks back gives one document that names its kind and the point it is of."""
    for args, kind in (
        (["log"], "log"),
        (["show", "--at", "today"], "then"),
        (["diff", "agreed"], "diff"),
        (["blame", IWM], "blame"),
    ):
        document = json.loads(story.run(*args, "--json").out)
        assert (document["kind"], document["format"]) == (kind, "1.0")
        assert "as_of" in document
