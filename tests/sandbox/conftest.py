"""What the sandbox's tests share: a running sandbox and a client that speaks plain HTTP to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Protocol

import pytest
import requests

from snapsync.sandbox import Sandbox, World

# 2025-08-20 10:00 in New York, a Wednesday
MORNING = 1_755_698_400_000_000_000


class Ask(Protocol):
    """Asks a sandbox with its keys."""

    def __call__(
        self, sandbox: Sandbox, path: str, method: str = "GET", **params: str
    ) -> requests.Response: ...


@pytest.fixture(scope="session")
def ask() -> Iterator[Ask]:
    """A client without proxies, because the environment may name one."""
    with requests.Session() as session:
        session.trust_env = False

        def send(sandbox: Sandbox, path: str, method: str = "GET", **params: str) -> requests.Response:
            keys = {"APCA-API-KEY-ID": sandbox.key, "APCA-API-SECRET-KEY": sandbox.secret}
            return session.request(
                method,
                sandbox.url + path,
                params=params,
                headers=keys,
                timeout=5,
                allow_redirects=False,
            )

        yield send


@pytest.fixture(scope="session")
def _running() -> Iterator[Sandbox]:
    """One server for all tests of ``fresh``: starting one per test would take most of the time."""
    with Sandbox(World(), rate_limit=100_000) as sandbox:
        yield sandbox


@pytest.fixture
def fresh(_running: Sandbox) -> Sandbox:
    """A running sandbox: an account with 10,000 dollars on a Wednesday morning, clock stopped."""
    _running._player.world = World(now=MORNING, cash=Decimal(10_000))
    assert _running._server is not None
    _running._server.requests.clear()
    _running.clear_faults()
    return _running


@pytest.fixture(scope="session")
def guide() -> Iterator[Sandbox]:
    """The guide's world, all stages played; tests only read it."""
    with Sandbox("guide", rate_limit=10_000) as sandbox:
        yield sandbox


@pytest.fixture
def rows(ask: Ask) -> Callable[..., list[dict[str, Any]]]:
    """Asks for a list and insists on success."""

    def get(sandbox: Sandbox, path: str, **params: str) -> list[dict[str, Any]]:
        response = ask(sandbox, path, **params)
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()
        return found

    return get
