"""The one table of settings.

Parsing, the environment override, docs/config.md and ``snapsync config`` are all derived from
it; a new setting is a row here and a field of Config (load.py).
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from snapsync.config import kinds
from snapsync.config.hosts import DEFAULT_URLS, base_url
from snapsync.config.kinds import Kind

ENVS = ("paper", "live")
PREFIX = "ALPACA_SYNC_"
ENV_KEY = "ALPACA_ENV"
BOOK_KEY = "ALPACA_SYNC_BOOK"
ASSET_CLASSES = ("us_equity", "us_option", "crypto")
COMPONENTS = ("bankroll", "positions", "transactions")


class Setting(msgspec.Struct, frozen=True):
    """One key: its name, kind, default and meaning.

    A key with a dot is a key inside the mapping that stands before the dot. ``field`` is where
    its value stands in Config. A default of None is the system's time zone.
    """

    key: str
    kind: Kind
    default: object
    doc: str

    @property
    def field(self) -> str:
        """The attribute of Config (of its ``book`` for a dotted key) that holds the value."""
        return self.key.removeprefix(PREFIX).removeprefix("ALPACA_").lower().rpartition(".")[2]


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "ALPACA_SYNC_ENABLED",
        kinds.boolean(),
        True,
        "Whether automatic syncing is on; when off `sync` and `watch` do nothing; `plan` and `apply` work.",
    ),
    Setting(
        "ALPACA_AUTO_SYNC_BEFORE_TRADE",
        kinds.boolean(),
        True,
        "Whether the bot's call before a trade syncs; when off it does nothing and succeeds.",
    ),
    Setting(
        "ALPACA_SYNC_TOLERANCE_PCT",
        kinds.percentage(0, 100),
        Decimal("1.0"),
        "How far the bankroll may be from the account, in percent of the account's equity, "
        "before it is corrected.",
    ),
    Setting(
        "ALPACA_SYNC_SLACK_ALERTS",
        kinds.boolean(),
        True,
        "Whether Slack is told of news, once it is set up.",
    ),
    Setting(
        "ALPACA_SYNC_INTERVAL_MINUTES",
        kinds.whole("minutes", 1, 1440),
        15,
        "The time between two looks of `watch`, in minutes.",
    ),
    Setting(
        "ALPACA_ENV",
        kinds.one_of(*ENVS),
        "paper",
        "The env to work on when neither `--env` nor `SNAPSYNC_ENV` says.",
    ),
    Setting(
        "ALPACA_PAPER_BASE_URL",
        base_url("paper"),
        DEFAULT_URLS["paper"],
        "The paper account's API address; a host that is neither Alpaca's nor this machine must "
        "come from the environment.",
    ),
    Setting(
        "ALPACA_LIVE_BASE_URL",
        base_url("live"),
        DEFAULT_URLS["live"],
        "The live account's API address, under the same rule.",
    ),
    Setting(
        "ALPACA_SYNC_ASSET_CLASSES",
        kinds.some_of(*ASSET_CLASSES, least=1),
        ("us_option",),
        "The asset classes the book keeps; all others are ignored on both sides.",
    ),
    Setting(
        "ALPACA_SYNC_IGNORE",
        kinds.globs(),
        (),
        "Symbols, or patterns with `*` and `?`, that are ignored on both sides.",
    ),
    Setting(
        "ALPACA_SYNC_COMPONENTS",
        kinds.some_of(*COMPONENTS, least=1),
        COMPONENTS,
        "The parts of the book that are kept in step.",
    ),
    Setting(
        "ALPACA_SYNC_LOOKBACK_DAYS",
        kinds.whole("days", 1, 3650),
        7,
        "How many days of account history the first contact reads, in days.",
    ),
    Setting(
        "ALPACA_SYNC_OVERLAP_DAYS",
        kinds.whole("days", 1, 365),
        3,
        "How many days already read are read again once a day as proof, in days.",
    ),
    Setting(
        "ALPACA_SYNC_GRACE_SECONDS",
        kinds.whole("seconds", 0, 3600),
        60,
        "How long a new fill counts as pending, in seconds, because the bot may be about to "
        "write its own row.",
    ),
    Setting(
        "ALPACA_SYNC_BANKROLL_BASIS",
        kinds.one_of("equity", "cash"),
        "equity",
        "Which of the account's figures the bankroll follows.",
    ),
    Setting(
        "ALPACA_SYNC_BOOK.bankroll",
        kinds.template(),
        "bankroll_alpaca_{env}.json",
        "The bankroll file; `{env}` becomes the env's name.",
    ),
    Setting(
        "ALPACA_SYNC_BOOK.positions",
        kinds.template(),
        "positions_alpaca_{env}.csv",
        "The positions file.",
    ),
    Setting(
        "ALPACA_SYNC_BOOK.history",
        kinds.template(),
        "logs/trade_history_alpaca_{env}.csv",
        "The trade history file.",
    ),
    Setting(
        "ALPACA_SYNC_BOOK.audit",
        kinds.template(),
        "logs/alpaca_sync_{env}.log",
        "The audit log: a line of JSON for each act.",
    ),
    Setting(
        "ALPACA_SYNC_BOOK.columns",
        kinds.columns(),
        (),
        "What both CSV files call differently: file's name of the column, then our name.",
    ),
    Setting(
        "ALPACA_SYNC_BOOK.positions_columns",
        kinds.columns(),
        (),
        "The same for the positions file alone; wins over `columns`.",
    ),
    Setting(
        "ALPACA_SYNC_BOOK.history_columns",
        kinds.columns(),
        (),
        "The same for the trade history alone; wins over `columns`.",
    ),
    Setting(
        "ALPACA_SYNC_BOOK.bankroll_keys",
        kinds.columns(),
        (),
        "The same for the keys of the bankroll file.",
    ),
    Setting(
        "ALPACA_SYNC_BOOK_TIMEZONE",
        kinds.zone(),
        None,
        "The zone of times in the book that name none.",
    ),
    Setting(
        "ALPACA_SYNC_TIMEZONE",
        kinds.zone(),
        None,
        "The zone in which times are shown to people.",
    ),
    Setting(
        "ALPACA_SYNC_STATE",
        kinds.folder(),
        "state",
        "The folder of snapshots, plans and history; each env has its own folder inside.",
    ),
    Setting(
        "ALPACA_SYNC_BOT_ORDER_PREFIX",
        kinds.text("text"),
        "",
        "What the bot's own client order ids start with; empty when they have no common start.",
    ),
    Setting(
        "ALPACA_SYNC_REQUIRE_APPROVAL",
        kinds.some_of(*ENVS, least=0),
        (),
        "The envs in which `apply` and `sync` insist on an approval.",
    ),
    Setting(
        "ALPACA_SYNC_SELF_APPROVAL",
        kinds.boolean(),
        True,
        "Whether who made a plan (the same user on the same machine) may approve it.",
    ),
    Setting(
        "ALPACA_SYNC_ASK_CLOSING_PCT",
        kinds.percentage(0, 100),
        Decimal(50),
        "A person is asked before more than this part of the open positions is closed without a known "
        "trade, in percent.",
    ),
    Setting(
        "ALPACA_SYNC_ASK_CLOSING_COUNT",
        kinds.whole("positions", 1, 1000),
        3,
        "The same: only from so many positions on.",
    ),
    Setting(
        "ALPACA_SYNC_ASK_BANKROLL_PCT",
        kinds.percentage(0, 1000),
        Decimal(25),
        "A person is asked before the bankroll makes a larger step than this that no deposit or withdrawal "
        "explains, in percent of the bankroll.",
    ),
    Setting(
        "ALPACA_SYNC_ASK_REPEATS",
        kinds.whole("times", 1, 100),
        2,
        "A person is asked once a change was applied so often within 24 hours and another program undid it.",
    ),
    Setting(
        "ALPACA_SYNC_ASK_CASH",
        kinds.dollars(0, 1_000_000),
        Decimal("1.00"),
        "A person is asked when more cash than this is moved by no activity, in dollars.",
    ),
    Setting(
        "ALPACA_SYNC_ASK_CASH_PER_CONTRACT",
        kinds.dollars(0, 1_000),
        Decimal("0.10"),
        "So much more for each contract, or hundred shares, filled since, in dollars: fees are posted late.",
    ),
    Setting(
        "ALPACA_SYNC_ASK_DAYS",
        kinds.whole("trading days", 1, 30),
        2,
        "A person is asked when something is still unexplained after so many whole trading days.",
    ),
    Setting(
        "ALPACA_SYNC_PLAN_MAX_AGE_MINUTES",
        kinds.whole("minutes", 0, 1440),
        5,
        "How old a plan's look at the broker may be at apply before it is looked at again, in minutes.",
    ),
    Setting(
        "ALPACA_SYNC_SLACK_CHANNEL",
        kinds.text("text, in quotes"),
        "",
        "The Slack channel for messages sent with a bot token; a webhook has its own.",
    ),
    Setting(
        "ALPACA_SYNC_SLACK_MENTION",
        kinds.mention(),
        "",
        "Whom a message calls that somebody has to act on; empty for nobody.",
    ),
    Setting(
        "ALPACA_SYNC_SLACK_DIGEST",
        kinds.time_of_day(),
        "",
        "When Slack is told once a day how the last day went, New York time; empty for never.",
    ),
)

BY_KEY = {setting.key: setting for setting in SETTINGS}
"""The table by full key, ``ALPACA_SYNC_BOOK.bankroll`` among them."""

TOP_KEYS = tuple(dict.fromkeys(key.partition(".")[0] for key in BY_KEY))
"""What may stand at the top of config.yaml, or be an environment variable."""


def is_ours(name: str) -> bool:
    """Whether a name is one of our keys, or looks so much like one that it must be a slip."""
    return name in TOP_KEYS or name.upper().startswith(PREFIX)
