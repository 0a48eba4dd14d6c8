"""The command ``snapsync sync``."""

from __future__ import annotations

import click

from snapsync.errors import Exit
from snapsync.model.change import COMPONENTS
from snapsync.model.synced import Synced
from snapsync.verbs.env import Env
from snapsync.verbs.sync import sync_and_tell
from snapsync.views import synced

from . import options
from .bar import progress
from .log_to import log_to_stderr
from .talk import Talk

_ALL = "all"


@options.command(
    "sync",
    Exit.FAILED,
    Exit.DRIFT,
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
@click.option(
    "--sync-type",
    "kind",
    type=click.Choice([_ALL, *COMPONENTS]),
    default=_ALL,
    show_default=True,
    help="Which part of the book.",
)
@click.option("--check-only", is_flag=True, help="Only look: exit with 2 on drift, and write nothing.")
@click.option("--log-json", is_flag=True, help="Log each step to stderr as a line of JSON.")
def command(talk: Talk, *, kind: str, check_only: bool, log_json: bool) -> int:
    """Plan, then apply what needs nobody's yes; for cron and bots.

    A change that is on hold, or about which a rule asks, is left and listed, and the exit code is 21. With
    -v each step is logged. With -q nothing is printed when in step.
    """
    env = talk.open()
    wanted = tuple(each for each in COMPONENTS if kind in (_ALL, each))
    steps = talk.verbose and not talk.quiet
    with progress(talk, env, "reading activities"), log_to_stderr(env, steps=steps, as_json=log_json):
        done = sync_and_tell(env, wanted, check_only=check_only)
    _tell(talk, env, done)
    return done.exit


def _tell(talk: Talk, env: Env, done: Synced) -> None:
    talk.header(env)
    if done.recovered:
        talk.say("An interrupted apply was finished first.")
    talk.carried(done.carried)
    if talk.quiet and not talk.as_json and done and not done.operation:
        return  # in step, and asked to be quiet: cron sends no mail
    talk.result(
        lambda: synced.document(done),
        lambda: synced.words(done, talk.zone(env), talk.paint, verbose=talk.verbose),
    )
