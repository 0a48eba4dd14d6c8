"""A message to Slack through the real slack-sdk: it arrives, or there is a reason in words, in time."""

from __future__ import annotations

import logging

import pytest

from snapsync.ends.slack import Line, Unsent

from .server import CHANNELS, TOKEN, Answer, SlackServer

WAYS = ("webhook", "bot")


def line(slack: SlackServer, way: str) -> Line:
    """A way to this Slack."""
    if way == "webhook":
        return Line(slack.webhook["SLACK_WEBHOOK_URL"])
    return Line(f"{slack.url}/api/", TOKEN, CHANNELS[0])


@pytest.mark.parametrize("way", WAYS)
def test_a_message_arrives(slack: SlackServer, way: str) -> None:
    """Once, as text for notifications and as a block in which nothing is turned into links."""
    assert line(slack, way).send("✅ hello", 5) is None

    (body,) = slack.bodies
    assert body["text"] == "✅ hello"
    assert body["blocks"] == [
        {"type": "section", "text": {"type": "mrkdwn", "text": "✅ hello", "verbatim": True}}
    ]
    assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)


@pytest.mark.parametrize("way", WAYS)
def test_whether_it_would_be_taken_can_be_asked(slack: SlackServer, way: str) -> None:
    """Without a message."""
    assert line(slack, way).reach(5) is None
    assert slack.messages == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("first", ["limited", "error", "reset"])
def test_what_may_pass_is_tried_again(slack: SlackServer, way: str, first: Answer) -> None:
    """A rate limit that is soon over, a server error, a lost connection: one message all the same."""
    slack.answers.append(first)

    assert line(slack, way).send("hello", 20) is None

    assert slack.messages == ["hello"]
    assert len(slack.requests) == 2


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("answer", "wait"), [("limited for long", 1800.0), ("limited till a date", None)], ids=["long", "date"]
)
def test_a_long_wait_is_not_waited_for(
    slack: SlackServer, way: str, answer: Answer, wait: float | None
) -> None:
    """Where Slack wants more time than there is, it is told how much, and asked no second time."""
    slack.answers.append(answer)

    failed = line(slack, way).send("hello", 20)

    assert failed == Unsent(why="Slack's rate limit is used up (HTTP 429)", wait=wait)
    assert len(slack.requests) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_silent_slack_is_left_behind(slack: SlackServer, way: str) -> None:
    """The deadline holds, and it is said that the message may have arrived."""
    slack.answers.append("slow")

    failed = line(slack, way).send("hello", 1)

    assert failed is not None
    assert failed.perhaps
    assert "in time" in failed.why or "within 1 s" in failed.why


@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_slacks(slack: SlackServer, way: str) -> None:
    """A page in HTML is no yes, and nothing of it is repeated."""
    slack.answers.append("html")

    assert line(slack, way).send("hello", 5) == Unsent(why="the answer is not Slack's (HTTP 200)")


def test_wrong_secrets(slack: SlackServer) -> None:
    """Slack's own word is handed on; the secret is not."""
    assert Line(f"{slack.url}/services/T0/B0/wrong").send("x", 5) == Unsent(
        why="Slack refused it: no_service"
    )
    wrong = Line(f"{slack.url}/api/", "xoxb-wrong", CHANNELS[0])
    assert wrong.send("x", 5) == wrong.reach(5) == Unsent(why="Slack refused it: invalid_auth")
    elsewhere = Line(f"{slack.url}/api/", TOKEN, "#nowhere")
    assert elsewhere.send("x", 5) == Unsent(why="Slack refused it: channel_not_found")


@pytest.mark.parametrize("way", WAYS)
def test_nobody_there(way: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """A refused connection is said in words; the SDK logs no address, and prints nothing."""
    with SlackServer() as gone:
        to = line(gone, way)
    with caplog.at_level(logging.DEBUG):
        failed = to.send("x", 10)

    assert failed == Unsent(why="connection refused")
    assert "127.0.0.1" not in caplog.text
    assert capfd.readouterr() == ("", "")
