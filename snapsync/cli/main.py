"""The way in and the only way out: every error becomes one clear message and its exit code here."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import click
from click.shell_completion import CompletionItem, shell_complete

from snapsync.errors import MEANING, Exit, SnapsyncError, UsageError
from snapsync.version import __version__

if TYPE_CHECKING:
    from .talk import Talk

# Name and first sentence of each command: help need not import them all (a test holds the two together).
GROUPS: dict[str, dict[str, str]] = {
    "Daily": {
        "status": "Say where the env stands as of the last look.",
        "plan": "Look at both sides and say what the book should change.",
        "apply": "Bring the book to what a plan says, exactly, or refuse.",
        "sync": "Plan, then apply what needs nobody's yes; for cron and bots.",
        "explain": "Trace what the account did to the activities that caused it.",
        "performance": "Say what the account earned, day by day.",
        "log": "List what was done, newest first.",
    },
    "Review": {
        "show": "Show one stored thing by its id; without one, the latest plan.",
        "diff": "Say how B differs from A. Uses no network.",
        "blame": "Tell the whole story of one quantity: fills, edits, plans, and who.",
        "approve": "Say yes to exactly what a plan does.",
        "revoke": "Take an approval back, or reject a plan.",
        "check": "Fail on drift that nobody has approved; for CI and cron.",
    },
    "Back": {
        "undo": "Take back what an act has written into the book.",
        "restore": "Give the book the bytes that it had after an operation, or at a time.",
        "recover": "Go on after an apply that was interrupted.",
    },
    "Operate": {
        "watch": "Look again and again, say what is found, and tell Slack of news.",
        "doctor": "Say whether all that an env needs works, and if not, what to do.",
        "config": "Check the configuration and show each value with its source.",
        "rebind": "Bind the env to another account, and plan from it.",
        "with-lock": "Run a command while no other writer can come in between.",
        "verify": "Check that nothing of the store was damaged or touched.",
        "gc": "Take away old states and files, and pack the rest.",
        "migrate": "Say which format the store has, and bring it to this version's.",
    },
    "Try": {
        "init": "Write config.yaml if there is none, and look at account and book.",
        "demo": "Watch the whole job done: drift, plan, apply, log, in step.",
        "sandbox": "Serve an Alpaca-compatible account on loopback, to try things.",
    },
}


COMPLETION = "_SNAPSYNC_COMPLETE"
"""Set by the shell that asks what it may complete, in click's own protocol."""

_MANY_OBJECTS = 50_000
"""So many new objects are worth a search for garbage; to import a command makes fewer, and no garbage."""


class Commands(click.Group):
    """Commands in groups, each imported when it is used: start-up time counts."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [name for names in GROUPS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"snapsync.cli.{cmd_name.replace('-', '_')}")
        found: click.Command = module.command
        return found

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        named = [each for names in GROUPS.values() for each in names.items()]
        found = [CompletionItem(name, help=line) for name, line in named if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.list_commands(ctx):
            from difflib import get_close_matches  # noqa: PLC0415 - only for a slip of the keys

            close = get_close_matches(args[0], self.list_commands(ctx), n=1)
            raise UsageError(
                "No such command.",
                detail=f"snapsync {args[0]}",
                hint=f"Did you mean: snapsync {close[0]}" if close else "snapsync --help",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        for group, commands in GROUPS.items():
            with formatter.section(group):
                formatter.write_dl(list(commands.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), meaning) for code, meaning in MEANING.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(__version__, prog_name="snapsync")
def snapsync() -> None:
    """Keep a trading bot's book true to its Alpaca account.

    Look at both sides, review a plan, change the book only on apply, keep the whole history. snapsync
    never places an order. Start with: snapsync demo
    """


def run() -> NoReturn:
    """Run the command line and exit with its code."""
    gc.set_threshold(_MANY_OBJECTS)
    signal.signal(signal.SIGTERM, _terminated)
    if asked := os.environ.get(COMPLETION):
        sys.exit(shell_complete(snapsync, {}, "snapsync", COMPLETION, asked))
    code = invoke(sys.argv[1:])
    gc.freeze()  # all of it goes with the process: to look through it for garbage once more is in vain
    sys.exit(code)


def invoke(args: list[str]) -> int:
    """Run one command; every trouble that is the user's is told in words.

    Returns:
        The exit code.
    """
    context = click.Context(snapsync, info_name="snapsync")
    try:
        with snapsync.make_context("snapsync", list(args)) as context:
            code = snapsync.invoke(context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as wrong:
        alone = isinstance(wrong, click.exceptions.NoArgsIsHelpError)  # it asked for nothing: that is no slip
        if alone:
            click.echo(wrong.format_message())
        else:
            _talk(context, args).fail(UsageError(wrong.format_message(), hint=_help(wrong)))
        return Exit.OK if alone else Exit.USAGE
    except SnapsyncError as trouble:
        _talk(context, args).fail(trouble)
        return trouble.exit
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nInterrupted.", err=True)
        return Exit.SIGINT
    except BrokenPipeError:
        # the reader of our output has gone: not our failure, and nothing more can be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    finally:
        if (talk := context.find_root().obj) is not None:
            talk.tell_timings()
    return code if isinstance(code, int) else Exit.OK


def _talk(context: click.Context, args: list[str]) -> Talk:
    from .talk import Talk  # noqa: PLC0415 - the overview of the commands is shown without it

    talk = context.find_root().obj
    return talk if isinstance(talk, Talk) else Talk(as_json="--json" in args)


def _help(wrong: click.UsageError) -> str:
    return f"{wrong.ctx.command_path} --help" if wrong.ctx else "snapsync --help"


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise SystemExit(int(Exit.SIGTERM))


if __name__ == "__main__":
    run()
