"""Scenarios: a start and named stages of steps, in YAML.

::

    about: one line for people
    start: {env: paper, seed: any text, clock: 2025-07-01 09:00, cash: 1000}
    stages:
      first:
        - {at: 2025-07-01 10:00, do: buy, symbol: SPY, qty: 1, price: 600}

Times are US Eastern unless they name a zone, or relative (``-2h``) to the moment at which the
scenario is loaded. After the last step the clock ticks on in real time.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import yaml
from msgspec import Struct

from snapsync.errors import UsageError

from . import clock, steps
from .step import Step
from .world import Env, World

_SHIPPED = Path(__file__).parent / "scenarios"
DEFAULT = "guide"


class Start(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The world before the first stage; its cash has no activity that explains it."""

    clock: str = "now"
    cash: Decimal = Decimal(0)
    env: Env = "paper"
    seed: str = "snapsync"


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    about: str
    start: Start
    stages: dict[str, list[object]]


class Scenario(Struct, frozen=True, kw_only=True):
    """A scenario that was read and checked."""

    name: str
    file: str
    about: str
    start: Start
    stages: dict[str, tuple[Step, ...]]
    now: int


class Player:
    """A world and the stages of its scenario that are still to come."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        self.world = world
        self.scenario = scenario
        self.waiting = list(scenario.stages)

    def stage(self, name: str) -> None:
        """Play the next stage.

        Raises:
            UsageError: it is not the next one.
        """
        self.check(name)
        if self.waiting[0] != name:
            raise UsageError(
                "Stages are played in their order.",
                detail=f"found {name!r}, next is {self.waiting[0]!r}",
            )
        del self.waiting[0]
        with self.world.held(), self.world.clock.stopped():
            for number, step in enumerate(self.scenario.stages[name], 1):
                where = _where(self.scenario.file, name, number)
                steps.play(self.world, step, where, self.scenario.now)

    def do_all(self, rows: list[object]) -> None:
        """Play several steps; none of them if one cannot be understood."""
        now = self.world.now()
        parsed = [steps.parse(raw, f"step {n}", now) for n, raw in enumerate(rows, 1)]
        for number, step in enumerate(parsed, 1):
            steps.play(self.world, step, f"step {number}")

    def check(self, name: str) -> None:
        """Refuse a stage that is unknown or over.

        Raises:
            UsageError: it is.
        """
        if name not in self.waiting:
            known = name in self.scenario.stages
            raise UsageError(
                "The stage was played already." if known else "There is no such stage.",
                detail=f"found {name!r} in scenario {self.scenario.name}",
                hint=f"still to come: {', '.join(self.waiting) or 'none'}",
            )


def bare(world: World) -> Player:
    """A player for a world that has no scenario."""
    nothing = Scenario(
        name="none",
        file="",
        about="a world without a scenario",
        start=Start(env=world.env),
        stages={},
        now=world.now(),
    )
    return Player(world, nothing)


def begin(scenario: Scenario, until: str | None = None) -> Player:
    """Make the world of a scenario and play its stages.

    Args:
        scenario: what to play.
        until: the last stage to play at once; all of them if None.

    Raises:
        UsageError: there is no such stage, or the world does not allow one of the steps.
    """
    start = scenario.start
    opened = clock.resolve(start.clock, scenario.now)
    world = World(env=start.env, seed=start.seed, now=opened, cash=start.cash)
    player = Player(world, scenario)
    stages = list(scenario.stages)
    if until is not None:
        player.check(until)
        stages = stages[: stages.index(until) + 1]
    for name in stages:
        player.stage(name)
    world.clock.start()
    return player


def names() -> tuple[str, ...]:
    """The shipped scenarios."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yaml")))


def load(source: str | Path, now: int | None = None) -> Scenario:
    """Read a scenario.

    Args:
        source: the name of a shipped one, or the path of a file.
        now: what relative times count from; the real present if None.

    Raises:
        UsageError: there is none, or a step of it cannot be understood.
    """
    path = _find(source)
    now = clock.real_now() if now is None else now
    try:
        # the base loader gives only text: 1.10 stays 1.10 and no is not false
        raw = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 (safer than safe)
        read = msgspec.convert(raw, _File, strict=False)
    except (OSError, UnicodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise UsageError(
            "The scenario cannot be read.",
            detail=f"{path}: {error}",
            hint="a scenario has the keys about, start and stages",
        ) from None
    stages = {
        stage: tuple(
            steps.parse(step, _where(path.name, stage, number), now) for number, step in enumerate(rows, 1)
        )
        for stage, rows in read.stages.items()
    }
    return Scenario(
        name=path.stem,
        file=path.name,
        about=read.about,
        start=read.start,
        stages=stages,
        now=now,
    )


def _find(source: str | Path) -> Path:
    text = str(source)
    if text in names():
        return _SHIPPED / f"{text}.yaml"
    path = Path(source)
    if path.is_file():
        return path
    raise UsageError(
        "There is no such scenario.",
        detail=f"found {text!r}",
        hint=f"name one of {', '.join(names())}, or the path of a .yaml file",
    )


def _where(name: str, stage: str, number: int) -> str:
    return f"{name}, stage {stage}, step {number}"
