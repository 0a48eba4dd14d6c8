"""How a book's layout is said: which file was taken for what, and what to set where it was not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from snapsync.ends.book import Layout, Nearby
from snapsync.model.money import dollars
from snapsync.verbs.proposal import Proposal
from snapsync.views.json import Document
from snapsync.views.neutral import terminal
from snapsync.views.times import local
from snapsync.views.wrap import wrapped

_FEW = 6
_PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_./ {}-]*[A-Za-z0-9_./{}-])?", re.ASCII)


def words(layouts: Iterable[Layout], root: Path, zone: ZoneInfo, *, verbose: bool) -> list[str]:
    """What each file was taken for."""
    return [line for each in layouts for line in _file(each, root, zone, verbose=verbose)]


def _file(layout: Layout, root: Path, zone: ZoneInfo, *, verbose: bool) -> list[str]:
    name = terminal(_seen_from(root, layout.path))
    if layout.error:
        error = layout.error
        said = wrapped(f"{name}: cannot be read. {error.summary}", "  ", "  ")
        parts = [terminal(line) for line in error.detail.splitlines()] + error.hint.splitlines()
        return said + [line for part in parts for line in wrapped(part, "    ")]
    said = wrapped(f"{name}: {_content(layout, zone, verbose=verbose)}", "  ", "  ")
    columns = layout.columns
    if columns.renamed:
        pairs = ", ".join(f"{terminal(theirs)} as {ours}" for theirs, ours in columns.renamed)
        said += wrapped(f"read: {pairs}", "    ", "  ")
    foreign = [head for head in columns.foreign if head not in dict(columns.alike)]
    if foreign:
        most = None if verbose else _FEW
        said += wrapped(f"not ours, left alone: {_listed(foreign, most)}", "    ", "  ")
    if layout.dialect:
        said.append(f"    written with {', '.join(layout.dialect)}; kept so")
    return said


def _content(layout: Layout, zone: ZoneInfo, *, verbose: bool) -> str:
    if layout.standing == "absent":
        return "not there; apply makes it when needed"
    if layout.role == "bankroll":
        return "no bankroll in it" if layout.amount is None else f"bankroll {dollars(layout.amount)}"
    rows = _counted(layout.rows, "row")
    if layout.role == "positions":
        keys = f" ({_listed(layout.keys, None if verbose else 3)})" if layout.keys else ""
        return f"{rows}, {_counted(layout.entries, 'open position')}{keys}"
    return f"{rows}, {_counted(layout.entries, 'trade')}{_span(layout, zone)}"


def _span(layout: Layout, zone: ZoneInfo) -> str:
    if layout.first is None or layout.last is None:
        return ""
    first, last = local(layout.first, zone), local(layout.last, zone)
    return f" of {first}" if first == last else f" from {first} to {last}"


def timezone(layouts: Iterable[Layout], zone: ZoneInfo, *, assumed: bool) -> list[str]:
    """How times without a zone are read, by one of them; ``assumed`` where nobody has set the zone."""
    found = next((each.naive for each in layouts if each.naive), None)
    if found is None:
        return []
    text, moment = found
    whose = " (this machine's zone)" if assumed else ""
    return wrapped(
        f"Times that name no zone are read in {zone}{whose}: {terminal(text)} is"
        f" {local(moment, ZoneInfo('UTC'))}. If that is wrong, set ALPACA_SYNC_BOOK_TIMEZONE.",
        "",
    )


def proposed(
    proposal: Proposal, layouts: Iterable[Layout], near: Sequence[Nearby], *, set_already: bool
) -> list[str]:
    """What to set, ready to paste, and why."""
    if not proposal:
        return []
    said = []
    for role, what in _CALLED.items():
        found = [each for each in near if each.role == role]
        if found:
            others = ", ".join(terminal(each.path) for each in found[1:])
            also = f" (so does {others})" if others else ""
            said += wrapped(f"{terminal(found[0].path)} looks like your {what}{also}.{_rename(found[0])}", "")
    for layout in layouts:
        if layout.columns.alike:
            pairs = ", ".join(f"{terminal(theirs)} for {ours}" for theirs, ours in layout.columns.alike)
            said += wrapped(f"In {terminal(layout.path.name)} these look like ours: {pairs}.", "")
    where = "into config.yaml"
    if set_already:
        where = "under the ALPACA_SYNC_BOOK that you have, in place of the same keys"
    # from the first column on: what is indented could not be pasted as it is
    return [*said, f"If that is right, put {where}:", "", *yaml(proposal)[set_already:]]


_CALLED = {"bankroll": "bankroll file", "positions": "positions file", "history": "trade history"}


def _rename(near: Nearby) -> str:
    if near.rename is None:
        return ""
    return (
        " But its name does not say the env, and paper and live never share a file: rename it, for your bot"
        f" too, to {terminal(near.rename)}, or make a link of that name."
    )


def yaml(proposal: Proposal) -> list[str]:
    """The proposal as lines of config.yaml."""
    said = ["ALPACA_SYNC_BOOK:"]
    for key, value in proposal.items():
        if isinstance(value, str):
            said.append(f"  {key}: {_scalar(value)}")
        else:
            said += [f"  {key}:", *(f"    {_scalar(theirs)}: {ours}" for theirs, ours in value.items())]
    return said


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def document(layout: Layout) -> Document:
    """A file's layout as data."""
    columns, error = layout.columns, layout.error
    return {
        "file": str(layout.path),
        "role": layout.role,
        "standing": layout.standing,
        "rows": layout.rows,
        "entries": layout.entries,
        "keys": layout.keys,
        "first": layout.first,
        "last": layout.last,
        "bankroll": layout.amount,
        "renamed": dict(columns.renamed),
        "foreign": columns.foreign,
        "alike": dict(columns.alike),
        "naive_time": None if layout.naive is None else {"text": layout.naive[0], "read": layout.naive[1]},
        "dialect": layout.dialect,
        "error": error and {"summary": error.summary, "detail": error.detail, "hint": error.hint},
    }


def _seen_from(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _counted(count: int, word: str) -> str:
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"


def _listed(names: Sequence[str], most: int | None) -> str:
    shown = [terminal(name) or "(no name)" for name in names[:most]]
    left = len(names) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")
