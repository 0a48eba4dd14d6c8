"""action.yml, its steps run by a small runner of our own: bash, inputs in the environment, stubs beside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from .conftest import Bot

ROOT = Path(__file__).parent.parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]


class Done(NamedTuple):
    """What a run of the action did: the steps' output, what was called, the summary, and how it ended."""

    code: int
    out: str
    calls: str
    summary: str


class Runner:
    """Runs the steps as GitHub does, as far as this action needs it."""

    def __init__(self, bot: Bot) -> None:
        self.temp = bot.folder / "runner"
        self.folder = bot.folder
        (self.temp / "bin").mkdir(parents=True)
        self._stub("snapsync", f'exec "{sys.executable}" -m snapsync "$@"')
        for name in ("python", "gh"):
            self._stub(name, f'echo {name} "$@" >> "$RUNNER_TEMP/calls"')

    def _stub(self, name: str, line: str) -> None:
        path = self.temp / "bin" / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)

    def run(self, event: str = "push", **inputs: str) -> Done:
        """One run; inputs that are not given have their defaults."""
        files = {name: self.temp / name for name in ("summary", "output", "calls")}
        for path in files.values():
            path.write_text("")
        known = {name: str(each["default"]) for name, each in ACTION["inputs"].items()}
        self.values = {f"inputs.{name}": value for name, value in {**known, **inputs}.items()}
        self.values |= {"github.event_name": event, "github.token": "t", "github.action": "snapsync"}
        self.values["github.event.pull_request.html_url"] = "https://forge.invalid/pull/7"
        out, code = "", 0
        for step in STEPS:
            if code or ("if" in step and not self._holds(step["if"])):
                continue
            done = self._step(step, files)
            out, code = out + done.stdout + done.stderr, done.returncode
            for line in files["output"].read_text().splitlines():
                name, _, value = line.partition("=")
                self.values[f"steps.{step.get('id')}.outputs.{name}"] = value
        return Done(code, out, files["calls"].read_text(), files["summary"].read_text())

    def _step(self, step: dict[str, Any], files: dict[str, Path]) -> subprocess.CompletedProcess[str]:
        path = f"{self.temp / 'bin'}:{os.environ['PATH']}"
        environ = {
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.temp),
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
            "GITHUB_OUTPUT": str(files["output"]),
            **{name: self._filled(value) for name, value in step.get("env", {}).items()},
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        folder = self.folder / self._filled(step.get("working-directory", "."))
        return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda found: self.values[found[1]], text)

    def _holds(self, condition: str) -> bool:
        parts = [part.split(" == ") for part in condition.split(" && ")]
        return all(self.values[name] == value.strip("'") for name, value in parts)


@pytest.fixture
def runner(bot: Bot) -> Runner:
    """A repository whose folder has a plan file that nobody has approved."""
    assert bot.run("plan", "--out", "plan.json").code == 0
    return Runner(bot)


def test_red_then_green(bot: Bot, runner: Runner) -> None:
    """Unapproved drift fails the job, an approval makes it pass; amounts are hidden unless asked for."""
    red = runner.run(plan="plan.json")
    assert red.code == 2
    assert "::error title=snapsync paper::Unapproved drift" in red.out
    assert red.summary.startswith("### ❌ snapsync paper")
    assert "100,262" not in red.out + red.summary
    assert f"python -m pip install --quiet {ROOT}" in red.calls
    assert "gh" not in red.calls.split()

    bot.run("approve", "plan.json")
    green = runner.run(plan="plan.json", redact="false")
    assert green.code == 0
    assert "::notice title=snapsync paper::Approved drift" in green.out
    assert "100,262" in green.summary


def test_the_state_folder(bot: Bot, runner: Runner) -> None:
    """Without a plan file it is the committed state that is checked."""
    assert runner.run().code == 2
    bot.run("approve", "--yes")
    assert runner.run().code == 0


def test_a_comment_where_it_is_wanted(runner: Runner) -> None:
    """Only a pull request gets one, and only if it is asked for."""
    assert "gh" not in runner.run(plan="plan.json", comment="true").calls.split()
    assert "gh" not in runner.run("pull_request", plan="plan.json").calls.split()

    done = runner.run("pull_request", plan="plan.json", comment="true")

    assert done.code == 2
    assert "gh pr comment https://forge.invalid/pull/7 --body-file" in done.calls


def test_no_verdict_fails_too(runner: Runner) -> None:
    """An error is red, has an annotation and a line in the summary."""
    done = runner.run(plan="missing.json")

    assert done.code == 64
    assert "::error title=snapsync::There is no such file." in done.out
    assert "no verdict (exit code 64)" in done.summary


@pytest.mark.parametrize("word", ["yes", "True", "", "FALSE"])
def test_a_slip_publishes_no_balance(runner: Runner, word: str) -> None:
    """Whatever is not a plain false hides the amounts."""
    assert "100,262" not in runner.run(plan="plan.json", redact=word).summary


def test_inputs_are_never_code(runner: Runner) -> None:
    """What a workflow hands in reaches the shell as a value, and no step has an expression in its script."""
    for step in STEPS:
        assert "${{" not in step["run"]
    runner.run(plan="$(touch hacked); plan.json", env="`touch hacked`")

    assert not list(runner.folder.rglob("hacked"))
