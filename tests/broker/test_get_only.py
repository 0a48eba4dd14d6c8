"""At the socket: whatever is asked of our client, nothing but GET leaves the process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from snapsync.ends.alpaca.http import Client
from snapsync.ends.alpaca.session import Session
from snapsync.errors import BrokerError

Writes = Callable[[Any], object]


class Ear:
    """A server that hears what comes and answers nothing good."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(65536))
                connection.sendall(
                    b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
                )

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def ear() -> Iterator[Ear]:
    """A listening ear on loopback."""
    made = Ear()
    yield made
    made.close()


def submit(sdk: Any) -> object:  # noqa: ANN401 - the SDK's client
    """An order, in the SDK's own words."""
    from alpaca.trading.enums import OrderSide, TimeInForce  # noqa: PLC0415 - heavy
    from alpaca.trading.requests import MarketOrderRequest  # noqa: PLC0415 - heavy

    order = MarketOrderRequest(symbol="SPY", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
    return sdk.submit_order(order)


WRITES: dict[str, Writes] = {
    "submit_order": submit,
    "cancel_orders": lambda sdk: sdk.cancel_orders(),
    "cancel_order_by_id": lambda sdk: sdk.cancel_order_by_id("61e69015-8549-4bfd-b9c3-01e75843f47d"),
    "replace_order_by_id": lambda sdk: sdk.replace_order_by_id("61e69015-8549-4bfd-b9c3-01e75843f47d"),
    "close_all_positions": lambda sdk: sdk.close_all_positions(cancel_orders=True),
    "close_position": lambda sdk: sdk.close_position("SPY"),
    "exercise": lambda sdk: sdk.exercise_options_position("SPY250822C00635000"),
    "post": lambda sdk: sdk.post("/orders", {"symbol": "SPY"}),
    "put": lambda sdk: sdk.put("/orders", {}),
    "patch": lambda sdk: sdk.patch("/orders/1", {}),
    "delete": lambda sdk: sdk.delete("/positions"),
    "session post": lambda sdk: sdk._session.post(sdk._base_url + "/v2/orders"),
    "session head": lambda sdk: sdk._session.head(sdk._base_url + "/v2/orders"),
    "session options": lambda sdk: sdk._session.options(sdk._base_url + "/v2/orders"),
}


@pytest.mark.parametrize("name", WRITES)
def test_no_write_leaves_the_process(ear: Ear, name: str) -> None:
    """Every way that the SDK knows to change something raises before a byte is sent."""
    client = Client(ear.url, "key", "secret")

    with pytest.raises(RuntimeError, match="snapsync only reads"):
        WRITES[name](client._client)

    assert ear.heard == []
    client.close()


def test_a_prepared_request_does_not_slip_through(ear: Ear) -> None:
    """Not even a request that was prepared elsewhere and handed to the session."""
    import requests  # noqa: PLC0415 - heavy

    client = Client(ear.url, "key", "secret")
    prepared = requests.Request("DELETE", ear.url + "/v2/positions").prepare()

    with pytest.raises(RuntimeError, match="snapsync only reads"):
        client._client._session.send(prepared)

    assert ear.heard == []
    client.close()


def test_a_read_does_leave(ear: Ear) -> None:
    """The same server hears our GET, so its silence above means something."""
    session = Session(ear.url, "key", "secret")

    with pytest.raises(BrokerError):
        session.get("/account")

    session.close()
    assert [each.split(b" ")[:2] for each in ear.heard] == [[b"GET", b"/v2/account"]]
