"""Run a command of somebody else's while this env's lock is held: a bot's, or a backup's."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from snapsync.errors import UsageError
from snapsync.store.lock import Turn

from .env import Env
from .recover import settle

_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_FROM_KEYS = (signal.SIGINT, signal.SIGQUIT)


def with_lock(env: Env, command: Sequence[str]) -> int:
    """Run a command in its turn: no writer comes in between but snapsync inside of the command.

    Its input and output are ours. Signals that we get are passed on. An apply that was interrupted is
    finished first.

    Returns:
        The command's exit code; 128 and the number of the signal that ended it.

    Raises:
        StoreError: another writer holds the lock (exit 11).
        RecoveryError: an interrupted apply needs a decision (31).
        UsageError: there is no such command (64).
    """
    store = env.make_store()
    if settle(env):
        env.say("An interrupted apply was finished first.")
    # its name alone: its arguments may hold a secret
    purpose = f"with-lock: {Path(command[0]).name}"
    with store.place.turn(purpose, env.patience(env.lock_timeout)) as turn, _passing_on() as child_is:
        child = _started(command, turn)
        child_is(child)
        ended = child.wait()
    return ended if ended >= 0 else 128 - ended


def _started(command: Sequence[str], turn: Turn) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **turn.environment}
    try:
        # to run what it is told to is what this is for
        return subprocess.Popen(command, env=environment, pass_fds=(turn.handle,))  # noqa: S603
    except (OSError, ValueError) as error:  # ValueError: a NUL in it
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError("The command cannot be run.", detail=f"{command[0]}: {reason}") from error


@contextmanager
def _passing_on() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Pass the signals that we get in the block on to the process that it names, earlier ones too."""
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        del frame
        if number in _FROM_KEYS and _at_keyboard():
            return  # the terminal has sent it to the command too
        if not children:
            early.append(number)
        for child in children:
            child.send_signal(number)

    def child_is(child: subprocess.Popen[bytes]) -> None:
        children.append(child)
        for number in early:
            child.send_signal(number)

    # what whoever started us wants ignored (nohup) stays ignored
    before = {each: now for each in _PASSED_ON if (now := signal.getsignal(each)) is not signal.SIG_IGN}
    try:
        for each in before:
            signal.signal(each, pass_on)
        yield child_is
    finally:
        for each, handler in before.items():
            signal.signal(each, signal.SIG_DFL if handler is None else handler)


def _at_keyboard() -> bool:
    """Whether keys such as Ctrl-C reach us, and with us whatever we have started."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
