"""A bot's folder to load a configuration from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from snapsync.config import Config, load

Loader = Callable[..., Config]


@pytest.fixture
def bot(tmp_path: Path) -> Loader:
    """``bot(text, dotenv=…, env=…, NAME=…)``: write the files, load with these variables."""

    def run(text: str | bytes = "", *, dotenv: str = "", env: str | None = None, **environ: str) -> Config:
        raw = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "config.yaml").write_bytes(raw)
        (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
        return load({"TZ": "America/New_York", **environ}, tmp_path, env=env)

    return run
