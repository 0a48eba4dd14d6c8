"""The command ``snapsync explain``."""

from __future__ import annotations

import click

from snapsync.errors import Exit, UsageError
from snapsync.model.money import masked
from snapsync.verbs.explain import explain
from snapsync.views import explain as view
from snapsync.views import json

from . import complete, options
from .talk import Talk


@options.command("explain", Exit.STORE, Exit.STALE, Exit.INTEGRITY)
@click.argument("a", required=False, shell_complete=complete.ids)
@click.argument("b", required=False, shell_complete=complete.ids)
@click.option(
    "--symbol",
    metavar="S",
    shell_complete=complete.underlyings,
    help="Only what concerns a symbol, or the options on it.",
)
@click.option("--since", metavar="DATE", help="From the last look before then on; goes with no A.")
@click.option("--markdown", is_flag=True, help="Tables for a comment or a page.")
def command(
    talk: Talk, *, a: str | None, b: str | None, symbol: str | None, since: str | None, markdown: bool
) -> int:
    """Trace what the account did to the activities that caused it.

    Every cent of cash, every share and every dollar of equity between two looks: each line with its cause,
    and what no activity accounts for as unexplained. A and B are operations, plans or snapshots by any
    beginning of their id, or times; without them from the last agreed point to the newest look. Needs no
    network.
    """
    if markdown and talk.as_json:
        raise UsageError("Give one of --json and --markdown.")
    env = talk.open()
    done = explain(env, a, b, symbol=symbol, since=since)
    found, zone = done.found, talk.zone(env)
    if not markdown:
        talk.header(env)
    talk.result(
        lambda: json.kind(
            "explanation", env=env.name, account=masked(done.account), **view.document(found, done.symbol)
        ),
        lambda: (
            view.markdown(found, zone, symbol=done.symbol)
            if markdown
            else view.explanation(found, zone, talk.paint, symbol=done.symbol, verbose=talk.verbose)
        ),
    )
    return Exit.OK
