"""The command ``snapsync plan``."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import click

from snapsync.errors import Exit, UsageError
from snapsync.model.change import COMPONENTS
from snapsync.model.instant import Instant, instant, midnight
from snapsync.model.plan import Part
from snapsync.store.portable import assure_free
from snapsync.verbs.env import Env
from snapsync.verbs.plan import Planned, plan, plan_recorded, plan_replayed
from snapsync.verbs.portable import export_plan
from snapsync.verbs.symbols import unmet
from snapsync.views import json, text
from snapsync.views.amounts import HIDDEN, SHOWN
from snapsync.views.neutral import terminal

from . import complete, options
from .bar import progress
from .paths import FILE, FOLDER
from .talk import Talk


@options.command(
    "plan",
    Exit.FAILED,
    Exit.DRIFT,
    Exit.STORE,
    Exit.LOCKED,
    Exit.CREDENTIALS,
    Exit.UNREACHABLE,
    Exit.UNSETTLED,
    Exit.REFUSED,
    Exit.INTEGRITY,
    Exit.INTERRUPTED,
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes, 22 if refused.")
@click.option("--since", metavar="DATE", help="Read activities from then on, if less is known yet.")
@click.option(
    "--only",
    multiple=True,
    metavar="WHAT",
    shell_complete=complete.parts,
    help="Plan only this component or symbol pattern.",
)
@click.option(
    "--except",
    "leave",
    multiple=True,
    metavar="WHAT",
    shell_complete=complete.parts,
    help="Leave this one out.",
)
@click.option("--out", type=FILE, metavar="FILE", help="Write the plan into a file too, for a review.")
@click.option("--record", type=FOLDER, metavar="DIR", help="Keep the broker's scrubbed replies in DIR.")
@click.option("--redact", is_flag=True, help="Hide amounts; --record multiplies them by a secret factor.")
@click.option("--replay", type=FOLDER, metavar="DIR", help="Plan offline from such replies; keeps nothing.")
def command(
    talk: Talk,
    *,
    detailed_exitcode: bool,
    since: str | None,
    only: tuple[str, ...],
    leave: tuple[str, ...],
    out: Path | None,
    record: Path | None,
    redact: bool,
    replay: Path | None,
) -> int:
    """Look at both sides and say what the book should change.

    Nothing of the book is touched. Planning again on unchanged facts gives the same plan id.
    """
    if replay and (record or since or out):
        raise UsageError("--replay goes with neither --record nor --since nor --out.")
    part = _part(only, leave)
    if part and (record or replay):
        raise UsageError("--only and --except go with neither --record nor --replay.")
    env = talk.open()
    if out:
        assure_free(out, "plan-file")
    with progress(talk, env, "reading activities"):
        if replay:
            made = plan_replayed(env, replay)
        elif record:
            made = plan_recorded(env, record, redact=redact, since=_moment(since))
        else:
            made = plan(env, since=_moment(since), part=part)
    _tell(talk, env, made, apply=not replay, redact=redact)
    for each in unmet(env, part) if part else ():
        talk.warn(f"Neither side has anything that {terminal(each)} means.")
    if out:
        export_plan(env, made, out)
        talk.say(f"\nWrote {terminal(str(out))}. Approve it with:")
        talk.say(f"  snapsync approve {terminal(str(out))} --env {env.name}")
    if not detailed_exitcode:
        return Exit.OK
    return Exit.REFUSED if made.plan.refused else Exit.DRIFT if made.plan.drift else Exit.OK


def _tell(talk: Talk, env: Env, made: Planned, *, apply: bool, redact: bool) -> None:
    talk.header(env)
    if made.recovered:
        talk.say("An interrupted apply was finished first.")
    if talk.quiet and not talk.as_json and not made.plan.drift and not made.plan.refused:
        return  # in step, and asked to be quiet: cron sends no mail
    talk.result(
        lambda: json.plan(made.plan, made.operation, redact=redact),
        lambda: text.plan(
            made.plan,
            talk.zone(env),
            talk.paint,
            verbose=talk.verbose,
            amounts=HIDDEN if redact else SHOWN,
        ),
    )
    if apply and made.plan.drift and not made.plan.refused:
        talk.say(f"\nApply it with: snapsync apply --env {env.name}")


def _part(only: tuple[str, ...], leave: tuple[str, ...]) -> Part | None:
    """Components by their names, symbols by patterns in any case."""
    if not (only or leave):
        return None
    wanted, left = (tuple(dict.fromkeys(map(_pattern, given))) for given in (only, leave))
    return Part(only=wanted, leave=left)


def _pattern(word: str) -> str:
    if word in COMPONENTS:
        return word
    if near := get_close_matches(word.lower(), COMPONENTS, 1, 0.75):
        raise UsageError("No part of the book is called so.", detail=word, hint=f"Do you mean {near[0]}?")
    return word.upper()


def _moment(since: str | None) -> Instant | None:
    if since is None:
        return None
    try:
        return instant(since) if "T" in since else midnight(since)
    except ValueError as error:
        raise UsageError("--since is not a date.", detail=str(error)) from error
