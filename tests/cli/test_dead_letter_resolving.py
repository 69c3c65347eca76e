"""``vigie dead-letters retry`` and ``drop``: the whole way on real servers."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from streams.dead_letters import headers
from streams.handler import Output
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, REGISTRY
from tests.cli.command_line import vigie
from tests.pipeline import INVENTORY, Pipeline, device, pipeline, tts

SECOND = 1_000_000
NOW = time.time_ns() // 1000 // (600 * SECOND) * 600 * SECOND
PATIENCE = 60.0


def at(micros: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(micros // SECOND))


def environment(settings: Settings) -> dict[str, str]:
    return {
        "VIGIE_HOME": str(settings.home),
        "VIGIE_KAFKA_URL": settings.kafka,
        "VIGIE_SCHEMA_REGISTRY_URL": settings.schema_registry,
        "VIGIE_APPLICATION": settings.application,
        "VIGIE_TOPIC_PREFIX": settings.topic_prefix,
        "VIGIE_PARTITIONS": str(settings.partitions),
    }


def asked(settings: Settings, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    done = vigie("dead-letters", *arguments, "--output=json", **environment(settings))
    assert b"Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout) if done.stdout else []


def becomes(so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < end, "it did not become so in time"
        time.sleep(0.1)


def dead(settings: Settings, topic: str, count: int = 1) -> None:
    """Letters of a device that failed on a topic, by hand."""
    from confluent_kafka import Producer

    from streams.kafka import producer_options

    producer = Producer(producer_options(settings))
    for n in range(count):
        why = headers(topic, 0, n, "sink", "row", f"letter {n} of D7")
        name = DEAD_LETTERS.name(settings.topic_prefix)
        producer.produce(name, b"x", b"k", partition=0, headers=list(why))
    assert producer.flush(20) == 0


def open_in_store(world: Pipeline) -> int:
    return int(world.rows("SELECT count() FROM dead_letter")[0][0])


def test_what_was_undeclared_is_a_reading_after_a_retry(apart: Callable[..., Settings]) -> None:
    settings = apart(partitions=2, sink_within=0.1)
    with pipeline(settings, INVENTORY) as world:
        name = "70B3D57ED0000001"
        world.post(name, tts(name, 1, at(NOW), "Kg=="), NOW + SECOND)
        world.turn()
        code, (letter,) = asked(settings, "list")
        assert (code, letter["reason"], letter["state"]) == (0, "unknown_device", "open")
        becomes(lambda: open_in_store(world) == 1)

        code, rows = asked(settings, "retry", "--device", name, "--dry-run")
        assert (code, [row["outcome"] for row in rows]) == (0, ["would be retried"])
        assert asked(settings, "retry", letter["place"])[0] == 0
        world.turn()
        _, (again,) = asked(settings, "list")
        assert (again["reason"], again["retried_from"]) == ("unknown_device", letter["place"])

        world.declare(device(name))
        code, rows = asked(settings, "retry", "--reason", "unknown_device")
        assert (code, [row["outcome"] for row in rows]) == (0, ["retried"])
        world.turn()
        becomes(lambda: world.rows("SELECT value FROM observation") == [(42.0,)])
        assert asked(settings, "list") == (0, [])
        becomes(lambda: open_in_store(world) == 0)

        code, rows = asked(settings, "retry", letter["place"])
        assert (code, [row["outcome"] for row in rows]) == (0, ["already retried"])
        code, rows = asked(settings, "retry", letter["place"], "--again")
        assert (code, [row["outcome"] for row in rows]) == (0, ["retried"])
        world.turn()
        _, every = asked(settings, "list", "--all")
        assert [row["state"] for row in every] == ["retried", "retried"]
        assert all(row["by"] and row["at"] for row in every)
        assert world.rows("SELECT count() FROM observations") == [(1,)], "a copy says nothing"


def test_a_drop_asks_before_more_than_one_and_keeps_the_bytes(
    apart: Callable[..., Settings],
) -> None:
    settings = apart(partitions=1)
    dead(settings, "nobody's", 3)
    refused = vigie("dead-letters", "drop", **environment(settings))
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"3 letters would be dropped: say --yes" in refused.stderr
    code, rows = asked(settings, "drop", "0/1")
    assert (code, [(row["place"], row["outcome"]) for row in rows]) == (0, [("0/1", "dropped")])
    assert [row["place"] for row in asked(settings, "list")[1]] == ["0/0", "0/2"]
    code, rows = asked(settings, "drop", "--yes")
    assert [row["place"] for row in rows] == ["0/0", "0/2"]
    assert asked(settings, "drop", "--yes") == (0, [])
    assert asked(settings, "drop", "0/2")[1][0]["outcome"] == "already dropped"
    raw = vigie("dead-letters", "show", "0/1", "--raw", **environment(settings))
    assert raw.stdout == b"x"
    mark = vigie("dead-letters", "show", "0/3", **environment(settings))
    assert (mark.returncode, mark.stdout) == (1, b"")


@pytest.mark.parametrize("topic", ["nobody's", ""])
def test_what_cannot_enter_again_is_left_and_ends_with_1(
    apart: Callable[..., Settings], topic: str
) -> None:
    settings = apart(partitions=1)
    dead(settings, topic or REGISTRY.name(settings.topic_prefix))
    code, (row,) = asked(settings, "retry")
    assert code == 1
    assert row["outcome"].startswith("left: ")
    assert len(asked(settings, "list")[1]) == 1


def test_a_place_without_a_letter_is_said(apart: Callable[..., Settings]) -> None:
    done = vigie("dead-letters", "retry", "0/17", **environment(apart(partitions=1)))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"no dead letter at 0/17" in done.stderr


def test_an_interrupted_retry_does_it_again(
    apart: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent and not marked is sent again; marked is always sent."""
    from streams import dead_letter_retry
    from streams.dead_letter_reader import DeadLetters

    settings = apart(partitions=1)
    dead(settings, f"{settings.topic_prefix}.uplinks.v1")
    sent: list[Output] = []
    send = dead_letter_retry._send

    def killed(producer: Any, own: Settings, outputs: Any) -> None:
        kept = list(outputs)
        sent.extend(kept)
        if kept[0].topic is DEAD_LETTERS:
            raise KeyboardInterrupt
        send(producer, own, kept)

    monkeypatch.setattr(dead_letter_retry, "_send", killed)
    with DeadLetters(settings) as letters:
        found = letters.latest(1)
        with pytest.raises(KeyboardInterrupt):
            list(dead_letter_retry.resolve(settings, found, "retried", letters.at, "me", NOW))
        assert [output.topic.short for output in sent] == ["uplinks", "dead-letters"]
        assert letters.latest(1)[0].resolution is None
