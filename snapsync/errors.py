"""Every way to stop: the exit codes and the few exceptions that carry them.

What the *data* says is a Finding (model/policy.py); an exception means that we cannot go on.
``cli/main.py`` catches these, and who goes on without (``watch``, ``tell``, ``doctor``); anything else that
is raised is a bug and keeps its trace.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes people script against; an unknown code means failure."""

    OK = 0
    FAILED = 1
    DRIFT = 2
    STORE = 10
    LOCKED = 11
    CREDENTIALS = 12
    UNREACHABLE = 13
    UNSETTLED = 14
    STALE = 20
    UNAPPROVED = 21
    REFUSED = 22
    INTEGRITY = 30
    INTERRUPTED = 31
    USAGE = 64
    SIGINT = 130
    SIGTERM = 143


MEANING: dict[Exit, str] = {
    Exit.OK: "in step, or done",
    Exit.FAILED: "failed, or declined at the prompt",
    Exit.DRIFT: "changes present (--detailed-exitcode, --check-only), unapproved (check)",
    Exit.STORE: "the store is missing or was written by a newer version",
    Exit.LOCKED: "another writer holds the lock",
    Exit.CREDENTIALS: "no credentials, or the account was refused",
    Exit.UNREACHABLE: "the broker cannot be reached, or its answer is not understood",
    Exit.UNSETTLED: "the broker's account kept moving while it was read",
    Exit.STALE: "the plan no longer fits the facts: plan again",
    Exit.UNAPPROVED: "an approval is missing",
    Exit.REFUSED: "refused by a rule",
    Exit.INTEGRITY: "stored bytes are damaged",
    Exit.INTERRUPTED: "an interrupted apply needs a decision",
    Exit.USAGE: "wrong usage or configuration",
    Exit.SIGINT: "interrupted (Ctrl-C)",
    Exit.SIGTERM: "terminated",
}


class SnapsyncError(Exception):
    """One clear reason to stop.

    Args:
        summary: a constant sentence without data of the user's.
        detail: what, where (file, line, field), expected and found.
        hint: what to do; a command stands on its own line.
        exit: the process's exit code; each kind has its usual one.
    """

    exit: Exit = Exit.FAILED

    def __init__(self, summary: str, *, detail: str = "", hint: str = "", exit: Exit | None = None) -> None:
        super().__init__(summary)
        self.summary = summary
        self.detail = detail
        self.hint = hint
        if exit is not None:
            self.exit = exit

    def __str__(self) -> str:
        return "\n".join(part for part in (self.summary, self.detail, self.hint) if part)


class UsageError(SnapsyncError):
    """The command line, or a call of the public API, makes no sense."""

    exit = Exit.USAGE


class ConfigError(SnapsyncError):
    """config.yaml, the environment or .env cannot be used."""

    exit = Exit.USAGE


class BrokerError(SnapsyncError):
    """The broker refused us, is out of reach, or answered something that we do not understand."""

    exit = Exit.UNREACHABLE


class BookError(SnapsyncError):
    """A book file cannot be read or written as it stands; nothing was changed."""


class StoreError(SnapsyncError):
    """The store is missing, locked, newer than we are, or damaged."""

    exit = Exit.STORE


class PlanError(SnapsyncError):
    """A plan is unknown, stale, unapproved or refused."""

    exit = Exit.STALE


class RecoveryError(SnapsyncError):
    """An apply was interrupted and only a person can say how to go on."""

    exit = Exit.INTERRUPTED
