"""The command ``snapsync show``."""

from __future__ import annotations

from pathlib import Path

import click

from snapsync.errors import Exit, UsageError
from snapsync.model.point import Point
from snapsync.model.shown import Shown
from snapsync.verbs import at
from snapsync.verbs.env import Env
from snapsync.verbs.show import book_file, show, shown, then
from snapsync.views import history
from snapsync.views import shown as view

from . import complete, options
from .paths import is_file
from .talk import Talk

ROLES = ("bankroll", "positions", "history")


@options.command("show", Exit.STORE, Exit.STALE, Exit.INTEGRITY)
@click.argument("id", required=False, shell_complete=complete.ids)
@options.at("What both sides were then, instead of one stored thing.")
@click.option(
    "--file",
    "role",
    type=click.Choice(ROLES),
    metavar="FILE",
    help="Write the very bytes of the book's bankroll, positions or history to stdout.",
)
@click.option(
    "--redact", is_flag=True, help="Hide amounts and quantities of a plan, an operation, an approval."
)
def command(talk: Talk, *, id: str | None, as_of: str | None, role: str | None, redact: bool) -> int:
    """Show one stored thing by its id; without one, the latest plan.

    ID may be a plan's, an operation's, a snapshot's or any object's; any beginning of it will do that is
    not ambiguous. It may be the name of a plan file too. With --file any earlier book is got back by hand:

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
    found = _of_file(env, Path(id)) if id and is_file(id) else show(env, id)
    if redact and not view.can_hide(found):
        raise UsageError("--redact knows plans, operations and approvals only.", detail=found.kind)
    talk.header(env)
    talk.result(
        lambda: view.document(found, redact=redact),
        lambda: view.words(found, talk.zone(env), talk.paint, verbose=talk.verbose, redact=redact),
    )
    return Exit.OK


def _of_file(env: Env, path: Path) -> Shown:
    from snapsync.verbs.portable import open_plan  # noqa: PLC0415 - it knows how plans are made

    opened = open_plan(env, path)
    return Shown(id=opened.id, kind="plan", plan=opened.plan, operation=opened.operation)


def _file(talk: Talk, env: Env, id: str | None, point: Point | None, role: str) -> int:
    """Nothing but the file's bytes on stdout: no header, no line end that it does not have."""
    if talk.as_json:
        raise UsageError("--file writes bytes, which are no JSON.", hint="Leave out --json.")
    found = shown(env, point.operation) if point else show(env, id)
    click.echo(book_file(env, found, role), nl=False)
    return Exit.OK
