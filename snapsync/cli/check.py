"""The command ``snapsync check``."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import click

from snapsync.errors import Exit, UsageError
from snapsync.model.verdict import Verdict
from snapsync.store import files
from snapsync.verbs.check import check, check_stored
from snapsync.verbs.env import Env
from snapsync.verbs.portable import check_files
from snapsync.views import github, junit, markdown, verdict
from snapsync.views.amounts import HIDDEN, SHOWN

from . import options
from .durations import Duration
from .paths import FILE, FOLDER
from .progress import progress
from .talk import Talk

SUMMARY = "GITHUB_STEP_SUMMARY"
"""Names the file to which GitHub Actions wants a job's summary appended."""


@options.command(
    "check",
    Exit.FAILED,
    Exit.DRIFT,
    Exit.STORE,
    Exit.LOCKED,
    Exit.CREDENTIALS,
    Exit.UNREACHABLE,
    Exit.UNSETTLED,
    Exit.STALE,
    Exit.REFUSED,
    Exit.INTEGRITY,
    Exit.INTERRUPTED,
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown", "github", "junit"]),
    default="text",
    show_default=True,
    help="What to print; github: annotations, and the job's summary.",
)
@click.option("--offline", is_flag=True, help="Use what is stored: no broker, no keys, nothing written.")
@click.option(
    "--max-age",
    type=Duration(),
    metavar="TIME",
    default="24h",
    show_default=True,
    help="With --offline: how old the last look may be.",
)
@click.option("--plan", "plan_file", type=FILE, metavar="FILE", help="With --offline: a plan file to check.")
@click.option("--approvals", type=FOLDER, metavar="DIR", help="With --plan: approval files; else beside it.")
@click.option("--redact", is_flag=True, help="Hide amounts and quantities.")
def command(
    talk: Talk,
    *,
    form: str,
    offline: bool,
    max_age: timedelta,
    plan_file: Path | None,
    approvals: Path | None,
    redact: bool,
) -> int:
    """Fail on drift that nobody has approved; for CI and cron.

    The book is not touched. Exits with 0 if book and broker are in step or one approval covers every
    change, and with 2 if not.
    """
    if talk.as_json and form not in ("text", "json"):
        raise UsageError("--json and --format say different things.", detail=f"--format {form}")
    if plan_file and not offline:
        raise UsageError("--plan goes with --offline: a plan file is not looked at anew.")
    if approvals and not plan_file:
        raise UsageError("--approvals goes with --plan.")
    talk.as_json = talk.as_json or form == "json"
    talk.annotates = form == "github"
    env = talk.open()
    with progress(talk, env):
        if plan_file:
            found = check_files(env, plan_file, approvals, max_age)
        else:
            found = check_stored(env, max_age) if offline else check(env)
    _tell(talk, env, found, form, redact=redact)
    return found.exit


def _tell(talk: Talk, env: Env, found: Verdict, form: str, *, redact: bool) -> None:
    zone, amounts = talk.zone(env), HIDDEN if redact else SHOWN
    match form:
        case "markdown":
            click.echo(markdown.of_verdict(found, zone, amounts), nl=False)
        case "github":
            click.echo(github.commands(found, amounts))
            _summarize(markdown.of_verdict(found, zone, amounts))
        case "junit":
            click.echo(junit.report(found, zone, amounts), nl=False)
        case _:
            talk.header(env)
            if talk.quiet and not talk.as_json and found.standing == "in step":
                return
            talk.result(
                lambda: verdict.document(found, redact=redact),
                lambda: verdict.words(found, zone, talk.paint, verbose=talk.verbose, amounts=amounts),
            )
            _hint(talk, env, found)


def _hint(talk: Talk, env: Env, found: Verdict) -> None:
    if found.standing == "unapproved":
        talk.say(f"\nApprove it with: snapsync approve {found.plan.id[:12]} --env {env.name}")


def _summarize(text: str) -> None:
    """Append to the job's summary, where there is one."""
    path = os.environ.get(SUMMARY)
    if path:
        files.touch(Path(path))
        files.append(Path(path), text.encode())
