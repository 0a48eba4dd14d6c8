"""What init says of a folder: the account, what each file was taken for, what to set, the first plan."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from snapsync.config import template
from tests.conftest import HISTORY, POSITIONS, SETTINGS, Bot, Ran

Run = Callable[..., Ran]

THEIR_BANKROLL = '{"capital": 95000.00, "peak": 96000.00, "note": "mine"}\n'
THEIR_POSITIONS = """Ticker,OCC,Shares,avg cost,Opened,state,note
QQQ,QQQ250822P00480000,2,1.85,2025-08-20 10:02:00,open,keep me
"""
THEIR_HISTORY = """trade_time,ticker,Direction,Qty.,avg cost,note
2025-08-20 10:02:00,QQQ250822P00480000,BUY,2,1.85,breakout
"""


def scrubbed(text: str) -> str:
    """Text without what differs from run to run: ids, ports, folders."""
    text = re.sub(r"· \S+$", "· FOLDER", text, flags=re.MULTILINE)
    text = re.sub(r"127\.0\.0\.1:\d+", "HOST", text)
    return re.sub(r"\b[0-9a-f]{12}\b", "ID", text)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def proposed(ran: Ran) -> str:
    """The lines of config.yaml that a run proposes, as they would be pasted."""
    lines = ran.out.splitlines()
    start = lines.index("ALPACA_SYNC_BOOK:")
    return "\n".join(lines[start : lines.index("", start)]) + "\n"


def file_of(ran: Ran, role: str) -> Any:  # noqa: ANN401 - a part of a JSON document
    """A file's layout in the JSON document."""
    return next(each for each in ran.json["book"] if each["role"] == role)


def test_a_book_is_understood(bot: Bot, snapshot: SnapshotAssertion) -> None:
    """The guide's book: what each file was taken for, the zone of its times, and the first plan."""
    ran = bot.run("init")

    assert (ran.code, ran.err) == (0, "")
    assert scrubbed(ran.out) == snapshot


def test_a_fresh_folder(run: Run, clean_environment: Path, snapshot: SnapshotAssertion) -> None:
    """Without keys and book: what is missing is said, and config.yaml is all that is created."""
    ran = run("init")

    assert ran.code == 0
    assert scrubbed(ran.out) == snapshot
    assert tree(clean_environment) == {"config.yaml": template().encode()}
    assert run("init", "--json").json["trouble"]["summary"] == "There are no API credentials."


def test_nothing_is_created_or_changed(bot: Bot) -> None:
    """Beside an account and a book nothing is written: no store, no file, not a byte."""
    before = tree(bot.folder)

    bot.run("init")

    assert tree(bot.folder) == before
    assert not (bot.folder / "state").exists()


def test_the_plan_is_what_plan_says(bot: Bot) -> None:
    """The plan that init shows is the one that plan makes right after, with all its changes and findings."""
    shown = bot.run("init", "--json").json["plan"]
    made = bot.run("plan", "--json").json

    assert made.pop("operation")
    assert shown.pop("operation") is None
    assert {**shown, "at": ""} == {**made, "at": ""}
    assert f"Id {made['id'][:12]}" in bot.run("init").out


def test_many_notes_are_collapsed(bot: Bot) -> None:
    """Of many findings of one code the first few are shown and the others counted."""
    for strike in range(600, 606):
        bot.sandbox.do({"do": "buy", "symbol": f"SPY250829C00{strike}000", "qty": "1", "price": "1.00"})

    ran = bot.run("init")

    assert ran.out.count("was filled less than 60 s ago") == 3
    assert "… and 3 more of pending" in ran.out
    assert bot.run("init", "-v").out.count("was filled less than 60 s ago") == 6


def test_with_a_store_the_plan_goes_on_from_it(bot: Bot) -> None:
    """Where there is a store already the plan builds on it, and the store stays as it was."""
    bot.run("plan")
    bot.run("apply", "--yes")
    bot.run("plan")
    bot.positions.write_text(bot.positions.read_text().replace(",6,6,", ",9,9,"))
    before = tree(bot.folder)

    shown = bot.run("init", "--json").json["plan"]

    assert tree(bot.folder) == before
    made = bot.run("plan", "--json").json
    assert [change["why"] for change in shown["changes"]] == [change["why"] for change in made["changes"]]
    assert shown["id"] == made["id"]


