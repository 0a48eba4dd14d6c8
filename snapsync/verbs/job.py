"""The CI run that we are part of, as its system names it in the environment."""

from __future__ import annotations

from collections.abc import Mapping

from snapsync.model.approval import Job

_SYSTEMS = (
    # the variable that is "true", what we call the system, and its names for who and which run
    ("GITHUB_ACTIONS", "github", "GITHUB_ACTOR", "GITHUB_RUN_ID"),
    ("GITLAB_CI", "gitlab", "GITLAB_USER_LOGIN", "CI_JOB_ID"),
    ("CI", "ci", "CI_ACTOR", "CI_RUN_ID"),
)


def job_of(environ: Mapping[str, str]) -> Job | None:
    """The run that an environment tells of; None on anybody's own machine."""
    for flag, system, actor, run in _SYSTEMS:
        if environ.get(flag, "").lower() in {"true", "1"}:
            return Job(system=system, actor=environ.get(actor) or None, run=environ.get(run) or None)
    return None
