"""The options that every command has, and the exit codes that end its help."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from snapsync.errors import MEANING, Exit

from . import complete
from .talk import Talk

Command = Callable[..., Any]


def command(name: str, *exits: Exit) -> Callable[[Command], click.Command]:
    """A command whose function is given a Talk first; its help ends with its exit codes."""

    def decorate(function: Command) -> click.Command:
        @functools.wraps(function)
        def call(
            *args: Any,  # noqa: ANN401 - click's own
            env: str | None,
            config: Path | None,
            as_json: bool,
            verbose: bool,
            quiet: bool,
            **options: Any,  # noqa: ANN401 - click's own
        ) -> Any:  # noqa: ANN401 - click's own
            talk = Talk(env=env, config=config, as_json=as_json, verbose=verbose, quiet=quiet)
            click.get_current_context().find_root().obj = talk
            return function(talk, *args, **options)

        for option in reversed(_COMMON):
            call = option(call)
        return click.command(name, epilog=exit_codes(*exits))(call)

    return decorate


def exit_codes(*exits: Exit) -> str:
    """The end of a command's help: what its exit codes mean."""
    codes = dict.fromkeys((Exit.OK, *exits, Exit.USAGE))
    rows = "\n".join(f"  {code:>3}  {MEANING[code]}" for code in codes)
    return f"\b\nExit codes:\n{rows}"


_COMMON = (
    click.option(
        "--env",
        metavar="ENV",
        shell_complete=complete.envs,
        help="paper or live; else SNAPSYNC_ENV, ALPACA_ENV, paper.",
    ),
    click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The config.yaml to use; else SNAPSYNC_CONFIG, ./config.yaml.",
    ),
    click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    click.option("-v", "--verbose", is_flag=True, help="Say more: evidence, reasons, codes."),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but the result; nothing if in step."),
)
