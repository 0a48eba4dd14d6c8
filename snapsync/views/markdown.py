"""A plan and a verdict as Markdown, for a pull request's comment or a job's summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from snapsync.model.change import Change, FileChange
from snapsync.model.plan import Plan
from snapsync.model.policy import Finding
from snapsync.model.verdict import Verdict

from . import files, text, verdict
from .amounts import SHOWN, Amounts
from .brief import few
from .lines import line
from .neutral import markdown
from .paint import plain

_MOST = 100
"""So many changes are listed; a comment has its limits."""
_SIGNS = {"in step": "✅", "approved": "✅", "unapproved": "❌", "refused": "⛔"}


def of_verdict(found: Verdict, zone: ZoneInfo, amounts: Amounts = SHOWN) -> str:
    """A verdict with its plan."""
    said = [f"- {markdown(each.strip())}" for each in verdict.reasons(found, amounts)]
    parts = [
        f"### {_SIGNS[found.standing]} {markdown(f'snapsync {found.plan.env}')}",
        f"**{markdown(verdict.headline(found))}**",
        *(["\n".join(said)] if said else []),
        *_contents(found.plan, zone, amounts),
    ]
    return "\n\n".join(parts) + "\n"


def of_plan(made: Plan, zone: ZoneInfo, amounts: Amounts = SHOWN) -> str:
    """A plan alone."""
    parts = [
        f"### {markdown(f'snapsync {made.env}')}",
        f"**{markdown(text.summary(made, plain))}**",
        *_contents(made, zone, amounts),
    ]
    return "\n\n".join(parts) + "\n"


def _contents(made: Plan, zone: ZoneInfo, amounts: Amounts) -> Iterator[str]:
    if made.files:
        yield markdown(files.title(made))
        yield "\n".join(_files(made.files, hidden=amounts.hidden))
    if made.changes:
        yield "\n".join(_table(made.changes, zone, amounts))
    if made.findings:
        yield "\n".join(_findings(made.findings, hidden=amounts.hidden))
    if told := text.explained(made, zone, amounts):
        yield markdown(" ".join(told))


def _table(changes: Sequence[Change], zone: ZoneInfo, amounts: Amounts) -> Iterator[str]:
    yield "| | | | | |"
    yield "|---|---|---|---|---|"
    for change in changes[:_MOST]:
        yield f"| {' | '.join(map(markdown, line(change, zone, amounts)))} |"
    if len(changes) > _MOST:
        yield f"| | … | {len(changes) - _MOST} more | | |"


def _files(changes: Iterable[FileChange], *, hidden: bool) -> Iterator[str]:
    for change in changes:
        yield f"- {markdown(f'{change.name}: {files.how(change)}')}"
        if not hidden:
            said, more = files.places(change)
            yield from (f"  - {markdown(each)}" for each in said)
            if more:
                yield f"  - … and {more} more"


def _findings(findings: Sequence[Finding], *, hidden: bool) -> Iterable[str]:
    shown, more = few(findings)
    for each in shown:
        detail = "" if hidden else "".join(f"<br>{markdown(part)}" for part in each.detail.splitlines())
        yield f"- **{each.severity}** `{each.code}`: {markdown(each.summary)}{detail}"
    yield from (f"- … and {markdown(each)}" for each in more)
