"""The command ``snapsync config``."""

from __future__ import annotations

from snapsync.config import Row, listing
from snapsync.errors import Exit
from snapsync.verbs.columns import checked
from snapsync.views import json
from snapsync.views.neutral import terminal

from . import options
from .talk import Talk


@options.command("config")
def command(talk: Talk) -> int:
    """Check the configuration and show each value with its source. Uses no network."""
    env = talk.open()
    rows = listing(env.config)
    checked(env.config)
    talk.header(env)
    talk.result(
        lambda: json.kind(
            "config",
            env=env.name,
            settings=[{"key": row.key, "value": row.value, "source": row.source} for row in rows],
        ),
        lambda: _words(rows, verbose=talk.verbose),
    )
    return Exit.OK


def _words(rows: tuple[Row, ...], *, verbose: bool) -> str:
    width = max(len(row.key) for row in rows)
    shown = []
    for row in rows:
        source = f"  ({row.source})" if row.source and row.source != "default" else ""
        shown.append(f"{row.key:<{width}}  {terminal(row.value)}{source}".rstrip())
        if verbose:
            shown.append(f"    {row.doc}")
    return "\n".join(shown)
