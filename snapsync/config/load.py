"""config.yaml + .env + environment → one Config.

The only inputs are the arguments, the files they lead to and the system's time zone; the process's
own environment and working folder are the caller's to hand in.
"""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snapsync.config.found import Found, MismatchError, did_you_mean, quoted, wrong_value
from snapsync.config.layers import (
    ENVIRONMENT,
    Layer,
    file_layer,
    present,
    read_dotenv,
    variable_layer,
)
from snapsync.config.secret import Secrets
from snapsync.config.settings import BOOK_KEY, ENV_KEY, ENVS, SETTINGS, Setting
from snapsync.config.slack import SlackKeys
from snapsync.config.values import BookFiles, Config
from snapsync.config.zone import system_zone
from snapsync.errors import ConfigError, UsageError

FILE_NAME = "config.yaml"
DEFAULT = "default"
CONFIG_VARIABLE = "SNAPSYNC_CONFIG"
ENV_VARIABLE = "SNAPSYNC_ENV"


def load(
    environ: Mapping[str, str], cwd: Path, *, config: Path | None = None, env: str | None = None
) -> Config:
    """Read the whole configuration once.

    Args:
        environ: the environment.
        cwd: the working folder, absolute.
        config: the config file (``--config``); else ``SNAPSYNC_CONFIG``, else config.yaml in cwd.
        env: the env (``--env``); else ``SNAPSYNC_ENV``, ``ALPACA_ENV``, paper.

    Raises:
        ConfigError: a file or a value cannot be used.
        UsageError: the env is unknown.
    """
    path = _find(environ, cwd, config)
    beside = path.parent / ".env"
    label = _label(beside, cwd)
    dotenv, lines = read_dotenv(beside, label, environ)
    layers = (
        file_layer(path, _label(path, cwd)),
        variable_layer(dotenv, lines),
        variable_layer(environ, {}),
    )
    variables = ((environ, ENVIRONMENT), (dotenv, lines.get(ENV_VARIABLE, label)))
    name, why = _choose_env(env, variables, layers)
    values, sources = _resolve(layers, environ)
    return Config(
        path=path,
        root=path.parent,
        env=name,
        env_source=why,
        state=path.parent / values.pop("state") / name,
        book=_book(path.parent, name, values, sources),
        sources=tuple({**sources, ENV_KEY: why}.items()),
        secrets=Secrets(name, ((ENVIRONMENT, environ), (label, dotenv))),
        slack=SlackKeys(((ENVIRONMENT, environ), (label, dotenv))),
        **values,
    )


def _find(environ: Mapping[str, str], cwd: Path, config: Path | None) -> Path:
    """The config file's absolute path; it exists."""
    named = environ.get(CONFIG_VARIABLE, "").strip()
    if config is not None:
        path, why = cwd / config, "--config names"
    elif named:
        path, why = cwd / named, f"{CONFIG_VARIABLE} names"
    else:
        path, why = cwd / FILE_NAME, ""
    if present(path):
        return path
    detail = f"{why} {quoted(_label(path, cwd))}, which does not exist"
    raise ConfigError(
        "There is no configuration file.",
        detail=detail if why else f"there is no {FILE_NAME} in {cwd}",
        hint="Go to the bot's folder, name the file with --config, or make a new one:\n  snapsync init",
    )


def _label(path: Path, cwd: Path) -> str:
    """A path as the user knows it: short below the working folder, else whole."""
    return path.relative_to(cwd).as_posix() if path.is_relative_to(cwd) else str(path)


def _choose_env(
    env: str | None,
    variables: tuple[tuple[Mapping[str, str], str], ...],
    layers: tuple[Layer, ...],
) -> tuple[str, str]:
    """The env and why. ``ALPACA_ENV`` is the bot's key too: it is judged only when it decides."""
    # an --env that is given and empty is a script's unset variable, not a wish for the default
    said = [] if env is None else [(env, "--env")]
    for names, source in variables:
        if word := names.get(ENV_VARIABLE, "").strip():
            said.append((word, f"{ENV_VARIABLE} ({source})"))
    for layer in reversed(layers):
        if ENV_KEY in layer and not said:
            found = layer[ENV_KEY]
            if not isinstance(found.value, str):
                raise wrong_value(found, " or ".join(ENVS))
            said = [(found.value, f"{ENV_KEY} ({found.source})")]
    word, why = said[0] if said else ("paper", DEFAULT)
    name = word.strip().lower()
    if name in ENVS:
        return name, why
    raise UsageError(
        "This env is unknown.",
        detail=f"{why} is {quoted(word)}; the envs are {', '.join(ENVS)}",
        hint=did_you_mean(name, ENVS),
    )


def _resolve(layers: tuple[Layer, ...], environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Each setting's value by field (the book's under their full keys), and its source by key.

    A value that a higher layer overrides is checked too: a broken file is broken everywhere.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for setting in SETTINGS:
        if setting.key == ENV_KEY:
            continue
        value, source = setting.default, DEFAULT
        for layer in layers:
            if setting.key in layer:
                found = layer[setting.key]
                value, source = _read(setting, found), found.source
        field = setting.key if "." in setting.key else setting.field
        values[field] = system_zone(environ) if value is None else value
        sources[setting.key] = source
    return values, sources


def _read(setting: Setting, found: Found) -> object:
    try:
        return setting.kind.parse(found)
    except MismatchError as error:
        raise wrong_value(found, setting.kind.expected) from error


def _book(root: Path, env: str, values: dict[str, Any], sources: Mapping[str, str]) -> BookFiles:
    """Take the book's settings out of the values and turn them into paths of their own."""
    names = ("columns", "positions_columns", "history_columns", "bankroll_keys")
    renames = {name: values.pop(f"{BOOK_KEY}.{name}") for name in names}
    paths: dict[str, Any] = {}
    keys: dict[str, str] = {}
    for role in ("bankroll", "positions", "history", "audit"):
        key = f"{BOOK_KEY}.{role}"
        paths[role] = root / values.pop(key).replace("{env}", env)
        same = keys.setdefault(os.path.normpath(paths[role]), key)
        if same != key:
            place = sources[key] if sources[key] != DEFAULT else sources[same]
            raise ConfigError(
                "Two parts of the book share a file.",
                detail=f"{place}: {same} and {key} are both {quoted(paths[role].name)}",
                hint="Give each of them a file of its own.",
            )
    return BookFiles(**paths, **renames)
