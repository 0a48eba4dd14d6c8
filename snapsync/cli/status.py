"""The command ``snapsync status``."""

from __future__ import annotations

from snapsync.errors import Exit
from snapsync.verbs import at
from snapsync.verbs.status import status
from snapsync.views import history, json, text

from . import options
from .talk import Talk


@options.command("status", Exit.STORE, Exit.INTEGRITY)
@options.at("Where the env stood then; a day is its end in New York.")
def command(talk: Talk, *, as_of: str | None) -> int:
    """Say where the env stands as of the last look. Uses no network."""
    env = talk.open()
    then = at.point(env, as_of) if as_of is not None else None
    now = status(env, then)
    talk.header(env, *history.as_of(then, talk.zone(env)))
    talk.result(
        lambda: json.status(now, env.name, env.config.env_source),
        lambda: text.status(now, talk.zone(env), talk.paint),
    )
    return Exit.OK