def test_a_long_plan_is_collapsed(bot: Bot) -> None:
    """Of many changes the first few of each kind are shown and the others counted; -v shows them all."""
    for strike in range(600, 620):
        bot.sandbox.do({"do": "buy", "symbol": f"SPY250829C00{strike}000", "qty": "1", "price": "1.00"})
    bot.sandbox.do({"do": "clock", "by": "5m"})

    short, whole = bot.run("init").out, bot.run("init", "-v").out

    assert short.count("  + position") + short.count("  - position") == 3
    assert "… and 20 more positions" in short
    assert re.search(r"… and \d+ more trades", short)
    assert whole.count("  + position") == 22
    assert "because: over tolerance" in whole


def test_a_broken_file_does_not_hide_the_others(bot: Bot, snapshot: SnapshotAssertion) -> None:
    """A broken file gets its very error; the others and the account are still described; exit 1."""
    bot.positions.write_text(POSITIONS.replace(",2,2,", ",two,2,"))

    ran = bot.run("init")

    assert ran.code == 1
    assert scrubbed(ran.out) == snapshot
    found = bot.run("init", "--json")
    assert found.code == 1
    assert file_of(found, "positions")["error"]["detail"].startswith("positions_alpaca_paper.csv:2, column")
    assert file_of(found, "history")["entries"] == 1
    assert found.json["plan"] is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty or half-written"),
        ("symbol;quantity\nSPY;1\n", "Save the file with commas"),
        ("symbol,quantity\nSPY\n", "does not fit the file's header"),
        ('symbol,quantity\n"SPY,1\n', "opens a quote"),
    ],
)
def test_each_way_to_be_broken(bot: Bot, content: str, says: str) -> None:
    """Whatever is wrong with a file is said with its remedy, in lines of 80 columns."""
    bot.positions.write_text(content)

    ran = bot.run("init")

    assert ran.code == 1
    assert says in " ".join(ran.out.split())
    assert max(map(len, ran.out.splitlines()[1:])) <= 80


def test_their_columns_are_proposed(bot: Bot, snapshot: SnapshotAssertion) -> None:
    """Columns that look like ours are proposed as lines to paste, per file where they mean two things."""
    bot.bankroll.write_text(THEIR_BANKROLL)
    bot.positions.write_text(THEIR_POSITIONS)
    bot.history.write_text(THEIR_HISTORY)

    ran = bot.run("init")

    assert ran.code == 1
    assert scrubbed(ran.out) == snapshot


def test_what_is_proposed_is_right(bot: Bot) -> None:
    """With the proposed lines in config.yaml all files are understood, and an apply writes their columns."""
    bot.bankroll.write_text(THEIR_BANKROLL)
    bot.positions.write_text(THEIR_POSITIONS)
    bot.history.write_text(THEIR_HISTORY)
    bot.configure("\n" + proposed(bot.run("init")))

    ran = bot.run("init", "--json")

    assert ran.code == 0
    assert ran.json["proposal"] is None
    assert file_of(ran, "bankroll")["bankroll"] == "95000"
    assert file_of(ran, "positions")["renamed"]["avg cost"] == "entry_price"
    assert file_of(ran, "history")["renamed"]["avg cost"] == "price"
    bot.run("plan")
    assert bot.run("apply", "--yes").code == 0
    assert '"capital": 100262.75' in bot.bankroll.read_text()
    assert "QQQ250822P00480000,2,1.85,2025-08-20 10:02:00,closed," in bot.positions.read_text()
    assert "SPY250822C00635000,BUY,1,2.40" in bot.history.read_text()
    assert bot.run("plan", "-q").out == ""


@pytest.mark.parametrize(
    ("header", "proposed"),
    [
        ("symbol,Quantitiy", {"Quantitiy": "quantity"}),
        ("Stock,QTY.", {"Stock": "symbol", "QTY.": "quantity"}),
        ("symbol,quantity,Avg: Cost", {"Avg: Cost": "entry_price"}),
        ("symbol,contracts,Shares", {}),
        ("symbol,qty,size,lots", {}),
        ("symbol,size,lots", {"size": "quantity"}),
        ("symbol,quantity,,colour,entry_time,timestamp", {}),
        ("symbol,quantity,Exp Date,Put/Call,Strike Price", {"Exp Date": "expiry", "Put/Call": "option_type"}),
    ],
)
def test_which_columns_look_like_ours(bot: Bot, header: str, proposed: dict[str, str]) -> None:
    """A known other name or a slip is proposed, once, and only for what the file does not say already."""
    bot.history.unlink()
    bot.positions.write_text(header + "\n")

    found = bot.run("init", "--json").json["proposal"]

    assert (found["ALPACA_SYNC_BOOK"]["columns"] if found else {}) == proposed


