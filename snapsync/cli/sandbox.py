"""The command ``snapsync sandbox``."""

from __future__ import annotations

import signal

import click

from snapsync.errors import Exit
from snapsync.sandbox import scenario_names, serve_forever

from .options import exit_codes


@click.command("sandbox", epilog=exit_codes(Exit.SIGTERM))
@click.option(
    "--scenario", default="guide", show_default=True, metavar="NAME", help="A scenario's name or file."
)
@click.option("--stage", metavar="NAME", help="Play only up to this stage of it.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="The port; any free one if 0.")
@click.option("--list", "listed", is_flag=True, help="List the scenarios that come with snapsync.")
def command(*, scenario: str, stage: str | None, port: int, listed: bool) -> int:
    """Serve an Alpaca-compatible account on loopback, to try things.

    Prints the variables to set; stop it with Ctrl-C. No real account is involved.
    """
    if listed:
        click.echo("\n".join(scenario_names()))
        return Exit.OK
    ended = serve_forever(scenario, port, click.echo, until=stage)
    # Ctrl-C is the way to stop a sandbox, not a failure
    return Exit.SIGTERM if ended is signal.SIGTERM else Exit.OK
