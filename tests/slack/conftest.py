"""A bot whose env tells a Slack of our own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .server import SlackServer


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    """Slack, told by a webhook."""
    with SlackServer() as server:
        for name in server.bot:
            monkeypatch.delenv(name, raising=False)
        for name, value in server.webhook.items():
            monkeypatch.setenv(name, value)
        yield server
