"""The command ``snapsync log``."""

from __future__ import annotations

from itertools import islice
from typing import get_args

import click

from snapsync.errors import Exit, UsageError
from snapsync.model.history import Verb
from snapsync.verbs import at, log
from snapsync.views import history

from . import complete, options
from .talk import Talk

COUNT = 20


@options.command("log", Exit.STORE, Exit.INTEGRITY)
@click.option(
    "-n",
    "count",
    type=click.IntRange(min=1),
    metavar="COUNT",
    help=f"How many lines; else {COUNT}, with --since all.",
)
@click.option("--since", metavar="TIME", help="Only what was done from then on: a day, a time, or 2h.")
@options.at("Go back from then on.")
@click.option(
    "--symbol",
    metavar="SYMBOL",
    shell_complete=complete.underlyings,
    help="Only what changed it, or options on it.",
)
@click.option(
    "--verb",
    "verbs",
    type=click.Choice(get_args(Verb)),
    multiple=True,
    metavar="VERB",
    help=f"Only this act ({', '.join(get_args(Verb))}); may be repeated.",
)
@click.option("--audit", "as_audit", is_flag=True, help="The audit log's lines, rebuilt; oldest first, all.")
@click.option("--all", "unfolded", is_flag=True, help="A line for each look in step.")
def command(
    talk: Talk,
    *,
    count: int | None,
    since: str | None,
    as_of: str | None,
    symbol: str | None,
    verbs: tuple[str, ...],
    as_audit: bool,
    unfolded: bool,
) -> int:
    """List what was done, newest first.

    Looks that found nothing to change, one after the other, are one line. With --symbol an underlying
    stands for the options on it too. With --audit the lines of the audit log are made again from the
    history, those of failures excepted.
    """
    env = talk.open()
    point = at.point(env, as_of) if as_of is not None else None
    since_then = None if since is None else at.since(env, since)
    if as_audit:
        if talk.as_json:
            raise UsageError("--audit writes lines of JSON, not one document.", hint="Leave out --json.")
        from snapsync.verbs.audit import rebuilt  # noqa: PLC0415 - for this alone

        start = point.operation if point else None
        found_acts = log.log(env, start=start, since=since_then, symbol=symbol, verbs=verbs)
        for each in reversed([*islice(found_acts, count)]):
            click.echo(rebuilt(env.store, *each), nl=False)
        return Exit.OK
    found = log.lines(
        env,
        count if count or since else COUNT,
        folded=not unfolded,
        start=point.operation if point else None,
        since=since_then,
        symbol=symbol,
        verbs=verbs,
    )
    zone = talk.zone(env)
    talk.header(env, *history.as_of(point, zone))
    talk.result(
        lambda: history.document(found, point),
        lambda: history.words(found, zone, talk.paint, verbose=talk.verbose),
    )
    if found.more and not talk.as_json:
        talk.say("There is more: -n COUNT.")
    return Exit.OK
