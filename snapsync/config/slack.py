"""What Slack is told with: a webhook's address, or a bot's token and a channel. Both are secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from snapsync.config.hosts import is_loopback
from snapsync.config.secret import HIDDEN
from snapsync.errors import ConfigError

if TYPE_CHECKING:
    from snapsync.config.values import Config

WEBHOOK, TOKEN, API = "SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN", "SLACK_API_URL"
SECRET_NAMES = (WEBHOOK, TOKEN)
COPY = "Copy it again from your Slack app's page."
_API = "https://slack.com/api/"
_ADDRESS = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?(/[!-~]*)?")
_TOKEN = re.compile(r"xox[a-z]?[.-][!-~]+")


class SlackKeys:
    """Slack's variables as they were found, not yet judged; shown to nobody."""

    __slots__ = ("_sources", "_values")

    def __init__(self, layers: tuple[tuple[str, Mapping[str, str]], ...]) -> None:
        """Keep what concerns Slack; of several places the first wins."""
        self._values: dict[str, str] = {}
        self._sources: dict[str, str] = {}
        for name in (*SECRET_NAMES, API):
            for label, variables in layers:
                if text := variables.get(name, "").strip():
                    self._values[name], self._sources[name] = text, label
                    break

    def __repr__(self) -> str:
        return f"SlackKeys{HIDDEN}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SlackKeys) and self._values == other._values

    def __hash__(self) -> int:
        return hash(tuple(self._sources.items()))

    def source(self, name: str) -> str | None:
        """Where a variable is set, or None."""
        return self._sources.get(name)

    def get(self, name: str) -> str | None:
        """A variable's text; for ``slack_way`` alone."""
        return self._values.get(name)


class SlackWay:
    """One way to tell Slack: the webhook at ``url``; or a ``token`` and a ``channel``, by the API at ``url``.

    ``source`` names the variable and where it stands, and may be shown; url and token may not.
    """

    __slots__ = ("channel", "source", "token", "url")

    def __init__(self, *, url: str, source: str, token: str | None = None, channel: str = "") -> None:
        self.url: Final = url
        self.token: Final = token
        self.channel: Final = channel
        self.source: Final = source

    def __repr__(self) -> str:
        return f"SlackWay{HIDDEN}"


def slack_way(config: Config) -> SlackWay | None:
    """How Slack is told; None where it is not set up. The webhook wins over the token.

    Raises:
        ConfigError: it is set up by half, or wrongly (exit 64).
    """
    keys = config.slack
    webhook, token = keys.get(WEBHOOK), keys.get(TOKEN)
    if webhook:
        return SlackWay(url=_address(keys, WEBHOOK, webhook), source=f"{WEBHOOK} ({keys.source(WEBHOOK)})")
    if not token:
        return None
    if not _TOKEN.fullmatch(token):
        raise _wrong(
            keys, TOKEN, "is no token such as xoxb-…", "Copy the bot token from your Slack app's page."
        )
    if not config.slack_channel:
        raise _wrong(
            keys,
            TOKEN,
            "is set, but no channel",
            'Name the channel in config.yaml:\n  ALPACA_SYNC_SLACK_CHANNEL: "#trading-alerts"',
        )
    api = _address(keys, API, keys.get(API) or _API)
    source = f"{TOKEN} ({keys.source(TOKEN)})"
    return SlackWay(url=api, token=token, channel=config.slack_channel, source=source)


def _address(keys: SlackKeys, name: str, url: str) -> str:
    found = _ADDRESS.fullmatch(url)
    if found is None or (found[1] != "https" and not is_loopback(found[2])):
        # the address itself is a secret: it is not shown
        raise _wrong(keys, name, "is no https:// address", COPY)
    return url


def _wrong(keys: SlackKeys, name: str, what: str, hint: str) -> ConfigError:
    place = keys.source(name) or "default"
    return ConfigError("Slack is not set up right.", detail=f"{place}: {name} {what}", hint=hint)
