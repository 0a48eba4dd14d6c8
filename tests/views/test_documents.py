"""What --json prints is what the published schemas say: nothing missing, nothing that they do not name."""

from __future__ import annotations

import itertools
import json as stdlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from snapsync.model.collection import Collection
from snapsync.model.history import Actor
from snapsync.views import json, verdict
from snapsync.views.documents import schemas
from tests.conftest import SCHEMAS, Bot
from tests.generate_docs import all_schemas
from tests.model.world import AT

from .gallery import ID, PLANS, verdicts


def strict(described: Any) -> Any:  # noqa: ANN401 - a tree of what JSON can hold
    """A schema that lets no member pass that it does not name."""
    if isinstance(described, list):
        return [strict(each) for each in described]
    if not isinstance(described, dict):
        return described
    found = {name: strict(each) for name, each in described.items()}
    return {**found, "additionalProperties": False} if "properties" in found else found


VALIDATORS = {kind: Draft202012Validator(strict(each)) for kind, each in schemas().items()}


def holds(document: Any) -> None:  # noqa: ANN401 - a document
    """The document keeps to the schema of its kind, and has no member beside it."""
    VALIDATORS[document["kind"]].validate(document)


@pytest.mark.parametrize("name", PLANS)
def test_plans(name: str) -> None:
    """Every plan of the gallery, with its amounts and without."""
    for redact in (False, True):
        holds(stdlib.loads(json.dumps(json.plan(PLANS[name], None, redact=redact))))


@pytest.mark.parametrize("name", verdicts())
def test_verdicts(name: str) -> None:
    """Every verdict of the gallery, with its amounts and without."""
    for redact in (False, True):
        holds(stdlib.loads(json.dumps(verdict.document(verdicts()[name], redact=redact))))


TOUR = (
    "init",
    "config",
    "status",
    "plan --out plan.json",
    "status",
    "check",
    "approve plan.json",
    "approve --yes",
    "show {approval}",
    "log",
    "show {id}",
    "show {approval} --redact",
    "show {id} --redact",
    "revoke {approval}",
    "check --redact",
    "sync --check-only",
    "apply --yes",
    "show {id}",
    "explain",
    "explain --symbol SPY",
    "performance",
    "diff book broker",
    "diff {parents[0]} {id}",
    "blame SPY250822C00635000",
    "show --at {time}",
    "plan",
    "plan",
    "log",
    "log --at {time} -n 1",
    "undo --yes",
    "show {id}",
    "restore {parents[0]} --dry-run",
    "apply --yes",
    "doctor --book",
    "doctor --book --repair",
    "verify",
    "gc --dry-run --keep-last 1",
    "gc --keep-last 1",
    "migrate",
    "recover",
    "show",
    "show nothing",
    "sandbox --list",
    "demo --dir demo",
)
COLLECTION = Collection(
    time=AT, actor=Actor(user="ann", host="laptop"), version="1", keep_last=1, keep_days=None, ids=(ID,)
)
ELSEWHERE = {"rebind", "sandbox"}
"""What the tour does not print: test_identity.py and the next test hold it to its schema."""


def test_what_the_commands_print(bot: Bot) -> None:
    """A tour of the commands, of their errors, and of every object that they have stored."""
    seen = set()
    newest: dict[str, Any] = {}
    for line in TOUR:
        ran = bot.run(*line.format(**newest).split(), "--json")
        document = stdlib.loads(ran.out)
        holds(document)
        seen.add(document["kind"])
        if bot.env().find_store():
            newest = _newest(bot)
    bot.env().store.put(COLLECTION)  # there is nothing yet that gc would collect
    for object in bot.env().store.place.ids():
        document = stdlib.loads(bot.run("show", object, "--json").out)
        holds(document)
        seen.add(document["kind"])

    assert seen == set(VALIDATORS) - ELSEWHERE


def test_what_the_sandbox_prints(clean_environment: Path) -> None:
    """Its one document comes while it goes on serving."""
    command = [sys.executable, "-m", "snapsync", "sandbox", "--json"]
    with subprocess.Popen(command, cwd=clean_environment, stdout=subprocess.PIPE, text=True) as ran:
        if ran.stdout is None:
            raise ValueError(command)
        lines = list(itertools.takewhile(lambda line: line != "}\n", ran.stdout))
        ran.terminate()

    holds(stdlib.loads("".join([*lines, "}"])))


def _newest(bot: Bot) -> dict[str, Any]:
    found: dict[str, Any] = stdlib.loads(bot.run("log", "--all", "-n", "1", "--json").out)["operations"][0]
    return found


def test_files_keep_to_their_schemas(bot: Bot) -> None:
    """A plan file and an approval file are what docs/schema/ says."""
    bot.run("plan", "--out", "plan.json")
    bot.run("approve", "plan.json", "--out", "yes.approval.json")

    for path, kind in (("plan.json", "plan-file"), ("yes.approval.json", "approval-file")):
        described = stdlib.loads((SCHEMAS / f"{kind}.json").read_text())
        Draft202012Validator(described).validate(stdlib.loads(Path(path).read_text()))


def test_the_check_can_fail() -> None:
    """A member that is missing, of another type or unknown is found."""
    document = stdlib.loads(json.dumps(json.plan(PLANS["everything"], None)))
    mistakes: tuple[dict[str, Any], ...] = ({"drift": "yes"}, {"more": 1}, {"changes": [{}]})
    for wrong in mistakes:
        with pytest.raises(ValidationError):
            holds({**document, **wrong})


def test_every_schema_is_one() -> None:
    """The schemas themselves are sound, and no file lies there that the code does not make."""
    for described in all_schemas().values():
        Draft202012Validator.check_schema(described)
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(all_schemas())
