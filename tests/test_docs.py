"""The documents say what is so: generated pages are current, commands exist, programs print what they say."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import click
import pytest

from snapsync.cli.main import invoke
from snapsync.ends.book import entries, positions

from .conftest import Bot
from .generate_docs import DOCS, commands, pages

ROOT = DOCS.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
COMMANDS = dict(commands())
PACKAGE = ROOT / "snapsync"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def blocks(page: Path, *languages: str) -> Iterator[tuple[str, str]]:
    """(language, text) of a page's code blocks in these languages."""
    for language, text in FENCE.findall(page.read_text("utf-8")):
        if language in languages:
            yield language, text


def shown_commands(page: Path) -> Iterator[str]:
    """Every command line of snapsync that a page shows, in blocks for a shell or in a sentence."""
    for _, text in blocks(page, "sh", "console"):
        for line in text.splitlines():
            # a line may go somewhere first: `cd there && snapsync …`
            for part in line.removeprefix("$ ").split(" && "):
                if part.startswith("snapsync "):
                    yield part
    yield from re.findall(r"`(snapsync [^`]+)`", FENCE.sub("", page.read_text("utf-8")))


def anchors(page: Path) -> set[str]:
    """What links into a page may name: its headings as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_generated_pages_are_current(path: Path) -> None:
    """A generated page is what the code says now; `make docs` rewrites it."""
    assert path.read_text("utf-8") == pages()[path]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    """A command and each of its options say in words what they are for."""
    command = COMMANDS[name].command

    assert command.help
    assert command.get_short_help_str()
    for option in command.params:
        assert not isinstance(option, click.Option) or option.help, option.name


@pytest.mark.parametrize("name", [name for name in COMMANDS if name])
def test_every_command_is_in_the_reference(name: str) -> None:
    """docs/cli.md has a section for each command, with its usage."""
    page = (DOCS / "cli.md").read_text("utf-8")

    assert f"### {name}\n" in page
    assert f"Usage: snapsync {name}" in page


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_shown_commands_exist(page: Path) -> None:
    """Each command line that a page shows names a command, and options that the command has."""
    for line in shown_commands(page):
        _, *words = takewhile(lambda word: word != "--", shlex.split(line, comments=True))
        name = words.pop(0) if words[0] in COMMANDS else ""
        known = {word for option in COMMANDS[name].command.params for word in option.opts}
        known |= set(COMMANDS[name].help_option_names)
        used = {word.partition("=")[0] for word in words if word.startswith("-")}

        assert name or used, line
        assert used <= known, line


def test_a_command_that_does_not_exist_is_found(tmp_path: Path) -> None:
    """The check for shown commands can fail."""
    page = tmp_path / "page.md"
    page.write_text("```sh\nsnapsync conquer --now\n```\nOr `snapsync plan --wrong`.\n")

    with pytest.raises(AssertionError):
        test_shown_commands_exist(page)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a file, or to a heading of one, finds it."""
    for link in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page

        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def findings(path: Path) -> Iterator[tuple[str, str]]:
    """(code, severity) of every Finding that a module makes."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
            said: dict[str, Any] = {
                word.arg: word.value.value
                for word in node.keywords
                if word.arg and isinstance(word.value, ast.Constant)
            }
            assert "code" in said, f"{path}:{node.lineno}: a finding's code is written where it is made"
            assert "severity" in said, f"{path}:{node.lineno}: and so is its severity"
            yield said["code"], said["severity"]


def test_every_finding_is_explained() -> None:
    """docs/findings.md has a section for each code that the source gives, with its severity, and no other."""
    made = {found for path in PACKAGE.rglob("*.py") for found in findings(path)}
    text = (DOCS / "findings.md").read_text("utf-8")
    explained = set(re.findall(r"^### `([a-z-]+)` \((\w+)\)$", text, re.MULTILINE))

    assert made == explained


@pytest.mark.parametrize("names", [positions.NAMES, entries.NAMES], ids=["positions", "history"])
def test_every_column_is_explained(names: dict[str, tuple[str, ...]]) -> None:
    """docs/book.md names each column that is read or written, and every other name that it may have."""
    text = (DOCS / "book.md").read_text("utf-8")

    for name, others in names.items():
        row = re.search(rf"^\| `{name}` \|([^|]*)\|", text, re.MULTILINE)
        assert row, name
        assert all(f"`{other}`" in text for other in others), name


@pytest.mark.parametrize(("page", "programs"), [("library.md", 7), ("migrate.md", 1)])
def test_the_programs_print_what_they_say(
    bot_at: Callable[..., Bot], capfd: pytest.CaptureFixture[str], page: str, programs: int
) -> None:
    """The programs of a page run, one after the other, and print the block that follows each."""
    bot_at("guide")
    names: dict[str, object] = {}
    program = ""
    ran = 0
    for language, text in blocks(DOCS / page, "python", "text"):
        if language == "python":
            program = text
            continue
        capfd.readouterr()
        exec(compile(program, f"docs/{page}", "exec"), names)  # noqa: S102 - our own page
        ran += 1

        assert capfd.readouterr().out == text

    assert ran == programs


def masked(text: str) -> list[str]:
    """Lines without what may differ: ids, the folder, and the order of a command's options."""
    lines = (
        " ".join(sorted(line.split())) if line.startswith("$ ") else line.rstrip()
        for line in text.splitlines()
    )
    kept = (re.sub(r"\b[0-9a-f]{12}\b|· \S+$", "…", line) for line in lines)
    return [line for line in kept if line]


def test_the_transcript_is_the_demos(clean_environment: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each line of the README's transcript is printed by the demo, in that order."""
    invoke(["demo", "--dir", str(clean_environment / "demo")])
    printed = iter(masked(capfd.readouterr().out))
    ((_, transcript),) = blocks(ROOT / "README.md", "console")

    for line in masked(transcript):
        assert line in printed


@pytest.mark.parametrize("path", sorted((DOCS / "adr").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_tells_its_price(path: Path) -> None:
    """Each record has its four parts, and its consequences name what the decision costs."""
    text = path.read_text("utf-8")

    assert re.match(rf"# {int(path.name[:4])}\. ", text)
    assert "\nStatus: " in text
    for part in ("Context", "Decision", "Consequences"):
        assert f"\n## {part}\n" in text
    assert "The price: " in text.partition("## Consequences")[2]


def pitfalls() -> list[tuple[int, str]]:
    """The rows of docs/broker.md: a pitfall's number and the test that is said to hold it."""
    page = (DOCS / "broker.md").read_text("utf-8")
    return [
        (int(number), test)
        for number, test in re.findall(r"^\| (\d+) \|.*\| `([^`]+)` \|$", page, re.MULTILINE)
    ]


def test_every_pitfall_has_a_row() -> None:
    """All forty pitfalls of the API are answered for."""
    assert [number for number, _ in pitfalls()] == list(range(1, 41))


@pytest.mark.parametrize(("number", "test"), pitfalls())
def test_a_named_test_exists(number: int, test: str) -> None:
    """The test that is said to hold a pitfall is there."""
    path, _, name = test.partition("::")
    file = ROOT / "tests" / path

    assert file.exists(), number
    assert f"def {name}(" in file.read_text("utf-8") if name else True
