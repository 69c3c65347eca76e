"""The door on a real Kafka, over real HTTP."""

import gzip
import socket
from datetime import UTC, datetime

import httpx
import pytest

from connectors.webhook import broker_clock
from connectors.webhook.arrivals import AHEAD_MAX
from connectors.webhook.server import listening, wall
from streams.errors import Stop
from streams.settings import Settings
from streams.wire import Wire
from tests.connectors.webhook.served import BODY, NOW, SECRET, SOURCES, Served, served


def test_an_uplink_is_kept_verbatim_without_credentials(door: Served) -> None:
    answer = door.post(
        "/v1/ttn/uplink?token=t0p&plan=a",
        BODY + b"  \n",
        authorization="Bearer something",
        cookie="session=1",
        x_downlink_apikey="NNSXS.secret",
        x_tts_domain="eu1.cloud",
    )
    assert (answer.status_code, answer.content) == (204, b"")
    message, record = door.kept(answer.headers["x-request-id"])
    assert message.key() == b"0004A30B001C0530"
    assert message.timestamp()[1] == NOW // 1000
    assert record["body"] == BODY + b"  \n"
    assert (record["source"], record["network"], record["arrival"]) == ("ttn", "tts", NOW)
    assert record["query"] == {"plan": "a"}
    assert record["headers"]["x-tts-domain"] == "eu1.cloud"
    for credential in ("something", "session=1", "NNSXS", "open sesame", "t0p"):
        assert credential.encode() not in message.value()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/ttn", b"{not json \xff"),
        ("/v1/ttn", b""),
        ("/v1/ttn", b"[" * 4000),
        ("/v1/ttn", b'{"end_device_ids": {}}'),
        ("/v1/metropole?event=unheard-of", b"{}"),
        ("/v1/metropole?event=up", b"{}"),
    ],
)
def test_what_is_wrong_with_a_body_is_judged_later(door: Served, path: str, body: bytes) -> None:
    answer = door.post(path, body)
    assert answer.status_code == 204
    message, record = door.kept(answer.headers["x-request-id"])
    assert record["body"] == body
    assert message.key() == record["source"].encode()


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/nobody", {}, 404),
        ("/v1/nobody", {"x_vigie_secret": "wrong"}, 404),
        ("/v1/future", {}, 404),
        ("/v1/ttn", {"x_vigie_secret": "wrong"}, 401),
        ("/v1/ttn", {"x_vigie_secret": ""}, 401),
        ("/v1/unprepared", {}, 401),
        ("/v1/unprepared", {"x_vigie_secret": ""}, 401),
        ("/v1/files", {}, 401),
        ("/v1/rotated", {"x_vigie_secret": "before"}, 401),
        ("/v1/signed", {}, 401),
        ("/v1/signed?at=1&Token=forged", {}, 401),
        ("/v1/ttn", {"x_vigie_secret": "wrong", "content_type": "text/plain"}, 401),
        ("/v1/ttn", {"content_type": "application/octet-stream"}, 415),
        ("/v1/ttn", {"content_encoding": "br"}, 415),
        ("/v1/ttn", {"content_encoding": "gzip"}, 400),
        ("/v1/simulated", {"x_vigie_arrival": "yesterday"}, 400),
        ("/v1/simulated", {"x_vigie_arrival": "1931-01-01T00:00:00Z"}, 400),
        ("/v1/simulated", {"x_vigie_arrival": "2026-10-03T05:00:00Z"}, 400),
    ],
)
def test_refused_and_nothing_written(
    door: Served, path: str, headers: dict[str, str], status: int
) -> None:
    before = door.ends
    assert door.post(path, **headers).status_code == status
    assert door.ends == before


def test_without_a_content_type_json_is_assumed(door: Served) -> None:
    answer = httpx.post(door.url + "/v1/ttn", content=BODY, headers=SECRET)
    assert answer.status_code == 204


def test_gzip_is_undone(door: Served) -> None:
    answer = door.post("/v1/ttn", gzip.compress(BODY), content_encoding="gzip")
    message, record = door.kept(answer.headers["x-request-id"])
    assert record["body"] == BODY
    assert message.key() == b"0004A30B001C0530"
    assert "content-encoding" not in record["headers"]


def test_only_a_simulated_source_has_its_own_arrival(door: Served) -> None:
    said = {"x_vigie_arrival": "2026-01-02T03:04:05.678901999Z"}
    simulated = door.post("/v1/simulated?event=up", **said)
    message, record = door.kept(simulated.headers["x-request-id"])
    assert (record["arrival"], message.timestamp()[1]) == (1_767_323_045_678_901, 1_767_323_045_678)
    real = door.post("/v1/metropole?event=up", **said)
    assert door.kept(real.headers["x-request-id"])[1]["arrival"] == NOW
    metrics = httpx.get(door.url + "/metrics").text
    assert 'vigie_webhook_arrivals_ignored_total{source="metropole"}' in metrics


def test_an_arrival_ahead_of_the_clock_is_kept_as_far_as_kafka_takes_it(door: Served) -> None:
    allowed = datetime.fromtimestamp((NOW + AHEAD_MAX) // 1_000_000, UTC)
    said = allowed.isoformat().replace("+00:00", "Z")
    assert door.post("/v1/simulated?event=up", x_vigie_arrival=said).status_code == 204


def test_on_a_simulated_clock_no_arrival_is_the_walls(servers: Settings, wire: Wire) -> None:
    with served(servers.model_copy(update={"clock": "simulated"}), wire) as running:
        before = running.ends
        said = {"x_vigie_arrival": "2026-01-02T03:04:05Z"}
        for refused in (
            running.post("/v1/simulated?event=up"),
            running.post("/v1/metropole?event=up"),
            running.post("/v1/metropole?event=up", **said),
        ):
            assert refused.status_code == 400
            assert "on a simulated clock send X-Vigie-Arrival" in refused.text
        assert running.ends == before
        assert running.post("/v1/simulated?event=up", **said).status_code == 204


def test_health_and_metrics(door: Served) -> None:
    assert httpx.get(door.url + "/healthz").json() == {"status": "ok", "sources": len(SOURCES)}
    door.post("/v1/nobody")
    metrics = httpx.get(door.url + "/metrics").text
    assert 'vigie_webhook_requests_total{source="",status="404"}' in metrics
    assert "nobody" not in metrics


@pytest.mark.parametrize("off", [-360_000_000, 360_000_000])
def test_a_clock_that_is_wrong_stops_the_door(servers: Settings, off: int) -> None:
    broker_clock.check(servers, wall)
    with pytest.raises(Stop, match=r"differ by 3[56]\d s"):
        broker_clock.check(servers, lambda: wall() + off)


def test_a_port_that_is_taken_says_what_to_do(servers: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Stop, match="VIGIE_WEBHOOK_PORT"):
            listening(servers.model_copy(update={"webhook_port": port}))
