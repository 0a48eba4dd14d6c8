"""A long history costs what changed; what is remembered to that end decides nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from snapsync import apply, plan, status
from snapsync.model.kept import Keep
from snapsync.verbs.gc import gc
from tests.book.long import data_of, lines
from tests.conftest import Bot

CALL = "SPY250822C00635000"
BUYS = {"do": "buy", "symbol": CALL, "qty": 1, "price": "2.40"}
LATER = {"do": "clock", "by": "5m"}


@pytest.fixture
def bot(bot_at: Callable[..., Bot], monkeypatch: pytest.MonkeyPatch) -> Bot:
    """A bot with a long history, in step; all trades are found by their keys."""
    monkeypatch.setattr("snapsync.verbs.remember._LONG", 1)
    bot = bot_at("quiet")
    bot.history.parent.mkdir(exist_ok=True)
    bot.history.write_bytes(data_of(lines()))
    trade(bot, 2)
    return bot


def memory(bot: Bot) -> Path:
    """Where it is remembered."""
    return bot.folder / "state" / "paper" / "memory"


def trade(bot: Bot, times: int) -> None:
    """Somebody trades by hand, and the book follows; so often."""
    for _ in range(times):
        bot.sandbox.do(BUYS, LATER)
        plan(bot.env())
        apply(bot.env())


def spoilt(memory: Path, how: str, old: Path) -> None:
    """Something becomes of what is remembered."""
    if how in {"gone", "of an earlier time", "no folder"}:
        shutil.rmtree(memory)
    if how == "of an earlier time":
        shutil.copytree(old, memory)
    elif how == "no folder":
        memory.write_bytes(b"?")
    for each in memory.iterdir() if memory.is_dir() else ():
        data = each.read_bytes()
        if how == "empty":
            each.write_bytes(b"")
        elif how == "cut off":
            each.write_bytes(data[:-9])
        elif how == "garbled":
            middle = len(data) // 2
            each.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])


SPOILT = ("not at all", "gone", "of an earlier time", "no folder", "empty", "cut off", "garbled")


def test_what_became_of_the_memory_decides_nothing(
    bot: Bot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whole, gone, stale or garbled: the plan has the same id, and the apply writes the same bytes."""
    aside = tmp_path_factory.mktemp("aside")
    old, saved = aside / "old", aside / "saved"
    shutil.copytree(memory(bot), old)
    assert sorted(each.name for each in old.iterdir()) == ["book.keys", "broker.keys", "history.json"]
    trade(bot, 2)
    bot.sandbox.do(BUYS, LATER)
    shutil.copytree(bot.folder, saved)
    found = {}

    for how in SPOILT:
        shutil.rmtree(bot.folder / "state")
        shutil.copytree(saved, bot.folder, dirs_exist_ok=True)
        spoilt(memory(bot), how, old)
        made = plan(bot.env()).plan
        done = apply(bot.env())
        after = plan(bot.env()).plan
        found[how] = (made.id, made.findings, done.open, bot.history.read_bytes(), after.changes)

    assert len(found["gone"][3]) > len((saved / "logs" / bot.history.name).read_bytes())
    assert {name: result == found["gone"] for name, result in found.items()} == dict.fromkeys(SPOILT, True)


def test_the_next_look_hashes_what_an_apply_has_written(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long an apply takes, what lies before its own rows was not read after them."""
    monkeypatch.setattr("snapsync.ends.book.raw.SETTLED_NS", 0)
    trade(bot, 1)

    assert not told(bot)["settled"]
    plan(bot.env())
    assert told(bot)["settled"]


def told(bot: Bot) -> dict[str, object]:
    """What is remembered of the history."""
    found: dict[str, object] = json.loads((memory(bot) / "history.json").read_bytes())["past"]
    return found


def test_an_apply_adds_to_the_very_file(bot: Bot) -> None:
    """The history stays the file that it was; a row is put at its end, and undo takes it away again."""
    before, inode = bot.history.read_bytes(), bot.history.stat().st_ino
    trade(bot, 1)

    assert bot.history.read_bytes().startswith(before)
    assert bot.history.stat().st_ino == inode
    bot.run("undo", "--yes")
    assert bot.history.read_bytes() == before


def test_a_row_that_the_bot_adds_meanwhile_stays(bot: Bot) -> None:
    """The bot writes between a plan and its apply, and again before the next plan."""
    before = bot.history.read_text().count("\n")
    bot.sandbox.do(BUYS, LATER)
    plan(bot.env())
    mine = lines(1)[1].replace("2025-01-01", "2025-07-01")
    with bot.history.open("a") as file:
        file.write(mine)
    apply(bot.env())

    text = bot.history.read_text()
    assert text.count(mine) == 1
    assert text.count("\n") == before + 2
    assert plan(bot.env()).plan.changes == ()


def test_status_tells_whether_a_long_history_was_edited(bot: Bot) -> None:
    """With what is remembered and without: a file as it was is told from one with another digit in it."""
    data = bot.history.read_bytes()
    assert status(bot.env()).edited == ()
    shutil.rmtree(memory(bot))
    assert status(bot.env()).edited == ()

    plan(bot.env())
    bot.history.write_bytes(data.replace(b",0.65,", b",0.66,", 1))
    assert status(bot.env()).edited == (bot.history.name,)


def test_a_gc_between_two_looks(bot: Bot) -> None:
    """Old trees that the memory is of are taken away: it is made anew."""
    trade(bot, 2)
    gc(bot.env(), Keep(last=1))
    trade(bot, 1)

    assert plan(bot.env()).plan.changes == ()
