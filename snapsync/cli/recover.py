"""The command ``snapsync recover``."""

from __future__ import annotations

import click

from snapsync.errors import Exit, UsageError
from snapsync.model.canon import short
from snapsync.verbs.recover import How, recover, settle
from snapsync.views import json

from . import options
from .talk import Talk


@options.command("recover", Exit.STORE, Exit.LOCKED, Exit.INTEGRITY, Exit.INTERRUPTED)
@click.option("--finish", "how", flag_value="finish", help="Write what the apply would have written.")
@click.option("--roll-back", "how", flag_value="roll-back", help="Put back what was there before it.")
@click.option("--keep", "how", flag_value="keep", help="Keep the files as they are now.")
def command(talk: Talk, *, how: str | None) -> int:
    """Go on after an apply that was interrupted.

    Without an option it is finished where that is certain. What is replaced is kept in the store.
    """
    env = talk.open()
    done = recover(env, _how(how)) if how else settle(env)
    talk.header(env)
    talk.result(
        lambda: json.kind("recover", operation=done),
        lambda: f"Recovered. Operation {short(done)}." if done else "Nothing was interrupted.",
    )
    return Exit.OK


def _how(how: str) -> How:
    match how:
        case "finish" | "roll-back" | "keep":
            return how
        case _:
            raise UsageError("No such way to recover.", detail=how)
