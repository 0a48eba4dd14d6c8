"""Whether the columns that ALPACA_SYNC_BOOK maps lead to names of ours: config does not know the book."""

from __future__ import annotations

from snapsync.config import Config
from snapsync.ends.book import Role, names_of
from snapsync.errors import ConfigError

_SETTINGS: dict[str, tuple[Role, ...]] = {
    "columns": ("positions", "history"),
    "positions_columns": ("positions",),
    "history_columns": ("history",),
    "bankroll_keys": ("bankroll",),
}


def checked(config: Config) -> None:
    """See that each mapping leads to a column, or key, of ours.

    Raises:
        ConfigError: one does not (exit 64); a name that was meant is suggested.
    """
    sources = dict(config.sources)
    for setting, roles in _SETTINGS.items():
        known = {name: others for role in roles for name, others in names_of(role).items()}
        key = f"ALPACA_SYNC_BOOK.{setting}"
        for theirs, ours in getattr(config.book, setting):
            if ours not in known:
                raise ConfigError(
                    "A column of the book is mapped to a name that is not ours.",
                    detail=f'{sources[key]}: {key} maps "{theirs}" to "{ours}"',
                    hint=_hint(theirs, ours, known),
                )


def _hint(theirs: str, ours: str, known: dict[str, tuple[str, ...]]) -> str:
    if theirs in known:
        return f"The file's name comes first, then ours. Did you mean {ours}: {theirs}?"
    ours_by_name = {each: name for name, others in known.items() for each in (name, *others)}
    plain = ours.lower().replace(" ", "_")
    from difflib import get_close_matches  # noqa: PLC0415 - only for a slip of the keys

    parts = [each for each in ours_by_name if plain in each.split("_")]
    close = parts or get_close_matches(plain, ours_by_name, n=1, cutoff=0.8)
    if close:
        return f"Did you mean {theirs}: {ours_by_name[close[0]]}?"
    return "Ours are: " + ", ".join(known) + "."
