"""The command ``snapsync plan``."""

from __future__ import annotations

import click

from snapsync.errors import Exit
from snapsync.verbs.plan import plan
from snapsync.views import json, text

from . import options
from .talk import Talk


@options.command(
    "plan",
    Exit.FAILED,
    Exit.DRIFT,
    Exit.STORE,
    Exit.LOCKED,
    Exit.CREDENTIALS,
    Exit.UNREACHABLE,
    Exit.UNSETTLED,
    Exit.INTEGRITY,
    Exit.INTERRUPTED,
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
def command(talk: Talk, *, detailed_exitcode: bool) -> int:
    """Look at both sides and say what the book should change.

    Nothing of the book is touched. Planning again on unchanged facts gives the same plan id.
    """
    env = talk.open()
    made = plan(env)
    talk.header(env)
    if made.recovered:
        talk.say("An interrupted apply was finished first.")
    talk.result(
        lambda: json.plan(made.plan, made.operation),
        lambda: text.plan(made.plan, talk.zone(env), talk.paint, verbose=talk.verbose),
    )
    if made.plan.drift and not made.plan.refused:
        talk.say(f"\nApply it with: snapsync apply --env {env.name}")
    return Exit.DRIFT if made.plan.drift and detailed_exitcode else Exit.OK
