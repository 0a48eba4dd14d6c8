"""The command ``snapsync migrate``."""

from __future__ import annotations

import click

from snapsync.errors import Exit
from snapsync.verbs.migrate import migrate
from snapsync.views import json, upkeep

from . import options
from .talk import Talk


@options.command("migrate", Exit.STORE, Exit.INTEGRITY)
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
def command(talk: Talk, *, dry_run: bool) -> int:
    """Say which format the store has, and bring it to this version's.

    There is one format so far, so there is nothing to change yet. A store of a newer format is refused.
    """
    env = talk.open()
    done = migrate(env)
    talk.header(env)
    talk.result(
        lambda: json.kind("migrate", found=done.found, known=done.known, steps=done.steps, dry_run=dry_run),
        lambda: upkeep.migrated(done.found, done.known, done.steps),
    )
    return Exit.OK
