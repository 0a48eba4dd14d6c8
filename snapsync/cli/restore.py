"""The command ``snapsync restore``."""

from __future__ import annotations

import click

from snapsync.verbs.back import plan_restore

from . import complete, options
from .back import EXITS, go_back
from .talk import Talk


@options.command("restore", *EXITS)
@click.argument("operation", shell_complete=complete.operations)
@options.yes
@options.dry_run
def command(talk: Talk, *, operation: str, yes: bool, dry_run: bool) -> int:
    """Give the book the bytes that it had after an operation.

    OPERATION is the beginning of its id. The bytes of today are kept, and undo brings them back. What
    the broker says otherwise is on hold: it is not applied without a person's yes.
    """
    env = talk.open()
    return go_back(talk, env, plan_restore(env, operation), yes=yes, dry_run=dry_run)
