"""Foreign text (symbols, ids, cells) made harmless for the medium that it is shown in."""

from __future__ import annotations

import unicodedata

# Controls, and the invisible marks that reorder or hide what stands around them.
_HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def terminal(text: str) -> str:
    """Text whose controls are written out, so that it cannot steer a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) if unicodedata.category(char) in _HARMFUL else char for char in text)


def _shown(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
