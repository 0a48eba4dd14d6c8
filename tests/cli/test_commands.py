"""What the commands do and print, through the command line."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from snapsync.cli.main import GROUPS
from tests.conftest import Bot, Ran

Run = Callable[..., Ran]
COMMANDS = [name for names in GROUPS.values() for name in names]


def scrubbed(text: str, folder: Path) -> str:
    """Text without what differs from run to run: ids, times, folders, people."""
    text = text.replace(str(folder), "FOLDER")
    text = re.sub(r"\b[0-9a-f]{64}\b", "ID64", text)
    text = re.sub(r"\b[0-9a-f]{12}\b", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d E[SD]T  (plan|apply)", r"WHEN  \1", text)
    text = re.sub(r"as of \S+ \S+ \S+ \([^)]*\)", "as of WHEN (AGE)", text)
    return re.sub(r"\S+@\S+", "WHO@HOST", text)


def test_plan_reads_well(bot: Bot, snapshot: SnapshotAssertion) -> None:
    """The plan of the guide's scenarios as a person sees it."""
    assert scrubbed(bot.run("plan", "--env", "paper").out, bot.folder) == snapshot


def test_plan_in_detail(bot: Bot, snapshot: SnapshotAssertion) -> None:
    """With -v each change says why, and names its evidence."""
    assert scrubbed(bot.run("plan", "-v").out, bot.folder) == snapshot


def test_the_rest_reads_well(bot: Bot, snapshot: SnapshotAssertion) -> None:
    """apply, log, status and an empty plan as a person sees them."""
    bot.run("plan")
    said = [bot.run(*args).out for args in (["status"], ["apply", "--yes"], ["log"], ["plan"], ["status"])]

    assert [scrubbed(text, bot.folder) for text in said] == snapshot


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help(run: Run, name: str, snapshot: SnapshotAssertion) -> None:
    """Every command's help, in 80 columns, ends with its exit codes."""
    ran = run(*([name] if name else []), "--help")

    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "xit codes:" in ran.out
    assert ran.out == snapshot


def test_the_overview_says_what_the_commands_say() -> None:
    """The sentences of the overview are the first sentences of the commands' own help."""
    said = {name: line for commands in GROUPS.values() for name, line in commands.items()}

    for name, line in said.items():
        command = importlib.import_module(f"snapsync.cli.{name.replace('-', '_')}").command
        assert " ".join(command.help.split("\n\n")[0].split()).startswith(line)


def test_detailed_exitcode_agrees_with_text_and_json(bot: Bot) -> None:
    """Exit code, text and JSON say the same of drift."""
    drift = bot.run("plan", "--detailed-exitcode", "--json")
    bot.run("apply", "--yes")
    step = bot.run("plan", "--detailed-exitcode", "--json")

    assert (drift.code, drift.json["drift"], len(drift.json["changes"])) == (2, True, 8)
    assert (step.code, step.json["drift"], step.json["changes"]) == (0, False, [])


def test_json_masks_the_account(bot: Bot) -> None:
    """No command's JSON holds the account's id."""
    account = bot.sandbox.world.account.id
    said = [
        bot.run(*args, "--json").out for args in (["plan"], ["apply", "--yes"], ["log"], ["status"], ["show"])
    ]

    for text in said:
        assert json.loads(text)["format"] == "1.0"
        assert account not in text


def test_config_shows_sources_and_no_secret(bot: Bot) -> None:
    """Config names where each value comes from, and never shows a secret."""
    ran = bot.run("config")

    assert bot.sandbox.secret not in ran.out
    assert "set (from ALPACA_PAPER_SECRET_KEY)" in ran.out
    assert "config.yaml:" in ran.out
    assert not bot.sandbox.requests


def test_status_needs_no_network(bot: Bot) -> None:
    """Status tells of drift, of a file edited since, and makes no request."""
    assert "Never looked" in bot.run("status").out
    bot.run("plan")
    requests = len(bot.sandbox.requests)
    assert "Drift" in bot.run("status").out
    bot.bankroll.write_text(bot.bankroll.read_text() + "\n")

    said = bot.run("status").out

    assert "Edited since: bankroll_alpaca_paper.json" in said
    assert "Next: snapsync plan" in said
    assert len(bot.sandbox.requests) == requests


def test_init_keeps_an_existing_config(bot: Bot) -> None:
    """Init never edits config.yaml, shows host and masked account, and proposes asset classes."""
    before = (bot.folder / "config.yaml").read_bytes()
    bot.sandbox.do({"do": "buy", "symbol": "AAPL", "qty": "3", "price": "200"})

    ran = bot.run("init")

    assert (bot.folder / "config.yaml").read_bytes() == before
    assert bot.sandbox.url in ran.out
    assert bot.sandbox.world.account.number not in ran.out
    assert "ALPACA_SYNC_ASSET_CLASSES: [us_equity, us_option]" in ran.out
    assert not (bot.folder / "state" / "paper" / "store.json").exists()


def test_show_every_stored_thing(bot: Bot) -> None:
    """Whatever is in the store can be shown by its id, as text and as JSON."""
    bot.run("plan")
    bot.run("apply", "--yes")
    objects = bot.folder / "state" / "paper" / "objects"

    for path in objects.glob("*/*"):
        id = path.parent.name + path.name
        assert bot.run("show", id, "-q").code == 0
        assert bot.run("show", id, "--json").json


def test_quiet_prints_the_result_alone(bot: Bot) -> None:
    """With -q there is no header and no talk, and nothing at all in step."""
    ran = bot.run("plan", "-q")

    assert ran.err == ""
    assert "paper (" not in ran.out
    bot.run("apply", "--yes", "-q")
    assert bot.run("plan", "-q") == (0, "", "")


def test_nothing_but_get_reaches_the_broker(bot: Bot) -> None:
    """Planning and applying send GET requests and nothing else."""
    bot.run("plan")
    bot.run("apply", "--yes")

    assert {each.method for each in bot.sandbox.requests} == {"GET"}


def test_steady_state_requests(bot: Bot) -> None:
    """A second look needs at most six requests, whatever the history."""
    bot.run("plan")
    before = len(bot.sandbox.requests)
    bot.run("plan")

    assert len(bot.sandbox.requests) - before <= 6
