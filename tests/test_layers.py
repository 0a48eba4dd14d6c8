"""The arrows of docs/design.md: who may import whom, held by reading the imports."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "snapsync"

# layer → the layers it may import; errors and version may be imported by all
ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "version": set(),
    "model": set(),
    "config": set(),
    "store": {"model"},
    "ends": {"model"},
    "views": {"model"},
    "sandbox": set(),
    "verbs": {"model", "config", "store", "ends", "views"},
    "cli": {"model", "config", "store", "ends", "views", "verbs", "sandbox"},
    "__init__": {"verbs"},
    "__main__": {"cli"},
}

# third party → the only places that may import it
HOMES: dict[str, set[str]] = {
    "alpaca": {"ends/alpaca"},
    "requests": {"ends/alpaca"},
    "urllib3": {"ends/alpaca"},
    "deepdiff": {"model/change.py"},
    "isal": {"model/hurry.py"},
    "click": {"cli"},
    "yaml": {"config", "sandbox"},
    "dotenv": {"config"},
    "slack_sdk": {"ends/slack.py"},
    "starlette": {"sandbox"},
    "uvicorn": {"sandbox"},
}

WRITERS = {
    "write_bytes",
    "write_text",
    "mkdir",
    "unlink",
    "rename",
    "replace",
    "rmdir",
    "symlink_to",
}
OS_WRITERS = {"replace", "rename", "remove", "unlink", "mkdir", "makedirs", "write", "truncate", "ftruncate"}

MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [str(path.relative_to(PACKAGE)) for path in MODULES]


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, by its full name."""
    package = ["snapsync", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            yield stem
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def layer(path: Path) -> str:
    """The layer that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_imports_run_one_way(path: Path) -> None:
    """A module imports only the layers below its own."""
    own = layer(path)
    allowed = ARROWS[own] | {own, "errors", "version"}

    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "snapsync" and len(parts) > 1 and parts[1] in ARROWS:
            assert parts[1] in allowed, f"{own} must not import {name}"


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_third_parties_have_homes(path: Path) -> None:
    """Each third-party package is imported in its one home only."""
    where = str(path.relative_to(PACKAGE))

    for name in imports(path):
        homes = HOMES.get(name.split(".")[0])
        assert homes is None or any(where.startswith(home) for home in homes), f"{where} imports {name}"


def test_every_third_party_is_declared() -> None:
    """What we import must not hang on what another package happens to bring."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["sandbox"]]
    declared = {re.split(r"[<>=\[]", line)[0] for line in lines}
    usual = {"alpaca": "alpaca-py", "yaml": "pyyaml", "dotenv": "python-dotenv", "slack_sdk": "slack-sdk"}
    tops = {name.split(".")[0] for path in MODULES for name in imports(path)}
    foreign = tops - sys.stdlib_module_names - {"snapsync", "__future__"}

    assert {usual.get(name, name) for name in foreign} <= declared
    assert {usual.get(name, name) for name in HOMES} <= declared


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_only_files_py_writes(path: Path) -> None:
    """Nothing but store/files.py writes to the file system."""
    where = str(path.relative_to(PACKAGE))
    if where in {"store/files.py", "store/lock.py", "cli/demo.py"}:
        # the lock writes its holder's name into itself; the demo plays the bot, whose files they are
        return

    assert not list(writes(path)), f"{where} writes"


def writes(path: Path) -> Iterator[str]:
    """Calls in a file that write to the file system."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            holder = node.func.value
            name = node.func.attr
            if isinstance(holder, ast.Name) and holder.id == "os":
                if name in OS_WRITERS:
                    yield f"os.{name}"
            elif isinstance(holder, ast.Name) and holder.id == "files":
                continue
            elif name in WRITERS - {"replace"} or (
                name == "replace" and len(node.args) == 1 and not node.keywords  # Path's, not a struct's
            ):
                yield name
        if isinstance(node, ast.Call):
            mode = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            opens = getattr(node.func, "attr", getattr(node.func, "id", "")) == "open"
            if opens and any(isinstance(each, str) and set(each) & set("wax+") for each in mode):
                yield "open for writing"


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_modules_are_short(path: Path) -> None:
    """No module has more than 300 lines."""
    assert len(path.read_text().splitlines()) <= 300


def test_the_writing_rule_can_fail(tmp_path: Path) -> None:
    """The check for writes sees the usual ways to write."""
    bad = tmp_path / "bad.py"
    bad.write_text("import os\np.write_text('x')\nos.replace(a, b)\nopen('f', 'w')\np.replace(q)\n")

    assert list(writes(bad)) == ["write_text", "os.replace", "open for writing", "replace"]
