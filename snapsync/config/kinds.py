"""The kinds of values a setting can have: what is accepted, what comes out, how it is described.

Numbers are exact (no float on the way) and lists are normalised, so that two spellings of one
configuration are equal. A kind knows nothing of keys, files or lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from snapsync.config.found import Found, MismatchError, Plain, Table

if TYPE_CHECKING:
    from typing import NoReturn

TRUE = frozenset({"true", "yes", "on"})
FALSE = frozenset({"false", "no", "off"})
PLACEHOLDER = re.compile(r"[{][^{}]*[}]?|[}]")


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """How a setting's text becomes its value.

    ``parse`` raises MismatchError for a value that is not of the kind, and a ConfigError of its
    own where more than the form is wrong.
    """

    expected: str
    parse: Callable[[Found], object]


def _refuse() -> NoReturn:
    raise MismatchError


def text_of(value: Plain) -> str:
    """The value as one line of printable text without surrounding space."""
    if not isinstance(value, str):
        _refuse()
    text = value.strip()
    return text if text.isprintable() else _refuse()


def texts_of(value: Plain) -> tuple[str, ...]:
    """A list's members; text is a comma-separated list, with or without brackets."""
    if isinstance(value, tuple):
        members = tuple(text_of(member) for member in value)
        return members if all(members) else _refuse()
    text = text_of(value).removeprefix("[").removesuffix("]")
    return tuple(member for part in text.split(",") if (member := part.strip()))


def _unique(members: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(members))


def text(expected: str) -> Kind:
    """One line of text; empty is allowed."""
    return Kind(expected=expected, parse=lambda found: text_of(found.value))


def boolean() -> Kind:
    """True or false, in the words that YAML 1.1 has for them."""

    def parse(found: Found) -> bool:
        word = text_of(found.value).lower()
        if word not in TRUE | FALSE:
            _refuse()
        return word in TRUE

    return Kind(expected="true or false", parse=parse)


def whole(unit: str, low: int, high: int) -> Kind:
    """A whole number of a unit within a range."""

    def parse(found: Found) -> int:
        digits = text_of(found.value)
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", digits):
            _refuse()
        number = int(digits)
        return number if low <= number <= high else _refuse()

    return Kind(expected=f"a whole number of {unit} from {low} to {high}", parse=parse)


def percentage(low: int, high: int) -> Kind:
    """An exact percentage within a range."""
    return _exact(f"a percentage from {low} to {high}", low, high)


def dollars(low: int, high: int) -> Kind:
    """An exact amount within a range."""
    return _exact(f"dollars from {low:,} to {high:,}", low, high)


def _exact(expected: str, low: int, high: int) -> Kind:
    def parse(found: Found) -> Decimal:
        digits = text_of(found.value)
        if not re.fullmatch(r"[+-]?([0-9]{1,18}([.][0-9]{0,18})?|[.][0-9]{1,18})", digits):
            _refuse()
        number = Decimal(digits)
        return number if low <= number <= high else _refuse()

    return Kind(expected=expected, parse=parse)


def time_of_day() -> Kind:
    """``HH:MM``; empty for none."""

    def parse(found: Found) -> str:
        text = text_of(found.value)
        return text if not text or re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text) else _refuse()

    return Kind(expected='a time such as "16:30", in quotes, or nothing', parse=parse)


def mention() -> Kind:
    """Whom a message calls, in the ways that Slack knows; empty for nobody."""

    def parse(found: Found) -> str:
        text = text_of(found.value).removeprefix("@")
        return text if not text or re.fullmatch(r"here|channel|[UWS][A-Z0-9]{5,20}", text) else _refuse()

    return Kind(expected="here, channel, or the id of a member or group such as U0123ABCD", parse=parse)


def one_of(*names: str) -> Kind:
    """One of a few words, in any case."""

    def parse(found: Found) -> str:
        word = text_of(found.value).lower()
        return word if word in names else _refuse()

    return Kind(expected=" or ".join(names), parse=parse)


def some_of(*names: str, least: int) -> Kind:
    """A list of a few words, in any case; it comes out in the order given here."""

    def parse(found: Found) -> tuple[str, ...]:
        words = {word.lower() for word in texts_of(found.value)}
        if not words <= set(names) or len(words) < least:
            _refuse()
        return tuple(name for name in names if name in words)

    some = "at least one of " if least else ""
    return Kind(expected=f"a list of {some}{', '.join(names)}", parse=parse)


def globs() -> Kind:
    """A list of symbol patterns (``*``, ``?``, ``[…]``), in any case; symbols are upper case."""

    def parse(found: Found) -> tuple[str, ...]:
        return _unique(member.upper() for member in texts_of(found.value))

    return Kind(expected="a list of symbols or patterns such as SPY*", parse=parse)


def zone() -> Kind:
    """An IANA time zone."""

    def parse(found: Found) -> ZoneInfo:
        try:
            return ZoneInfo(text_of(found.value))
        except (KeyError, ValueError, OSError):  # OSError: "America" is a folder
            return _refuse()

    return Kind(expected="an IANA time zone such as America/New_York", parse=parse)


def _path(value: Plain) -> str:
    path = text_of(value)
    # no home folder is looked up here, and a folder literally named "~" is never meant
    return _refuse() if not path or path.startswith("~") else path


def folder() -> Kind:
    """A folder's path, taken from the config file's folder."""

    def parse(found: Found) -> str:
        path = _path(found.value)
        return _refuse() if PLACEHOLDER.search(path) else path

    return Kind(expected="a path without { } and without ~ in front; the env's name is appended", parse=parse)


def template() -> Kind:
    """A file's path with ``{env}`` in it: without, paper and live would share the file."""

    def parse(found: Found) -> str:
        path = _path(found.value)
        return path if set(PLACEHOLDER.findall(path)) == {"{env}"} else _refuse()

    return Kind(
        expected="a path that contains {env}, in quotes if it starts with {, without ~ in front", parse=parse
    )


def columns() -> Kind:
    """A mapping of a file's names to ours; no two may mean the same one of ours.

    Which names are ours is the book's business: what is read here is only a mapping of words.
    """

    def parse(found: Found) -> tuple[tuple[str, str], ...]:
        if not isinstance(found.value, Table):
            _refuse()
        pairs = [(text_of(entry.key), text_of(entry.value)) for entry in found.value.entries]
        if not all(theirs and ours for theirs, ours in pairs):
            _refuse()
        return tuple(pairs) if len({ours for _, ours in pairs}) == len(pairs) else _refuse()

    expected = "a mapping such as {qty: quantity}, each of our names at most once"
    return Kind(expected=expected, parse=parse)
