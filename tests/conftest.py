"""A bot's folder beside its sandbox account: what most tests stand on."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from snapsync import Env
from snapsync.cli.main import invoke
from snapsync.config import template
from snapsync.sandbox import Sandbox
from tests import machine

SCHEMAS = Path(__file__).parent.parent / "docs" / "schema"
SETTINGS = """
ALPACA_SYNC_BOT_ORDER_PREFIX: bot-
ALPACA_SYNC_BOOK_TIMEZONE: America/New_York
ALPACA_SYNC_TIMEZONE: America/New_York
"""

BANKROLL = """{
  "start_capital": 95000.00,
  "current_bankroll": 95000.00,
  "balance": 95000.00,
  "peak_bankroll": 95000.00,
  "strategy_note": "mine"
}
"""
POSITIONS = """symbol,occ_symbol,quantity,contracts,entry_price,entry_time,status,my_column
QQQ,QQQ250822P00480000,2,2,1.85,2025-08-20 10:02:00,open,keep me
"""
HISTORY = """timestamp,symbol,action,quantity,price,total_cost,alpaca_order_id,reason
2025-08-20 10:02:00,QQQ250822P00480000,BUY,2,1.85,370.00,,breakout
"""


@functools.cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMAS / f"{kind}.json").read_text()))


class Ran(NamedTuple):
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever document it is
        """The document that was printed; it keeps to the schema of its kind."""
        document = json.loads(self.out)
        _validator(document["kind"]).validate(document)
        return document


class Bot:
    """A bot: its folder, its account, and the commands that it types."""

    def __init__(self, folder: Path, sandbox: Sandbox, run: Callable[..., Ran]) -> None:
        self.folder, self.sandbox, self.run = folder, sandbox, run

    @property
    def bankroll(self) -> Path:
        return self.folder / "bankroll_alpaca_paper.json"

    @property
    def positions(self) -> Path:
        return self.folder / "positions_alpaca_paper.csv"

    @property
    def history(self) -> Path:
        return self.folder / "logs" / "trade_history_alpaca_paper.csv"

    @property
    def book(self) -> dict[str, bytes | None]:
        """The very bytes of the book's files."""
        paths = (self.bankroll, self.positions, self.history)
        return {path.name: path.read_bytes() if path.exists() else None for path in paths}

    def write_book(self) -> None:
        """The book as the bot has written it up to the evening of August 20."""
        self.history.parent.mkdir(exist_ok=True)
        self.bankroll.write_text(BANKROLL)
        self.positions.write_text(POSITIONS)
        self.history.write_text(HISTORY)

    def configure(self, more: str = "") -> None:
        """Write config.yaml."""
        (self.folder / "config.yaml").write_text(template() + SETTINGS + more)

    def env(self) -> Env:
        """The env, opened through the public API."""
        return Env.open("paper", config=self.folder / "config.yaml")

    def order_id(self, client_order_id: str) -> str:
        """The id of an order that the bot sent."""
        orders = self.sandbox.world.orders.values()
        return next(each.id for each in orders if each.client_order_id == client_order_id)


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No variable of the machine's reaches the test; the working folder is empty."""
    for name in machine.variables():
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(clean_environment: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """``run("plan", "--env", "paper")``: one command, in this process, from the working folder."""
    del clean_environment

    def call(*args: str) -> Ran:
        capfd.readouterr()
        code = invoke([str(arg) for arg in args])
        out, err = capfd.readouterr()
        return Ran(int(code), out, err)

    return call


@pytest.fixture
def bot_at(
    clean_environment: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Bot]]:
    """``bot_at("guide", until="before")``: a configured bot whose account is in that scenario."""
    with ExitStack() as stack:

        def make(scenario: str, until: str | None = None) -> Bot:
            sandbox = stack.enter_context(Sandbox(scenario, until=until))
            monkeypatch.setenv("ALPACA_PAPER_BASE_URL", sandbox.url)
            monkeypatch.setenv("ALPACA_PAPER_API_KEY", sandbox.key)
            monkeypatch.setenv("ALPACA_PAPER_SECRET_KEY", sandbox.secret)
            bot = Bot(clean_environment, sandbox, run)
            bot.configure()
            return bot

        yield make


@pytest.fixture
def bot(bot_at: Callable[..., Bot]) -> Bot:
    """A bot on the morning of August 21: its book is a day behind the account."""
    made = bot_at("guide")
    made.write_book()
    return made
