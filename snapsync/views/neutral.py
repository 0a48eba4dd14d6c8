"""Foreign text (symbols, ids, cells) made harmless for the medium that it is shown in."""

from __future__ import annotations

import re
import unicodedata

# Controls, and the invisible marks that reorder or hide what stands around them.
_HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# What gives text a meaning in Markdown, or in GitHub's: markup, tables, HTML, formulas; mentions; links.
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&#$]|@(?=\w)|:(?=//|[\w+-]+:)|(?<=www)\.", re.IGNORECASE)

# What begins markup at Slack, and what ends up as an emoji or a link. A mark behind a letter begins none,
# but one behind an underscore does once that has gone.
_SLACK = re.compile(r"(?<![^\W_])[*_~]|`|:(?=//|[\w+'-]+:)|(?<=www)\.", re.IGNORECASE)
_ALIKE = {"*": "∗", "_": "＿", "~": "∼", "`": "ˋ", ":": "∶", ".": "․"}  # noqa: RUF001 - look-alikes


def terminal(text: str) -> str:
    """Text whose controls are written out, so that it cannot steer a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) if unicodedata.category(char) in _HARMFUL else char for char in text)


def markdown(text: str) -> str:
    """Text that stays text within a line of Markdown: no markup, link, table cell, HTML or mention."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", terminal(text))


def slack(text: str) -> str:
    """Text that stays text within a line of a Slack message: no markup, link, emoji or mention.

    Slack has no way to write such characters out, so what would begin markup is replaced by a look-alike.
    """
    escaped = terminal(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SLACK.sub(lambda found: _ALIKE[found[0]], escaped)


def workflow(text: str) -> str:
    """Text for a workflow command of GitHub Actions: it stays one command, and begins no other."""
    return terminal_lines(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """The same for a property of such a command, such as its title."""
    return workflow(text).replace(":", "%3A").replace(",", "%2C")


def json_text(text: str) -> str:
    """JSON that a terminal may show: what could steer it is written as escapes of the same value."""
    if text.isascii():
        return text
    hidden = _HARMFUL - {"Cc"}  # JSON itself escapes controls; what is left of them are its line ends
    return "".join(_escaped(char) if unicodedata.category(char) in hidden else char for char in text)


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def terminal_lines(text: str) -> str:
    """As ``terminal``, of several lines."""
    return "\n".join(terminal(line) for line in text.split("\n"))


def _shown(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
