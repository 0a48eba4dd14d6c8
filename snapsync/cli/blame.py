"""The command ``snapsync blame``."""

from __future__ import annotations

import click

from snapsync.errors import Exit
from snapsync.verbs import at
from snapsync.verbs.blame import blame
from snapsync.views import blame as view
from snapsync.views import history

from . import complete, options
from .talk import Talk


@options.command("blame", Exit.STORE, Exit.INTEGRITY)
@click.argument("symbol", shell_complete=complete.symbols)
@options.at("End the story then, instead of now.")
def command(talk: Talk, *, symbol: str, as_of: str | None) -> int:
    """Tell the whole story of one quantity: fills, edits, plans, and who.

    At the broker: each activity that moved SYMBOL, the look that saw it first, and the apply that brought
    it into the book. In the book: what was written by whom, and what others have edited. Uses no network.
    """
    env = talk.open()
    point = at.point(env, as_of) if as_of is not None else None
    found = blame(env, symbol, point)
    zone = talk.zone(env)
    talk.header(env, *history.as_of(point, zone))
    talk.result(lambda: view.document(found, point), lambda: view.words(found, zone, talk.paint))
    return Exit.OK
