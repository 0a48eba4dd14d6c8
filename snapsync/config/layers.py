"""The three places a setting can stand in, each read into ``{key: Found}``.

config.yaml below .env below the environment. Nothing is understood here and nothing is merged;
only what cannot be told apart from a slip is refused: an unknown key of ours, a key given twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from snapsync.config.found import Entry, Found, Plain, Table, unknown_key, wrong_value
from snapsync.config.settings import BOOK_KEY, BY_KEY, TOP_KEYS, is_ours
from snapsync.config.yaml_text import read_mapping
from snapsync.errors import ConfigError

if TYPE_CHECKING:
    from dotenv.parser import Original

ENVIRONMENT = "environment"
OUR_NAMES = re.compile(r"\b(?:(?:ALPACA|APCA|SNAPSYNC)_|SLACK_(?:WEBHOOK_URL|BOT_TOKEN|API_URL)\b)")

# python-dotenv would say the same of these; but its import takes longer than all else that `log` does
_PLAIN = re.compile(r"(?:(?:[A-Z_a-z]\w*=[\w.:/@%+,-]*|#[^\r\n]*)?\n)*", re.ASCII)

Layer = dict[str, Found]


def file_layer(path: Path, label: str) -> Layer:
    """What config.yaml says; keys that are not ours are the bot's and none of our business.

    Raises:
        ConfigError: the file cannot be read, is not YAML, or has a key of ours that is unknown.
    """
    layer: Layer = {}
    for entry in read_mapping(read_text(path, label), label, wanted=is_ours):
        layer.update(_spread(entry, f"{label}:{entry.line}", label))
    return layer


def variable_layer(variables: Mapping[str, str], sources: Mapping[str, str]) -> Layer:
    """What environment variables say about settings; an empty variable counts as not set.

    Args:
        variables: name → value.
        sources: name → where it stands; names that are absent stand in the environment.
    """
    layer: Layer = {}
    for name in sorted(filter(is_ours, variables)):
        source = sources.get(name, ENVIRONMENT)
        text = variables[name].strip()
        value: Plain = text
        if name == BOOK_KEY and text:
            label = f"{source}: {BOOK_KEY}"
            value = Table(tuple(read_mapping(text, label, wanted=lambda _: True)))
        found = _spread(Entry(key=name, value=value, line=0), source, None)
        layer.update(found if text else {})
    return layer


def _spread(entry: Entry, source: str, label: str | None) -> Layer:
    """A key's entry as settings: itself, or one per key of the mapping (the book's).

    A label is that of config.yaml, whose lines are known and whose addresses are not trusted.
    """
    if entry.key not in TOP_KEYS:
        raise unknown_key(source, entry.key, TOP_KEYS)
    whole = Found(key=entry.key, value=entry.value, source=source, trusted=label is None)
    if entry.key in BY_KEY:
        return {entry.key: whole}
    inside = [key.partition(".")[2] for key in BY_KEY if key.startswith(entry.key + ".")]
    if not isinstance(entry.value, Table):
        raise wrong_value(whole, f"a mapping with {', '.join(inside)}")
    layer: Layer = {}
    for part in entry.value.entries:
        key = f"{entry.key}.{part.key}"
        place = f"{label}:{part.line}" if label else source
        if key not in BY_KEY:
            raise unknown_key(place, key, (f"{entry.key}.{name}" for name in inside))
        layer[key] = Found(key=key, value=part.value, source=place, trusted=label is None)
    return layer


def read_dotenv(path: Path, label: str, environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The variables of a .env file and where each stands, ``${NAME}`` filled in.

    Broken lines are skipped as python-dotenv does, unless they name a variable that we would
    have used: a lost key would surface far from its cause. No file, or a folder of that name (an
    old virtual environment), is an empty one.

    Returns:
        name → value and name → source.

    Raises:
        ConfigError: the file cannot be read, or a line that concerns us is broken.
    """
    if not present(path) or path.is_dir():
        return {}, {}
    text = read_text(path, label)
    if _PLAIN.fullmatch(text + "\n"):
        return _plain(text, label)
    return _interpreted(text, label, environ)


def _plain(text: str, label: str) -> tuple[dict[str, str], dict[str, str]]:
    """What a .env says in which nothing but names, values and comments stands."""
    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            values[name], sources[name] = value, f"{label}:{number}"
    return values, sources


def _interpreted(text: str, label: str, environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What any other .env says."""
    from io import StringIO  # noqa: PLC0415 - only with such a .env

    from dotenv.parser import parse_stream  # noqa: PLC0415 - the same
    from dotenv.variables import parse_variables  # noqa: PLC0415 - the same

    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    for binding in parse_stream(StringIO(text)):
        source = f"{label}:{_line(binding.original)}"
        if binding.error and OUR_NAMES.search(binding.original.string):
            raise _broken_line(source)
        if binding.key is None or binding.value is None:
            continue
        known = {**values, **environ}
        atoms = parse_variables(binding.value)
        values[binding.key] = "".join(atom.resolve(known) for atom in atoms)
        sources[binding.key] = source
    return values, sources


def _line(original: Original) -> int:
    """The line of the variable itself; python-dotenv counts from the blank lines above it."""
    above = original.string[: len(original.string) - len(original.string.lstrip())]
    return original.line + above.count("\n")


def _broken_line(source: str) -> ConfigError:
    # the line itself may hold a secret: it is not shown
    return ConfigError(
        "A line of the .env file cannot be read.",
        detail=f"{source}: expected NAME=value",
        hint="Write each variable as NAME=value on its own line, and close every quote.",
    )


def present(path: Path) -> bool:
    """Whether there is anything at the path; what cannot be looked at counts, its reader says why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def read_text(path: Path, label: str) -> str:
    """A file's text.

    Raises:
        ConfigError: it is no readable file, or not UTF-8.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = "it is a folder" if path.is_dir() else error.strerror or "the system refused"
        raise ConfigError(
            "A configuration file cannot be read.",
            detail=f"{label}: {reason}",
            hint="Name the file itself and check its permissions.",
        ) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            "A configuration file is not UTF-8 text.",
            detail=f"{label}:{line}: byte {raw[error.start]:#04x} does not belong there",
            hint="Save the file with the encoding UTF-8.",
        ) from error
