"""What the broker's tests share: worlds to read, short waits, and a bot whose account has moved on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from snapsync import Env, plan
from snapsync.config import template
from snapsync.ends.alpaca import pace, read, session
from snapsync.sandbox import Sandbox, World
from tests import machine

# 2025-08-20 10:00 in New York, a Wednesday
MORNING = 1_755_698_400_000_000_000
CALL, PUT = "SPY250829C00640000", "AAPL250829P00200000"
ADJUSTED = "XYZ1250919C00025000"

EARLIER: list[dict[str, Any]] = [
    {"do": "deposit", "amount": 90000},
    {"do": "buy", "symbol": "AAPL", "qty": "12.345678901", "price": 231.17, "client_order_id": "bot-1"},
    {"do": "sell", "symbol": "TSLA", "qty": 5, "price": 341.02, "client_order_id": "bot-2"},
    {"do": "buy", "symbol": CALL, "qty": 4, "price": 1.15, "client_order_id": "bot-3"},
    {"do": "buy", "symbol": "BTC/USD", "qty": "0.0789", "price": 64123.55, "client_order_id": "bot-4"},
    {"do": "order", "side": "buy", "symbol": "MSFT", "qty": 9, "limit": 400, "time_in_force": "gtc",
     "client_order_id": "bot-old"},
    {"do": "fill", "order": "bot-old", "qty": 2},
    {"do": "asset", "symbol": ADJUSTED, "multiplier": 150},
    {"do": "clock", "by": "1d"},
]  # fmt: skip
LATER: list[dict[str, Any]] = [
    {"do": "sell", "symbol": "AAPL", "qty": 2, "price": 235, "client_order_id": "bot-5"},
    {"do": "buy", "symbol": "IWM", "qty": 10, "limit": 215.25, "fills": [3, 1], "client_order_id": "bot-6"},
    {"do": "cancel", "order": "bot-6"},
    {"do": "buy", "symbol": "NVDA", "notional": 500, "price": 171.33},
    {"do": "sell", "symbol": PUT, "qty": 1, "price": 2.1, "client_order_id": "bot-7"},
    {"do": "buy", "symbol": "ETH/BTC", "qty": "0.5", "price": "0.0412"},
    {"do": "mleg", "qty": 2, "legs": [{"symbol": "QQQ250829C00600000", "side": "buy", "price": 2.41},
                                      {"symbol": "QQQ250829C00610000", "side": "sell", "price": 1.17}]},
    # no position tells how many shares it stands for
    {"do": "buy", "symbol": ADJUSTED, "qty": 2, "price": 1},
    {"do": "sell", "symbol": ADJUSTED, "qty": 2, "price": 3},
    # submitted a day before, filled now
    {"do": "fill", "order": "bot-old", "qty": 7},
    {"do": "withdrawal", "amount": 100},
    {"do": "clock", "by": "1m"},
]  # fmt: skip


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are short, and no variable of the machine's gets in between."""
    monkeypatch.setattr(pace, "FIRST_BACKOFF", 0.002)
    monkeypatch.setattr(pace, "WORTH_SAYING", 0.5)
    monkeypatch.setattr(session, "READ_SECONDS", 0.3)
    monkeypatch.setattr(read, "SETTLE_SECONDS", 0.002, raising=False)


@pytest.fixture
def world() -> World:
    """An account on a Wednesday morning, clock stopped."""
    return World(now=MORNING)


@pytest.fixture(scope="session")
def _servers() -> Iterator[tuple[Sandbox, Sandbox]]:
    """Two servers for all tests: to stop one takes longer than to read from it."""
    with Sandbox(World(), rate_limit=10**9) as one, Sandbox(World(), rate_limit=10**9) as other:
        yield one, other


def show(sandbox: Sandbox, world: World) -> Sandbox:
    """Let a server that runs already show another world, without a fault."""
    sandbox._player.world = world
    sandbox.clear_faults()
    assert sandbox._server is not None
    sandbox._server.requests.clear()
    return sandbox


@pytest.fixture
def shows(_servers: tuple[Sandbox, Sandbox]) -> Callable[[World], Sandbox]:
    """``shows(world)``: the one server, showing this world from now on."""
    return partial(show, _servers[0])


@pytest.fixture
def undisturbed(_servers: tuple[Sandbox, Sandbox]) -> Callable[[World], Sandbox]:
    """``undisturbed(world)``: another server that shows it, without the first one's faults."""
    return partial(show, _servers[1])


@pytest.fixture
def sandbox_of() -> Iterator[Callable[..., Sandbox]]:
    """``sandbox_of(world, *steps)``: a running sandbox that may be asked as often as one likes."""
    with ExitStack() as stack:

        def start(world: World, *steps: dict[str, Any], **more: Any) -> Sandbox:  # noqa: ANN401
            running = stack.enter_context(Sandbox(world, **{"rate_limit": 10**6, **more}))
            running.do(*steps)
            return running

        yield start


class Account:
    """A bot's folder, and its account that has moved on since the bot last looked at it."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder, self.sandbox = folder, sandbox

    @property
    def env(self) -> Env:
        """The env, opened anew."""
        return Env.open("paper", config=self.folder / "config.yaml")

    @property
    def files(self) -> dict[str, bytes]:
        """Every byte of the bot's folder, book and state, but for the log of what failed."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path != self.env.config.book.audit
        }


@pytest.fixture(scope="session")
def moved_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Sandbox]]:
    """One such account for all tests that only read it, and the folder to copy."""
    folder = tmp_path_factory.mktemp("moved-on")
    (folder / "config.yaml").write_text(template())
    with Sandbox(World(now=MORNING), rate_limit=10**6) as sandbox, pytest.MonkeyPatch.context() as patch:
        sandbox.do(*EARLIER)
        _point_at(sandbox, folder, patch)
        plan(Env.open("paper", config=folder / "config.yaml"))
        sandbox.do({"do": "clock", "by": "20h"}, *LATER)
        yield folder, sandbox


@pytest.fixture
def account(
    moved_on: tuple[Path, Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Account]:
    """An account that has moved on."""
    template_folder, sandbox = moved_on
    folder = tmp_path / "bot"
    shutil.copytree(template_folder, folder)
    _point_at(sandbox, folder, monkeypatch)
    yield Account(folder, sandbox)
    sandbox.clear_faults()


def _point_at(sandbox: Sandbox, folder: Path, patch: pytest.MonkeyPatch) -> None:
    for name in machine.variables():
        patch.delenv(name)
    patch.chdir(folder)
    for name, value in sandbox.variables.items():
        patch.setenv(name, value)
