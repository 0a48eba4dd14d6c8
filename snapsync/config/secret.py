"""The API keys: which pair counts, and a home for them that cannot be printed by accident.

Neither class is a struct or dataclass: msgspec and the like refuse to encode them, and their
reprs show nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from snapsync.errors import BrokerError, ConfigError, Exit

HIDDEN = "(hidden)"


class Pair(NamedTuple):
    """The two variables that belong together."""

    key: str
    secret: str


def pairs(env: str) -> tuple[Pair, ...]:
    """The variables an env's credentials may stand in, the first that is set wins."""
    own = f"ALPACA_{env.upper()}"
    return (
        Pair(f"{own}_API_KEY", f"{own}_SECRET_KEY"),
        Pair("ALPACA_API_KEY", "ALPACA_SECRET_KEY"),
        Pair("APCA_API_KEY_ID", "APCA_API_SECRET_KEY"),
    )


class Credentials:
    """One account's API key and secret.

    ``source`` names the variable and where it stands, and may be shown; the rest may not.
    """

    __slots__ = ("key", "secret", "source")

    def __init__(self, *, key: str, secret: str, source: str) -> None:
        self.key: Final = key
        self.secret: Final = secret
        self.source: Final = source

    def __repr__(self) -> str:
        return f"Credentials{HIDDEN}"


class Secrets:
    """The credential variables of one env as they were found, not yet judged."""

    __slots__ = ("_sources", "_values")

    def __init__(self, env: str, layers: tuple[tuple[str, Mapping[str, str]], ...]) -> None:
        """Keep what concerns the env.

        Args:
            env: whose credentials.
            layers: the label and the variables of each place, the one that wins first.
        """
        self._values: dict[str, str] = {}
        self._sources: dict[str, str] = {}
        for pair in pairs(env):
            for label, variables in layers:
                found = {name: text for name in pair if (text := variables.get(name, "").strip())}
                self._values |= found
                self._sources |= dict.fromkeys(found, label)
                if found:  # a pair is never mixed from two places: it would be two accounts' keys
                    break

    def __repr__(self) -> str:
        return f"Secrets{HIDDEN}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secrets):
            return NotImplemented
        return self._values == other._values and self._sources == other._sources

    def __hash__(self) -> int:
        return hash(tuple(self._sources.items()))

    def source(self, name: str) -> str | None:
        """Where a variable is set, or None."""
        return self._sources.get(name)

    def credentials(self, env: str) -> Credentials:
        """The pair that counts; see ``snapsync.config.credentials``."""
        pair = next((pair for pair in pairs(env) if not self._sources.keys().isdisjoint(pair)), None)
        if pair is None:
            raise _none(env)
        for name in pair:
            self._check(name, pair)
        source = f"{pair.key} ({self._sources[pair.key]})"
        return Credentials(key=self._values[pair.key], secret=self._values[pair.secret], source=source)

    def _check(self, name: str, pair: Pair) -> None:
        other = pair.secret if name == pair.key else pair.key
        if name not in self._values:
            place = self._sources[other]
            raise ConfigError(
                "Half of the API credentials is missing.",
                detail=f"{place}: {other} is set, {name} is not",
                hint=f"Set {name} in the same place (a pair is never mixed from two places), "
                f"or remove {other}.",
                exit=Exit.CREDENTIALS,
            )
        if not all("!" <= character <= "~" for character in self._values[name]):
            raise ConfigError(
                "An API credential contains a character that cannot be sent.",
                detail=f"{self._sources[name]}: {name} contains a space, a line break or a "
                "character outside ASCII",
                hint="Copy it again from Alpaca's dashboard.",
                exit=Exit.CREDENTIALS,
            )


def _none(env: str) -> BrokerError:
    own, common = pairs(env)[:2]
    return BrokerError(
        "There are no API credentials.",
        detail=f"neither the environment nor .env sets {common.key} and {common.secret} "
        f"(or {own.key} and {own.secret})",
        hint="Add these lines, with the keys from Alpaca's dashboard, to the file .env beside "
        f"config.yaml:\n  {common.key}=…\n  {common.secret}=…",
        exit=Exit.CREDENTIALS,
    )
