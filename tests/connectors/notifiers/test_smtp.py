"""Mail through a server that speaks SMTP: the message, and what becomes of each answer."""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest

from connectors.notifiers import Destination, Transition
from connectors.notifiers.smtp import SMTP, local, mail
from streams.errors import Retry, Skip
from tests.connectors.notifiers.smtp_double import SmtpDouble, mail_server
from tests.connectors.notifiers.told import ALERT, AT, OPENED, to


@pytest.fixture
def server() -> Iterator[SmtpDouble]:
    with mail_server() as double:
        yield double


def team(where: str, **other: Any) -> Destination:
    people = {"sender": "vigie@example.org", "to": ["a@example.org", "b@example.org"]}
    return to(where, **people | {"kind": "smtp"} | other)


def test_the_mail_is_french_and_english_and_says_all_of_it(server: SmtpDouble) -> None:
    assert SMTP.send(OPENED, team(server.url)) == "taken"
    (text,) = server.mails
    message = message_from_bytes(text, policy=policy.default)
    assert message["Subject"] == "[vigie 3/4] battery d1: ouverte / opened"
    assert message["To"] == "a@example.org, b@example.org"
    assert message["Message-ID"].strip() == f"<{ALERT.id}.opened.{AT + 60_000_000}.n@vigie.invalid>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Mon, 02 Mar 2026 00:01:00 +0000"
    body = message.get_content().replace("\r\n", "\n")
    french, english = body.split("\n-- \n")
    assert "Alerte ouverte : battery, d1\nNiveau : 3 sur 4" in french
    assert "3,1 V à 0 °C" in french
    assert "Alert opened: battery, d1\nLevel: 3 of 4\nSince: 2026-03-02T00:00:00" in english


def test_a_subject_that_holds_a_line_break_forges_no_header() -> None:
    evil = replace(ALERT, subject="d1\r\nBcc: x@example.org")
    message = mail(Transition("opened", evil), team("smtp://127.0.0.1"))
    assert "Bcc" not in message
    assert message["Subject"] == "[vigie 3/4] battery d1  Bcc: x@example.org: ouverte / opened"


def test_an_outage_names_its_first_fifty_devices() -> None:
    wide = replace(ALERT, devices=tuple(f"d{i}" for i in range(60)))
    text = mail(Transition("closed", wide), team("smtp://127.0.0.1")).get_content()
    assert "Devices (60): d0, " in text
    assert "d49 … +10" in text
    assert "d50" not in text


@pytest.mark.parametrize(
    ("refusals", "error", "reason"),
    [
        ({"RCPT": "550 nobody"}, Skip, "refused"),
        ({"MAIL": "550 not you"}, Skip, "refused"),
        ({"RCPT": "450 later"}, Retry, ""),
        ({"MAIL": "451 later"}, Retry, ""),
        ({"EHLO": None}, Retry, ""),
        ({"END": None}, Skip, "in_doubt"),
    ],
)
def test_answers(
    server: SmtpDouble, refusals: dict[str, str | None], error: type[Exception], reason: str
) -> None:
    server.refusals |= refusals
    with pytest.raises(error) as raised:
        SMTP.send(OPENED, team(server.url))
    assert getattr(raised.value, "reason", "") == reason
    assert server.mails == []


@pytest.mark.parametrize(
    ("command", "error", "taken"), [("EHLO", Retry, 0), ("END", Skip, 1), ("QUIT", None, 1)]
)
def test_an_answer_that_only_drips_is_given_up_at_the_deadline_of_the_whole(
    server: SmtpDouble,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    error: type[Exception] | None,
    taken: int,
) -> None:
    monkeypatch.setattr("connectors.notifiers.smtp.DELIVERY", 0.3)
    server.drips.add(command)
    if error is None:
        assert SMTP.send(OPENED, team(server.url)) == "taken"
    else:
        with pytest.raises(error, match=r"is over|timed out") as raised:
            SMTP.send(OPENED, team(server.url))
        assert getattr(raised.value, "reason", "in_doubt") == "in_doubt"
    assert len(server.mails) == taken


def test_no_password_is_sent_in_the_clear(server: SmtpDouble) -> None:
    """This server offers no TLS."""
    with pytest.raises(Retry, match="STARTTLS"):
        SMTP.send(OPENED, team(server.url, user="u", secret="password"))
    assert server.mails == []


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("localhost.example.org", False),
        ("192.0.2.1", False),
        ("", False),
    ],
)
def test_only_to_this_machine_a_mail_goes_without_tls(host: str, here: bool) -> None:
    assert local(host) == here


@pytest.mark.parametrize("missing", [{"sender": ""}, {"to": []}])
def test_what_cannot_be_a_mail_is_refused(server: SmtpDouble, missing: dict[str, Any]) -> None:
    with pytest.raises(Skip, match="sender and to"):
        SMTP.send(OPENED, team(server.url, **missing))


@pytest.mark.parametrize("goodbye", ["500 what", None])
def test_a_mail_that_was_taken_stays_so_whatever_the_goodbye(
    server: SmtpDouble, goodbye: str | None
) -> None:
    server.refusals["QUIT"] = goodbye
    assert SMTP.send(OPENED, team(server.url)) == "taken"
    assert len(server.mails) == 1


def test_what_smtp_cannot_say_is_refused_and_no_secret_told(server: SmtpDouble) -> None:
    with pytest.raises(Skip, match="no such addresses"):
        SMTP.send(OPENED, team(server.url, to=["é@example.org"]))
    with pytest.raises(Skip, match="that SMTP can say") as raised:
        SMTP.send(OPENED, team("smtp://127.0.0.1:99999", user="u", secret="hush"))
    assert raised.value.reason == "refused"
    assert "hush" not in str(raised.value)
