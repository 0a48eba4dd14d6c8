"""``with-lock``: other people's commands in their turn, as if nothing stood around them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from snapsync.errors import Exit
from tests.conftest import Bot

SNAPSYNC = f"{sys.executable} -m snapsync"


def with_lock(bot: Bot, *command: str) -> subprocess.Popen[str]:
    """A command started with the lock held."""
    return subprocess.Popen(
        [sys.executable, "-m", "snapsync", "with-lock", "--", *command],
        cwd=bot.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def waiting(bot: Bot, script: str) -> Iterator[subprocess.Popen[str]]:
    """A shell script that has said that it runs, with the lock held."""
    with with_lock(bot, "sh", "-c", f"echo running; {script}") as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "running\n"
            yield process
        finally:
            process.kill()


def test_input_output_and_exit_code_are_the_commands(bot: Bot) -> None:
    """Nothing is added to what it says, and its exit code is passed on."""
    out, err = (process := with_lock(bot, "sh", "-c", "cat; echo told >&2; exit 7")).communicate("abc")

    assert (process.returncode, out, err) == (7, "abc", "told\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_are_passed_on(bot: Bot, number: signal.Signals) -> None:
    """What we are told by a signal, the command is told; how it ends is its own matter."""
    name = number.name.removeprefix("SIG")
    with waiting(bot, f"trap 'echo heard; exit 5' {name}; echo set; while :; do sleep 0.05; done") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "set\n"
        process.send_signal(number)
        out, _ = process.communicate(timeout=20)

    assert (process.returncode, out) == (5, "heard\n")


def test_a_command_that_a_signal_ends(bot: Bot) -> None:
    """As a shell says it: 128 and the signal's number."""
    process = with_lock(bot, "sh", "-c", "kill -KILL $$")
    process.communicate(timeout=20)

    assert process.returncode == 128 + signal.SIGKILL


def test_writers_wait_and_readers_do_not(bot: Bot) -> None:
    """Another writer is told who has the lock; log and status do not ask for it."""
    bot.run("plan")
    with waiting(bot, "read line") as process:
        for command in ("plan", "apply --yes", "with-lock --"):
            name, *rest = command.split()
            ran = bot.run(name, "--lock-timeout", "0", *rest, *(["true"] if name == "with-lock" else []))
            assert ran.code == Exit.LOCKED
            assert f"process {process.pid} (with-lock: sh)" in " ".join(ran.err.split())
            assert "it is still running" in " ".join(ran.err.split())
        assert bot.run("log").code == bot.run("status").code == bot.run("show").code == 0
        process.communicate("go on\n", timeout=20)

    assert process.returncode == 0
    assert bot.run("apply", "--yes", "--lock-timeout", "0").code == 0


def test_snapsync_inside_takes_part(bot: Bot) -> None:
    """The command may plan and apply, also in a ``with-lock`` of its own, also two at once."""
    both = f"{SNAPSYNC} with-lock {SNAPSYNC} plan >&2 & {SNAPSYNC} plan >&2 & wait"
    script = f"{both}; {SNAPSYNC} apply --yes --json"
    process = with_lock(bot, "sh", "-ec", f"({script}) </dev/null")
    out, err = process.communicate(timeout=60)

    assert process.returncode == 0, err
    assert json.loads(out)["kind"] == "apply"
    log = bot.run("log", "--json").json["operations"]
    assert [each["verb"] for each in log] == ["apply", "plan", "plan"]
    assert [len(each["parents"]) for each in log] == [1, 1, 0]


def test_a_killed_with_lock_does_not_give_the_lock_away(bot: Bot) -> None:
    """While the command runs on alone, the lock is its; the loser is told that its holder is gone."""
    with waiting(bot, "read line; echo done") as process:
        process.kill()
        process.wait()
        ran = bot.run("plan", "--lock-timeout", "0")

        assert ran.code == Exit.LOCKED
        assert "it does not run any more" in " ".join(ran.err.split())

    assert bot.run("plan", "--lock-timeout", "20").code == 0


def test_the_lock_is_given_back_though_something_runs_on(bot: Bot) -> None:
    """What the command leaves in the background has no lock, even where it writes with snapsync."""
    process = with_lock(bot, "sh", "-c", f"(sleep 1; {SNAPSYNC} plan -q) >/dev/null 2>&1 & exit 0")
    process.wait(timeout=20)

    assert bot.run("plan", "--lock-timeout", "0").code == 0
    assert process.returncode == 0
    process.communicate()


@pytest.mark.parametrize("words", [("no-such-command",), (), ("--no-such-option", "true")])
def test_what_cannot_be_run_is_wrong_usage(bot: Bot, words: tuple[str, ...]) -> None:
    """Exit 64 and one clear sentence; nothing is locked afterwards."""
    ran = bot.run("with-lock", *words)

    assert ran.code == Exit.USAGE
    assert "Traceback" not in ran.err
    assert bot.run("plan", "--lock-timeout", "0").code == 0


def test_arguments_are_not_written_down(bot: Bot) -> None:
    """A command's arguments may hold a secret: only its name stands in the lock."""
    with with_lock(bot, "sh", "-c", "cat >/dev/null", "hunter2") as process:
        assert process.stdin is not None
        lock = bot.folder / "state" / "paper" / "lock"
        while not (lock.exists() and '"turn":"' in (text := lock.read_text()) and "with-lock" in text):
            time.sleep(0.02)
        process.stdin.close()

    assert "hunter2" not in text


AT_A_TERMINAL = """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    words = [sys.executable, "-m", "snapsync", "with-lock", "--", sys.executable, "-c", sys.argv[1]]
    os.execv(sys.executable, words)
said = b""
while b"ready" not in said:
    said += os.read(terminal, 1000)
os.write(terminal, b"\\x03")
try:
    while part := os.read(terminal, 1000):
        said += part
except OSError:  # how Linux says that nobody has the terminal open any more
    pass
print(said.decode())
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
COUNTING = """
import signal, time
came = []
signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
print("ready", flush=True)
while not came:
    time.sleep(0.05)
time.sleep(0.5)
print("came:", len(came))
raise SystemExit(9)
"""


def test_ctrl_c_reaches_the_command_once(bot: Bot) -> None:
    """The terminal sends it to the command too: passing it on would stop a bot that is cleaning up."""
    ran = subprocess.run(
        [sys.executable, "-c", AT_A_TERMINAL, COUNTING],
        cwd=bot.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "came: 1" in ran.stdout, ran.stderr
    assert ran.returncode == 9
