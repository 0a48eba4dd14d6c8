"""config.yaml + environment + .env → one typed, frozen Config, read once at the edge.

``load`` does it all; ``credentials`` and ``slack_way`` hand out what is secret, ``listing`` shows
what was read, ``docs_table`` renders docs/config.md and ``template`` is what ``snapsync init`` writes.
Every setting is one row of the table in settings.py. Nothing here knows the other layers.
"""

from __future__ import annotations

from snapsync.config.load import load
from snapsync.config.secret import Credentials
from snapsync.config.show import Row, docs_table, listing
from snapsync.config.slack import SlackWay, slack_way
from snapsync.config.values import BookFiles, Config, credentials

__all__ = [
    "BookFiles",
    "Config",
    "Credentials",
    "Row",
    "SlackWay",
    "credentials",
    "docs_table",
    "listing",
    "load",
    "slack_way",
    "template",
]


def template() -> str:
    """The commented config.yaml that ``snapsync init`` writes: the defaults, spelled out."""
    from importlib.resources import files  # noqa: PLC0415 - for init alone

    return (files(__package__) / "template.yaml").read_text(encoding="utf-8")
