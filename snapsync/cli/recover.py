"""The command ``snapsync recover``."""

from __future__ import annotations

import click

from snapsync.errors import Exit, RecoveryError, UsageError
from snapsync.model.canon import short
from snapsync.verbs.recover import How, interrupted, recover
from snapsync.views import json
from snapsync.views.interrupted import interrupted as shown

from . import options
from .talk import Talk


@options.command("recover", Exit.FAILED, Exit.STORE, Exit.LOCKED, Exit.INTEGRITY, Exit.INTERRUPTED)
@click.option("--finish", "how", flag_value="finish", help="Write what the apply would have written.")
@click.option("--roll-back", "how", flag_value="roll-back", help="Put back what was there before it.")
@click.option("--keep", "how", flag_value="keep", help="Keep the files as they are now.")
@click.option("--keep-file", "keep", metavar="FILE", multiple=True, help="Keep one as it is; repeatable.")
def command(talk: Talk, *, how: str | None, keep: tuple[str, ...]) -> int:
    """Go on after an apply that was interrupted.

    Without an option it is finished where that is certain; else each file is shown before, after and now.
    What is replaced is kept in the store. FILE is a path, or bankroll, positions or history.
    """
    env = talk.open()
    try:
        done = recover(env, _how(how), keep=keep)
    except RecoveryError:
        talk.header(env)
        if not talk.as_json:
            click.echo(shown(interrupted(env), talk.paint) + "\n")
        raise
    talk.header(env)
    talk.result(
        lambda: json.kind("recover", operation=done),
        lambda: f"Recovered. Operation {short(done)}." if done else "Nothing was interrupted.",
    )
    return Exit.OK


def _how(how: str | None) -> How | None:
    match how:
        case None | "finish" | "roll-back" | "keep":
            return how
        case _:
            raise UsageError("No such way to recover.", detail=how)
