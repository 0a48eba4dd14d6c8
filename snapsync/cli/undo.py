"""The command ``snapsync undo``."""

from __future__ import annotations

import click

from snapsync.verbs.back import plan_undo

from . import complete, options
from .back import EXITS, go_back
from .talk import Talk


@options.command("undo", *EXITS)
@click.argument("operation", required=False, shell_complete=complete.operations)
@options.yes
@options.dry_run
def command(talk: Talk, *, operation: str | None, yes: bool, dry_run: bool) -> int:
    """Take back what an act has written into the book.

    OPERATION is the beginning of its id; without it, the newest act that wrote. A file that is still as
    that act left it gets its old bytes back; else each place does that nobody has changed since. What was
    undone is on hold: it is not applied again without a person's yes. An undo can be undone.
    """
    env = talk.open()
    return go_back(talk, env, plan_undo(env, operation), yes=yes, dry_run=dry_run)
