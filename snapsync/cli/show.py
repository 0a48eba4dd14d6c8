"""The command ``snapsync show``."""

from __future__ import annotations

import click

from snapsync.errors import Exit
from snapsync.verbs.env import Env
from snapsync.verbs.show import Shown, show
from snapsync.views import approval, json, text
from snapsync.views.neutral import terminal

from . import options
from .talk import Talk


@options.command("show", Exit.STORE, Exit.STALE, Exit.INTEGRITY)
@click.argument("id", required=False)
def command(talk: Talk, *, id: str | None) -> int:
    """Show one stored thing by its id; without one, the latest plan.

    ID may be a plan's, an operation's, a snapshot's or any object's; any beginning of it will do that is
    not ambiguous.
    """
    env = talk.open()
    found = show(env, id)
    talk.header(env)
    talk.result(lambda: _document(found), lambda: _words(talk, env, found))
    return Exit.OK


def _document(found: Shown) -> json.Document:
    if found.plan and found.kind == "plan":
        return json.plan(found.plan, found.operation)
    if found.act and found.operation:
        said = found.approval and approval.document(found.act.approval, found.approval)
        return json.kind("operation", **json.operation(found.operation, found.act), said=said)
    if found.approval:
        return json.kind("approval", **approval.document(found.id, found.approval))
    chunk = None if found.chunk is None else found.chunk.decode(errors="replace")
    return json.kind("object", id=found.id, stored=found.raw, chunk=chunk)


def _words(talk: Talk, env: Env, found: Shown) -> str:
    zone, paint = talk.zone(env), talk.paint
    parts = []
    if found.act and found.operation and found.kind == "operation":
        parts.append(text.operation(found.operation, found.act, zone, paint))
    if found.approval:
        id = found.act.approval if found.act else found.id
        parts.append(approval.words(id or found.id, found.approval, zone, paint))
    if found.plan:
        parts.append(text.plan(found.plan, zone, paint, verbose=talk.verbose))
    if not parts and found.raw is not None:
        parts.append(json.dumps(found.raw))
    if found.chunk is not None:
        parts.append("\n".join(map(terminal, found.chunk.decode(errors="replace").splitlines())))
    return "\n\n".join(parts)
