from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from snapsync.config import Config, load
from snapsync.config.layers import read_dotenv
from snapsync.errors import ConfigError, Exit, UsageError

Loader = Callable[..., Config]

GRACE = "ALPACA_SYNC_GRACE_SECONDS"


def test_the_environment_wins_over_dotenv_over_the_file(bot: Loader) -> None:
    """Each layer overrides the one below it, and the source says which one spoke."""
    file = f"{GRACE}: 1"
    results = [
        bot(""),
        bot(file),
        bot(file, dotenv=f"{GRACE}=2"),
        bot(file, dotenv=f"{GRACE}=2", ALPACA_SYNC_GRACE_SECONDS="3"),
    ]

    expected = [(60, "default"), (1, "config.yaml:1"), (2, ".env:1"), (3, "environment")]
    assert expected == [(c.grace_seconds, dict(c.sources)[GRACE]) for c in results]


def test_an_empty_variable_is_not_set(bot: Loader) -> None:
    """An empty environment variable does not override; brackets say "empty list"."""
    file = "ALPACA_SYNC_REQUIRE_APPROVAL: [live]"

    assert bot(file, ALPACA_SYNC_REQUIRE_APPROVAL=" ").require_approval == ("live",)
    assert bot(file, ALPACA_SYNC_REQUIRE_APPROVAL="[]").require_approval == ()


def test_lists_in_the_environment_are_comma_separated(bot: Loader) -> None:
    """A variable's list is separated by commas, with or without spaces and brackets."""
    assert bot("", ALPACA_SYNC_IGNORE="spy*, QQQ").ignore == ("SPY*", "QQQ")
    assert bot("", ALPACA_SYNC_IGNORE="[spy*,QQQ]").ignore == ("SPY*", "QQQ")


def test_the_book_in_the_environment_is_yaml(bot: Loader, tmp_path: Path) -> None:
    """ALPACA_SYNC_BOOK overrides the files it names and leaves the others as configured."""
    config = bot(
        "ALPACA_SYNC_BOOK:\n  positions: mine_{env}.csv\n  history: trades_{env}.csv",
        ALPACA_SYNC_BOOK='{positions: "theirs_{env}.csv", columns: {qty: quantity}}',
    )

    assert config.book.positions == tmp_path / "theirs_paper.csv"
    assert config.book.history == tmp_path / "trades_paper.csv"
    assert config.book.columns == (("qty", "quantity"),)


def test_dotenv_is_filled_in_from_what_was_handed_in(bot: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    """${NAME} in .env means the given environment, not the process's; exports and quotes work."""
    monkeypatch.setenv("TEAM", "process")
    dotenv = "TEAM=dotenv\nexport ALPACA_SYNC_SLACK_CHANNEL='#${TEAM}'\n"

    assert bot("", dotenv=dotenv).slack_channel == "#dotenv"
    assert bot("", dotenv=dotenv, TEAM="given").slack_channel == "#given"


def test_the_process_environment_stays_untouched(bot: Loader) -> None:
    """Reading .env sets no variable of the process."""
    before = dict(os.environ)

    bot("", dotenv="ALPACA_API_KEY=a\nALPACA_SECRET_KEY=b\n")

    assert dict(os.environ) == before


def test_a_dotenv_folder_is_no_dotenv(tmp_path: Path) -> None:
    """A virtual environment that is called .env does not stop the configuration."""
    (tmp_path / "config.yaml").write_text("")
    (tmp_path / ".env").mkdir()

    assert load({"TZ": "UTC"}, tmp_path).enabled


def test_foreign_broken_lines_in_dotenv_are_skipped(bot: Loader) -> None:
    """A line that python-dotenv cannot read is skipped when it is none of ours."""
    dotenv = f"this is no variable\nJUST_A_NAME\n{GRACE}=9\n"

    assert bot("", dotenv=dotenv).grace_seconds == 9


def test_a_broken_line_of_ours_in_dotenv_is_an_error(bot: Loader) -> None:
    """A broken line with one of our names is named by line and never shown: it may be a secret."""
    with pytest.raises(ConfigError) as caught:
        bot("", dotenv='# keys\nALPACA_API_KEY: "hunter2\n')

    assert caught.value.detail == ".env:2: expected NAME=value"
    assert "hunter2" not in str(caught.value)


def test_the_env_is_chosen_by_the_nearest_word(bot: Loader) -> None:
    """--env, SNAPSYNC_ENV, ALPACA_ENV (environment, .env, config.yaml), else paper; with why."""
    file, dotenv = "ALPACA_ENV: live", "ALPACA_ENV=paper"
    choices = [
        bot(""),
        bot(file),
        bot(file, dotenv=dotenv),
        bot(file, dotenv=dotenv, ALPACA_ENV="LIVE"),
        bot(file, dotenv=dotenv + "\nSNAPSYNC_ENV=paper", ALPACA_ENV="live"),
        bot(file, SNAPSYNC_ENV="paper"),
        bot(file, SNAPSYNC_ENV="paper", env="live"),
    ]

    expected = [
        ("paper", "default"),
        ("live", "ALPACA_ENV (config.yaml:1)"),
        ("paper", "ALPACA_ENV (.env:1)"),
        ("live", "ALPACA_ENV (environment)"),
        ("paper", "SNAPSYNC_ENV (.env:2)"),
        ("paper", "SNAPSYNC_ENV (environment)"),
        ("live", "--env"),
    ]
    assert expected == [(config.env, config.env_source) for config in choices]


def test_each_env_has_everything_of_its_own(bot: Loader) -> None:
    """Paper and live share neither state folder, book file nor address."""
    paper, live = bot("", env="paper"), bot("", env="live")

    assert paper.state != live.state
    assert paper.base_url != live.base_url
    for role in ("bankroll", "positions", "history", "audit"):
        assert getattr(paper.book, role) != getattr(live.book, role)


@pytest.mark.parametrize(("env", "hint"), [("papr", "Did you mean paper?"), ("production", ""), ("", "")])
def test_an_unknown_env_is_refused(bot: Loader, env: str, hint: str) -> None:
    """An unknown env, or one that a script left empty, is an error that lists the envs."""
    with pytest.raises(UsageError) as caught:
        bot("", env=env)

    assert caught.value.detail == f'--env is "{env}"; the envs are paper, live'
    assert (hint, Exit.USAGE) == (caught.value.hint, caught.value.exit)


def test_the_bots_odd_env_matters_only_when_it_decides(bot: Loader) -> None:
    """ALPACA_ENV is the bot's key too: another word there is harmless beside --env."""
    assert bot("ALPACA_ENV: backtest", env="paper").env == "paper"

    with pytest.raises(UsageError, match=r"ALPACA_ENV \(config\.yaml:1\)"):
        bot("ALPACA_ENV: backtest")


usual = st.from_regex(r"[A-Z_]{1,4}=[a-z0-9:/.@%+,-]{0,5}", fullmatch=True)
other = st.text("A_=a1 #'\"\\\t:.-", max_size=9)


@given(lines=st.lists(usual | st.just("") | st.just("# A=1") | other, max_size=6))
def test_a_plain_dotenv_says_what_python_dotenv_says(
    lines: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What is read without the library is read as the library reads it, and where it stands is told."""
    path = tmp_path_factory.getbasetemp() / "plain.env"
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    with path.open(encoding="utf-8", newline="") as stream:
        expected = {name: value for name, value in dotenv_values(stream=stream).items() if value is not None}

    values, sources = read_dotenv(path, ".env", {})

    assert values == expected
    for name, source in sources.items():
        assert name in lines[int(source.partition(":")[2]) - 1]
