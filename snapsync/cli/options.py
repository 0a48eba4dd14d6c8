"""The options that every command has, and the exit codes that end its help."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from snapsync.errors import MEANING, Exit
from snapsync.store.store import LOCK_SECONDS

from . import complete, started
from .talk import Talk

if TYPE_CHECKING:
    from snapsync.verbs.timings import Timings

Command = Callable[..., Any]


def command(name: str, *exits: Exit) -> Callable[[Command], click.Command]:
    """A command whose function is given a Talk first; its help ends with its exit codes.

    One that may find the env locked is a writer, and can be told how long to wait.
    """
    own = (*_COMMON, *([_LOCK_TIMEOUT] if Exit.LOCKED in exits else []))

    def decorate(function: Command) -> click.Command:
        @functools.wraps(function)
        def call(
            *args: Any,  # noqa: ANN401 - click's own
            env: str | None,
            config: Path | None,
            as_json: bool,
            verbose: bool,
            quiet: bool,
            timings: bool,
            lock_timeout: float = LOCK_SECONDS,
            **options: Any,  # noqa: ANN401 - click's own
        ) -> Any:  # noqa: ANN401 - click's own
            talk = Talk(
                env=env,
                config=config,
                as_json=as_json,
                verbose=verbose,
                quiet=quiet,
                lock_timeout=lock_timeout,
                timings=_clock() if timings else None,
            )
            click.get_current_context().find_root().obj = talk
            return function(talk, *args, **options)

        for option in reversed(own):
            call = option(call)
        return click.command(name, epilog=exit_codes(*exits))(call)

    return decorate


def _clock() -> Timings:
    from snapsync.verbs.timings import Timings  # noqa: PLC0415 - only with --timings

    return Timings(started.age())


yes = click.option("-y", "--yes", is_flag=True, help="Do not ask; needed where nobody can answer.")
dry_run = click.option("--dry-run", is_flag=True, help="Only make the plan, and show it.")


def at(help: str) -> Callable[[Command], Command]:
    """The option ``--at``, whose value the function is given as ``as_of``."""
    return click.option("--at", "as_of", metavar="ID|TIME", shell_complete=complete.operations, help=help)


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
    click.option("-q", "--quiet", is_flag=True, help="Only results and warnings; nothing if in step."),
    click.option("--timings", is_flag=True, help="Say at the end, on stderr, where the time went."),
)

_LOCK_TIMEOUT = click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0),
    default=LOCK_SECONDS,
    show_default="10",
    metavar="SECONDS",
    help="How long to wait for another writer.",
)
