"""What a shell may complete: envs, and ids that the env's log names. Never an error, never the network."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from snapsync.config.settings import ENVS
from snapsync.errors import SnapsyncError
from snapsync.model.canon import short
from snapsync.verbs.env import Env
from snapsync.verbs.log import log

_MANY = 50
"""So far back in the log: a shell's menu is no archive."""


def envs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of envs."""
    del ctx, param
    return [CompletionItem(name) for name in ENVS if name.startswith(incomplete)]


def ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The plans, approvals and operations that were made lately, newest first; and files."""
    del param
    found: dict[str, str] = {}
    try:
        env = Env.open(_text(ctx, "env"), config=_text(ctx, "config"))
        for id, operation in islice(log(env), _MANY):
            when = operation.time[:16].replace("T", " ")
            named = ((operation.plan, "plan"), (operation.approval, "approval"), (id, operation.verb))
            for each, what in named:
                if each and each.startswith(incomplete):
                    found.setdefault(short(each), f"{what} {when} UTC")
    except SnapsyncError:
        return []  # no configuration, no store: there is nothing to complete, and nobody to tell
    files = [CompletionItem(incomplete, type="file")] if _has_files(incomplete) else []
    return [*(CompletionItem(id, help=what) for id, what in found.items()), *files]


def _text(ctx: click.Context, name: str) -> str | None:
    value = ctx.params.get(name)
    return str(value) if isinstance(value, str | Path) else None


def _has_files(incomplete: str) -> bool:
    return bool(incomplete) and any(Path().glob(f"{incomplete.replace('[', '[[]')}*"))
