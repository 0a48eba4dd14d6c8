"""What a layer (config.yaml, .env, the environment) holds for one key, before it is understood.

Text stays text here: ``1.10`` keeps its zero and ``NO`` stays two letters. Kinds (kinds.py) turn
it into typed values; the functions below word what went wrong, always with the place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from snapsync.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN_LENGTH = 60


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a mapping, with the line it stands on."""

    key: str
    value: Plain
    line: int


class Table(msgspec.Struct, frozen=True):
    """A mapping, its keys unique, in the order of the file."""

    entries: tuple[Entry, ...]


Plain: TypeAlias = "str | tuple[Plain, ...] | Table | None"
"""Text, nothing, a list or a mapping: all that a layer can say."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A key's value as one layer has it.

    ``trusted`` is false for config.yaml alone: that file travels (it is committed, shared, edited
    by tools), so it may not name the host that gets the API keys.
    """

    key: str
    value: Plain
    source: str
    trusted: bool


class MismatchError(ValueError):
    """A value is not of its kind; whoever knows key and place words the error."""


def quoted(text: str) -> str:
    """The text in quotes, short, and without anything that could steer a terminal."""
    shown = text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"
    return '"' + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown) + '"'


def described(value: Plain) -> str:
    """The value as an error shows it."""
    match value:
        case None:
            return "empty"
        case str():
            return quoted(value)
        case Table():
            return "a mapping"
        case _:
            return "[" + ", ".join(described(part) for part in value[:5]) + "]"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean X?`` when one of the known words is close, else nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a slip of the keys

    by_stem = {_stem(name): name for name in known}
    close = get_close_matches(_stem(word), by_stem, n=1, cutoff=0.6)
    return f"Did you mean {by_stem[close[0]]}?" if close else ""


def _stem(name: str) -> str:
    """What tells our names apart: any two are alike in their long common beginning."""
    return name.upper().removeprefix("ALPACA_SYNC_")


def wrong_value(found: Found, expected: str) -> ConfigError:
    """The error for a value that is not of its kind."""
    hint = "Correct the value, or remove it to use the default."
    if found.value is None:
        hint = "Give it a value (in quotes if it starts with #), or remove the line."
    return ConfigError(
        "A setting has a value that cannot be used.",
        detail=f"{found.source}: {found.key} is {described(found.value)}; expected {expected}",
        hint=hint,
    )


def unknown_key(source: str, key: str, known: Iterable[str]) -> ConfigError:
    """The error for a key that looks like ours and is not."""
    return ConfigError(
        "A setting is unknown.",
        detail=f"{source}: there is no setting named {quoted(key)}",
        hint=did_you_mean(key, known) or "Remove it; this lists every setting:\n  snapsync config",
    )
