"""The command ``snapsync status``."""

from __future__ import annotations

from snapsync.errors import Exit
from snapsync.verbs.status import status
from snapsync.views import json, text

from . import options
from .talk import Talk


@options.command("status", Exit.STORE, Exit.INTEGRITY)
def command(talk: Talk) -> int:
    """Say where the env stands as of the last look. Uses no network."""
    env = talk.open()
    now = status(env)
    talk.header(env)
    talk.result(
        lambda: json.status(now, env.name, env.config.env_source),
        lambda: text.status(now, talk.zone(env), talk.paint),
    )
    return Exit.OK
