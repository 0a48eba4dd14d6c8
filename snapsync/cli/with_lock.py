"""The command ``snapsync with-lock``."""

from __future__ import annotations

import click

from snapsync.errors import Exit
from snapsync.verbs.with_lock import with_lock

from . import options
from .talk import Talk


@options.command("with-lock", Exit.FAILED, Exit.STORE, Exit.LOCKED, Exit.INTEGRITY, Exit.INTERRUPTED)
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND [ARGS]...")
def command(talk: Talk, *, words: tuple[str, ...]) -> int:
    """Run a command while no other writer can come in between.

    For a bot that writes its book, or a backup: snapsync with-lock -- ./backup.sh

    Input, output and signals are the command's, and its exit code is passed on (128 and the number, if a
    signal ended it). snapsync that the command itself runs takes part and does not wait. A program that
    was not started this way is not kept out.
    """
    return with_lock(talk.open(), words)


command.context_settings["allow_interspersed_args"] = False
