"""The command ``snapsync demo``: the guide's three scenarios, for real, against the embedded sandbox."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import click

from snapsync.config import template
from snapsync.errors import Exit, SnapsyncError
from snapsync.sandbox import Sandbox

from .options import exit_codes

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


@click.command("demo", epilog=exit_codes(Exit.FAILED))
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to put the demo's folder; else a temporary one.",
)
def command(*, folder: Path | None) -> int:
    """Watch the whole job done: drift, plan, apply, log, in step.

    A sandbox account on loopback, a bot's book that has drifted from it, and snapsync between them. No
    Alpaca account is needed. The folder is left for you to look around in.
    """
    home = (folder or Path(tempfile.mkdtemp(prefix="snapsync-demo-"))).resolve()
    home.mkdir(parents=True, exist_ok=True)
    if any(home.iterdir()):
        raise SnapsyncError(
            "The demo wants an empty folder.", detail=str(home), hint="Name another with --dir."
        )
    with Sandbox("guide", until="before") as sandbox, chdir(home), _variables(sandbox):
        _evening_before(home)
        _morning(home, sandbox)
        _put_right(home)
    _farewell(home)
    return Exit.OK


def _evening_before(home: Path) -> None:
    _tell("A bot trades at Alpaca and keeps a book: three files. This evening both agree.")
    (home / "config.yaml").write_text(template() + SETTINGS)
    (home / "bankroll_alpaca_paper.json").write_text(BANKROLL)
    (home / "positions_alpaca_paper.csv").write_text(POSITIONS)
    (home / "logs").mkdir()
    (home / "logs" / "trade_history_alpaca_paper.csv").write_text(HISTORY)
    _run("plan", "--env", "paper")
    _tell("The only change: the bot's row has no order id, snapsync found its order. Apply it.")
    _run("apply", "--env", "paper", "--yes")


def _morning(home: Path, sandbox: Sandbox) -> None:
    sandbox.stage("after")
    order = next(each.id for each in sandbox.world.orders.values() if each.client_order_id == "bot-iwm-0821")
    with (home / "positions_alpaca_paper.csv").open("a") as file:
        file.write(BOT_MORNING_POSITION)
    with (home / "logs" / "trade_history_alpaca_paper.csv").open("a") as file:
        file.write(BOT_MORNING_TRADE.format(order=order))
    _tell(
        "Next morning, somebody uses Alpaca's app: sells the 2 QQQ puts, buys 1 SPY call, and deposits\n"
        "$5,000. The bot orders 10 IWM calls and writes 10 into its book, but only 6 are filled.\n"
        "The book still says $95,000.00; the account is worth $100,262.75."
    )


def _put_right(home: Path) -> None:
    _run("plan", "--env", "paper")
    _tell("Nothing has been changed yet. Every line has its evidence; here it is in full:")
    _run("show", "--verbose", "--env", "paper")
    _tell("Apply it. The files are spliced, not rewritten: the bot's own key and columns stay.")
    _run("apply", "--env", "paper", "--yes")
    for name in ("bankroll_alpaca_paper.json", "positions_alpaca_paper.csv"):
        _prompt("cat", name)
        click.echo((home / name).read_text().rstrip())
    _tell("Everything that was done is kept, chained by hashes:")
    _run("log", "--env", "paper")
    _tell("And now book and broker agree:")
    _run("plan", "--env", "paper")


def _farewell(home: Path) -> None:
    program = "snapsync" if shutil.which("snapsync") else shlex.quote(str(Path(sys.argv[0]).resolve()))
    click.echo()
    click.echo(click.style("The demo's folder stays here:", bold=True) + f" {home}")
    click.echo("Three commands to try next:")
    click.echo(f"  cd {shlex.quote(str(home))}")
    click.echo(f"  {program} status --env paper")
    click.echo(f"  {program} show --verbose --env paper")


def _tell(words: str) -> None:
    click.echo()
    for line in words.splitlines():
        click.echo(click.style(f"# {line}", dim=True))


def _prompt(*words: str) -> None:
    click.echo()
    click.echo(click.style(f"$ {shlex.join(words)}", bold=True))


def _run(*args: str) -> None:
    """One real command, as it would be typed."""
    from .main import invoke  # noqa: PLC0415 - main imports every command by name

    _prompt("snapsync", *args)
    sys.stdout.flush()
    code = invoke(list(args))
    if code:
        raise SnapsyncError(
            "The demo stopped.", detail=f"snapsync {shlex.join(args)} ended with exit code {code}"
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