def test_a_proposal_can_be_pasted_whatever_the_name(bot: Bot) -> None:
    """A name that YAML would take for something else is in quotes."""
    bot.history.unlink()
    bot.positions.write_text('symbol,quantity,Avg: Cost,"#Exp""Date"\n')

    bot.configure("\n" + proposed(bot.run("init")))

    renamed = {"Avg: Cost": "entry_price", '#Exp"Date': "expiry"}
    assert file_of(bot.run("init", "--json"), "positions")["renamed"] == renamed


def test_several_files_may_look_like_one(bot: Bot) -> None:
    """Of several files that look like the same one, the one with the env in its name is proposed."""
    bot.positions.rename(bot.folder / "old_positions.csv")
    (bot.folder / "data").mkdir()
    (bot.folder / "data" / "positions_paper.csv").write_text(POSITIONS)

    ran = bot.run("init")

    assert "data/positions_paper.csv looks like your positions file (so does old_positions.csv)." in " ".join(
        ran.out.split()
    )
    assert "  positions: data/positions_{env}.csv" in ran.out


def test_what_is_mapped_already_stays(bot: Bot) -> None:
    """A proposal holds the columns that are mapped already, and says that the setting is there."""
    bot.positions.write_text("symbol,n,cost each,Opened\nQQQ250822P00480000,2,1.85,2025-08-20 10:02:00\n")
    bot.configure("\nALPACA_SYNC_BOOK:\n  columns: {n: quantity, cost each: entry_price}\n")

    ran = bot.run("init")

    assert "under the ALPACA_SYNC_BOOK that you have" in ran.out
    lines = ran.out.splitlines()
    start = lines.index("  columns:")
    assert lines[start : start + 5] == [
        "  columns:",
        "    n: quantity",
        "    cost each: entry_price",
        "    Opened: entry_time",
        "",
    ]


@pytest.mark.parametrize("setting", ["columns", "positions_columns"])
def test_a_slip_in_a_mapping_is_put_right(bot: Bot, setting: str) -> None:
    """Where a mapping misspells the file's column, what is proposed in its place can be used."""
    bot.positions.write_text("symbol,Shares\nQQQ250822P00480000,2\n")
    bot.configure(f"\nALPACA_SYNC_BOOK:\n  {setting}: {{Share: quantity}}\n")
    lines = bot.run("init", "--json").json["proposal"]["ALPACA_SYNC_BOOK"]

    assert lines["positions_columns"] == {"Shares": "quantity"}
    bot.configure("\nALPACA_SYNC_BOOK:\n  positions_columns: {Shares: quantity}\n")
    assert bot.run("init").code == 0


def test_our_own_files_need_no_proposal(bot_at: Callable[..., Bot]) -> None:
    """The files that an apply makes have no column that init does not know."""
    bot = bot_at("guide")
    bot.run("plan")
    bot.run("apply", "--yes")

    ran = bot.run("init", "--json")

    assert [each["standing"] for each in ran.json["book"]] == ["understood"] * 3
    assert not any(each["foreign"] or each["renamed"] for each in ran.json["book"])
    assert ran.json["proposal"] is None


def test_a_mapping_that_no_file_needs_is_noted(bot: Bot) -> None:
    """A mapped column that no file has is a note; one for a file that is not there yet is none."""
    bot.configure("\nALPACA_SYNC_BOOK:\n  columns: {Shares: quantity, Fill: fill_price}\n")

    ran = bot.run("init")

    assert ran.code == 0
    assert 'no file has the column "Shares", which is mapped to quantity' in " ".join(ran.out.split())
    bot.history.unlink()
    assert bot.run("init", "--json").json["unused_columns"] == {}


def test_files_elsewhere_are_proposed(bot: Bot, snapshot: SnapshotAssertion) -> None:
    """Files that look like the ones that are absent are proposed, under a name that has the env in it."""
    data = bot.folder / "data"
    data.mkdir()
    bot.positions.rename(data / "positions.csv")
    bot.history.rename(data / "trades_paper.csv")
    bot.bankroll.rename(bot.folder / "bankroll.json")

    ran = bot.run("init")

    assert ran.code == 0
    assert scrubbed(ran.out) == snapshot
    (data / "positions_paper.csv").symlink_to("positions.csv")
    (bot.folder / "bankroll.json").rename(bot.folder / "bankroll_paper.json")
    bot.configure("\n" + proposed(ran))
    again = bot.run("init", "--json").json
    assert [each["standing"] for each in again["book"]] == ["understood"] * 3
    assert again["proposal"] is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("positions_live.csv", POSITIONS),
        ("positions_paper.csv", "date,temperature\n2025-08-20,21\n"),
        ("positions_paper.csv", ""),
        ("weather_paper.csv", POSITIONS),
        ("positions_paper.txt", POSITIONS),
        ("deep/er/positions_paper.csv", POSITIONS),
        ("trades_paper.csv", "timestamp,symbol\n2025-08-20,SPY\n"),
    ],
)
def test_what_is_not_proposed(bot: Bot, name: str, content: str) -> None:
    """Another env's file, one with other content or another name, and one that lies deep are not proposed."""
    for path in (bot.positions, bot.history):
        path.unlink()
    path = bot.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)

    assert bot.run("init", "--json").json["nearby"] == []


