"""The command ``snapsync init``."""

from __future__ import annotations

import os
from pathlib import Path

from snapsync.errors import Exit
from snapsync.verbs.init import Prepared, look_around, write_config
from snapsync.views import json

from . import options
from .talk import Talk


@options.command("init")
def command(talk: Talk) -> int:
    """Write config.yaml if there is none, and look at the account.

    An existing config.yaml is never edited. Nothing but config.yaml is created.
    """
    path = talk.config or Path(os.environ.get("SNAPSYNC_CONFIG") or "config.yaml")
    created = write_config(path)
    env = talk.open()
    found = look_around(env, created=created)
    talk.header(env)
    talk.result(
        lambda: json.kind(
            "init",
            config=str(found.config),
            created=found.created,
            env=found.env,
            host=found.host,
            account=found.account,
            asset_classes=found.classes,
        ),
        lambda: _words(found, env.config.asset_classes),
    )
    return Exit.OK


def _words(found: Prepared, classes: tuple[str, ...]) -> str:
    said = [f"{'Wrote' if found.created else 'Kept'} {found.config}"]
    if found.account:
        said.append(f"{found.host} answers for account {found.account} (id {found.id}).")
        said += _proposal(found, classes)
    elif found.trouble:
        said.append(f"The account was not read: {found.trouble.summary}")
        said += [f"  {line}" for line in (found.trouble.detail, found.trouble.hint) if line]
    said.append(f"Next: snapsync plan --env {found.env}")
    return "\n".join(said)


def _proposal(found: Prepared, classes: tuple[str, ...]) -> list[str]:
    if not found.classes:
        return ["It holds no positions."]
    held = ", ".join(f"{count} {name}" for name, count in sorted(found.classes.items()))
    said = [f"It holds {held}."]
    missing = sorted(found.classes.keys() - set(classes))
    if missing:
        proposed = ", ".join(sorted({*classes, *missing}))
        said += [
            f"Compared are only {', '.join(classes)}. To compare all that it holds, set in config.yaml:",
            f"  ALPACA_SYNC_ASSET_CLASSES: [{proposed}]",
        ]
    return said
