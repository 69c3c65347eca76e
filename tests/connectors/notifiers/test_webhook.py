"""A webhook on a real web server: what is sent, and what becomes of each answer."""

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest
import stamina

from connectors.notifiers.webhook import WEBHOOK
from streams.errors import Retry, Skip
from tests.connectors.notifiers.receiver import Receiver, receiving
from tests.connectors.notifiers.told import ALERT, AT, OPENED, to


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    stamina.set_testing(True, attempts=2)
    with receiving() as found:
        yield found
    stamina.set_testing(False)


def test_the_body_is_json_signed_with_its_time_and_named_by_a_key(receiver: Receiver) -> None:
    assert WEBHOOK.send(OPENED, to(receiver.url, "key")) == "answered 204"
    ((headers, body),) = receiver.taken
    assert json.loads(body) == {
        "transition": "opened",
        "alert": {
            "alert_id": ALERT.id,
            "rule": "battery",
            "subject": "d1",
            "subject_kind": "device",
            "property": "",
            "channel": "",
            "opened_at": "2026-03-02T00:00:00.000000Z",
            "updated_at": "2026-03-02T00:01:00.000000Z",
            "closed_at": None,
            "level": 3,
            "devices": ["d1"],
            "reason": "3,1 V à 0 °C",
            "withdrawn": False,
            "silenced": False,
        },
    }
    timestamp = str(AT // 1_000_000 + 60)
    of = hmac.new(b"key", timestamp.encode() + b"." + body, hashlib.sha256)
    assert headers["Vigie-Signature"] == f"sha256={of.hexdigest()}"
    assert headers["Vigie-Timestamp"] == timestamp
    assert headers["Idempotency-Key"] == f"{ALERT.id}:opened:{AT + 60_000_000}"


def test_without_a_secret_nothing_is_signed_and_a_missing_one_waits(receiver: Receiver) -> None:
    WEBHOOK.send(OPENED, to(receiver.url))
    assert "Vigie-Signature" not in receiver.taken[0][0]
    with pytest.raises(Retry, match="NAMED"):
        WEBHOOK.send(OPENED, to(receiver.url, ""))
    assert len(receiver.taken) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_who_is_busy_is_asked_again(receiver: Receiver, status: int) -> None:
    receiver.answers += [status]
    assert WEBHOOK.send(OPENED, to(receiver.url)) == "answered 204"
    receiver.answers += [status] * 2
    with pytest.raises(Retry, match=str(status)):
        WEBHOOK.send(OPENED, to(receiver.url))
    keys = {headers["Idempotency-Key"] for headers, _ in receiver.taken}
    assert (len(receiver.taken), len(keys)) == (4, 1)


@pytest.mark.parametrize("status", [400, 401, 404, 302])
def test_who_refuses_is_not_asked_again_and_no_redirection_is_followed(
    receiver: Receiver, status: int
) -> None:
    receiver.answers += [status]
    with pytest.raises(Skip, match=str(status)) as refused:
        WEBHOOK.send(OPENED, to(receiver.url))
    assert (refused.value.reason, len(receiver.taken)) == ("refused", 1)


def test_who_takes_it_and_says_nothing_is_in_doubt(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.notifiers.webhook.CALL", 0.2)
    receiver.held.set()
    with pytest.raises(Skip) as doubt:
        WEBHOOK.send(OPENED, to(receiver.url))
    assert (doubt.value.reason, len(receiver.taken)) == ("in_doubt", 1)


@pytest.mark.parametrize("drop", [b"HTTP/1.1 102 Processing\r\n\r\n", b"x"])
def test_an_answer_that_only_drips_is_given_up_at_the_deadline_of_the_whole(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, drop: bytes
) -> None:
    monkeypatch.setattr("connectors.notifiers.webhook.DELIVERY", 0.3)
    receiver.before = drop
    with pytest.raises(Skip, match="no answer") as doubt:
        WEBHOOK.send(OPENED, to(receiver.url))
    assert (doubt.value.reason, len(receiver.taken)) == ("in_doubt", 1)


def test_a_body_that_drips_is_not_waited_for(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.notifiers.webhook.DELIVERY", 0.3)
    receiver.answers, receiver.after = [200], b"x"
    assert WEBHOOK.send(OPENED, to(receiver.url)) == "answered 200"


def test_nobody_there_is_tried_again() -> None:
    stamina.set_testing(True, attempts=1)
    with receiving() as gone:
        where = gone.url
    with pytest.raises(Retry, match="cannot be reached"):
        WEBHOOK.send(OPENED, to(where))
    stamina.set_testing(False)
