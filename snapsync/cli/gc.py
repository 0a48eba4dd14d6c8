"""The command ``snapsync gc``."""

from __future__ import annotations

import click

from snapsync.errors import Exit
from snapsync.model.kept import Keep
from snapsync.verbs.gc import gc
from snapsync.views import upkeep

from . import options
from .bar import progress
from .talk import Talk

COUNT = click.IntRange(min=1)


@options.command("gc", Exit.FAILED, Exit.STORE, Exit.LOCKED, Exit.INTEGRITY, Exit.INTERRUPTED)
@click.option("--keep-last", type=COUNT, metavar="N", help="Keep states and files of the N newest acts.")
@click.option("--keep-days", type=COUNT, metavar="D", help="Keep those of the last D days.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def command(talk: Talk, *, keep_last: int | None, keep_days: int | None, dry_run: bool) -> int:
    """Take away old states and files, and pack the rest.

    What either option keeps is kept; so are the head, the agreed point and the last hour. Operations, plans
    and the ledger are never removed. You cannot go back to what was taken away.
    """
    env = talk.open()
    with progress(talk, env, "reading the store"):
        done = gc(env, Keep(last=keep_last, days=keep_days), dry=dry_run)
    talk.header(env)
    talk.result(lambda: upkeep.swept_json(done), lambda: upkeep.swept(done, talk.paint))
    return Exit.OK
