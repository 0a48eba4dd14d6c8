"""The typed configuration: values only, complete, for one env."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from snapsync.config.secret import Credentials, Secrets
from snapsync.config.slack import SlackKeys


class BookFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Where one env's book lies, as absolute paths, and what its columns are called.

    ``columns`` holds (the file's name, our name) for the names that differ in either CSV file; the last
    three hold the same for one file each.
    """

    bankroll: Path
    positions: Path
    history: Path
    audit: Path
    columns: tuple[tuple[str, str], ...]
    positions_columns: tuple[tuple[str, str], ...] = ()
    history_columns: tuple[tuple[str, str], ...] = ()
    bankroll_keys: tuple[tuple[str, str], ...] = ()


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was configured, for one env.

    ``root`` is the config file's folder and ``state`` the env's own folder; ``env_source`` says
    why this env, ``sources`` where each setting's value comes from. ``secrets`` is for
    ``credentials()`` alone, ``slack`` for ``slack_way()``. docs/config.md explains the other fields by key.
    """

    path: Path
    root: Path
    env: str
    env_source: str
    state: Path
    book: BookFiles
    enabled: bool
    auto_sync_before_trade: bool
    tolerance_pct: Decimal
    slack_alerts: bool
    interval_minutes: int
    paper_base_url: str
    live_base_url: str
    asset_classes: tuple[str, ...]
    ignore: tuple[str, ...]
    components: tuple[str, ...]
    lookback_days: int
    overlap_days: int
    grace_seconds: int
    bankroll_basis: str
    book_timezone: ZoneInfo
    timezone: ZoneInfo
    bot_order_prefix: str
    require_approval: tuple[str, ...]
    self_approval: bool
    ask_closing_pct: Decimal
    ask_closing_count: int
    ask_bankroll_pct: Decimal
    ask_repeats: int
    ask_cash: Decimal
    ask_cash_per_contract: Decimal
    ask_days: int
    plan_max_age_minutes: int
    slack_channel: str
    slack_mention: str
    slack_digest: str
    sources: tuple[tuple[str, str], ...]
    secrets: Secrets
    slack: SlackKeys

    @property
    def base_url(self) -> str:
        """The env's API address, without a trailing slash or ``/v2``."""
        return self.live_base_url if self.env == "live" else self.paper_base_url


def credentials(config: Config) -> Credentials:
    """The env's API key and secret.

    The env's own pair wins over ``ALPACA_API_KEY``/``ALPACA_SECRET_KEY``, which wins over
    ``APCA_API_KEY_ID``/``APCA_API_SECRET_KEY``; within a pair the environment wins over .env.

    Raises:
        BrokerError: there are none (exit 12).
        ConfigError: half a pair, or one that cannot be sent (exit 12).
    """
    return config.secrets.credentials(config.env)
