"""Start-up: what a command imports, and what importing the package does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("alpaca", "pandas", "numpy", "deepdiff", "starlette", "uvicorn", "requests", "pydantic", "slack_sdk")

PROBE = """
import sys
from snapsync.cli.main import invoke
code = invoke(sys.argv[1:])
print(int(code), *sys.modules, file=sys.stderr)
"""


def modules(args: list[str], folder: Path) -> tuple[int, set[str]]:
    """The exit code of a command in a fresh process, and the packages that it imported."""
    code, names = loaded(args, folder)
    return code, {name.partition(".")[0] for name in names}


def loaded(args: list[str], folder: Path) -> tuple[int, set[str]]:
    """The exit code of a command in a fresh process, and its modules, by their full names."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *args], cwd=folder, capture_output=True, text=True, check=True
    )
    code, *names = done.stderr.splitlines()[-1].split()
    return int(code), set(names)


@pytest.mark.parametrize(
    "args", [["--help"], ["plan", "--help"], ["apply", "--help"], ["--version"]], ids=" ".join
)
def test_help_imports_nothing_heavy(args: list[str], tmp_path: Path) -> None:
    """Help is quick: no SDK, no pandas, no deepdiff, no server."""
    code, names = modules(args, tmp_path)

    assert code == 0
    assert names.isdisjoint(HEAVY)


def test_the_overview_loads_no_layer_of_ours(tmp_path: Path) -> None:
    """The overview of the commands is click and a table: no store, no configuration, no YAML."""
    code, names = loaded(["--help"], tmp_path)

    assert code == 0
    assert {name for name in names if name.startswith("snapsync.")} == {
        "snapsync.cli",
        "snapsync.cli.main",
        "snapsync.errors",
        "snapsync.version",
    }
    assert names.isdisjoint({"msgspec", "yaml", "zoneinfo", "importlib.metadata", "pkg_resources"})


def test_importing_snapsync_has_no_side_effects(tmp_path: Path) -> None:
    """Importing the package imports nothing heavy and writes nothing."""
    script = "import sys, snapsync; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert {name.partition(".")[0] for name in done.stdout.split()}.isdisjoint({*HEAVY, "click", "yaml"})
    assert not list(tmp_path.iterdir())
