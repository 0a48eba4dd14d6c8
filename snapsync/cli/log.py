"""The command ``snapsync log``."""

from __future__ import annotations

from itertools import islice

import click

from snapsync.errors import Exit
from snapsync.verbs.log import log
from snapsync.views import json, text

from . import options
from .talk import Talk


@options.command("log", Exit.STORE, Exit.INTEGRITY)
@click.option(
    "-n",
    "count",
    type=click.IntRange(min=1),
    metavar="COUNT",
    default=20,
    show_default=True,
    help="How many.",
)
def command(talk: Talk, *, count: int) -> int:
    """List what was done, newest first."""
    env = talk.open()
    entries = list(islice(log(env), count))
    talk.header(env)
    talk.result(
        lambda: json.log(entries),
        lambda: text.log(entries, talk.zone(env), talk.paint, verbose=talk.verbose),
    )
    return Exit.OK
