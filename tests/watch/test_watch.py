"""``watch``: in its rhythm, through outages, nights, edited settings and a second watch; nothing grows."""

from __future__ import annotations

import gc
import os
import signal
import stat
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import snapsync
from snapsync import Env
from snapsync.ends.alpaca.stream import Hints, stream_url
from snapsync.model.history import WRITES
from snapsync.store.heartbeat import read_beat
from snapsync.verbs.bell import Bell
from snapsync.verbs.doctor import doctor
from snapsync.verbs.watch import Wishes, watch
from tests.conftest import Bot
from tests.slack.server import SlackServer

from .script import APPLY, Script, idle, standings, watched

QUARTER = 900.0
HAND = {"do": "buy", "symbol": "IWM250829C00230000", "qty": "1", "price": "2.00"}
LATER = {"do": "clock", "by": "10m"}


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    """Slack, told by a webhook."""
    with SlackServer() as server:
        for name, value in server.webhook.items():
            monkeypatch.setenv(name, value)
        yield server


def heads(slack: SlackServer) -> list[str]:
    """The words of the first lines of all messages."""
    return [each.split()[3] for each in slack.messages]


def test_it_applies_and_then_is_in_step(bot: Bot) -> None:
    """The first look applies, the next ones find nothing; it waits for the interval, more or less."""
    script = Script(idle, idle)
    seen, _ = watched(bot, script, APPLY)

    assert standings(seen) == ["synced", "in step", "in step"]
    assert bot.run("check").code == 0
    assert all(0.9 * QUARTER <= each <= 1.1 * QUARTER for each in script.waits)
    assert len(set(script.waits)) == 3


def test_without_apply_nothing_is_written(bot: Bot, slack: SlackServer) -> None:
    """The same drift again and again: the book is untouched, and Slack hears of it once."""
    before = bot.book
    seen, _ = watched(bot, Script(idle, idle))

    assert standings(seen) == ["drift"] * 3
    assert bot.book == before
    assert heads(slack) == ["DRIFT"]


def test_a_broker_that_is_down_is_asked_less_often(bot: Bot, slack: SlackServer) -> None:
    """The waits double up to an hour, then the rhythm is the old one; one message for each end."""

    def up(script: Script) -> None:
        del script
        bot.sandbox.clear_faults()

    bot.sandbox.fault("account", answer="html", times=99)
    script = Script(idle, idle, idle, up)
    seen, said = watched(bot, script, APPLY)

    assert standings(seen) == ["failed"] * 4 + ["synced"]
    tenth = [round(each / QUARTER) for each in script.waits]
    assert tenth[0] == tenth[4] == 1
    assert tenth[1] == 2
    assert all(3.6 <= each / QUARTER <= 4.4 for each in script.waits[2:4])
    assert heads(slack) == ["OUTAGE", "SUCCESS", "BACK"]
    assert [each.beat.failures for each in seen] == [1, 2, 3, 4, 0]
    assert said == []


def test_a_trouble_of_ours_keeps_the_rhythm(bot: Bot, slack: SlackServer) -> None:
    """A broken file is told once, and looked at again in the usual time; then all is well."""
    good = bot.positions.read_bytes()

    def mended(script: Script) -> None:
        del script
        bot.positions.write_bytes(good)

    bot.positions.write_text("no,such\n1,2\n")
    script = Script(idle, idle, mended)
    seen, _ = watched(bot, script, APPLY)

    assert standings(seen) == ["failed"] * 3 + ["synced"]
    assert all(each <= 1.1 * QUARTER for each in script.waits)
    assert heads(slack) == ["FAILED", "SUCCESS"]


def test_what_waits_for_a_person_is_left(bot: Bot) -> None:
    """Where the env wants an approval nothing is written without; with one it is."""
    bot.configure("ALPACA_SYNC_REQUIRE_APPROVAL: [paper]\n")
    before = bot.book

    def approved(script: Script) -> None:
        del script
        assert bot.book == before
        assert bot.run("approve", "--yes").code == 0

    seen, _ = watched(bot, Script(idle, approved), APPLY)

    assert standings(seen) == ["blocked", "blocked", "synced"]


def test_a_hint_brings_the_next_look_forward(bot: Bot) -> None:
    """As soon as the grace period is over; many hints are one."""

    def call(script: Script) -> None:
        script.hint()

    script = Script(call, call, idle)
    seen, _ = watched(bot, script, APPLY)

    assert standings(seen) == ["synced", "in step"]
    assert script.waits[1] == 62.0  # the grace period and two seconds
    assert script.waits[2] == 31.0


