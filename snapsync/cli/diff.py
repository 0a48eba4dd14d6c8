"""The command ``snapsync diff``."""

from __future__ import annotations

import click

from snapsync.errors import Exit
from snapsync.verbs import at
from snapsync.verbs.diff import diff
from snapsync.views import difference as view
from snapsync.views import history

from . import complete, options
from .talk import Talk


@options.command("diff", Exit.FAILED, Exit.STORE, Exit.INTEGRITY)
@click.argument("a", required=False, shell_complete=complete.ids)
@click.argument("b", required=False, shell_complete=complete.ids)
@options.at("What the words mean: as of then, instead of now.")
def command(talk: Talk, *, a: str | None, b: str | None, as_of: str | None) -> int:
    """Say how B differs from A. Uses no network.

    A and B are ids (of an operation, a plan or a snapshot), times, or words: 'book' is the book's files
    as they are now, 'broker' the account as it was looked at last, 'agreed' both when they last agreed.
    Without B it is the book; without both, what was agreed and the book.

    An operation or a time is both sides after it. A day is its end in New York; a time without a zone is
    in ALPACA_SYNC_TIMEZONE. A book and a broker are compared in what makes drift; with -v in all.
    """
    env = talk.open()
    point = at.point(env, as_of) if as_of is not None else None
    found = diff(env, a, b, then=point, verbose=talk.verbose)
    zone = talk.zone(env)
    talk.header(env, *history.as_of(point, zone))
    talk.result(
        lambda: view.diff_document(found, point),
        lambda: view.diff(found, zone, talk.paint, verbose=talk.verbose),
    )
    return Exit.OK
