"""The command ``snapsync restore``."""

from __future__ import annotations

import click

from snapsync.verbs import at
from snapsync.verbs.back import plan_restore
from snapsync.views import history

from . import complete, options
from .back import EXITS, go_back
from .talk import Talk


@options.command("restore", *EXITS)
@click.argument("then", metavar="ID|TIME", shell_complete=complete.operations)
@options.yes
@options.dry_run
def command(talk: Talk, *, then: str, yes: bool, dry_run: bool) -> int:
    """Give the book the bytes that it had after an operation, or at a time.

    ID is the beginning of an operation's id; a day is its end in New York. The bytes of today are kept, and
    undo brings them back. What the broker says otherwise is on hold: it is not applied without a person's
    yes.
    """
    env = talk.open()
    point = at.point(env, then)
    chosen = plan_restore(env, then)
    return go_back(talk, env, chosen, yes=yes, dry_run=dry_run, more=history.as_of(point, talk.zone(env)))
