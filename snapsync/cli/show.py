"""The command ``snapsync show``."""

from __future__ import annotations

import click

from snapsync.errors import Exit, UsageError
from snapsync.model.point import Point
from snapsync.verbs import at
from snapsync.verbs.env import Env
from snapsync.verbs.show import book_file, show, shown, then
from snapsync.views import history
from snapsync.views import shown as view

from . import options
from .talk import Talk

ROLES = ("bankroll", "positions", "history")


@options.command("show", Exit.STORE, Exit.STALE, Exit.INTEGRITY)
@click.argument("id", required=False)
@options.at("What both sides were then, instead of one stored thing.")
@click.option(
    "--file",
    "role",
    type=click.Choice(ROLES),
    metavar="FILE",
    help="Write the very bytes of the book's bankroll, positions or history to stdout.",
)
def command(talk: Talk, *, id: str | None, as_of: str | None, role: str | None) -> int:
    """Show one stored thing by its id; without one, the latest plan.

    ID may be a plan's, an operation's, a snapshot's or any object's; any beginning of it will do that is
    not ambiguous. With --file any earlier book can be got back by hand:

        snapsync show ID --file positions > positions.csv
    """
    if id is not None and as_of is not None:
        raise UsageError(
            "--at goes without an ID.", detail="--at ID shows what both sides were at that operation"
        )
    env = talk.open()
    point = at.point(env, as_of) if as_of is not None else None
    if role:
        return _file(talk, env, id, point, role)
    if point:
        both = then(env, point)
        talk.header(env, *history.as_of(point, talk.zone(env)))
        talk.result(lambda: view.then_document(both), lambda: view.then(both, talk.paint))
        return Exit.OK
    found = show(env, id)
    talk.header(env)
    talk.result(
        lambda: view.document(found),
        lambda: view.words(found, talk.zone(env), talk.paint, verbose=talk.verbose),
    )
    return Exit.OK


def _file(talk: Talk, env: Env, id: str | None, point: Point | None, role: str) -> int:
    """Nothing but the file's bytes on stdout: no header, no line end that it does not have."""
    if talk.as_json:
        raise UsageError("--file writes bytes, which are no JSON.", hint="Leave out --json.")
    found = shown(env, point.operation) if point else show(env, id)
    click.echo(book_file(env, found, role), nl=False)
    return Exit.OK
