"""An event of the audit log as its line: one JSON object that a terminal may show."""

from __future__ import annotations

import msgspec

from snapsync.model.audit import Event

from .neutral import json_text


def line(event: Event) -> str:
    """One line, with its end."""
    return json_text(msgspec.json.encode(event).decode()) + "\n"
