"""Finding a trade by its key, for who does not want to go through all of them."""

from __future__ import annotations

from collections.abc import Callable

from .pages import Pages
from .state import Transaction

Find = Callable[[Pages[Transaction], str], Transaction | None]
"""The trade of a key among these; None where there is none."""
