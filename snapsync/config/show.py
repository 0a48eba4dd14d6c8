"""The configuration as people read it: each value with its source, and docs/config.md."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from snapsync.config.secret import pairs
from snapsync.config.settings import BOOK_KEY, ENV_KEY, ENVS, SETTINGS, Setting
from snapsync.config.slack import SECRET_NAMES
from snapsync.config.values import Config

SECRET_DOC = "Half of the account's API credentials; never shown."  # noqa: S105 - prose

SLACK_DOC = "What Slack is told with; never shown."


class Row(NamedTuple):
    """One line of ``snapsync config``."""

    key: str
    value: str
    source: str
    doc: str


def listing(config: Config) -> tuple[Row, ...]:
    """Every setting with its value and source, then the credentials as set or not set."""
    sources = dict(config.sources)
    settings = (
        Row(setting.key, _shown(_value(config, setting), config.root), source, setting.doc)
        for setting in SETTINGS
        for source in [sources[setting.key]]
    )
    return (*settings, *_secret_rows(config), *_slack_rows(config))


def _value(config: Config, setting: Setting) -> object:
    if setting.key == ENV_KEY:
        return config.env
    return getattr(config.book if setting.key.startswith(f"{BOOK_KEY}.") else config, setting.field)


def _secret_rows(config: Config) -> list[Row]:
    """The pair that counts, or the usual one's names when none is set."""
    found = config.secrets.source
    usual = pairs(config.env)[1]
    counting = next((pair for pair in pairs(config.env) if any(map(found, pair))), usual)
    return [
        Row(shown, f"set (from {name})" if found(name) else "not set", found(name) or "", SECRET_DOC)
        for shown, name in zip(usual, counting, strict=True)
    ]


def _slack_rows(config: Config) -> list[Row]:
    """What Slack is told with, where it is told at all."""
    found = ((name, config.slack.source(name)) for name in SECRET_NAMES)
    return [Row(name, f"set (from {name})", source, SLACK_DOC) for name, source in found if source]


def _shown(value: object, root: Path | None = None) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Path() if root is not None and value.is_relative_to(root):
            return value.relative_to(root).as_posix()
        case ZoneInfo():
            return str(value)
        case tuple():
            return ", ".join(": ".join(part) if isinstance(part, tuple) else part for part in value)
        case None:
            return "the system's"
        case _:
            return str(value)


PAGE = """\
# Settings

<!-- Generated from snapsync/config/settings.py; do not edit here. -->

Each setting may stand in `config.yaml`, in a file `.env` beside it, or in the environment.
The environment wins over `.env`, which wins over `config.yaml`.
`snapsync config` shows every value and where it comes from.

| Key | Value | Default | Meaning |
|---|---|---|---|
{rows}

- As an environment variable a list is comma-separated, and `{book}` is YAML text such as
  `positions: "trades_{{env}}.csv"`; the rows `{book}.…` are the keys of that mapping, each
  overridden by itself. A variable that is empty counts as not set; `[]` is an empty list.
- Paths are taken from the folder of `config.yaml`. The book's paths must contain `{{env}}`: paper
  and live never share a file.
- Keys of `config.yaml` that are not in this table are the bot's and are ignored, but an unknown
  key (or environment variable) that starts with `ALPACA_SYNC_` is an error: it is most likely a
  slip.
- An API address that is neither Alpaca's nor this machine's gets your keys, so it is accepted from
  the environment (or `.env`) only, never from `config.yaml`.

## Which file, which env

The file is the one named by `--config`, else by the environment variable `SNAPSYNC_CONFIG`, else
`config.yaml` in the working folder. The env ({envs}) is the one named by `--env`, else by
`SNAPSYNC_ENV`, else by `ALPACA_ENV`, else paper.

## Credentials

API keys stand in the environment or in `.env`, never in `config.yaml`. The first pair counts of
which at least one half is set; half a pair is an error.

| Env | Key | Secret |
|---|---|---|
{pairs}

## Slack

What Slack is told with stands in the environment or in `.env` too: `SLACK_WEBHOOK_URL`, or
`SLACK_BOT_TOKEN` and `ALPACA_SYNC_SLACK_CHANNEL`. [slack.md](slack.md) has the rest.
"""


def docs_table() -> str:
    """The whole text of docs/config.md."""
    rows = (
        f"| `{row.key}` | {_cell(row.kind.expected)} | {_default(row)} | {_cell(row.doc)} |"
        for row in SETTINGS
    )
    either = pairs(ENVS[0])[1:]
    own = [(env, *pairs(env)[0]) for env in ENVS]
    table = [*own, *(("either", *pair) for pair in either)]
    return PAGE.format(
        rows="\n".join(rows),
        book=BOOK_KEY,
        envs=" or ".join(ENVS),
        pairs="\n".join(f"| {env} | `{key}` | `{secret}` |" for env, key, secret in table),
    )


def _default(setting: Setting) -> str:
    shown = _shown(setting.default)
    if setting.default is None:
        return shown
    return f"`{shown}`" if shown else "(none)"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
