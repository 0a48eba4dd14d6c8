"""Finding a trade by its key, for who does not want to go through all of them."""

from __future__ import annotations

from collections.abc import Callable

from .state import Transaction

Find = Callable[[str], Transaction | None]
"""The trade of a key; None where there is none."""
