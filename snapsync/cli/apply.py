"""The command ``snapsync apply``."""

from __future__ import annotations

import sys

import click

from snapsync.errors import Exit, SnapsyncError
from snapsync.verbs.apply import Chosen, apply, choose
from snapsync.verbs.env import Env
from snapsync.views import json, text
from snapsync.views.times import age

from . import complete, options
from .talk import Talk


@options.command(
    "apply",
    Exit.FAILED,
    Exit.STORE,
    Exit.LOCKED,
    Exit.CREDENTIALS,
    Exit.UNREACHABLE,
    Exit.UNSETTLED,
    Exit.STALE,
    Exit.UNAPPROVED,
    Exit.REFUSED,
    Exit.INTEGRITY,
    Exit.INTERRUPTED,
)
@click.argument("plan", required=False, shell_complete=complete.ids)
@click.option("-y", "--yes", is_flag=True, help="Do not ask; needed where nobody can answer.")
def command(talk: Talk, *, plan: str | None, yes: bool) -> int:
    """Bring the book to what a plan says, exactly, or refuse.

    PLAN is the beginning of its id; without it, the latest plan made. Where the facts have moved on since,
    plan again.
    """
    env = talk.open()
    chosen = choose(env, plan)
    talk.header(env)
    if chosen.plan.drift and not chosen.plan.refused:
        _show(talk, env, chosen)
        if not yes:
            _ask(talk, env)
    done = apply(env, chosen, confirmed=not yes)
    if done.recovered:
        talk.say("An interrupted apply was finished first.")
    for path in done.carried:
        talk.say(f"Rows that another program wrote to {path} in the meantime were kept.")
    files = [edit.path.name for edit in done.edits]
    talk.result(
        lambda: json.applied(done.operation, done.plan, done.changes, files, done.open),
        lambda: text.applied(done.operation, done.changes, files, done.open, talk.paint),
    )
    return Exit.OK


def _show(talk: Talk, env: Env, chosen: Chosen) -> None:
    """What is about to happen, and how old the look is that it was made from."""
    if not talk.as_json:
        plan = text.plan(chosen.plan, talk.zone(env), talk.paint, verbose=talk.verbose)
        talk.say(f"{plan} Made {age(chosen.age)} ago.\n")


def _ask(talk: Talk, env: Env) -> None:
    """Wait for a yes."""
    if talk.as_json or not sys.stdin.isatty():
        raise SnapsyncError(
            "Nobody can answer here, and nothing was applied.",
            hint=f"snapsync apply --env {env.name} --yes",
        )
    if not click.confirm(f"Apply it to the {env.name} book?", default=False, err=True):
        raise SnapsyncError("Declined: nothing was applied.")
