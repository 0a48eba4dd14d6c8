from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from snapsync.config import Config, load
from snapsync.errors import ConfigError, Exit

Loader = Callable[..., Config]


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        (
            "# a\nALPACA_SYNC_TOLERANCE_PCT: abc",
            'config.yaml:2: ALPACA_SYNC_TOLERANCE_PCT is "abc"',
            "a percentage from 0 to 100",
        ),
        (
            "ALPACA_SYNC_TOLERANCE_PCT: 100.01",
            'config.yaml:1: ALPACA_SYNC_TOLERANCE_PCT is "100.01"',
            "a percentage from 0 to 100",
        ),
        (
            "ALPACA_SYNC_INTERVAL_MINUTES: 1.5",
            'config.yaml:1: ALPACA_SYNC_INTERVAL_MINUTES is "1.5"',
            "a whole number of minutes from 1 to 1440",
        ),
        (
            "ALPACA_SYNC_ENABLED: maybe",
            'config.yaml:1: ALPACA_SYNC_ENABLED is "maybe"',
            "true or false",
        ),
        (
            "ALPACA_SYNC_SLACK_CHANNEL: #alerts",
            "config.yaml:1: ALPACA_SYNC_SLACK_CHANNEL is empty",
            "text, in quotes",
        ),
        (
            "ALPACA_SYNC_TIMEZONE: America",
            'config.yaml:1: ALPACA_SYNC_TIMEZONE is "America"',
            "an IANA time zone such as America/New_York",
        ),
        (
            "ALPACA_SYNC_COMPONENTS: []",
            "config.yaml:1: ALPACA_SYNC_COMPONENTS is []",
            "a list of at least one of bankroll, positions, transactions",
        ),
        (
            "ALPACA_SYNC_ASSET_CLASSES: [us_equity, futures]",
            'config.yaml:1: ALPACA_SYNC_ASSET_CLASSES is ["us_equity", "futures"]',
            "a list of at least one of us_equity, us_option, crypto",
        ),
        (
            "ALPACA_SYNC_BOOK: book.csv",
            'config.yaml:1: ALPACA_SYNC_BOOK is "book.csv"',
            (
                "a mapping with bankroll, positions, history, audit, columns, positions_columns, "
                "history_columns, bankroll_keys"
            ),
        ),
        (
            "ALPACA_SYNC_BOOK:\n  audit: log.txt\n",
            'config.yaml:2: ALPACA_SYNC_BOOK.audit is "log.txt"',
            "a path that contains {env}, in quotes if it starts with {, without ~ in front",
        ),
        (
            "ALPACA_SYNC_BOOK:\n  columns: {qty: quantity, n: quantity}\n",
            "config.yaml:2: ALPACA_SYNC_BOOK.columns is a mapping",
            "a mapping such as {qty: quantity}, each of our names at most once",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_its_place(
    bot: Loader, text: str, found: str, expected: str
) -> None:
    """The error says file, line, key, what stands there and what is expected."""
    with pytest.raises(ConfigError) as caught:
        bot(text)

    assert caught.value.detail == f"{found}; expected {expected}"
    assert caught.value.exit == Exit.USAGE
    assert caught.value.hint


@pytest.mark.parametrize("value", ["nan", "inf", "1e1", "1_0", "0x5", "-0.1", "'' ", "1,5", "{}"])
def test_only_plain_numbers_are_numbers(bot: Loader, value: str) -> None:
    """No not-a-number, exponent, hexadecimal or grouped number is taken for a percentage."""
    with pytest.raises(ConfigError, match="expected a percentage"):
        bot(f"ALPACA_SYNC_TOLERANCE_PCT: {value}")


def test_variables_are_checked_like_the_file(bot: Loader) -> None:
    """A bad variable is named with its place, in .env with its line."""
    with pytest.raises(ConfigError, match=r'\nenvironment: ALPACA_SYNC_GRACE_SECONDS is "soon"'):
        bot("", ALPACA_SYNC_GRACE_SECONDS="soon")
    with pytest.raises(ConfigError, match=r'\n\.env:2: ALPACA_SYNC_GRACE_SECONDS is "soon"'):
        bot("", dotenv="\nALPACA_SYNC_GRACE_SECONDS=soon")


def test_an_overridden_value_is_checked_too(bot: Loader) -> None:
    """A broken file is broken on every machine, also where a variable overrides it."""
    with pytest.raises(ConfigError, match=r"config\.yaml:1"):
        bot("ALPACA_SYNC_GRACE_SECONDS: soon", ALPACA_SYNC_GRACE_SECONDS="5")


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("ALPACA_SYNC_TOLERENCE_PCT", "ALPACA_SYNC_TOLERANCE_PCT"),
        ("alpaca_sync_enabled", "ALPACA_SYNC_ENABLED"),
        ("ALPACA_SYNC_BOOKS", "ALPACA_SYNC_BOOK"),
    ],
)
def test_a_mistyped_key_is_an_error_with_a_guess(bot: Loader, key: str, meant: str) -> None:
    """An unknown key that looks like ours names its place, in the file and the environment."""
    with pytest.raises(ConfigError) as in_file:
        bot(f"x: 1\n{key}: 1")
    with pytest.raises(ConfigError) as in_environment:
        bot("", **{key: "1"})

    assert in_file.value.detail == f'config.yaml:2: there is no setting named "{key}"'
    assert in_environment.value.detail == f'environment: there is no setting named "{key}"'
    assert {f"Did you mean {meant}?"} == {in_file.value.hint, in_environment.value.hint}


