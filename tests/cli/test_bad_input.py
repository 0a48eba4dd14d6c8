"""Each mistake gets one clear error, its exit code, no traceback, and an untouched book."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Bot, Ran

Run = Callable[..., Ran]


def assert_clear(ran: Ran, code: int, *says: str) -> None:
    """One error on stderr that says these things; nothing on stdout."""
    assert ran.code == code, ran
    assert "Error: " in ran.err
    assert "Traceback" not in ran.err
    words = " ".join(ran.err.split())
    for each in says:
        assert each in words


def test_no_config(run: Run, clean_environment: Path) -> None:
    """Without config.yaml nothing is created, and init is named."""
    assert_clear(run("plan"), 64, "config.yaml", "snapsync init")
    assert not list(clean_environment.iterdir())


def test_no_credentials(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials the lines to add to .env are shown."""
    monkeypatch.delenv("ALPACA_PAPER_API_KEY")
    monkeypatch.delenv("ALPACA_PAPER_SECRET_KEY")
    before = bot.book

    assert_clear(bot.run("plan"), 12, "ALPACA_API_KEY")
    assert bot.book == before
    assert not (bot.folder / "state" / "paper" / "store.json").exists()


def test_wrong_credentials(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 401 is about credentials, names the request, and is not an empty account."""
    monkeypatch.setenv("ALPACA_PAPER_SECRET_KEY", "not-the-secret")
    before = bot.book

    ran = bot.run("plan")

    assert_clear(ran, 12, "GET /v2/account", "HTTP 401", "(request ")
    assert "not-the-secret" not in ran.err
    assert bot.book == before


def test_unreachable_host(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that does not answer is named."""
    monkeypatch.setenv("ALPACA_PAPER_BASE_URL", "http://127.0.0.1:9")

    assert_clear(bot.run("plan"), 13, "http://127.0.0.1:9", "connection refused")


@pytest.mark.parametrize("answer", ["html", "broken", "empty", "301"])
def test_an_answer_that_is_not_json(bot: Bot, answer: str) -> None:
    """Broken JSON from the server is not understood; nothing is stored or written."""
    bot.sandbox.fault("positions", answer=answer)
    before = bot.book

    assert_clear(bot.run("plan"), 13, "GET /v2/positions")
    assert bot.book == before


def test_an_unreadable_book_file(bot: Bot) -> None:
    """A truncated bankroll is an error with its line; no request is even made."""
    bot.bankroll.write_text('{\n  "current_bankroll": 95000.00,\n')
    before, requests = bot.book, len(bot.sandbox.requests)

    assert_clear(bot.run("plan"), 1, "bankroll_alpaca_paper.json:")
    assert bot.book == before
    assert len(bot.sandbox.requests) == requests


def test_an_unknown_env(bot: Bot) -> None:
    """A mistyped env gets a suggestion."""
    assert_clear(bot.run("plan", "--env", "papr"), 64, "papr", "paper, live")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("ALPACA_SYNC_TOLERANCE: 1.0", "ALPACA_SYNC_TOLERANCE_PCT"),
        ("ALPACA_SYNC_TOLERANCE_PCT: lots", "lots"),
        ("ALPACA_SYNC_TOLERANCE_PCT: 250", "250"),
        ("ALPACA_SYNC_LOOKBACK_DAYS: 2.5", "2.5"),
        ("  bad:\n indentation: [", "config.yaml:"),
    ],
)
def test_a_wrong_setting(run: Run, clean_environment: Path, line: str, says: str) -> None:
    """A mistyped key, a wrong type, a value out of range, broken YAML: file and line are named."""
    (clean_environment / "config.yaml").write_text(f"# mine\n{line}\n")

    assert_clear(run("plan"), 64, "config.yaml:", says)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("columns: {Shares: quantitty}", "Did you mean Shares: quantity?"),
        ("columns: {Shares: Qty}", "Did you mean Shares: quantity?"),
        ("columns: {quantity: Shares}", "Did you mean Shares: quantity?"),
        ("positions_columns: {what: action}", "Ours are: symbol, underlying"),
        ("history_columns: {when: timestmap}", "Did you mean when: timestamp?"),
        ("bankroll_keys: {capital: bankroll}", "Did you mean capital: current_bankroll?"),
        ("columns: {Shares: zzz}", "Ours are: symbol, underlying"),
    ],
)
def test_a_column_mapped_to_nothing_of_ours(bot: Bot, mapping: str, says: str) -> None:
    """A mapping to a name that is not ours is named with its place, and the name that was meant."""
    bot.configure(f"\nALPACA_SYNC_BOOK:\n  {mapping}\n")

    for command in ("plan", "config", "init"):
        assert_clear(bot.run(command), 64, "config.yaml:", mapping.partition(":")[0], says)


