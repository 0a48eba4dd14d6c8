from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snapsync.config import Config, credentials, listing
from snapsync.errors import BrokerError, ConfigError, Exit

Loader = Callable[..., Config]

ALL = {
    "ALPACA_PAPER_API_KEY": "pk",
    "ALPACA_PAPER_SECRET_KEY": "ps",
    "ALPACA_LIVE_API_KEY": "lk",
    "ALPACA_LIVE_SECRET_KEY": "ls",
    "ALPACA_API_KEY": "ak",
    "ALPACA_SECRET_KEY": "as",
    "APCA_API_KEY_ID": "ik",
    "APCA_API_SECRET_KEY": "is",
}


def _without(*starts: str) -> dict[str, str]:
    return {name: value for name, value in ALL.items() if not name.startswith(starts)}


def test_the_envs_own_pair_wins(bot: Loader) -> None:
    """Per-env pair, then ALPACA_API_KEY, then APCA_API_KEY_ID; the source names the winner."""
    choices = [
        credentials(bot("", env="paper", **ALL)),
        credentials(bot("", env="live", **ALL)),
        credentials(bot("", env="live", **_without("ALPACA_LIVE"))),
        credentials(bot("", env="live", **_without("ALPACA_"))),
    ]

    expected = [
        ("pk", "ps", "ALPACA_PAPER_API_KEY (environment)"),
        ("lk", "ls", "ALPACA_LIVE_API_KEY (environment)"),
        ("ak", "as", "ALPACA_API_KEY (environment)"),
        ("ik", "is", "APCA_API_KEY_ID (environment)"),
    ]
    assert expected == [(found.key, found.secret, found.source) for found in choices]


def test_the_environment_wins_within_a_pair_only(bot: Loader) -> None:
    """A more specific pair in .env beats a general one in the environment, never the reverse."""
    general = {"ALPACA_API_KEY": "ek", "ALPACA_SECRET_KEY": "es"}
    same = credentials(bot("", dotenv="ALPACA_API_KEY=dk\nALPACA_SECRET_KEY=ds", **general))
    own = "ALPACA_PAPER_API_KEY=dk\nALPACA_PAPER_SECRET_KEY=ds"
    specific = credentials(bot("", dotenv=own, **general))

    assert (same.key, same.source) == ("ek", "ALPACA_API_KEY (environment)")
    assert (specific.key, specific.source) == ("dk", "ALPACA_PAPER_API_KEY (.env)")


def test_no_credentials_are_no_obstacle_until_they_are_needed(bot: Loader) -> None:
    """Loading works offline; asking for keys is exit 12 with the lines to add to .env."""
    config = bot("")

    with pytest.raises(BrokerError) as caught:
        credentials(config)

    assert caught.value.exit == Exit.CREDENTIALS
    assert "\n  ALPACA_API_KEY=…\n  ALPACA_SECRET_KEY=…" in caught.value.hint


@pytest.mark.parametrize("dotenv", ["", "ALPACA_API_KEY=old\nALPACA_SECRET_KEY=old"])
def test_half_a_pair_names_the_missing_half(bot: Loader, dotenv: str) -> None:
    """A half in one place is never completed from another: they may belong to two accounts."""
    config = bot("", dotenv=dotenv, ALPACA_API_KEY="hunter2", ALPACA_SECRET_KEY=" ")

    with pytest.raises(ConfigError) as caught:
        credentials(config)

    assert caught.value.detail == "environment: ALPACA_API_KEY is set, ALPACA_SECRET_KEY is not"
    assert caught.value.exit == Exit.CREDENTIALS
    assert "hunter2" not in str(caught.value)


def test_space_around_a_key_is_dropped(bot: Loader) -> None:
    """A line break at the end, as pasting or a mounted secret leaves it, does no harm."""
    found = credentials(bot("", ALPACA_API_KEY=" ak\n", ALPACA_SECRET_KEY="as\r\n"))

    assert (found.key, found.secret) == ("ak", "as")


@pytest.mark.parametrize("key", ["hun ter2", "hun\nter2", "hunté", "hun\x00ter"])
def test_a_key_that_cannot_be_sent_is_refused(bot: Loader, key: str) -> None:
    """Inner spaces, line breaks and foreign letters are an error that does not show the key."""
    config = bot("", ALPACA_API_KEY=key, ALPACA_SECRET_KEY="as")

    with pytest.raises(ConfigError, match=r"environment: ALPACA_API_KEY contains") as caught:
        credentials(config)

    assert key not in str(caught.value)
    assert caught.value.exit == Exit.CREDENTIALS


KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(KEYS, KEYS, st.sampled_from(["paper", "live"]))
def test_printing_never_shows_a_secret(bot: Loader, key: str, secret: str, env: str) -> None:
    """No repr, text, listing or encoding of a config or its credentials holds key or secret."""
    key, secret = f"<<{key}>>", f"<<{secret}>>"
    config = bot("", env=env, ALPACA_API_KEY=key, ALPACA_SECRET_KEY=secret)
    found = credentials(config)

    shown = f"{config!r} {config} {found!r} {found} {config.secrets!r} {listing(config)}"

    assert (found.key, found.secret) == (key, secret)
    assert key not in shown
    assert secret not in shown
    for holder in (found, config.secrets, config):
        with pytest.raises(TypeError):
            msgspec.json.encode(holder)