def test_a_fill_that_is_left_to_the_bot_is_looked_at_soon(bot: Bot) -> None:
    """What is too young to be compared is looked at when it is not any more."""
    watched(bot, Script(), APPLY)
    bot.sandbox.do(HAND)

    def passes(script: Script) -> None:
        del script
        bot.sandbox.do(LATER)

    script = Script(passes)
    seen, _ = watched(bot, script, APPLY)

    assert standings(seen) == ["in step", "synced"]
    assert script.waits[0] == 62.0


def test_the_stream_is_heard(bot: Bot) -> None:
    """Through alpaca-py's own stream a trade rings; a message without data, or twice, does no harm."""
    rang = threading.Event()
    sandbox = bot.sandbox
    assert stream_url(sandbox.url) == sandbox.stream_url
    assert stream_url("https://api.alpaca.markets") == "wss://api.alpaca.markets/stream"
    sandbox.odd("null", "duplicate")
    hints = Hints(sandbox.url, sandbox.key, sandbox.secret, rang.set)
    for _ in range(300):  # the SDK does not say when it listens: try until it does
        sandbox.do({"do": "buy", "symbol": "SPY250822C00635000", "qty": 1, "limit": "2.50", "fills": [1]})
        if rang.wait(0.2):
            break
    hints.close()

    assert rang.is_set()


def test_a_stream_that_is_closed_at_once_ends(bot: Bot) -> None:
    """Also before it has begun to listen: no thread is left that listens for ever."""
    sandbox, nobody = bot.sandbox, threading.Event()
    for _ in range(5):
        hints = Hints(sandbox.url, sandbox.key, sandbox.secret, nobody.set)
        hints.close()
        hints.close()
    until = time.monotonic() + 20
    while any(each.name == "snapsync-stream" for each in threading.enumerate()):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_settings_are_read_again(bot: Bot) -> None:
    """A good change counts from then on; nonsense is said, and the old settings stay."""
    config = bot.folder / "config.yaml"
    good = config.read_text()

    def edit(text: str) -> None:
        config.write_text(text)

    def nonsense(script: Script) -> None:
        edit("ALPACA_SYNC_INTERVAL_MINUTES: often\n")
        script.reload = True

    def faster(script: Script) -> None:
        edit(good.replace("ALPACA_SYNC_INTERVAL_MINUTES: 15", "ALPACA_SYNC_INTERVAL_MINUTES: 1"))
        script.reload = True

    script = Script(nonsense, faster, idle)
    seen, said = watched(bot, script, APPLY)

    assert standings(seen) == ["synced", "in step", "in step", "in step"]
    assert said[0].startswith("The configuration was not read again; the old one stays.")
    assert "often" in said[0]
    assert said[1] == "The configuration was read again."
    assert script.waits[1] >= 0.9 * QUARTER
    assert 54 <= script.waits[2] <= 66


def test_the_market_has_its_hours(bot: Bot) -> None:
    """While it is open a look each time, after its close one more, then none until it opens."""

    def to(moment: str) -> None:
        bot.sandbox.do({"do": "clock", "to": moment})

    steps = [
        lambda _: to("2025-08-21 15:59"),
        lambda _: to("2025-08-21 16:01"),
        idle,
        lambda _: to("2025-08-22 09:31"),
    ]
    script = Script(*steps)
    seen, _ = watched(bot, script, Wishes(write=True, market_hours=True))

    assert standings(seen) == ["synced", "in step", "in step", "closed", "in step"]
    assert round(script.waits[3]) == 3600  # the hours may change: they are asked for again


def test_the_last_look_of_a_day_is_made_again(bot: Bot) -> None:
    """If it fails another one is made, though the market is closed by then."""

    def close(script: Script) -> None:
        del script
        bot.sandbox.do({"do": "clock", "to": "2025-08-21 16:01"})
        bot.sandbox.fault("account", answer="html")

    seen, _ = watched(bot, Script(close, idle, idle), Wishes(write=True, market_hours=True))

    assert standings(seen) == ["synced", "failed", "in step", "closed"]


