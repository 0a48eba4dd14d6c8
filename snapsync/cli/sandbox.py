"""The command ``snapsync sandbox``."""

from __future__ import annotations

import signal

import click
import msgspec

from snapsync.errors import Exit, UsageError
from snapsync.sandbox import Sandbox, greeting, load_scenario, scenario_names, serve_forever
from snapsync.views import json

from . import options
from .talk import Talk


@options.command("sandbox", Exit.SIGTERM)
@click.option(
    "--scenario", default="guide", show_default=True, metavar="NAME", help="A scenario's name or file."
)
@click.option("--stage", metavar="NAME", help="Play only up to this stage of it.")
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), metavar="PORT", help="The port; any free one if 0."
)
@click.option("--list", "listed", is_flag=True, help="List the scenarios that come with snapsync.")
def command(talk: Talk, *, scenario: str, stage: str | None, port: int, listed: bool) -> int:
    """Serve an Alpaca-compatible account on loopback, to try things.

    Prints the variables to set; stop it with Ctrl-C. No real account is involved, and no config.yaml is
    needed. With --env the account is of that kind, whatever the scenario says.
    """
    if listed:
        names = scenario_names()
        talk.result(lambda: json.kind("scenarios", names=names), lambda: "\n".join(names))
        return Exit.OK
    loaded = load_scenario(scenario)
    if talk.env in ("paper", "live"):
        loaded = msgspec.structs.replace(loaded, start=msgspec.structs.replace(loaded.start, env=talk.env))
    elif talk.env is not None:
        raise UsageError("This env is unknown.", detail=f'--env is "{talk.env}"; the envs are paper, live')
    ended = serve_forever(loaded, port, lambda sandbox: _greet(talk, sandbox), until=stage)
    # Ctrl-C is the way to stop a sandbox, not a failure
    return Exit.SIGTERM if ended is signal.SIGTERM else Exit.OK


def _greet(talk: Talk, sandbox: Sandbox) -> None:
    exports = [f"export {name}={value}" for name, value in sandbox.variables.items()]
    talk.result(
        lambda: json.kind("sandbox", url=sandbox.url, variables=sandbox.variables),
        lambda: "\n".join(exports if talk.quiet else greeting(sandbox)),
    )
