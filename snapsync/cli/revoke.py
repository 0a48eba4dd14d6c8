"""The command ``snapsync revoke``."""

from __future__ import annotations

import click

from snapsync.errors import Exit
from snapsync.verbs.approve import revoke
from snapsync.views import approval, json

from . import complete, options
from .talk import Talk


@options.command(
    "revoke",
    Exit.STORE,
    Exit.LOCKED,
    Exit.STALE,
    Exit.UNAPPROVED,
    Exit.INTEGRITY,
)
@click.argument("id", shell_complete=complete.ids)
@click.option("--reason", metavar="TEXT", default="", help="Why, for those who read the log.")
@click.option("--by", metavar="NAME", default="", help="Who says so; the user is noted beside it.")
def command(talk: Talk, *, id: str, reason: str, by: str) -> int:
    """Take an approval back, or reject a plan.

    ID is the beginning of an approval's id, or of a plan's. A plan that was rejected is not applied until
    the rejection is taken back in the same way.
    """
    env = talk.open()
    said = revoke(env, id, by=by, reason=reason)
    talk.header(env)
    talk.result(
        lambda: json.kind(
            "revoke", operation=said.operation, approval=approval.document(said.id, said.approval)
        ),
        lambda: approval.done(said.id, said.approval, talk.zone(env), talk.paint),
    )
    return Exit.OK
