"""The command ``snapsync apply``."""

from __future__ import annotations

import click

from snapsync.errors import Exit
from snapsync.verbs.apply import apply
from snapsync.verbs.choose import Chosen, choose
from snapsync.verbs.env import Env
from snapsync.views import json, text
from snapsync.views.times import age

from . import complete, options
from .talk import Talk, agreed_to


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
@options.yes
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
            agreed_to(talk, f"Apply it to the {env.name} book?", f"snapsync apply --env {env.name} --yes")
    done = apply(env, chosen, confirmed=not yes)
    if done.recovered:
        talk.say("An interrupted apply was finished first.")
    talk.carried(done.carried)
    files = [edit.path.name for edit in done.edits]
    talk.result(
        lambda: json.applied(done.operation, done.plan, done.changes, files, done.open, done.approval),
        lambda: text.applied(done.operation, done.plan, done.changes, files, done.open, talk.paint),
    )
    return Exit.OK


def _show(talk: Talk, env: Env, chosen: Chosen) -> None:
    """What is about to happen, and how old the look is that it was made from."""
    if not talk.as_json:
        plan = text.plan(chosen.plan, talk.zone(env), talk.paint, verbose=talk.verbose)
        talk.say(f"{plan} Made {age(chosen.age)} ago.\n")
