"""``vigie dead-letters`` as an operator and a script meet it, on a real broker."""

import json
from collections.abc import Callable

import pytest
from confluent_kafka import Producer

from streams.dead_letters import headers
from streams.kafka import producer_options
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topics import DEAD_LETTERS
from tests.cli.command_line import vigie

BODY = bytes(range(256))
DEATHS = (("decode", "avro"), ("decode", "row"), ("sink", "row"))


@pytest.fixture
def environment(apart: Callable[..., Settings]) -> dict[str, str]:
    """Three letters, an hour apart; the last steers terminals and has no value."""
    settings = apart(partitions=2, clock="simulated")
    producer = Producer(producer_options(settings))
    for hour, (stage, reason) in enumerate(
        (("decode", "avro"), ("decode", "row"), ("sink", "row"))
    ):
        producer.produce(
            DEAD_LETTERS.name(settings.topic_prefix),
            None if hour == 2 else BODY,
            b"device",
            partition=hour % 2,
            timestamp=(hour + 1) * 3_600_000,
            headers=[
                ("traceparent", b"\x1b[2J"),
                *headers("vigie.uplinks.v1", 5, hour, stage, reason, "é \x1b]0;owned\x07"),
            ],
        )
    assert producer.flush(20) == 0
    return {
        "VIGIE_HOME": str(settings.home),
        "VIGIE_KAFKA_URL": settings.kafka,
        "VIGIE_SCHEMA_REGISTRY_URL": settings.schema_registry,
        "VIGIE_TOPIC_PREFIX": settings.topic_prefix,
        "VIGIE_PARTITIONS": "2",
    }


def test_a_letter_is_found_and_looked_at(environment: dict[str, str]) -> None:
    listed = vigie("dead-letters", "list", "--output=json", **environment)
    assert (listed.returncode, listed.stderr) == (0, b"")
    rows = json.loads(listed.stdout)
    assert [row["read_at"] for row in rows] == ["5/0", "5/1", "5/2"]
    assert rows[1] == {
        "place": "1/0",
        "arrival": "1970-01-01T02:00:00.000000Z",
        "stage": "decode",
        "reason": "row",
        "topic": "vigie.uplinks.v1",
        "read_at": "5/1",
        "message": "é \x1b]0;owned\x07",
        "retried_from": None,
        "state": "open",
        "by": None,
        "at": None,
    }
    shown = vigie("dead-letters", "show", rows[1]["place"], "--output=json", **environment)
    said = {n: v for n, v in rows[1].items() if n not in ("state", "by", "at")}
    assert json.loads(shown.stdout) == said | {
        "key": "device",
        "headers": [["traceparent", "\x1b[2J"]],
        "value": BODY.hex(),
    }
    raw = vigie("dead-letters", "show", "1/0", "--raw", **environment)
    assert (raw.returncode, raw.stdout, raw.stderr) == (0, BODY, b"")


def test_filters(environment: dict[str, str]) -> None:
    for arguments, expected in {
        ("--reason", "row"): ["5/1", "5/2"],
        ("--stage", "decode"): ["5/0", "5/1"],
        ("--stage", "decode", "--reason", "row"): ["5/1"],
        ("--since", "1970-01-01T03:00:00+01:00"): ["5/1", "5/2"],
        ("--limit", "1"): ["5/2"],
        ("--reason", "nobody"): [],
    }.items():
        done = vigie("dead-letters", "list", "--output=json", *arguments, **environment)
        assert [row["read_at"] for row in json.loads(done.stdout)] == expected


def test_a_terminal_is_not_steered_from_outside(environment: dict[str, str]) -> None:
    listed = vigie("dead-letters", "list", **environment)
    shown = vigie("dead-letters", "show", "1/0", **environment)
    for done in (listed, shown):
        assert done.returncode == 0
        assert "é \\x1b]0;owned\\x07" in done.stdout.decode()
        assert b"\x1b]" not in done.stdout
        assert b"\x1b[2J" not in done.stdout
    assert "header traceparent" in shown.stdout.decode()
    assert shown.stdout.rstrip().endswith(BODY.hex().encode())
    empty = vigie("dead-letters", "list", "--reason=nobody", **environment)
    assert (empty.returncode, empty.stdout) == (0, b"")
    assert b"no dead letter" in empty.stderr


def test_a_letter_without_a_value_is_shown(environment: dict[str, str]) -> None:
    shown = vigie("dead-letters", "show", "0/1", "--output=json", **environment)
    assert json.loads(shown.stdout)["value"] is None
    assert vigie("dead-letters", "show", "0/1", **environment).returncode == 0
    raw = vigie("dead-letters", "show", "0/1", "--raw", **environment)
    assert (raw.returncode, raw.stdout) == (0, b"")


def test_the_body_of_a_request_can_be_read_again(apart: Callable[..., Settings]) -> None:
    settings = apart(partitions=1, clock="simulated")
    wire = connect(settings)
    uplink = {"request_id": "r", "source": "s", "network": "tts", "arrival": 0, "body": b"{}\r\n"}
    producer = Producer(producer_options(settings))
    for name, record in (("Uplink", uplink | {"headers": {}, "query": {}}), ("Tick", {"at": 0})):
        producer.produce(DEAD_LETTERS.name(settings.topic_prefix), wire.encode(name, record))
    assert producer.flush(20) == 0
    environment = {
        "VIGIE_KAFKA_URL": settings.kafka,
        "VIGIE_SCHEMA_REGISTRY_URL": settings.schema_registry,
        "VIGIE_TOPIC_PREFIX": settings.topic_prefix,
        "VIGIE_PARTITIONS": "1",
    }
    found = vigie("dead-letters", "show", "0/0", "--body", **environment)
    assert (found.returncode, found.stdout, found.stderr) == (0, b"{}\r\n", b"")
    refused = vigie("dead-letters", "show", "0/1", "--body", **environment)
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"is a Tick" in refused.stderr


def test_what_is_no_record_has_no_body(environment: dict[str, str]) -> None:
    done = vigie("dead-letters", "show", "1/0", "--body", **environment)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"take --raw" in done.stderr


def test_where_there_is_none_it_ends_with_1(environment: dict[str, str]) -> None:
    done = vigie("dead-letters", "show", "1/99", **environment)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"vigie dead-letters list" in done.stderr


def test_a_broker_that_is_away_ends_with_1() -> None:
    done = vigie("dead-letters", "list", VIGIE_KAFKA_URL="127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"vigie: the dead letters of Kafka at 127.0.0.1:1 cannot be read")
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "17"),
        ("show", "-1/2"),
        ("show", "0/" + "9" * 30),
        ("list", "--since", "yesterday"),
        ("list", "--limit", "0"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    done = vigie("dead-letters", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
