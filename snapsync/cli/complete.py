"""What a shell may complete: envs, ids and symbols that the env knows. Never an error, never the network."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from snapsync.config.settings import ENVS
from snapsync.errors import SnapsyncError
from snapsync.model.canon import short
from snapsync.model.change import COMPONENTS
from snapsync.model.history import Operation
from snapsync.model.stretch import Entry
from snapsync.model.symbols import contract
from snapsync.verbs.env import Env

_MANY = 50
"""So far back in the log: a shell's menu is no archive."""

_PLAIN = re.compile(r"[\w./-]+", re.ASCII)


def envs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of envs."""
    del ctx, param
    return [CompletionItem(name) for name in ENVS if name.startswith(incomplete)]


def ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The plans, approvals and operations that were made lately, newest first; and files."""
    del param
    found: dict[str, str] = {}
    for id, operation in _log(ctx):
        named = ((operation.plan, "plan"), (operation.approval, "approval"), (id, operation.verb))
        for each, what in named:
            if each and each.startswith(incomplete):
                found.setdefault(short(each), f"{what} {_when(operation)}")
    files = [CompletionItem(incomplete, type="file")] if _has_files(incomplete) else []
    return [*(CompletionItem(id, help=what) for id, what in found.items()), *files]


def operations(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The operations alone."""
    del param
    return [
        CompletionItem(short(id), help=f"{operation.verb} {_when(operation)}")
        for id, operation in _log(ctx)
        if id.startswith(incomplete)
    ]


def _log(ctx: click.Context) -> list[Entry]:
    from snapsync.verbs.log import log  # noqa: PLC0415 - each command has options to complete, few are

    try:
        return list(islice(log(_env(ctx)), _MANY))
    except SnapsyncError:
        return []  # no configuration, no store: there is nothing to complete, and nobody to tell


def _when(operation: Operation) -> str:
    return f"{operation.time[:16].replace('T', ' ')} UTC"


def _env(ctx: click.Context) -> Env:
    return Env.open(_text(ctx, "env"), config=_text(ctx, "config"))


def symbols(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The symbols that book or broker held or traded at the last look."""
    del param
    return _begun(_symbols(ctx), incomplete)


def underlyings(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The same, and the underlyings that stand for all their options."""
    del param
    known = _symbols(ctx)
    terms = [each for each in map(contract, known) if each]
    return _begun({**known, **{each.root: "and its options" for each in terms}}, incomplete)


def parts(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The same as symbols, and the components of a plan."""
    del param
    return _begun({**dict.fromkeys(COMPONENTS, "component"), **_symbols(ctx)}, incomplete)


def _symbols(ctx: click.Context) -> dict[str, str]:
    from snapsync.verbs.symbols import symbols  # noqa: PLC0415 - the same

    try:
        return symbols(_env(ctx))
    except SnapsyncError:
        return {}


def _begun(known: dict[str, str], incomplete: str) -> list[CompletionItem]:
    """What begins so, in small letters or in capitals; what could steer a terminal is no symbol to offer."""
    begin = incomplete.upper()
    return [
        CompletionItem(each, help=what)
        for each, what in sorted(known.items())
        if each.upper().startswith(begin) and _PLAIN.fullmatch(each)
    ]


def _text(ctx: click.Context, name: str) -> str | None:
    value = ctx.params.get(name)
    return str(value) if isinstance(value, str | Path) else None


def _has_files(incomplete: str) -> bool:
    return bool(incomplete) and any(Path().glob(f"{incomplete.replace('[', '[[]')}*"))
