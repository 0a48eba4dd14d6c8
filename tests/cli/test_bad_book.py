"""A book that cannot be read: exit 1, the place and the remedy, no request, and nothing is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from snapsync.ends.book import raw
from tests.conftest import BANKROLL, HISTORY, POSITIONS, Bot

HEAD = POSITIONS.splitlines(keepends=True)[0]
ROW = POSITIONS.splitlines(keepends=True)[1]
JSON = "bankroll_alpaca_paper.json"
CSV = "positions_alpaca_paper.csv"
LOG = "trade_history_alpaca_paper.csv"
GOOD_COPY = "put back a good copy"

# what -> (file, its bytes, the place, the remedy)
BROKEN: dict[str, tuple[str, bytes, str, str]] = {
    "truncated JSON": (JSON, BANKROLL[:60].encode(), f"{JSON}:3, column", GOOD_COPY),
    "NaN": (JSON, BANKROLL.replace("95000.00", "NaN", 1).encode(), f"{JSON}:2, column 20: NaN", GOOD_COPY),
    "duplicate keys": (
        JSON,
        BANKROLL.replace("balance", "peak_bankroll").encode(),
        f'{JSON}:5, column 3: the key "peak_bankroll" is there twice',
        GOOD_COPY,
    ),
    "shifted columns": (
        CSV,
        (HEAD + "2025-08-20T10:02:00,QQQ,2025-08-22,480.0,PUT,2,1.85\n" + ROW).encode(),
        f"{CSV}:2: 7 fields",
        "put the row right",
    ),
    "shifted columns of the right width": (
        CSV,
        (HEAD + "2025-08-20T10:02:00,QQQ,2025-08-22,480.0,PUT,2,1.85,\n").encode(),
        f'{CSV}:2, column status: "1.85" is not a status',
        GOOD_COPY,
    ),
    "missing key columns": (
        CSV,
        POSITIONS.replace("quantity,contracts", "n,m").encode(),
        f"{CSV}:1: no column quantity or contracts",
        "ALPACA_SYNC_BOOK",
    ),
    "indistinguishable open rows": (
        CSV,
        (POSITIONS + ROW).encode(),
        f"{CSV}:3: an open row of QQQ250822P00480000 with the entry time and price of line 2",
        "remove or close one",
    ),
    "non-numeric quantity": (
        CSV,
        POSITIONS.replace(",2,2,", ",two,2,").encode(),
        f'{CSV}:2, column quantity: "two" is not a number',
        GOOD_COPY,
    ),
    "UTF-16": (CSV, POSITIONS.encode("utf-16"), f"{CSV}:1: begins as UTF-16 does", "Save the file as UTF-8"),
    "a NUL byte": (LOG, HISTORY.replace("breakout", "br\0kout").encode(), f"{LOG}:2: a NUL byte", GOOD_COPY),
    "half a row": (LOG, HISTORY[:-30].encode(), f"{LOG}:2: the last row breaks off", "complete or remove"),
}


NOBODY = 65534
NOTES = {"lock", "lock.writing", "alpaca_sync_paper.log"}
"""Who had the lock last, and what was tried in vain."""


def place(bot: Bot, name: str) -> Path:
    """Where a file of the book lies."""
    return bot.history if name == LOG else bot.folder / name


def everything(bot: Bot) -> dict[str, bytes]:
    """Every file in the bot's folder, its state included, but for notes of what was tried."""
    files = (path for path in bot.folder.rglob("*") if path.is_file() and path.name not in NOTES)
    return {str(path): path.read_bytes() for path in files}


def assert_refused(bot: Bot, where: str, remedy: str, *args: str) -> None:
    """One error on stderr; the broker was not asked, and nothing was written."""
    before, requests = everything(bot), len(bot.sandbox.requests)

    ran = bot.run(*args)

    words = " ".join(ran.err.split())
    assert ran.code == 1, ran
    assert where in words
    assert remedy in words
    assert "Traceback" not in ran.err
    assert everything(bot) == before
    assert len(bot.sandbox.requests) == requests


