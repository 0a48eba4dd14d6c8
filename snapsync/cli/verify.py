"""The command ``snapsync verify``."""

from __future__ import annotations

import re

import click

from snapsync.errors import Exit, UsageError
from snapsync.verbs.verify import Subset, verify
from snapsync.views import upkeep

from . import options
from .bar import progress
from .talk import Talk


@options.command("verify", Exit.STORE, Exit.INTEGRITY)
@click.option("--subset", metavar="N/T", help="Only the N-th of T shares of the objects, as 1/7 on Mondays.")
@click.option("--head", metavar="ID", help="Prove that an operation noted elsewhere is in this history.")
def command(talk: Talk, *, subset: str | None, head: str | None) -> int:
    """Check that nothing of the store was damaged or touched.

    Every object is hashed again, every plan of this version and these rules is made again, and the chain of
    operations is walked to its beginning. Nothing is written, and nobody has to wait.
    """
    share = _share(subset)
    env = talk.open()
    with progress(talk, env, "verifying"):
        found = verify(env, subset=share, head=head)
    talk.header(env)
    if not talk.quiet or talk.as_json or not found.good:
        talk.result(
            lambda: upkeep.verified_json(found),
            lambda: upkeep.verified(found, talk.zone(env), talk.paint, verbose=talk.verbose),
        )
    return Exit.OK if found.good else Exit.INTEGRITY


def _share(text: str | None) -> Subset | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(
            "--subset is not a share.", detail=f"given: {text!r}", hint="snapsync verify --subset 1/7"
        )
    return int(match[1]), int(match[2])
