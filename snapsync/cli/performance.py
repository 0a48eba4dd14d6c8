"""The command ``snapsync performance``."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from snapsync.errors import Exit, UsageError
from snapsync.model.performance import BY, By
from snapsync.verbs.performance import performance
from snapsync.verbs.report import write_report
from snapsync.views import chart, json
from snapsync.views import performance as view

from . import options
from .talk import Talk

FILE = click.Path(path_type=Path, dir_okay=False)


@options.command("performance", Exit.FAILED, Exit.STORE, Exit.STALE, Exit.INTEGRITY)
@click.option("--since", metavar="DATE", help="From the last look before then on; else from the first look.")
@click.option("--by", type=click.Choice(BY), default="day", show_default=True, help="The length of a period.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values on stdout.")
@click.option("--svg", type=FILE, metavar="FILE", help="Write a chart, complete in itself.")
@click.option("--html", type=FILE, metavar="FILE", help="Write a page with the chart and a table.")
def command(
    talk: Talk, *, since: str | None, by: str, as_csv: bool, svg: Path | None, html: Path | None
) -> int:
    """Say what the account earned, day by day.

    Deposits and withdrawals are no profit and no loss. A fee that was posted a day late counts for its own
    day; where late activities changed a day, what was first known of it is said too. Measured by the looks
    that are stored, the last of each day; needs no network.
    """
    if as_csv and talk.as_json:
        raise UsageError("Give one of --json and --csv.")
    env = talk.open()
    found = performance(env, since=since, by=cast("By", by))
    zone = talk.zone(env)
    if svg:
        write_report(svg, chart.svg(found))
    if html:
        write_report(html, chart.html(found, env.name, zone))
    if not as_csv:
        talk.header(env)
    talk.result(
        lambda: json.kind("performance", env=env.name, **view.document(found)),
        lambda: view.csv(found) if as_csv else view.performance(found, zone, talk.paint),
    )
    for path in (svg, html):
        if path:
            talk.say(f"Wrote {path}.")
    return Exit.OK
