"""The command ``snapsync demo``: the guide's three scenarios, for real, against the embedded sandbox."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

import click

from snapsync.config import template
from snapsync.errors import Exit, SnapsyncError, UsageError
from snapsync.sandbox import Sandbox
from snapsync.views import json

from . import options
from .talk import Talk

SETTINGS = """
# what the demo sets beside the defaults
ALPACA_SYNC_BOT_ORDER_PREFIX: bot-
ALPACA_SYNC_BOOK_TIMEZONE: America/New_York
ALPACA_SYNC_TIMEZONE: America/New_York
"""

BANKROLL = """{
  "start_capital": 95000.00,
  "current_bankroll": 95000.00,
  "balance": 95000.00,
  "peak_bankroll": 95000.00,
  "total_trades": 1,
  "winning_trades": 0,
  "strategy_note": "a key of the bot's own: snapsync leaves it alone"
}
"""

POSITIONS = """symbol,occ_symbol,strike,option_type,expiry,quantity,contracts,entry_price,entry_time,status
QQQ,QQQ250822P00480000,480.0,PUT,2025-08-22,2,2,1.85,2025-08-20 10:02:00,open
"""

HISTORY = """timestamp,symbol,action,quantity,price,total_cost,alpaca_order_id,reason
2025-08-20 10:02:00,QQQ250822P00480000,BUY,2,1.85,370.00,,breakout
"""

BOT_MORNING_POSITION = "IWM,IWM250829C00225000,225.0,CALL,2025-08-29,10,10,1.10,2025-08-21 11:00:00,open\n"
BOT_MORNING_TRADE = "2025-08-21 11:00:00,IWM250829C00225000,BUY,10,1.10,1100.00,{order},breakout\n"


@options.command("demo", Exit.FAILED)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to put the demo's folder; else a temporary one.",
)
def command(talk: Talk, *, folder: Path | None) -> int:
    """Watch the whole job done: drift, plan, apply, log, in step.

    A sandbox account on loopback, a bot's book that has drifted from it, and snapsync between them. No
    Alpaca account is needed. The folder is left for you to look around in.
    """
    if talk.env not in (None, "paper"):
        raise UsageError("The demo's account is a paper one.", detail=f'--env is "{talk.env}"')
    home = (folder or Path(tempfile.mkdtemp(prefix="snapsync-demo-"))).resolve()
    home.mkdir(parents=True, exist_ok=True)
    if any(home.iterdir()):
        raise SnapsyncError(
            "The demo wants an empty folder.", detail=str(home), hint="Name another with --dir."
        )
    tale = Tale(talk, home)
    with Sandbox("guide", until="before") as sandbox, chdir(home), _variables(sandbox):
        tale.evening_before()
        tale.morning(sandbox)
        tale.put_right()
    tale.farewell()
    return Exit.OK


class Tale:
    """The demo's story: narration, and real commands as they would be typed."""

    def __init__(self, talk: Talk, home: Path) -> None:
        self._talk, self._home = talk, home
        self._ran: list[str] = []

    def evening_before(self) -> None:
        """Book and broker agree, but for an order id that the bot never wrote."""
        self._tell("A bot trades at Alpaca and keeps a book: three files. This evening both agree.")
        (self._home / "config.yaml").write_text(template() + SETTINGS)
        (self._home / "bankroll_alpaca_paper.json").write_text(BANKROLL)
        (self._home / "positions_alpaca_paper.csv").write_text(POSITIONS)
        (self._home / "logs").mkdir()
        (self._home / "logs" / "trade_history_alpaca_paper.csv").write_text(HISTORY)
        self._run("plan")
        self._tell("The only change: the bot's row has no order id, snapsync found its order. Apply it.")
        self._run("apply", "--yes")

    def morning(self, sandbox: Sandbox) -> None:
        """A hand in the app, a deposit, and an order that fills in part."""
        sandbox.stage("after")
        orders = sandbox.world.orders.values()
        order = next(each.id for each in orders if each.client_order_id == "bot-iwm-0821")
        with (self._home / "positions_alpaca_paper.csv").open("a") as file:
            file.write(BOT_MORNING_POSITION)
        with (self._home / "logs" / "trade_history_alpaca_paper.csv").open("a") as file:
            file.write(BOT_MORNING_TRADE.format(order=order))
        self._tell(
            "Next morning, somebody uses Alpaca's app: sells the 2 QQQ puts, buys 1 SPY call, and"
            " deposits $5,000. The bot orders 10 IWM calls and writes 10 into its book, but only 6 are"
            " filled. The book still says $95,000.00; the account is worth $100,262.75."
        )

    def put_right(self) -> None:
        """Plan, look closer, apply, and agree."""
        self._run("plan")
        self._tell("Nothing has been changed yet. Every line has its evidence; here it is in full:")
        self._run("show", "--verbose")
        self._tell("Apply it. The files are spliced, not rewritten: the bot's own key and columns stay.")
        self._run("apply", "--yes")
        for name in ("bankroll_alpaca_paper.json", "positions_alpaca_paper.csv"):
            self._show(name)
        self._tell("Everything that was done is kept, chained by hashes:")
        self._run("log")
        self._tell("And now book and broker agree:")
        self._run("plan")

    def farewell(self) -> None:
        """Where the folder is, and what to try in it."""
        found = shutil.which("snapsync")
        program = "snapsync" if found else shlex.quote(str(Path(sys.argv[0]).resolve()))
        tries = (f"cd {shlex.quote(str(self._home))}", f"{program} status", f"{program} show --verbose")
        if self._talk.as_json:
            click.echo(json.dumps(json.kind("demo", folder=str(self._home), ran=self._ran, tries=tries)))
            return
        click.echo("\n" + self._talk.paint("The demo's folder stays here:", "bold") + f" {self._home}")
        click.echo("Three commands to try next:")
        for each in tries:
            click.echo(f"  {each}")

    def _tell(self, words: str) -> None:
        if not (self._talk.quiet or self._talk.as_json):
            click.echo()
            for line in textwrap.wrap(words, 78, initial_indent="# ", subsequent_indent="# "):
                click.echo(self._talk.paint(line, "dim"))

    def _prompt(self, *words: str) -> None:
        if not self._talk.as_json:
            click.echo("\n" + self._talk.paint(f"$ {shlex.join(words)}", "bold"))

    def _show(self, name: str) -> None:
        self._prompt("cat", name)
        if not self._talk.as_json:
            click.echo((self._home / name).read_text().rstrip())

    def _run(self, *args: str) -> None:
        """One real command, as it would be typed."""
        from .main import invoke  # noqa: PLC0415 - main imports every command by name

        typed = ("snapsync", *args, "--env", "paper", *(["-v"] if self._talk.verbose else []))
        self._ran.append(shlex.join(typed))
        self._prompt(*typed)
        said = StringIO()
        with redirect_stdout(said if self._talk.as_json else sys.stdout):
            code = invoke(list(typed[1:]))
        if code:
            raise SnapsyncError(
                "The demo stopped.", detail=f"{shlex.join(typed)} ended with exit code {code}"
            )


@contextmanager
def _variables(sandbox: Sandbox) -> Iterator[None]:
    """The variables that point snapsync at the sandbox, and nowhere else."""
    ours = {name: value for name, value in os.environ.items() if not _points_elsewhere(name)}
    ours |= {
        "ALPACA_PAPER_BASE_URL": sandbox.url,
        "ALPACA_PAPER_API_KEY": sandbox.key,
        "ALPACA_PAPER_SECRET_KEY": sandbox.secret,
    }
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(ours)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _points_elsewhere(name: str) -> bool:
    return name.startswith(("ALPACA_", "APCA_", "SNAPSYNC_"))
