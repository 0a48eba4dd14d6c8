"""The command ``snapsync rebind``."""

from __future__ import annotations

import sys

import click

from snapsync.errors import Exit, SnapsyncError
from snapsync.model.canon import short
from snapsync.model.money import masked
from snapsync.verbs.env import Env
from snapsync.verbs.plan import plan
from snapsync.verbs.rebind import rebind
from snapsync.views import json, text

from . import options
from .talk import Talk


@options.command(
    "rebind",
    Exit.FAILED,
    Exit.STORE,
    Exit.LOCKED,
    Exit.CREDENTIALS,
    Exit.UNREACHABLE,
    Exit.INTEGRITY,
    Exit.INTERRUPTED,
)
@click.option("--confirm", metavar="ENV", help="Say the env's name, where nobody can answer.")
def command(talk: Talk, *, confirm: str | None) -> int:
    """Bind the env to another account, and plan from it.

    For a paper account that was reset, or a bot that moves. The old account's log stays readable. The
    plan closes what the book still holds of the old account and leaves the history alone; it is not
    applied.
    """
    env = talk.open()
    _sure(env, confirm)
    done = rebind(env)
    made = plan(env)
    talk.header(env)
    whose = f"Bound to account {masked(done.after)}, was {masked(done.before)}."
    talk.say(f"{whose} Operation {short(done.operation)}.")
    talk.result(
        lambda: json.kind(
            "rebind",
            operation=done.operation,
            before=masked(done.before),
            after=masked(done.after),
            plan=json.plan(made.plan, made.operation),
        ),
        lambda: text.plan(made.plan, talk.zone(env), talk.paint, verbose=talk.verbose),
    )
    return Exit.OK


def _sure(env: Env, confirm: str | None) -> None:
    """A slip of the keys must not cost the live env its account: its name has to be typed."""
    if env.name != "live" and confirm is None:
        return
    if confirm is None and sys.stdin.isatty():
        confirm = click.prompt("Type the env's name to bind it to another account", err=True)
    if confirm != env.name:
        raise SnapsyncError(
            "The env's name was not confirmed, and nothing was changed.",
            hint=f"snapsync rebind --env {env.name} --confirm {env.name}",
        )
