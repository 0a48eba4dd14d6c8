"""``--timings`` says after everything else where the time went, on stderr, whatever came of the command."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest

from snapsync.cli import started
from snapsync.cli.main import GROUPS
from snapsync.model.timing import PHASES
from snapsync.verbs.timings import Timings
from tests.conftest import Bot, Ran

COMMANDS = [name for names in GROUPS.values() for name in names]
ARGUMENTS = {
    "apply": ["--yes"],
    "approve": ["--yes"],
    "blame": ["SPY250822C00635000"],
    "demo": ["--dir", "demo"],
    "gc": ["--keep-last", "1"],
    "rebind": ["--confirm", "paper"],
    "restore": ["today", "--yes"],
    "revoke": ["beef"],
    "sandbox": ["--list"],
    "undo": ["--yes"],
}
AFTER = {"with-lock": ["--", "true"]}
"""What has to stand after all options."""
ROW = re.compile(r"  (\w+) +(\d+\.\d{3}) +(\d+\.\d{3}) +(\d+) %")


def told(ran: Ran) -> dict[str, tuple[float, float]]:
    """The seconds of each phase and of all of them, of the one table at the end of stderr."""
    assert ran.err.count("Timings ") == 1
    _, _, table = ran.err.partition("Timings ")
    _, *lines, done, size = table.splitlines()
    rows = [ROW.fullmatch(line) for line in lines]
    assert re.fullmatch(r"  [\d,]+ requests? to the broker, .* read from the store, [\d,]+ written", done)
    assert re.fullmatch(r"  [\d,]+ bytes? before compression", size)
    assert max(map(len, table.splitlines())) <= 80
    return {row[1]: (float(row[2]), float(row[3])) for row in rows if row}


def adds_up(rows: dict[str, tuple[float, float]]) -> bool:
    """Whether the phases make the total, but for what rounding takes."""
    *parts, total = rows.values()
    sums = (sum(column) for column in zip(*parts, strict=True))
    return all(abs(a - b) <= 0.0005 * len(rows) for a, b in zip(sums, total, strict=True))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_where_its_time_went(bot: Bot, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each phase stands there once, they add up to the total, and stdout is one document all the same."""
    bot.run("plan")
    monkeypatch.setattr("snapsync.cli.watch.watch", lambda *_: None)

    ran = bot.run(name, *ARGUMENTS.get(name, []), "--json", "--timings", *AFTER.get(name, []))
    rows = told(ran)

    assert list(rows) == [*PHASES, "total"]
    assert adds_up(rows)
    assert "Timings" not in ran.out
    assert not ran.out or json.loads(ran.out)


def test_nothing_is_said_of_it_unasked(bot: Bot) -> None:
    """Without the option there is no table."""
    assert "Timings" not in bot.run("plan").err


def test_what_was_done_is_counted(bot: Bot) -> None:
    """The requests are those that the broker got; who only looks back makes none and writes nothing."""
    bot.run("plan")
    before = len(bot.sandbox.requests)

    looked = bot.run("plan", "--timings").err
    back = bot.run("log", "--timings").err

    assert f"{len(bot.sandbox.requests) - before} requests to the broker" in looked
    assert "0 requests to the broker" in back
    assert re.search(r", [1-9]\d* objects read from the store, 0 written\n  0 bytes", back)
    assert re.search(r" [1-9]\d* written\n  [\d,]+ bytes", looked)


def test_a_failure_is_told_first(bot: Bot) -> None:
    """Where a command fails the error stands above the table, and the exit code is the error's."""
    ran = bot.run("show", "beef", "--timings")

    assert ran.code == 10
    assert ran.err.index("Error:") < ran.err.index("Timings")
    assert adds_up(told(ran))


def test_an_interrupted_command_tells_too(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of a look leaves the table of what was done until then."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("snapsync.cli.plan.plan", interrupted)
    ran = bot.run("plan", "--timings")

    assert ran.code == 130
    assert adds_up(told(ran))


def test_a_terminated_command_tells_too(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """SIGTERM ends a command by the same way out."""

    def terminated(*_: object, **__: object) -> None:
        raise SystemExit(143)

    monkeypatch.setattr("snapsync.cli.plan.plan", terminated)
    with pytest.raises(SystemExit):
        bot.run("plan", "--timings")

    assert adds_up(told(Ran(143, *capfd.readouterr())))


def test_only_the_phase_that_was_entered_last_is_charged() -> None:
    """What the inner phase takes is none of the outer one's, so that nothing is counted twice."""
    timings = Timings(100.0)
    with timings.phase("book"), timings.phase("store"):
        worked = sum(range(1_000_000))
    spent = {each.phase: each for each in timings.spending().phases}

    assert worked
    assert spent["imports"].wall >= 100
    assert spent["store"].cpu > spent["book"].cpu
    assert timings.spending().wall >= 100


def test_another_thread_is_charged_to_who_waits_for_it() -> None:
    """A phase that is entered in another thread does not put the phases of this one out of order."""
    timings = Timings(0.0)

    def elsewhere() -> None:
        with timings.phase("store"):
            pass

    with timings.phase("broker"):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    spent = {each.phase: each.wall for each in timings.spending().phases}

    assert spent["store"] == 0
    assert spent["broker"] > 0


def test_a_process_knows_its_age_where_the_system_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without /proc the start is reckoned, and is never in the future."""
    monkeypatch.setattr(Path, "read_text", lambda _: "nothing")

    assert started.age() > 0
