"""The embedded servers under the supervisor: what was acknowledged survives stop and kill."""

import signal
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest
from confluent_kafka import Producer

from embedded.home import lay_out
from embedded.kafka import kafka
from embedded.ports import free_ports
from embedded.progress import silent
from embedded.schema_registry import schema_registry
from embedded.supervisor import Supervisor
from streams.kafka import create_topics, high_watermarks, producer_options
from streams.schema_registry import connect, register
from streams.settings import Settings
from streams.topics import UPLINKS
from streams.wire import RECORDS


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("survival")
    lay_out(home)
    return Settings.model_validate({"home": home} | free_ports())


@pytest.fixture
def supervisor(settings: Settings) -> Iterator[Supervisor]:
    """Another supervisor for every test, on the data that the last one left."""
    made = Supervisor(settings.home)
    try:
        made.start([schema_registry(settings, silent), kafka(settings, silent)])
        yield made
    finally:
        made.stop()


def _write(settings: Settings, count: int) -> None:
    producer = Producer(producer_options(settings))
    for n in range(count):
        producer.produce(UPLINKS.name(settings.topic_prefix), key=str(n), value=b"body")
    assert producer.flush(30) == 0


def _stored(settings: Settings) -> int:
    return sum(high_watermarks(settings, UPLINKS.name(settings.topic_prefix)).values())


def test_first_start(supervisor: Supervisor, settings: Settings) -> None:
    create_topics(settings)
    assert register(settings).ids.keys() == set(RECORDS)
    _write(settings, 100)
    assert _stored(settings) == 100


def test_a_second_start_finds_its_data(supervisor: Supervisor, settings: Settings) -> None:
    assert _stored(settings) == 100
    assert min(connect(settings).ids.values()) == 1


def test_what_was_acknowledged_survives_a_kill(supervisor: Supervisor, settings: Settings) -> None:
    _write(settings, 50)
    subject = f"{settings.schema_registry}/subjects/late-value/versions"
    schema = {"schema": '{"type": "string"}'}
    assert httpx.post(subject, json=schema).is_success
    for name in ("kafka", "schema-registry"):
        supervisor.kill(name, signal.SIGKILL)
    for name in ("kafka", "schema-registry"):
        _restarted(supervisor, name)
    assert _stored(settings) == 150
    assert httpx.get(subject).json() == [1]


def _restarted(supervisor: Supervisor, name: str) -> None:
    deadline = time.monotonic() + 60
    while next(s for s in supervisor.states() if s.name == name).restarts == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    supervisor.wait(name)


def test_they_listen_on_loopback_only(supervisor: Supervisor, settings: Settings) -> None:
    for name in ("kafka", "schema-registry"):
        process = psutil.Process(supervisor.pid(name))
        listening = [c for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
        assert listening
        assert {c.laddr.ip.removeprefix("::ffff:") for c in listening} == {settings.host}


def test_both_stay_small(supervisor: Supervisor, settings: Settings) -> None:
    names = ("kafka", "schema-registry")
    memory = {n: psutil.Process(supervisor.pid(n)).memory_info().rss >> 20 for n in names}
    assert memory["kafka"] < 600
    assert memory["schema-registry"] < 400
