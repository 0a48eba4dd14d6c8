"""A verdict as workflow commands of GitHub Actions: each becomes an annotation of the run."""

from __future__ import annotations

from collections.abc import Iterator

from snapsync.errors import SnapsyncError
from snapsync.model.policy import Severity
from snapsync.model.verdict import Verdict

from . import verdict
from .amounts import SHOWN, Amounts
from .neutral import workflow, workflow_property

_LEVELS: dict[Severity, str] = {"note": "notice", "approve": "warning", "refuse": "error"}


def commands(found: Verdict, amounts: Amounts = SHOWN) -> str:
    """The verdict first, then a line for each finding."""
    return "\n".join(_lines(found, amounts))


def _lines(found: Verdict, amounts: Amounts) -> Iterator[str]:
    title = f"snapsync {found.plan.env}"
    said = [verdict.headline(found), *verdict.reasons(found, amounts)]
    yield _command("notice" if found.passed else "error", title, "\n".join(said))
    for each in found.plan.findings:
        detail = "" if amounts.hidden else f"\n{each.detail}"
        yield _command(_LEVELS[each.severity], f"{title}: {each.code}", f"{each.summary}{detail}".rstrip())


def failure(trouble: SnapsyncError) -> str:
    """An error, where no verdict could be reached."""
    said = "\n".join(part for part in (trouble.summary, trouble.detail) if part)
    return _command("error", "snapsync", said)


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={workflow_property(title)}::{workflow(message)}"
