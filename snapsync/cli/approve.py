"""The command ``snapsync approve``."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import click

from snapsync.errors import Exit, SnapsyncError, UsageError
from snapsync.verbs.approve import Said, approval_of, approve
from snapsync.verbs.choose import Chosen, choose
from snapsync.verbs.env import Env
from snapsync.verbs.portable import Filed, approve_file, import_approval
from snapsync.views import approval, json, text
from snapsync.views.neutral import terminal
from snapsync.views.times import age

from . import complete, options
from .durations import Duration
from .paths import FILE, is_file
from .talk import Talk


@options.command(
    "approve",
    Exit.FAILED,
    Exit.STORE,
    Exit.LOCKED,
    Exit.CREDENTIALS,
    Exit.STALE,
    Exit.UNAPPROVED,
    Exit.REFUSED,
    Exit.INTEGRITY,
)
@click.argument("plan", required=False, shell_complete=complete.ids)
@click.option("--reason", metavar="TEXT", default="", help="Why, for those who read the log.")
@click.option("--by", metavar="NAME", default="", help="Who says so; the user is noted beside it.")
@click.option(
    "--for", "lasting", type=Duration(), metavar="TIME", default="24h", show_default=True, help="How long."
)
@click.option("--out", type=FILE, metavar="FILE", help="Of a plan file: where to write the approval.")
@click.option("--import", "imported", type=FILE, metavar="FILE", help="Take an approval file into the store.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask; needed where nobody can answer.")
def command(
    talk: Talk,
    *,
    plan: str | None,
    reason: str,
    by: str,
    lasting: timedelta,
    out: Path | None,
    imported: Path | None,
    yes: bool,
) -> int:
    """Say yes to exactly what a plan does.

    PLAN is the beginning of its id; without it, the latest plan made is shown, and you are asked. The
    approval counts until it is used by an apply, taken back, or too old. If PLAN is a plan file, the
    approval is written into a file beside it, for --import where the plan was made.
    """
    if imported and (plan or out):
        raise UsageError("--import goes with neither PLAN nor --out.")
    env = talk.open()
    if imported:
        said = import_approval(env, imported)
        talk.header(env)
        return _told(talk, env, said)
    if plan and is_file(plan):
        return _file(talk, env, approve_file(env, Path(plan), out, by=by, reason=reason, lasting=lasting))
    if out:
        raise UsageError("--out goes with a plan file.", hint="snapsync plan --out FILE")
    chosen = choose(env, plan)
    talk.header(env)
    _show(talk, env, chosen)
    if plan is None and not yes:
        approval_of(env, chosen, lasting=lasting)  # what is refused anyway is not asked about
        _ask(talk, env, chosen)
    return _told(talk, env, approve(env, chosen, by=by, reason=reason, lasting=lasting))


def _told(talk: Talk, env: Env, said: Said) -> int:
    talk.result(
        lambda: json.kind(
            "approve", operation=said.operation, approval=approval.document(said.id, said.approval)
        ),
        lambda: approval.done(said.id, said.approval, talk.zone(env), talk.paint),
    )
    return Exit.OK


def _file(talk: Talk, env: Env, filed: Filed) -> int:
    talk.header(env)
    if not talk.as_json:
        talk.say(text.plan(filed.plan, talk.zone(env), talk.paint, verbose=talk.verbose) + "\n")
    talk.result(
        lambda: json.kind(
            "approve",
            operation=None,
            approval=approval.document(filed.id, filed.approval),
            file=str(filed.path),
        ),
        lambda: (
            approval.done(filed.id, filed.approval, talk.zone(env), talk.paint)
            + f"\n  wrote {terminal(str(filed.path))}"
        ),
    )
    return Exit.OK


def _show(talk: Talk, env: Env, chosen: Chosen) -> None:
    """What is being approved."""
    if not talk.as_json:
        shown = text.plan(chosen.plan, talk.zone(env), talk.paint, verbose=talk.verbose)
        talk.say(f"{shown} Made {age(chosen.age)} ago.\n")


def _ask(talk: Talk, env: Env, chosen: Chosen) -> None:
    """Wait for a yes."""
    if talk.as_json or not sys.stdin.isatty():
        raise SnapsyncError(
            "Nobody can answer here, and nothing was approved.",
            hint=f"snapsync approve {chosen.plan.id[:12]} --env {env.name}",
        )
    if not click.confirm("Approve it?", default=False, err=True):
        raise SnapsyncError("Declined: nothing was approved.")
