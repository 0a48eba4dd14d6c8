"""Recordings: what the broker answered, with nothing private in it, planned from again offline."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from snapsync.ends.alpaca import read
from snapsync.errors import Exit, SnapsyncError
from snapsync.model.state import State
from snapsync.verbs.record import read_replay
from tests.conftest import Bot, Ran


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay has no broker that would need a second to settle."""
    monkeypatch.setattr(read, "SETTLE_SECONDS", 0.002)


def tape(bot: Bot, name: str = "tape") -> Path:
    """The folder of the recording."""
    return bot.folder / name


def bytes_of(folder: Path) -> bytes:
    """Every byte of every file in a folder, and the files' names."""
    return b"".join(path.name.encode() + path.read_bytes() for path in sorted(folder.rglob("*")))


def changes(ran: Ran) -> dict[str, tuple[object, object]]:
    """What a plan would do, without its amounts of dollars."""
    return {each["key"]: (each["sign"], (each.get("after") or {}).get("qty")) for each in ran.json["changes"]}


def offline(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Plan from the recording, with neither keys nor network."""
    monkeypatch.delenv("ALPACA_PAPER_API_KEY", raising=False)
    monkeypatch.delenv("ALPACA_PAPER_SECRET_KEY", raising=False)
    return bot.run("plan", "--replay", "tape", "--json")


def private(bot: Bot) -> list[bytes]:
    """What no recording may hold."""
    account = bot.sandbox.world.account
    words = (bot.sandbox.key, bot.sandbox.secret, account.id, account.number)
    return [form.encode() for word in words for form in (word, word.lower(), word.upper())]


@pytest.mark.parametrize("redact", [(), ("--redact",)], ids=["plain", "redacted"])
@pytest.mark.parametrize("scenario", ["guide", "busy", "odd"])
def test_a_recording_plans_the_same_offline(
    bot_at: Callable[..., Bot], scenario: str, redact: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No byte of it is a key or the account's; a replay plans the same, asks nobody and keeps nothing."""
    bot = bot_at(scenario)
    number = bot.sandbox.world.account.number
    said = f"TAF fee for proceed of 5 shares by {number.lower()}"
    bot.sandbox.do({"do": "activity", "type": "FEE", "net_amount": "-0.42", "description": said})
    planned = bot.run("plan", "--json")
    assert bot.run("plan", "--record", "tape", *redact).code == 0
    kept = bytes_of(tape(bot))
    assert [word for word in private(bot) if word in kept] == []

    before, log = len(bot.sandbox.requests), bot.run("log").out
    replayed = offline(bot, monkeypatch)

    assert replayed.code == 0
    assert changes(replayed) == changes(planned)
    assert len(bot.sandbox.requests) == before
    assert bot.run("log").out == log


def test_redacted_amounts_are_of_one_factor(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the true amounts is in it, and all sums hold: no doubt that the plain reading has not."""
    plain = bot.run("plan", "--record", "plain", "--json")
    redacted = bot.run("plan", "--record", "tape", "--redact", "--json")
    texts = [amount for reply in bodies(tape(bot, "plain")) for amount in amounts(reply)]
    kept = [amount for reply in bodies(tape(bot)) for amount in amounts(reply)]
    assert len(texts) == len(kept) > 30
    factors = {Decimal(after) / Decimal(before) for before, after in zip(texts, kept, strict=True)}
    assert len({round(factor, 9) for factor in factors}) == 1
    assert factors != {1}
    replayed = offline(bot, monkeypatch)
    codes = [[finding["code"] for finding in ran.json["findings"]] for ran in (plain, redacted, replayed)]
    assert codes[1] == codes[0]
    # the book is as it was: beside redacted dollars its bankroll is far off
    assert [code for code in codes[2] if code != "bankroll-leap"] == codes[0]


def bodies(folder: Path) -> list[Any]:
    """The answers of a recording."""
    replies = [json.loads(path.read_bytes()) for path in sorted(folder.iterdir())]
    asked = {json.dumps([each["path"], each["params"]]): each for each in replies}
    return [json.loads(asked[question]["body"]) for question in sorted(asked)]


def amounts(value: Any, field: str = "") -> list[str]:  # noqa: ANN401 - JSON
    """Every amount of dollars, by what its field is called."""
    if isinstance(value, dict):
        return [found for name in sorted(value) for found in amounts(value[name], name)]
    if isinstance(value, list):
        return [found for each in value for found in amounts(each, field)]
    words = ("cash", "price", "amount", "value", "equity", "power", "cost_basis", "unrealized_pl")
    dollars = any(word in field for word in words) and "strike" not in field and not field.endswith("plpc")
    return [value] if dollars and isinstance(value, str) and value and Decimal(value) else []


def test_a_reading_that_fails_is_recorded_too(bot: Bot) -> None:
    """What is not understood is what a bug report is about; it is scrubbed all the same."""
    bad = [{"symbol": "SPY", "asset_class": "us_equity", "asset_id": "x", "side": "long", "qty": "many"}]
    bot.sandbox.fault("positions", times=99, answer={"status": 200, "body": json.dumps(bad)})

    ran = bot.run("plan", "--record", "tape")

    assert (ran.code, "row 0, field qty: 'many'" in ran.err) == (Exit.UNREACHABLE, True)
    kept = bytes_of(tape(bot))
    assert b"many" in kept
    assert [word for word in private(bot) if word in kept] == []
    again = bot.run("plan", "--replay", "tape")
    assert (again.code, "row 0, field qty: 'many'" in again.err) == (Exit.UNREACHABLE, True)


@pytest.mark.parametrize("answer", ["401", {"status": 200, "body": '{"id":"who"}'}], ids=str)
def test_where_the_account_is_not_known_nothing_is_kept(bot: Bot, answer: object) -> None:
    """Nobody could say what would have to be hidden."""
    bot.sandbox.fault("account", times=99, answer=answer)

    assert bot.run("plan", "--record", "tape").code in {Exit.CREDENTIALS, Exit.UNREACHABLE}

    assert not tape(bot).exists() or list(tape(bot).iterdir()) == []


def test_a_recording_wants_an_empty_folder(bot: Bot) -> None:
    """Recording never mixes with what is there; replaying from nothing is said."""
    tape(bot).mkdir()
    (tape(bot) / "mine.txt").write_text("mine")

    assert bot.run("plan", "--record", "tape").code == 64
    assert bot.run("plan", "--replay", "nowhere").code == 64


BROKEN = {
    "half": lambda data: data[: len(data) // 2],
    "empty": lambda _: b"",
    "html": lambda _: b"<html>",
    "no-text": lambda _: b"\xff\xfe\x00",
    "list": lambda _: b"[]",
    "unknown-field": lambda data: data.replace(b'"at":', b'"when":'),
    "newer": lambda data: data.replace(b'"format":1', b'"format":2'),
    "other-body": lambda data: data.replace(b'"body":"', b'"body":"x'),
    "another-path": lambda data: data.replace(b'"path":"/', b'"path":"/x'),
    "another-time": lambda data: data.replace(b'"at":"20', b'"at":"x'),
    "early-time": lambda data: data.replace(b'"at":"20', b'"at":"00'),
    "no-params": lambda data: data.replace(b'"after":', b'"before":'),
    "odd-params": lambda data: data.replace(b'"after":"20', b'"after":"x'),
    "missing": None,
}


def read_again(bot: Bot) -> State | SnapsyncError:
    """The State that the recording tells, or why not."""
    try:
        return read_replay(bot.env(), tape(bot)).state
    except SnapsyncError as error:
        return error


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_or_incomplete_recording_is_one_clear_error(bot: Bot, kind: str) -> None:
    """Whichever file of it: the State of the whole, or an error; never another State or exception."""
    bot.sandbox.do({"do": "asset", "symbol": "XYZ1250919C00025000", "multiplier": 150},
                   {"do": "buy", "symbol": "XYZ1250919C00025000", "qty": 2, "price": 1},
                   {"do": "sell", "symbol": "XYZ1250919C00025000", "qty": 2, "price": 3},
                   {"do": "clock", "by": "1m"})  # fmt: skip
    bot.run("plan", "--record", "tape")
    whole = read_again(bot)
    assert isinstance(whole, State)
    refused = 0
    for path in sorted(tape(bot).iterdir()):
        data = path.read_bytes()
        spoil = BROKEN[kind]
        path.unlink() if spoil is None else path.write_bytes(spoil(data))
        again = read_again(bot)
        if isinstance(again, SnapsyncError):
            refused += 1
            assert again.exit in {Exit.USAGE, Exit.UNREACHABLE, Exit.UNSETTLED}
            assert again.detail
        else:
            assert again.id == whole.id, path
        path.write_bytes(data)
    assert refused