@pytest.mark.parametrize(
    "args", [["plna"], ["plan", "--nope"], ["apply", "a", "b"], ["log", "-n", "x"]], ids=" ".join
)
def test_wrong_usage_is_never_mistaken_for_drift(run: Run, args: list[str]) -> None:
    """Wrong usage exits with 64, because 2 means drift."""
    assert_clear(run(*args), 64)


def test_nobody_can_answer(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can answer, apply wants --yes and writes nothing."""
    bot.run("plan")
    before = bot.book
    with open(os.devnull) as nothing:  # noqa: PTH123 - a stream, not a file
        monkeypatch.setattr("sys.stdin", nothing)
        ran = bot.run("apply")

    assert_clear(ran, 1, "--yes")
    assert bot.book == before


def test_a_plan_from_yesterdays_book_is_refused(bot: Bot) -> None:
    """A plan whose before-values the book no longer has is stale, and says what moved."""
    bot.run("plan")
    bot.positions.write_text(bot.positions.read_text().replace(",2,2,", ",1,1,"))
    before = bot.book

    assert_clear(bot.run("apply", "--yes"), 20, "QQQ250822P00480000")
    assert bot.book == before


def test_a_plan_is_used_up(bot: Bot) -> None:
    """Applying one plan twice is refused."""
    bot.run("plan")
    bot.run("apply", "--yes")

    assert_clear(bot.run("apply", "--yes"), 20, "applied already")


def test_an_old_plan_is_checked_against_the_broker_of_today(bot: Bot) -> None:
    """A plan older than the allowed age is applied only if the broker still says the same."""
    bot.configure("\nALPACA_SYNC_PLAN_MAX_AGE_MINUTES: 0\n")
    bot.run("plan")
    bot.sandbox.do({"do": "sell", "symbol": "SPY250822C00635000", "qty": "1", "price": "2.50"})
    bot.sandbox.do({"do": "clock", "by": "5m"})
    before = bot.book

    assert_clear(bot.run("apply", "--yes"), 20, "SPY250822C00635000")
    assert bot.book == before


def test_another_account_is_refused(bot: Bot) -> None:
    """Keys of another account, or a reset paper account, are refused before anything is compared."""
    bot.run("plan")
    bot.sandbox.do({"do": "reset"})
    before = bot.book

    ran = bot.run("plan")

    assert ran.code == 12
    assert bot.book == before


def test_unknown_and_short_ids(bot: Bot) -> None:
    """Ids that are unknown or too short are told apart."""
    bot.run("plan")

    assert_clear(bot.run("show", "ffffffffffff"), 64, "ffffffffffff")
    assert_clear(bot.run("show", "f"), 64, "4 characters")


def test_a_store_from_a_newer_version(bot: Bot) -> None:
    """A store of a newer format is refused, never guessed at."""
    bot.run("plan")
    store = bot.folder / "state" / "paper" / "store.json"
    store.write_text(store.read_text().replace('"format":1', '"format":2'))

    assert_clear(bot.run("log"), 10, "newer")


def test_a_damaged_object(bot: Bot) -> None:
    """A damaged object is named and nothing is computed from it."""
    bot.run("plan")
    (head,) = (bot.folder / "state" / "paper" / "heads").iterdir()
    path = bot.folder / "state" / "paper" / "objects" / head.name[:2] / head.name[2:]
    data = bytearray(path.read_bytes())
    data[10] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)

    assert_clear(bot.run("log"), 30, head.name[2:])


def test_errors_as_json(bot: Bot) -> None:
    """With --json an error is the one document on stdout, with its exit code inside."""
    ran = bot.run("plan", "--env", "papr", "--json")

    assert (ran.code, ran.err) == (64, "")
    assert ran.json["kind"] == "error"
    assert ran.json["exit"] == 64
