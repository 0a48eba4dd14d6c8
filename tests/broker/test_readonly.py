"""Every public method of the SDK's client, on our session: only GET reaches a socket, and no other host."""

from __future__ import annotations

import inspect
import re
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from alpaca.trading import requests as words
from alpaca.trading.client import TradingClient
from alpaca.trading.enums import CorporateActionType, OrderSide, TimeInForce
from alpaca.trading.models import AccountConfiguration

from snapsync.ends.alpaca.http import Client
from snapsync.ends.alpaca.session import Session
from snapsync.errors import BrokerError

ID = UUID("61e69015-8549-4bfd-b9c3-01e75843f47d")
WRITES = re.compile(r"\bself\.(?:post|put|patch|delete)\(")
LOCAL = {"response_wrapper"}
"""Methods that ask nobody."""

ORDER = words.MarketOrderRequest(symbol="SPY", qty=1, side=OrderSide.BUY, time_in_force=TimeInForce.DAY)
ARGUMENTS: dict[str, object] = {
    "submit_order": ORDER,
    "close_position": "SPY",
    "exercise_options_position": "SPY250822C00635000",
    "create_watchlist": words.CreateWatchlistRequest(name="w", symbols=["SPY"]),
    "set_account_configurations": AccountConfiguration.model_construct(),
    "get_option_contract": "SPY250822C00635000",
    "get_option_contracts": words.GetOptionContractsRequest(underlying_symbols=["SPY"]),
    "get_corporate_announcements": words.GetCorporateAnnouncementsRequest(
        ca_types=[CorporateActionType.SPLIT], since=date(2025, 8, 1), until=date(2025, 8, 2)
    ),
    "get_calendar": words.GetCalendarRequest(start=date(2025, 8, 1), end=date(2025, 8, 2)),
    "get_portfolio_history": words.GetPortfolioHistoryRequest(start=datetime(2025, 8, 1, tzinfo=UTC)),
}
BY_NAME: dict[str, object] = {
    "path": "/orders", "symbol": "SPY", "symbol_or_asset_id": "SPY", "symbol_or_contract_id": "SPY",
    "data": {}, "watchlist_data": words.UpdateWatchlistRequest(name="w"), "client_id": "c",
}  # fmt: skip


class Ear:
    """A server that writes down every first line and answers with what it is told."""

    def __init__(self, answer: bytes) -> None:
        self.heard: list[str] = []
        self._answer = answer
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
                self.heard.append(connection.recv(1 << 16).decode())
                connection.sendall(self._answer)

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def ears() -> Iterator[Callable[[bytes], Ear]]:
    """``ears(answer)``: a listening ear on loopback."""
    made: list[Ear] = []

    def listen(answer: bytes) -> Ear:
        made.append(Ear(answer))
        return made[-1]

    yield listen
    for each in made:
        each.close()


def public() -> dict[str, Callable[..., Any]]:
    """All that the SDK's client can be asked to do."""
    members = inspect.getmembers(TradingClient, inspect.isfunction)
    return {name: method for name, method in members if not name.startswith("_") and name not in LOCAL}


def arguments(name: str, method: Callable[..., Any]) -> list[object]:
    """Something for every parameter that must be given."""
    needed = [
        parameter
        for parameter in list(inspect.signature(method).parameters.values())[1:]
        if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    return [ARGUMENTS.get(name, BY_NAME.get(each.name, ID)) for each in needed]


@pytest.mark.filterwarnings("ignore:get_corporate_announcements is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", public())
def test_no_method_sends_anything_but_get(ears: Callable[[bytes], Ear], name: str) -> None:
    """A method that would write raises before a byte is sent; a method that reads sends its GET."""
    ear = ears(b"HTTP/1.1 401 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    client = Client(ear.url, "key", "secret")
    whole = TradingClient("key", "secret", url_override=ear.url)
    whole._session = client._client._session
    method = public()[name]
    writes = WRITES.search(inspect.getsource(method)) or name in {"post", "put", "patch", "delete"}
    with pytest.raises(RuntimeError if writes else Exception) as caught:
        getattr(whole, name)(*arguments(name, method))
    client.close()
    if writes:
        assert "snapsync only reads" in str(caught.value)
        assert ear.heard == []
    else:
        assert [line.split(" ")[0] for line in ear.heard] == ["GET"]


def test_our_client_has_no_method_that_sends_an_order() -> None:
    """What the session would refuse is not even there to be called."""
    client = Client("http://127.0.0.1:1", "key", "secret")
    ours = {name for name, _ in inspect.getmembers(client._client, inspect.ismethod)}
    client.close()

    assert ours.isdisjoint(public().keys() - {"get", "post", "put", "patch", "delete"})


def test_the_methods_that_write_are_recognised() -> None:
    """Should the SDK write in another way one day, the test above must not go blind."""
    writing = {name for name, method in public().items() if WRITES.search(inspect.getsource(method))}
    assert writing >= {
        "submit_order", "replace_order_by_id", "cancel_orders", "cancel_order_by_id", "close_position",
        "close_all_positions", "exercise_options_position", "set_account_configurations",
        "create_watchlist", "delete_watchlist_by_id",
    }  # fmt: skip


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(ears: Callable[[bytes], Ear], status: int) -> None:
    """The keys never reach the host that an answer points to."""
    elsewhere = ears(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    lines = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}/v2/account\r\n"
    ear = ears(f"{lines}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
    session = Session(ear.url, "key", "secret")
    with pytest.raises(BrokerError, match=f"HTTP {status}"):
        session.get("/account")
    session.close()
    assert len(ear.heard) == 1
    assert elsewhere.heard == []


def test_loopback_is_reached_without_a_proxy(
    ears: Callable[[bytes], Ear], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy of the environment's would see the keys in plain text."""
    proxy = ears(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    ear = ears(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    session = Session(ear.url, "key", "secret")
    assert session.get("/account").body == b"{}"
    session.close()
    assert proxy.heard == []