@pytest.mark.parametrize(("name", "data", "where", "remedy"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_stops_plan_and_apply(
    bot: Bot, name: str, data: bytes, where: str, remedy: str
) -> None:
    """At first sight, and also where the file broke between a plan and its apply."""
    sound = place(bot, name).read_bytes()
    place(bot, name).write_bytes(data)
    assert_refused(bot, where, remedy, "plan")
    assert not (bot.folder / "state" / "paper").exists()

    place(bot, name).write_bytes(sound)
    assert bot.run("plan").code == 0
    place(bot, name).write_bytes(data)
    assert_refused(bot, where, remedy, "apply", "--yes")


MANY = 3000
LONG = (HISTORY.splitlines(keepends=True)[1].replace("breakout", f"tick {n}") for n in range(MANY))
LONG_HISTORY = HISTORY.splitlines(keepends=True)[0] + "".join(LONG)
LAST = f"{LOG}:{MANY + 2}"


@pytest.mark.parametrize(
    ("row", "where", "remedy"),
    [
        (
            "2025-08-20 10:02:00,QQQ250822P00480000,BUY,two,1.85,370.00,,x\n",
            '"two" is not a number',
            GOOD_COPY,
        ),
        ("2025-08-20 10:02:00,QQQ250822P00480000,BUY,2,1.85\n", ": 5 fields", "put the row right"),
        (
            "2025-08-20 10:02:00,QQQ250822P00480000,BUY,2,1.85,37",
            "the last row breaks off",
            "complete or remove",
        ),
        (
            '2025-08-20 10:02:00,QQQ250822P00480000,BUY,2,1.85,370.00,,"x\n',
            "opens a quote that is never closed",
            "Close the quote",
        ),
    ],
    ids=["a word for a number", "too few fields", "half a row", "an open quote"],
)
def test_a_broken_row_at_the_end_of_a_long_history_is_named(
    bot: Bot, row: str, where: str, remedy: str
) -> None:
    """All rows before it are sound, and still nothing of them is kept, planned with or applied."""
    bot.history.write_text(LONG_HISTORY + row)

    assert_refused(bot, LAST, remedy, "plan")
    assert where in " ".join(bot.run("plan").err.split())
    assert not (bot.folder / "state" / "paper").exists()
    assert_refused(bot, LAST, remedy, "sync")


def replaced_during_reads(monkeypatch: pytest.MonkeyPatch, path: Path, contents: Iterator[str]) -> None:
    """Another program puts a new file in the place of this one whenever it has been read to its end."""
    real = os.read

    def read(handle: int, size: int) -> bytes:
        block = real(handle, size)
        here = path.exists() and os.path.samestat(os.fstat(handle), path.stat())
        if here and not block and (content := next(contents, None)) is not None:
            beside = path.with_name("beside")
            beside.write_text(content)
            beside.replace(path)
        return block

    monkeypatch.setattr(os, "read", read)


def test_a_file_that_is_replaced_while_it_is_read_is_read_anew(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan is that of the new file, not of the old one and not of half of each."""
    old = bot.run("plan", "--json").json["id"]
    new = POSITIONS.replace(",2,2,", ",1,1,")
    replaced_during_reads(monkeypatch, bot.positions, iter([new]))

    during = bot.run("plan", "--json").json["id"]
    after = bot.run("plan", "--json").json["id"]

    assert bot.positions.read_text() == new
    assert during == after != old


def test_a_file_that_is_replaced_again_and_again_stops_plan(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no reading is of one moment there is none: no request is made, and no store."""
    monkeypatch.setattr(raw, "PAUSE_SECONDS", 0)
    replaced_during_reads(monkeypatch, bot.history, (HISTORY + "\n" * n for n in range(99)))

    ran = bot.run("plan")

    assert ran.code == 1
    assert f"{LOG}: changed during each of 5 readings" in ran.err
    assert not bot.sandbox.requests
    assert not (bot.folder / "state" / "paper").exists()


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling link"])
def test_something_else_in_a_files_place_stops_plan_and_apply(bot: Bot, kind: str) -> None:
    """A folder, a pipe that nobody writes to, a link that leads nowhere: neither a file nor an empty book."""
    bot.run("plan")
    bot.positions.unlink()
    match kind:
        case "folder":
            bot.positions.mkdir()
        case "pipe":
            os.mkfifo(bot.positions)
        case _:
            bot.positions.symlink_to("away.csv")

    for args in (["plan"], ["apply", "--yes"]):
        assert_refused(bot, f"{CSV}: ", ".", *args)


@contextmanager
def without_privileges(folder: Path) -> Iterator[None]:
    """As a user whom permissions stop; the superuser's tests become nobody's for a while."""
    if os.geteuid():
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    for parent in folder.parents[:-2]:
        parent.chmod(parent.stat().st_mode | 0o055)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("name", [CSV, LOG])
def test_a_file_that_may_not_be_written_is_not(bot: Bot, name: str) -> None:
    """Neither replaced nor added to, and nothing of the rest either; with leave to write, all of it is."""
    bot.run("plan")
    bot.run("apply", "--yes")
    order = {"do": "buy", "symbol": "QQQ250822P00480000", "qty": 1, "price": "2.40"}
    bot.sandbox.do(order | {"client_order_id": "bot-9"}, {"do": "clock", "by": "5m"})
    with without_privileges(bot.folder):
        bot.run("plan")
        place(bot, name).chmod(0o444)

        assert_refused(bot, f"{name}: Permission denied; nothing was written", "chmod u+w", "apply", "--yes")

        place(bot, name).chmod(0o640)
        assert bot.run("apply", "--yes").code == 0
        assert place(bot, name).stat().st_mode & 0o777 == 0o640
        assert bot.run("plan", "--detailed-exitcode").code == 0


def test_a_link_is_followed_and_stays_a_link(bot: Bot) -> None:
    """The file behind it gets the new bytes, in its own folder, with its own mode; the link is as it was."""
    there = bot.folder / "disk"
    there.mkdir()
    for path in (bot.bankroll, bot.positions, bot.history):
        path.rename(there / path.name)
        (there / path.name).chmod(0o640)
        path.symlink_to(os.path.relpath(there / path.name, path.parent))
    before = bot.book

    bot.run("plan")
    assert bot.run("apply", "--yes").code == 0

    assert all(bot.book[name] != before[name] for name in before)
    for path in (bot.bankroll, bot.positions, bot.history):
        assert path.is_symlink()
        assert (there / path.name).stat().st_mode & 0o777 == 0o640
        assert path.read_bytes() == (there / path.name).read_bytes()
    assert sorted(path.name for path in there.iterdir()) == sorted([JSON, CSV, LOG])
    assert bot.run("plan", "--detailed-exitcode").code == 0
