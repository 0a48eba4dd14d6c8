"""The machine that the tests run on, which must not show in them: a developer's, a CI system's."""

from __future__ import annotations

import os

_OURS = ("ALPACA_", "APCA_", "SNAPSYNC_")
_CI = ("CI", "GITHUB_", "GITLAB_")


def variables() -> list[str]:
    """The environment's variables that snapsync would heed, and that a test takes away."""
    return [name for name in os.environ if name.startswith(_OURS + _CI)]
