"""A verdict as JUnit XML: one test that passes, or fails and says why."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from snapsync.model.verdict import Verdict

from . import verdict
from .amounts import SHOWN, Amounts
from .neutral import terminal_lines
from .paint import plain


def report(found: Verdict, zone: ZoneInfo, amounts: Amounts = SHOWN) -> str:
    """The whole document."""
    name = quoteattr(f"snapsync.{found.plan.env}")
    words = escape(terminal_lines(verdict.words(found, zone, plain, amounts=amounts)))
    message = quoteattr(terminal_lines(verdict.headline(found)))
    kind = quoteattr(found.standing)
    if found.passed:
        body, failures = f"<system-out>{words}</system-out>", 0
    else:
        body, failures = f"<failure message={message} type={kind}>{words}</failure>", 1
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name={name} tests="1" failures="{failures}" errors="0" skipped="0">\n'
        f'<testcase classname={name} name="drift">{body}</testcase>\n'
        "</testsuite>\n"
    )
