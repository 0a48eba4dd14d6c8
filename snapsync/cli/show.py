"""The command ``snapsync show``."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from snapsync.errors import Exit, UsageError
from snapsync.verbs.env import Env
from snapsync.verbs.portable import open_plan
from snapsync.verbs.show import Shown, show
from snapsync.views import approval, json, text
from snapsync.views.amounts import HIDDEN, SHOWN
from snapsync.views.neutral import terminal

from . import complete, options
from .paths import is_file
from .talk import Talk


@options.command("show", Exit.STORE, Exit.STALE, Exit.INTEGRITY)
@click.argument("id", required=False, shell_complete=complete.ids)
@click.option("--redact", is_flag=True, help="Hide a plan's amounts and quantities.")
def command(talk: Talk, *, id: str | None, redact: bool) -> int:
    """Show one stored thing by its id; without one, the latest plan.

    ID may be a plan's, an operation's, a snapshot's or any object's; any beginning of it will do that is
    not ambiguous. It may be the name of a plan file too.
    """
    env = talk.open()
    found = _of_file(env, Path(id)) if id and is_file(id) else show(env, id)
    talk.header(env)
    talk.result(lambda: _document(found, redact=redact), lambda: _words(talk, env, found, redact=redact))
    return Exit.OK


def _of_file(env: Env, path: Path) -> Shown:
    opened = open_plan(env, path)
    return Shown(id=opened.id, kind="plan", plan=opened.plan, operation=opened.operation)


def _document(found: Shown, *, redact: bool) -> json.Document:
    if found.plan and found.kind == "plan":
        return json.plan(found.plan, found.operation, redact=redact)
    if redact and not (found.act or found.approval):
        raise _unknown(found)
    document = _other(found)
    return json.redacted(document) if redact else document


def _unknown(found: Shown) -> UsageError:
    return UsageError("--redact knows plans, operations and approvals only.", detail=found.kind)


def _other(found: Shown) -> json.Document:
    if found.act and found.operation:
        said = found.approval and approval.document(found.act.approval, found.approval)
        return json.kind("operation", **json.operation(found.operation, found.act), said=said)
    if found.approval:
        return json.kind("approval", **approval.document(found.id, found.approval))
    chunk = None if found.chunk is None else found.chunk.decode(errors="replace")
    return json.kind("object", id=found.id, stored=found.raw, chunk=chunk)


def _words(talk: Talk, env: Env, found: Shown, *, redact: bool) -> str:
    zone, paint = talk.zone(env), talk.paint
    parts = []
    if found.act and found.operation and found.kind == "operation":
        act = msgspec.structs.replace(found.act, reading=None) if redact else found.act
        parts.append(text.operation(found.operation, act, zone, paint))
    if found.approval:
        id = found.act.approval if found.act else found.id
        parts.append(approval.words(id or found.id, found.approval, zone, paint))
    if found.plan:
        amounts = HIDDEN if redact else SHOWN
        parts.append(text.plan(found.plan, zone, paint, verbose=talk.verbose, amounts=amounts))
    if not parts and redact:
        raise _unknown(found)
    if not parts and found.raw is not None:
        parts.append(json.dumps(found.raw))
    if found.chunk is not None:
        parts.append("\n".join(map(terminal, found.chunk.decode(errors="replace").splitlines())))
    return "\n\n".join(parts)
