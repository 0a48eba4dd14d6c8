"""A watch in a test: time passes only where the script lets it, and nobody sleeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from snapsync import Env
from snapsync.verbs.watch import Seen, Wishes, watch
from tests.conftest import Bot

LOOK, APPLY = Wishes(), Wishes(write=True)


class Script:
    """Waits as a ``Bell`` does: each wait plays the next action, and after the last one all is over."""

    def __init__(self, *actions: Callable[[Script], object]) -> None:
        self.stopped = self.reload = self.hinted = False
        self.waits: list[float] = []
        self._actions = list(actions)
        self._now = 1000.0

    def now(self) -> float:
        """A clock of its own."""
        return self._now

    def wait(self, seconds: float) -> None:
        """All of it passes, or half of it where the action calls."""
        self.waits.append(seconds)
        if not self._actions:
            self.stopped = True
            return
        self._actions.pop(0)(self)
        self._now += seconds / 2 if self.reload or self.hinted else seconds

    def hint(self) -> None:
        """Something has happened at the broker's."""
        self.hinted = True


def idle(script: Script) -> None:
    """Nothing happens."""
    del script


def watched(
    bot: Bot, script: Script, wishes: Wishes = LOOK, open_env: Callable[[], Env] | None = None
) -> tuple[list[Seen], list[str]]:
    """Watch as the script has it; all looks, and what was said."""
    seen, said = list[Seen](), list[str]()

    def opened() -> Env:
        env = (open_env or bot.env)()
        env.say = env.warn = said.append
        return env

    watch(opened, wishes, script, seen.append)
    return seen, said


def standings(seen: Iterable[Seen]) -> list[str]:
    """How each look stood."""
    return [each.beat.standing for each in seen]
