"""YAML text → entries with their lines, every scalar as it was written.

Only the node graph is used: a loader would turn ``1.10`` into a float, ``NO`` into false and
forget where things stood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from snapsync.config.found import Entry, Plain, Table, quoted
from snapsync.errors import ConfigError

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

NULL = "tag:yaml.org,2002:null"
MERGE = "tag:yaml.org,2002:merge"
DEEPEST = 4


def read_mapping(text: str, label: str, *, wanted: Callable[[str], bool]) -> list[Entry]:
    """The wanted keys of a YAML mapping; the others are not even looked into.

    Args:
        text: the YAML; empty text is an empty mapping.
        label: what errors call the text (a file's name).
        wanted: which keys are wanted.

    Raises:
        ConfigError: the text is not YAML, no mapping, or a wanted key stands there twice.
    """
    node = _compose(text, label, wanted)
    if node is None:
        return []
    from yaml.nodes import MappingNode  # noqa: PLC0415 - pyyaml is imported when first needed

    if not isinstance(node, MappingNode):
        raise ConfigError(
            "The configuration is not a mapping.",
            detail=f"{label}:{node.start_mark.line + 1}: expected lines like KEY: value",
            hint="Write one setting a line, as KEY: value.",
        )
    return list(_entries(node, label, wanted, depth=0))


def _compose(text: str, label: str, wanted: Callable[[str], bool]) -> Node | None:
    import yaml  # noqa: PLC0415 - pyyaml is imported when first needed

    try:
        node = _node(text)
        if isinstance(node, yaml.MappingNode):
            _refuse_duplicates(node, label, wanted)
            yaml.constructor.SafeConstructor().flatten_mapping(node)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # ValueError: "\\U99999999"
        raise _broken(text, label, error) from error
    except RecursionError as error:
        raise _too_deep(label) from error
    return node


def _node(text: str) -> Node | None:
    """The text's node graph: from libyaml where it is there, which takes a tenth of the time."""
    import yaml  # noqa: PLC0415 - pyyaml is imported when first needed

    node: Node | None
    if yaml.__with_libyaml__:
        with suppress(yaml.YAMLError):  # what is wrong is said in one way on all machines: below
            node = yaml.compose(text, Loader=yaml.CSafeLoader)
            return node
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    return node


def _entries(node: MappingNode, label: str, wanted: Callable[[str], bool], depth: int) -> Iterator[Entry]:
    """The mapping's entries by key; of merged ones (``<<``) the nearest wins, as in YAML."""
    entries: dict[str, Entry] = {}
    for key, value in node.value:
        name = key.value
        if isinstance(name, str) and wanted(name):
            line = key.start_mark.line + 1
            entries[name] = Entry(key=name, value=_plain(value, label, depth + 1), line=line)
    yield from entries.values()


def _plain(node: Node, label: str, depth: int) -> Plain:
    from yaml.nodes import MappingNode, SequenceNode  # noqa: PLC0415 - loaded by _compose

    if depth > DEEPEST:
        raise _too_deep(label)
    if isinstance(node, MappingNode):
        _refuse_duplicates(node, label, _any)
        return Table(tuple(_entries(node, label, _any, depth)))
    if isinstance(node, SequenceNode):
        return tuple(_plain(member, label, depth + 1) for member in node.value)
    return None if node.tag == NULL else str(node.value)


def _any(_: str) -> bool:
    return True


def _refuse_duplicates(node: MappingNode, label: str, wanted: Callable[[str], bool]) -> None:
    """A key given twice is a slip; which of the two is meant cannot be known."""
    lines: dict[str, int] = {}
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if key.tag == MERGE or not isinstance(key.value, str) or not wanted(key.value):
            continue
        if key.value in lines:
            raise ConfigError(
                "A setting is given twice.",
                detail=f"{label}:{line}: {quoted(key.value)} stands already on line {lines[key.value]}",
                hint="Keep one of the two.",
            )
        lines[key.value] = line


def _broken(text: str, label: str, error: Exception) -> ConfigError:
    """Where YAML stops making sense; the text around it is not shown: it may hold secrets."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    if mark is not None:
        line, column = mark.line + 1, mark.column + 1
    else:  # a character that YAML does not allow: only its offset is known
        before = text[: getattr(error, "position", 0)]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return ConfigError(
        "The configuration is not valid YAML.",
        detail=f"{label}:{line}:{column}: {what}",
        hint="Check the indentation, the quotes and the brackets on and above that line.",
    )


def _too_deep(label: str) -> ConfigError:
    return ConfigError(
        "The configuration is nested too deeply.",
        detail=f"{label}: no setting needs more than {DEEPEST} levels",
        hint="Settings are single values, lists of words, and the mapping of the book's files.",
    )