def test_links_are_not_followed(bot: Bot, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The search goes into no link, to a file or to a folder, and a pipe does not hold it up."""
    away = tmp_path_factory.mktemp("away")
    (away / "positions_paper.csv").write_text(POSITIONS)
    bot.positions.unlink()
    (bot.folder / "data").symlink_to(away)
    (bot.folder / "my_positions_paper.csv").symlink_to(away / "positions_paper.csv")
    os.mkfifo(bot.folder / "positions_pipe_paper.csv")

    assert bot.run("init", "--json").json["nearby"] == []


def test_the_search_is_bounded(bot: Bot) -> None:
    """In a folder with many files only so many are looked at."""
    bot.positions.unlink()
    for number in range(250):
        (bot.folder / f"a{number:03}.csv").write_text("")
    (bot.folder / "positions_paper.csv").write_text(POSITIONS)

    assert bot.run("init", "--json").json["nearby"] == []


@pytest.mark.parametrize(
    ("setting", "bankroll", "far"),
    [
        ("", "76000.00", False),
        ("", "75000.00", True),
        ("", "125000.00", False),
        ("", "126000.00", True),
        ("ALPACA_SYNC_BANKROLL_BASIS: cash", "124500.00", True),
        ("ALPACA_SYNC_COMPONENTS: [positions]", "1.00", False),
    ],
)
def test_a_bankroll_far_from_the_account(bot: Bot, setting: str, bankroll: str, *, far: bool) -> None:
    """More than 25 % between bankroll and account (equity 100,262.75, cash 99,339.75) is said, with both."""
    bot.configure(f"\n{setting}\n")
    bot.bankroll.write_text(f'{{"current_bankroll": {bankroll}}}\n')

    said = " ".join(bot.run("init").out.split())

    assert ("more than 25 % away" in said) is far
    if far:
        assert f"${float(bankroll):,.2f}" in said
        assert ("$99,339.75" if "cash" in setting else "$100,262.75") in said
    assert (bot.run("init", "--json").json["gap"] is not None) is far


def test_the_account_is_read_once(bot: Bot) -> None:
    """For account, gap and plan together init asks no more than plan does."""
    bot.run("init")
    asked = len(bot.sandbox.requests)
    bot.run("plan")

    assert asked == len(bot.sandbox.requests) - asked


@pytest.mark.parametrize(("secret", "url"), [("wrong", None), (None, "http://127.0.0.1:9")])
def test_an_account_that_cannot_be_read(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, secret: str | None, url: str | None
) -> None:
    """Wrong keys or no connection are said; the book is described all the same."""
    if secret:
        monkeypatch.setenv("ALPACA_PAPER_SECRET_KEY", secret)
    if url:
        monkeypatch.setenv("ALPACA_PAPER_BASE_URL", url)

    ran = bot.run("init")

    assert ran.code == 0
    assert "The account was not read: " in ran.out
    assert "1 open position (QQQ250822P00480000)" in ran.out
    assert "Plan:" not in ran.out


def test_foreign_text_is_harmless(bot: Bot) -> None:
    """A column's name cannot steer the terminal, and what is proposed for it is still YAML."""
    bot.positions.write_text('symbol,"Sha\x1b[31mres",Qty: of lots\nQQQ250822P00480000,2,2\n')

    assert "\x1b" not in bot.run("init").out


def test_every_dialect_is_told(bot: Bot) -> None:
    """A byte order mark, Windows newlines and quotes everywhere are mentioned."""
    lines = HISTORY.strip().splitlines()
    quoted = "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\r\n" for line in lines)
    bot.history.write_bytes(b"\xef\xbb\xbf" + quoted.encode())

    assert "written with a byte order mark, Windows newlines, cells in quotes" in bot.run("init").out


def test_the_zone_may_be_the_machines(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no zone is set for the book it is said whose zone is taken."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    bot.configure()
    config = bot.folder / "config.yaml"
    config.write_text(config.read_text().replace(SETTINGS, ""))

    said = " ".join(bot.run("init").out.split())

    assert "read in Europe/Berlin (this machine's zone): 2025-08-20 10:02:00 is 2025-08-20 08:02 UTC" in said