def test_off_is_off(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where automatic syncs are off it says so, asks nobody, and ends."""
    monkeypatch.setenv("ALPACA_SYNC_ENABLED", "false")
    seen, said = watched(bot, Script(idle))

    assert seen == []
    assert "ALPACA_SYNC_ENABLED" in said[0]
    assert bot.sandbox.requests == ()


def test_two_watches_do_no_harm(bot: Bot, slack: SlackServer) -> None:
    """Beside each other on one env: all is written once, and told once."""
    found: list[list[str]] = []

    def run() -> None:
        found.append(standings(watched(bot, Script(idle, idle), APPLY)[0]))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(found) == 2
    assert [each[-1] for each in found] == ["in step", "in step"]
    assert sum(act.verb in WRITES for _, act in bot.env().store.log()) == 1
    assert [each for each in heads(slack) if each == "SUCCESS"] == ["SUCCESS"]
    assert bot.run("check").code == 0


def handles() -> tuple[int, int]:
    """How many files and how many sockets this process has open."""
    modes = []
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 - names of handles
        with suppress(OSError):  # the listing's own
            modes.append(os.fstat(int(name)).st_mode)
    sockets = sum(map(stat.S_ISSOCK, modes))
    return len(modes) - sockets, sockets


def kept() -> int:
    """How many bytes are alive that snapsync's own lines made; the sandbox, in this process too, aside."""
    package = Path(snapsync.__file__).parent
    ours = tracemalloc.Filter(inclusive=True, filename_pattern=f"{package}/*")
    sandbox = tracemalloc.Filter(inclusive=False, filename_pattern=f"{package}/sandbox/*")
    traces = tracemalloc.take_snapshot().filter_traces([ours, sandbox]).traces
    return sum(each.size for each in traces)


def test_nothing_grows(bot: Bot) -> None:
    """After many looks there are no more open files than after a few, and no memory was kept."""
    sizes: list[tuple[int, int, int]] = []
    looks = 16

    def weigh(script: Script) -> None:
        del script
        gc.collect()
        sizes.append((*handles(), kept()))

    tracemalloc.start()
    try:
        watch(bot.env, APPLY, Script(*[idle] * 5, weigh, *[idle] * looks, weigh), lambda _: None)
    finally:
        tracemalloc.stop()
    (files, sockets, memory), (files_later, sockets_later, memory_later) = sizes

    assert files_later == files
    # a look opens several; the sandbox, in this process too, may be slow to close its ends
    assert sockets_later - sockets < 3 * looks
    assert memory_later - memory < 1000 * looks


def test_a_heartbeat_for_monitors(bot: Bot) -> None:
    """Each look leaves one that says how things stand and when the next is due; the end leaves one too."""
    state = bot.folder / "state" / "paper"
    beats = []

    def note(script: Script) -> None:
        del script
        beats.append(read_beat(state))

    watched(bot, Script(note, note), APPLY)

    first, second = beats
    assert first is not None
    assert second is not None
    assert (first.standing, first.looks, second.standing, second.looks) == ("synced", 1, "in step", 2)
    assert (first.pid, first.env) == (os.getpid(), "paper")
    assert first.next is not None
    assert first.next > first.at
    last = read_beat(state)
    assert last is not None
    assert (last.standing, last.next) == ("stopped", None)


def test_the_doctor_knows_of_it(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch that is at work, one whose looks fail, one that is silent, one that was stopped."""
    told: list[str] = []

    def ask(script: Script) -> None:
        del script
        at = datetime.now(UTC) + timedelta(hours=2 if len(told) == 2 else 0)
        env = Env.open("paper", config=bot.folder / "config.yaml", clock=lambda: at)
        told.extend(f"{each.level}: {each.said}" for each in doctor(env) if each.name == "watch")

    def down(script: Script) -> None:
        ask(script)
        monkeypatch.setenv("ALPACA_PAPER_BASE_URL", "http://127.0.0.1:9")
        script.reload = True

    watched(bot, Script(down, ask, ask), APPLY)

    assert told[0].startswith("ok: synced at ")
    assert told[1] == "warn: 1 look(s) in a row have failed: The broker cannot be reached."
    assert "is silent." in told[2]
    assert not [each for each in doctor(bot.env()) if each.name == "watch"]


def test_signals(bot: Bot) -> None:
    """SIGHUP reads the settings again, SIGTERM ends it after the look, with a heartbeat and exit 143."""
    process = subprocess.Popen(
        [sys.executable, "-m", "snapsync", "watch", "--apply", "--interval", "1h"],
        cwd=bot.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    assert process.stdout.readline().startswith("paper (default)")
    assert "synced" in process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    assert process.stderr.readline() == "The configuration was read again.\n"
    assert "in step" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)

    assert (process.returncode, said) == (143, "")
    last = read_beat(bot.folder / "state" / "paper")
    assert last
    assert last.standing == "stopped"


def test_the_bell() -> None:
    """It wakes who waits: at once after a signal, a hint, or when its time has come."""
    bell = Bell()
    with bell.listening():
        bell.hint()
        bell.wait(60)
        assert bell.hinted
        bell.hinted = False
        os.kill(os.getpid(), signal.SIGHUP)
        bell.wait(60)
        assert bell.reload
        bell.reload = False
        bell.wait(0)
        os.kill(os.getpid(), signal.SIGINT)
        bell.wait(60)
        assert (bell.stopped, bell.by) == (True, signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):  # the second time it is meant
            os.kill(os.getpid(), signal.SIGINT)
    bell.hint()  # nobody waits any more
