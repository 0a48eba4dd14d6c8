"""The command ``snapsync watch``."""

from __future__ import annotations

import signal
from datetime import timedelta

import click

from snapsync.errors import Exit
from snapsync.verbs.bell import Bell
from snapsync.verbs.watch import Seen, Wishes, watch
from snapsync.views import watch as view

from . import options
from .durations import Duration
from .talk import Talk


@options.command("watch", Exit.LOCKED, Exit.SIGTERM)
@click.option(
    "--interval",
    type=Duration(),
    metavar="TIME",
    help="Between two looks, such as 5m; else as configured.",
)
@click.option("--apply", "write", is_flag=True, help="Apply what nobody has to be asked about.")
@click.option("--market-hours", is_flag=True, help="Look only while the market is open, and once after.")
@click.option("--stream", is_flag=True, help="Listen to the broker's trade stream, to look sooner.")
def command(talk: Talk, *, interval: timedelta | None, write: bool, market_hours: bool, stream: bool) -> int:
    """Look again and again, say what is found, and tell Slack of news.

    Each look is one line (with --json one JSON document a line). What fails is told, and tried again, less
    often while the broker is down. Without --apply the book is not touched.

    SIGTERM and Ctrl-C stop it after the look that is under way; SIGHUP reads the configuration again.
    """
    seconds = max(interval.total_seconds(), 1.0) if interval else None
    wishes = Wishes(interval=seconds, write=write, market_hours=market_hours, stream=stream)
    bell = Bell()
    talk.header(talk.open())

    def show(seen: Seen) -> None:
        _show(talk, seen)

    with bell.listening():
        watch(talk.open, wishes, bell, show)
    return Exit.SIGTERM if bell.by == signal.SIGTERM else Exit.OK


def _show(talk: Talk, seen: Seen) -> None:
    if talk.as_json:
        click.echo(view.document(seen.beat, seen.stepped, seen.trouble))
        return
    quiet = talk.quiet and seen.beat.standing in ("in step", "closed")
    if not quiet:
        said = view.line(seen.beat, seen.stepped, seen.trouble, seen.zone, talk.paint, verbose=talk.verbose)
        click.echo(said, err=seen.trouble is not None)
