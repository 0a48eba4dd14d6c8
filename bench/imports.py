"""What a command's imports alone cost: to be subtracted where programs are compared by what they do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .measure import ROOT, Cost, python

_RECORD = """
import sys, json
start = set(sys.modules)
from snapsync.cli.main import invoke
invoke(sys.argv[2:])
names = [name for name in sys.modules if name not in start and name != "__main__"]
json.dump(names, open(sys.argv[1], "w"))
"""
_IMPORT = """
import sys, json, importlib
for name in json.load(open(sys.argv[1])):
    try:
        importlib.import_module(name)
    except ImportError:
        pass  # a name that another module made up
"""


def record(folder: Path, into: Path, *command: str) -> None:
    """Run a command and note what it imports."""
    words = [sys.executable, "-c", _RECORD, str(into), *command]
    subprocess.run(words, cwd=folder, check=True, capture_output=True, env={"PYTHONPATH": str(ROOT)})  # noqa: S603 - our own


def imported(noted: Path) -> Cost:
    """What it takes to import that and nothing else."""
    return python("-c", _IMPORT, str(noted), cwd=noted.parent)


def these(*names: str, folder: Path) -> Cost:
    """What it takes to import a few modules."""
    return python("-c", f"import {', '.join(names)}", cwd=folder)
