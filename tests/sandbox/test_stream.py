"""The trade stream: handshake, messages and oddities, with a plain client and with the SDK's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from snapsync.errors import UsageError
from snapsync.sandbox import Sandbox

SPY = "SPY250822C00635000"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The guide's world, with an order of the bot's left working."""
    with Sandbox("guide") as running:
        yield running


@contextmanager
def opened(sandbox: Sandbox, secret: str | None = None) -> Iterator[ClientConnection]:
    """A connection that has asked to be let in."""
    with connect(sandbox.stream_url, open_timeout=5, proxy=None) as line:
        keys = {"key_id": sandbox.key, "secret_key": secret or sandbox.secret}
        line.send(json.dumps({"action": "authenticate", "data": keys}))
        yield line


@contextmanager
def listening(sandbox: Sandbox) -> Iterator[ClientConnection]:
    """A connection that hears trade updates."""
    with opened(sandbox) as line:
        assert heard(line)["data"] == {"status": "authorized", "action": "authenticate"}
        line.send(json.dumps({"action": "listen", "data": {"streams": ["trade_updates"]}}).encode())
        assert heard(line) == {"stream": "listening", "data": {"streams": ["trade_updates"]}}
        yield line


def heard(line: ClientConnection) -> Any:  # noqa: ANN401 - a JSON message
    """The next message; every one comes in a binary frame."""
    frame = line.recv(timeout=5)
    assert isinstance(frame, bytes)
    return json.loads(frame)


def buy(sandbox: Sandbox, *fills: int) -> None:
    """An order of three, filled as far as these say."""
    sandbox.do({"do": "buy", "symbol": SPY, "qty": 3, "limit": "2.50", "fills": list(fills)})


def test_fills_are_told_one_by_one(sandbox: Sandbox) -> None:
    """A new order, each partial fill and the last one come in their order, with price, qty and position."""
    with listening(sandbox) as line:
        buy(sandbox, 1, 2)
        told = [heard(line)["data"] for _ in range(3)]

    assert [each["event"] for each in told] == ["new", "partial_fill", "fill"]
    assert [(each["qty"], each["price"], each["position_qty"]) for each in told[1:]] == [
        ("1", "2.5", "2"),
        ("2", "2.5", "4"),
    ]
    assert len({each["execution_id"] for each in told[1:]}) == 2
    assert told[2]["order"]["status"] == "filled"
    assert told[2]["order"]["filled_qty"] == "3"


def test_a_cancel_is_told(sandbox: Sandbox) -> None:
    """What ends an order is told by its name."""
    with listening(sandbox) as line:
        buy(sandbox, 1)
        sandbox.do({"do": "cancel", "order": next(reversed(sandbox.world.orders))})

        assert [heard(line)["data"]["event"] for _ in range(3)] == ["new", "partial_fill", "canceled"]


def test_wrong_keys_are_not_let_in(sandbox: Sandbox) -> None:
    """A wrong secret is told so, and the line is closed."""
    with opened(sandbox, secret="wrong") as line:
        assert heard(line)["data"]["status"] == "unauthorized"
        with pytest.raises(ConnectionClosed, match="1000"):
            line.recv(timeout=5)


def test_a_second_connection_is_refused(sandbox: Sandbox) -> None:
    """One stream per account: a second is closed; once the first has gone there is room again."""
    with (
        listening(sandbox),
        connect(sandbox.stream_url, open_timeout=5, proxy=None) as second,
        pytest.raises(ConnectionClosed, match="4406"),
    ):
        second.recv(timeout=5)
    with listening(sandbox) as again:
        buy(sandbox, 3)
        assert heard(again)["data"]["event"] == "new"


def test_messages_may_be_repeated_lost_or_empty(sandbox: Sandbox) -> None:
    """Duplicates, gaps and null data come when they are asked for."""
    sandbox.odd("duplicate", "lose", "null")
    with listening(sandbox) as line:
        buy(sandbox, 1, 2)
        told = [heard(line)["data"] for _ in range(3)]

    assert told[0] == told[1]
    assert told[0]["event"] == "new"
    assert told[2] is None
    with pytest.raises(UsageError, match="knows no such oddity"):
        sandbox.odd("explode")


def test_the_line_may_go_dead(sandbox: Sandbox) -> None:
    """A close without notice; what happens then is never told."""
    sandbox.odd("close")
    with listening(sandbox) as line:
        buy(sandbox, 3)
        with pytest.raises(ConnectionClosed, match="1001"):
            line.recv(timeout=5)


def test_the_sdks_own_stream_understands_it(sandbox: Sandbox) -> None:
    """alpaca-py's TradingStream connects, authenticates and hears a fill."""
    from alpaca.trading.stream import TradingStream  # noqa: PLC0415 - heavy

    stream = TradingStream(sandbox.key, sandbox.secret, raw_data=True, url_override=sandbox.stream_url)
    told: list[Any] = []
    came = threading.Event()

    async def hear(update: Any) -> None:  # noqa: ANN401 - raw JSON
        told.append(update["data"])
        if update["data"]["event"] == "fill":
            came.set()

    stream.subscribe_trade_updates(hear)
    thread = threading.Thread(target=stream.run, daemon=True)
    thread.start()
    for _ in range(300):
        if not came.wait(0.2):
            buy(sandbox, 3)  # the SDK does not say when it listens: try until it does
        else:
            break
    stream.stop()
    thread.join(10)

    assert came.is_set()
    assert {"new", "fill"} >= {update["event"] for update in told}


def test_a_sandbox_ends_with_a_client_on_the_line() -> None:
    """A client that stays does not keep the server alive."""
    with ExitStack() as stack:
        with Sandbox("guide") as running:
            line = stack.enter_context(listening(running))
        with pytest.raises(ConnectionClosed):
            line.recv(timeout=5)
