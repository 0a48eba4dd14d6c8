"""How one run speaks: result on stdout, talk on stderr, JSON or text, colour or not."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from snapsync.errors import SnapsyncError
from snapsync.verbs.env import Env
from snapsync.views import github, json, paint, text


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
    ) -> None:
        self.env, self.config = env, config
        self.as_json, self.verbose, self.quiet = as_json, verbose, quiet
        self.annotates = False
        """Whether an error becomes an annotation of the CI run too."""

    def open(self) -> Env:
        """The env that the options, the environment and config.yaml name."""
        env = Env.open(self.env, config=self.config)
        env.say = self.say
        return env

    @property
    def paint(self) -> paint.Paint:
        """Colour only on a terminal that wants it."""
        return paint.ansi if _coloured(sys.stdout) else paint.plain

    def header(self, env: Env) -> None:
        """The first line: whose money this is."""
        if not (self.as_json or self.quiet):
            store = env.find_store()
            account = store.identity.account if store else None
            folder = _home_relative(env.config.root)
            click.echo(text.header(env.name, env.config.env_source, account, folder, self.paint))

    def result(self, document: Callable[[], json.Document], words: Callable[[], str]) -> None:
        """The result, in the form that was asked for; the other form is not even made."""
        click.echo(json.dumps(document()) if self.as_json else words())

    def say(self, words: str) -> None:
        """Talk beside the result."""
        if not self.quiet:
            click.echo(words, err=True)

    def zone(self, env: Env) -> ZoneInfo:
        return env.config.timezone

    def fail(self, trouble: SnapsyncError) -> None:
        """One clear error, on stdout as the one document when JSON was asked for, else on stderr."""
        if self.annotates:
            click.echo(github.failure(trouble))
        if self.as_json:
            click.echo(json.dumps(json.error(trouble)))
        else:
            painter = paint.ansi if _coloured(sys.stderr) else paint.plain
            click.echo(text.error(trouble, painter), err=True)


def _coloured(stream: object) -> bool:
    isatty = getattr(stream, "isatty", None)
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return bool(wanted and isatty and isatty())


def _home_relative(folder: Path) -> str:
    try:
        return str(Path("~") / folder.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(folder)