def test_a_key_that_is_like_no_other_gets_no_guess(bot: Loader) -> None:
    """The common beginning of our keys alone makes no likeness."""
    with pytest.raises(ConfigError) as caught:
        bot("ALPACA_SYNC_QUUX: 1")

    assert caught.value.hint == "Remove it; this lists every setting:\n  snapsync config"


def test_a_mistyped_key_of_the_book_is_an_error_with_a_guess(bot: Loader) -> None:
    """Inside ALPACA_SYNC_BOOK the same rule holds."""
    with pytest.raises(ConfigError) as caught:
        bot("ALPACA_SYNC_BOOK:\n  audit: a_{env}.log\n  position: p_{env}.csv\n")

    assert caught.value.detail == 'config.yaml:3: there is no setting named "ALPACA_SYNC_BOOK.position"'
    assert caught.value.hint == "Did you mean ALPACA_SYNC_BOOK.positions?"


def test_a_key_given_twice_is_an_error(bot: Loader) -> None:
    """Two values for one of our keys are refused with both lines; the bot's own are its business."""
    with pytest.raises(ConfigError) as caught:
        bot("ALPACA_ENV: paper\nx: 1\nALPACA_ENV: live\n")

    assert caught.value.detail == 'config.yaml:3: "ALPACA_ENV" stands already on line 1'
    assert bot("x: 1\nx: 2\n").enabled


def test_two_roles_cannot_share_a_file(bot: Loader) -> None:
    """Positions and history in one file would overwrite each other."""
    with pytest.raises(ConfigError, match=r'config\.yaml:3: .* are both "one_paper.csv"'):
        bot("ALPACA_SYNC_BOOK:\n  positions: one_{env}.csv\n  history: ./x/../one_{env}.csv\n")


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"a: 1\nb: [1, 2\nc: 3", "config.yaml:3:2: "),
        (b"a: 1\n\tb: 2", "config.yaml:2:1: "),
        (b"a: 1\n--- \nb: 2", "config.yaml:2:1: "),
        (b"a: 1\nb: \x07", "config.yaml:2:4: "),
        (b'a: "\\U99999999"', "config.yaml:1:1: "),
        (b"- a\n- b", "config.yaml:1: expected lines like KEY: value"),
        (b"a: 1\nb: caf\xe9", "config.yaml:2: byte 0xe9 does not belong there"),
        (b"ALPACA_SYNC_IGNORE: &a [*a]", "config.yaml: no setting needs more than 4 levels"),
        (b"[" * 5000, "config.yaml: no setting needs more than 4 levels"),
    ],
)
def test_what_is_no_yaml_mapping_is_named_with_its_line(bot: Loader, raw: bytes, detail: str) -> None:
    """Broken YAML, other documents, other encodings: one clear error each."""
    with pytest.raises(ConfigError) as caught:
        bot(raw)

    assert caught.value.detail.startswith(detail)
    assert caught.value.exit == Exit.USAGE


def test_values_are_shown_without_terminal_controls(bot: Loader) -> None:
    """A value that could steer a terminal is shown escaped, and shortened."""
    with pytest.raises(ConfigError) as caught:
        bot('ALPACA_SYNC_TOLERANCE_PCT: "\\e[2J\\u202e' + "x" * 500 + '"')

    assert '"\\x1b[2J\\u202exxx' in caught.value.detail
    assert len(caught.value.detail) < 250


def test_no_config_is_an_error_that_names_init(tmp_path: Path) -> None:
    """Without a config file nothing is guessed: exit 64, and init is the way in."""
    with pytest.raises(ConfigError) as caught:
        load({}, tmp_path)

    assert caught.value.exit == Exit.USAGE
    assert caught.value.detail == f"there is no config.yaml in {tmp_path}"
    assert "snapsync init" in caught.value.hint


def test_a_named_config_must_exist(tmp_path: Path) -> None:
    """A config that --config or SNAPSYNC_CONFIG names is never replaced by another one."""
    (tmp_path / "config.yaml").write_text("")

    with pytest.raises(ConfigError, match=r'--config names "gone.yaml", which does not exist'):
        load({}, tmp_path, config=Path("gone.yaml"))
    with pytest.raises(ConfigError, match=r'SNAPSYNC_CONFIG names "gone.yaml", which does not'):
        load({"SNAPSYNC_CONFIG": "gone.yaml"}, tmp_path)


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    """A folder in place of the file is said to be one."""
    (tmp_path / "config.yaml").mkdir()

    with pytest.raises(ConfigError, match=r"config\.yaml: it is a folder"):
        load({}, tmp_path)


def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    """What the system refuses to open is reported with its reason (a loop of links here)."""
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")

    with pytest.raises(ConfigError, match=r"loop.yaml: .*symbolic links"):
        load({}, tmp_path, config=Path("loop.yaml"))
