"""Paths as arguments: where an id could stand as well, what looks like a file is one."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


def is_file(named: str) -> bool:
    """Whether an argument names a file: an id has neither a slash nor an ending."""
    return "/" in named or "." in named or Path(named).is_file()
