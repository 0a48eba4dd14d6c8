from __future__ import annotations

from collections.abc import Callable

import pytest

from snapsync.config import Config
from snapsync.errors import ConfigError

Loader = Callable[..., Config]

PAPER = "ALPACA_PAPER_BASE_URL"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://paper-api.alpaca.markets", "https://paper-api.alpaca.markets"),
        ("https://paper-api.alpaca.markets/v2/", "https://paper-api.alpaca.markets"),
        ("HTTPS://Paper-API.alpaca.markets/", "https://paper-api.alpaca.markets"),
        ("http://127.0.0.1:8080/v2", "http://127.0.0.1:8080"),
        ("http://127.9.9.9:1", "http://127.9.9.9:1"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_the_file_may_name_alpaca_and_this_machine(bot: Loader, written: str, kept: str) -> None:
    """Alpaca's hosts and loopback may stand in config.yaml; a final /v2 or slash is dropped."""
    assert bot(f"{PAPER}: '{written}'").base_url == kept


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "https://api.alpaca.markets.evil.example",
        "https://evil-paper-api.alpaca.markets",
        "https://localhost.evil.example",
        "https://10.0.0.1",
        "https://127.0.0.1.evil.example",
        "https://paper-api.alpaca.markets.",
        "https://data.alpaca.markets",
    ],
)
def test_the_file_cannot_send_the_keys_elsewhere(bot: Loader, url: str) -> None:
    """Another host in config.yaml is refused, and the error says what would have happened."""
    with pytest.raises(ConfigError) as caught:
        bot(f"{PAPER}: {url}")

    assert caught.value.detail.startswith("config.yaml:1: ALPACA_PAPER_BASE_URL ")


def test_the_refusal_says_that_keys_would_be_sent(bot: Loader) -> None:
    """The reader learns why: the keys go where the address points."""
    with pytest.raises(ConfigError) as caught:
        bot(f"{PAPER}: https://evil.example/v2")

    assert caught.value.detail == (
        'config.yaml:1: ALPACA_PAPER_BASE_URL names the host "evil.example"; '
        "your API keys would be sent there"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://paper-api.alpaca.markets@evil.example",
        "https://paper-api.alpaca.markets\\@evil.example",
        "https://user:hunter2@paper-api.alpaca.markets",
        "https://paper-api.alpaca.markets?x=hunter2",
        "https://paper-api.alpaca.markets#hunter2",
        "https://evil.example\\.alpaca.markets",
        "https://paper-api.alpaca.markets:99999",
        "https:///v2",
        "ftp://paper-api.alpaca.markets",
        "paper-api.alpaca.markets",
        "hunter2",
    ],
)
def test_what_parsers_could_read_differently_is_no_address(bot: Loader, url: str) -> None:
    """Such an address is refused wherever it stands, and not shown: it may hold a secret."""
    for text, environ in ((f"{PAPER}: '{url}'", {}), ("", {PAPER: url})):
        with pytest.raises(ConfigError, match="is not an address such as") as caught:
            bot(text, **environ)

        assert "hunter2" not in str(caught.value)


def test_the_environment_may_name_any_host_over_tls(bot: Loader) -> None:
    """A variable, or .env, may name a proxy's host and path; http stays for this machine."""
    assert bot("", **{PAPER: "https://proxy.example:8443/alpaca/v2"}).base_url == (
        "https://proxy.example:8443/alpaca"
    )
    assert bot("", dotenv=f"{PAPER}=https://proxy.example").base_url == "https://proxy.example"
    with pytest.raises(ConfigError, match=r"unencrypted"):
        bot("", **{PAPER: "http://proxy.example"})
    with pytest.raises(ConfigError, match=r"unencrypted"):
        bot("", **{PAPER: "http://paper-api.alpaca.markets"})


def test_the_other_envs_host_is_refused(bot: Loader) -> None:
    """Alpaca's live host is no paper address and the reverse, whoever names it, whatever the env."""
    with pytest.raises(ConfigError, match=r"is the paper address, but api.alpaca.markets"):
        bot(f"{PAPER}: https://api.alpaca.markets", env="live")
    with pytest.raises(ConfigError, match=r"is the live address, but paper-api.alpaca.markets"):
        bot("", ALPACA_LIVE_BASE_URL="https://paper-api.alpaca.markets/v2", env="paper")
