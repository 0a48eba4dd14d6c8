"""How one run speaks: result on stdout, talk on stderr, JSON or text, colour or not."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from snapsync.errors import SnapsyncError
from snapsync.store.store import LOCK_SECONDS
from snapsync.verbs.env import Env
from snapsync.views import json, paint, text, wrap

if TYPE_CHECKING:
    from snapsync.verbs.timings import Timings


class Talk:
    """What the common options of a command say, and the two ways to speak."""

    def __init__(
        self,
        *,
        env: str | None = None,
        config: Path | None = None,
        as_json: bool = False,
        verbose: bool = False,
        quiet: bool = False,
        lock_timeout: float = LOCK_SECONDS,
        timings: Timings | None = None,
    ) -> None:
        self.env, self.config, self.lock_timeout = env, config, lock_timeout
        self.as_json, self.verbose, self.quiet = as_json, verbose, quiet
        self.timings = timings
        self.annotates = False
        """Whether an error becomes an annotation of the CI run too."""
        wrap.fit(_columns() if sys.stdout.isatty() else None)

    def open(self) -> Env:
        """The env that the options, the environment and config.yaml name."""
        env = Env.open(self.env, config=self.config)
        env.say, env.warn, env.lock_timeout = self.say, self.warn, self.lock_timeout
        env.timings = self.timings
        return env

    @property
    def paint(self) -> paint.Paint:
        """Colour only on a terminal that wants it."""
        return paint.ansi if _coloured(sys.stdout) else paint.plain

    def header(self, env: Env, *more: str) -> None:
        """The first line: whose money this is; and beneath it what else has to be known first."""
        if not (self.as_json or self.quiet):
            store = env.find_store()
            account = store.identity.account if store else None
            folder = _home_relative(env.config.root)
            click.echo(text.header(env.name, env.config.env_source, account, folder, self.paint))
            for line in more:
                click.echo(self.paint(line, "dim"))

    def result(self, document: Callable[[], json.Document], words: Callable[[], str]) -> None:
        """The result, in the form that was asked for; the other form is not even made."""
        click.echo(json.dumps(document()) if self.as_json else words())

    def say(self, words: str) -> None:
        """Talk beside the result."""
        if not self.quiet:
            click.echo(words, err=True)

    def warn(self, words: str) -> None:
        """What went wrong beside the result: ``-q`` does not hide it."""
        click.echo(words, err=True)

    def carried(self, paths: Iterable[str]) -> None:
        """Tell of rows that came in while files were replaced."""
        for path in paths:
            self.say(f"Rows that another program wrote to {path} in the meantime were kept.")

    def zone(self, env: Env) -> ZoneInfo:
        return env.config.timezone

    def tell_timings(self) -> None:
        """After everything else: where the time went, if that was asked for."""
        if self.timings:
            from snapsync.views import timing  # noqa: PLC0415 - only with --timings

            with suppress(OSError):  # the reader of our talk has gone
                click.echo(timing.words(self.timings.spending()), err=True)

    def fail(self, trouble: SnapsyncError) -> None:
        """One clear error, on stdout as the one document when JSON was asked for, else on stderr."""
        if self.annotates:
            from snapsync.views import github  # noqa: PLC0415 - only in a CI run

            click.echo(github.failure(trouble))
        if self.as_json:
            click.echo(json.dumps(json.error(trouble)))
        else:
            painter = paint.ansi if _coloured(sys.stderr) else paint.plain
            click.echo(text.error(trouble, painter), err=True)


def agreed_to(talk: Talk, question: str, instead: str) -> None:
    """Wait for a yes.

    Raises:
        SnapsyncError: the answer is no, or nobody can answer; then ``instead`` is the command to type.
    """
    if talk.as_json or not sys.stdin.isatty():
        raise SnapsyncError("Nobody can answer here, and nothing was written.", hint=instead)
    if not click.confirm(question, default=False, err=True):
        raise SnapsyncError("Declined: nothing was written.")


def _columns() -> int:
    from shutil import get_terminal_size  # noqa: PLC0415 - it brings every kind of archive along

    return get_terminal_size().columns


def _coloured(stream: object) -> bool:
    isatty = getattr(stream, "isatty", None)
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return bool(wanted and isatty and isatty())


def _home_relative(folder: Path) -> str:
    try:
        return str(Path("~") / folder.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(folder)
