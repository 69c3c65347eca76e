"""The door on a real Kafka, over real HTTP."""

import asyncio
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer, TopicPartition
from structlog.testing import capture_logs

from connectors import networks
from connectors.admission import SecretOf
from connectors.secrets import secret
from connectors.shared_secret import authentic
from connectors.webhook import broker_clock, impatient
from connectors.webhook.append import Appender
from connectors.webhook.arrivals import AHEAD_MAX, Arrivals
from connectors.webhook.door import Door, Uplinks
from connectors.webhook.drain import Drain
from connectors.webhook.gate import Gate
from connectors.webhook.keeping import Keeping
from connectors.webhook.meters import meters
from connectors.webhook.server import HEADERS_MAX, beside, listening, server, wall
from connectors.webhook.spool import opened
from streams import topics
from streams.discover import discover
from streams.errors import Stop
from streams.inventory import Source
from streams.kafka import consumer_options, high_watermarks
from streams.registry import Registry
from streams.schema_registry import connect
from streams.settings import Settings
from streams.uplinks import Network
from streams.wire import Wire
from tests.connectors.signed import AGE_MAX, SIGNED, token

SECRET = {"X-Vigie-Secret": "open sesame"}
SOURCES = (
    Source(id="ttn", network="tts", secret=("DOOR",)),
    Source(id="metropole", network="chirpstack", secret=("DOOR",)),
    Source(id="simulated", network="chirpstack", secret=("DOOR",), simulated=True),
    Source(id="unprepared", network="tts", secret=("NOBODY_HAS_SET_IT",)),
    Source(id="future", network="not-yet", secret=("DOOR",)),
    Source(id="rotated", network="tts", secret=("DOOR_BEFORE", "DOOR")),
    Source(id="signed", network="signed", secret=("DOOR",)),
    Source(id="files", network="tts"),
    Source(id="broken", network="broken", secret=("DOOR",)),
)
UPLINK: dict[str, Any] = {
    "end_device_ids": {"dev_eui": "0004A30B001C0530"},
    "received_at": "2026-02-12T15:15:50.126856789Z",
    "uplink_message": {"session_key_id": "AAAA", "f_cnt": 1, "frm_payload": "AQI="},
}
BODY = json.dumps(UPLINK).encode()
BROKEN = Network("broken", authentic, lambda body, _: [] * (1 // len(body[:0])))
"""A format whose reader has a mistake."""
NOW = 1_791_000_000_123_456


@dataclass(frozen=True)
class Served:
    """A door that is open, and what lies behind it."""

    url: str
    port: int
    settings: Settings
    wire: Wire

    def post(self, path: str, content: Any = BODY, **headers: str) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = httpx.Headers({"content-type": "application/json"} | SECRET)
        sent.update(given)
        return httpx.post(self.url + path, content=content, headers=sent, timeout=20.0)

    @property
    def ends(self) -> dict[int, int]:
        return high_watermarks(self.settings, topics.UPLINKS.name(self.settings.topic_prefix))

    def kept(self, request_id: str) -> tuple[Any, dict[str, Any]]:
        """The message of a request and its record."""
        topic = topics.UPLINKS.name(self.settings.topic_prefix)
        consumer = Consumer(consumer_options(self.settings, "door-tests"))
        consumer.assign([TopicPartition(topic, p, 0) for p in range(self.settings.partitions)])
        try:
            for _ in range(sum(self.ends.values())):
                message = consumer.poll(10.0)
                _, record = self.wire.decode(message.value())
                if record.get("request_id") == request_id:
                    return message, record
        finally:
            consumer.close()
        raise AssertionError(f"{request_id} is not on {topic}")


@contextmanager
def served(
    settings: Settings,
    wire: Wire,
    secret_of: SecretOf | None = None,
    sources: Iterable[Source] = SOURCES,
    folder: Path | None = None,
) -> Iterator[Served]:
    """A door in a thread, on a free port."""
    registry = Registry()
    for source in sources:
        registry = registry.having("source", source.id, source)
    listener = listening(settings.model_copy(update={"webhook_port": 0}))
    started: list[Any] = []
    folder = folder or settings.home / "data" / "spool" / f"test-{time.time_ns()}"

    async def run() -> None:
        async with (
            opened(folder, settings.spool_max, settings.spool_reserve) as spool,
            Appender(settings, topics.UPLINKS.name(settings.topic_prefix)) as appender,
        ):
            counted = meters()
            keeping = Keeping(appender.append, spool, settings.spool_after, counted.spool)
            simulated = settings.clock == "simulated"
            door = Door(
                settings=settings,
                registry=lambda: registry,
                networks={**discover(networks, Network), "signed": SIGNED, "broken": BROKEN},
                gate=Gate(secret_of or {"DOOR": SECRET["X-Vigie-Secret"]}.get),
                arrivals=Arrivals(lambda: NOW, simulated, counted.arrivals_ignored),
                uplinks=Uplinks(lambda r: wire.encode("Uplink", r), keeping.keep),
                new_id=iter(f"request-{time.time_ns()}-{n}" for n in range(10_000)).__next__,
                meters=counted,
            )
            serving = server(settings, door)
            started.append(serving)
            drain = Drain(keeping, settings.produce_timeout, pause=0.05)
            async with beside(serving, spool.write(), drain.run()):
                await serving.serve(sockets=[listener])

    port = listener.getsockname()[1]
    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{port}", port, settings, wire)
    finally:
        started[0].should_exit = True
        thread.join(30)
        listener.close()
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def wire(servers: Settings) -> Wire:
    return connect(servers)


@pytest.fixture(scope="module")
def door(servers: Settings, wire: Wire) -> Iterator[Served]:
    small = {"webhook_body_max": 4096, "webhook_body_timeout": 0.5}
    with served(servers.model_copy(update=small), wire) as running:
        yield running


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


def test_no_credential_of_any_network_is_kept_or_logged(servers: Settings, wire: Wire) -> None:
    known = discover(networks, Network)
    plain = [n for n in known.values() if not n.signed and not n.mapped]
    sources = [Source(id=n.name, network=n.name, secret=("DOOR",)) for n in plain]
    with served(servers, wire, sources=sources) as running, capture_logs() as told:
        for network in plain:
            named = {name: f"hidden-{name}" for name in network.credentials}
            shown = {n: v for n, v in named.items() if n not in ("authorization", "x-vigie-secret")}
            path = httpx.URL(f"/v1/{network.name}", params={"a": "b", **named})
            media = {"content-type": sorted(network.media)[0]}
            answer = running.post(str(path), **media, **{"x-own-key": "hidden-key"}, **shown)
            message, record = running.kept(answer.headers["x-request-id"])
            assert record["query"] == {"a": "b"}
            for value in (*named.values(), "hidden-key", "open sesame"):
                assert value.encode() not in message.value()
    assert "hidden" not in repr(told)
    assert "sesame" not in repr(told)


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/v1/ttn", b"{not json \xff", "not_json"),
        ("/v1/ttn", b"", "not_json"),
        ("/v1/ttn", b"[" * 4000, "not_json"),
        ("/v1/ttn", b'{"end_device_ids": {}}', "unknown_event"),
        ("/v1/metropole?event=unheard-of", b"{}", "unknown_event"),
        ("/v1/metropole?event=up", b"{}", "no_device"),
    ],
)
def test_what_is_wrong_with_a_body_is_judged_later(
    door: Served, path: str, body: bytes, reason: str
) -> None:
    answer = door.post(path, body)
    assert answer.status_code == 204
    message, record = door.kept(answer.headers["x-request-id"])
    assert record["body"] == body
    assert message.key() == record["source"].encode()
    assert f'reason="{reason}"' in httpx.get(door.url + "/metrics").text


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


def test_a_mistake_in_a_reader_costs_no_uplink(door: Served) -> None:
    answer = door.post("/v1/broken")
    message, record = door.kept(answer.headers["x-request-id"])
    assert (message.key(), record["body"]) == (b"broken", BODY)
    counted = 'vigie_webhook_unreadable_total{reason="reader_failed",source="broken"} 1.0'
    assert counted in httpx.get(door.url + "/metrics").text


def test_without_a_content_type_json_is_assumed(door: Served) -> None:
    answer = httpx.post(door.url + "/v1/ttn", content=BODY, headers=SECRET)
    assert answer.status_code == 204


def test_a_body_of_the_limit_is_kept_and_one_byte_more_is_not(door: Served) -> None:
    assert door.post("/v1/ttn", BODY.ljust(4096)).status_code == 204
    before = door.ends
    assert door.post("/v1/ttn", BODY.ljust(4097)).status_code == 413
    chunked = iter([BODY, bytes(3000), bytes(3000)])
    assert door.post("/v1/ttn", chunked).status_code == 413
    bomb = gzip.compress(bytes(3_000_000))
    assert len(bomb) < 4096
    assert door.post("/v1/ttn", bomb, content_encoding="gzip").status_code == 413
    assert door.ends == before


def test_the_largest_body_of_the_default_settings_is_kept(servers: Settings, wire: Wire) -> None:
    with served(servers, wire) as running:
        answer = running.post("/v1/ttn", BODY.ljust(servers.webhook_body_max))
        assert answer.status_code == 204
        _, record = running.kept(answer.headers["x-request-id"])
        assert len(record["body"]) == servers.webhook_body_max


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


def test_a_stranger_writes_no_log_and_a_missing_secret_is_told_once(door: Served) -> None:
    with capture_logs() as told:
        for path in ("/v1/" + "n" * 3000, "/v1/ttn", "/v1/unprepared", "/v1/unprepared"):
            door.post(path, x_vigie_secret="wrong")
        door.post("/v1/ttn", content_type="text/plain")
    assert [t["log_level"] for t in told if t["event"] == "refused"] == ["debug"] * 4 + ["info"]
    assert [t["source"] for t in told if t["event"] == "refused"][:2] == ["n" * 64, "ttn"]
    assert sum(t["event"] == "no_secret" for t in told) <= 1


def test_what_is_no_http_writes_no_log(door: Served, caplog: pytest.LogCaptureFixture) -> None:
    heard, _ = _talk(door.port, [b"\x16\x03\x01 no HTTP at all\r\n\r\n"], 0.5)
    assert heard.startswith(b"HTTP/1.1 400")
    assert [r.name for r in caplog.records if r.name.startswith("uvicorn")] == []


def test_a_secret_that_cannot_be_read_is_an_error_with_a_remedy(
    servers: Settings, wire: Wire, tmp_path: Path
) -> None:
    (tmp_path / "secrets" / "DOOR").mkdir(parents=True)
    with served(servers, wire, lambda n: secret(tmp_path, n, {})) as running:
        with capture_logs() as told:
            answers = [running.post("/v1/ttn") for _ in range(2)]
        assert [a.status_code for a in answers] == [503, 503]
        assert int(answers[0].headers["retry-after"]) > 0
        errors = [t for t in told if t["log_level"] == "error"]
        assert [(e["event"], e["source"]) for e in errors] == [("no_secret", "ttn")]
        assert "secrets/DOOR cannot be read" in errors[0]["remedy"]
        (tmp_path / "secrets" / "DOOR").rmdir()
        (tmp_path / "secrets" / "DOOR").write_text(SECRET["X-Vigie-Secret"])
        assert running.post("/v1/ttn").status_code == 204


def test_a_secret_changes_while_the_door_is_open(
    servers: Settings, wire: Wire, tmp_path: Path
) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "DOOR_BEFORE").write_text("before")
    with served(servers, wire, lambda n: secret(tmp_path, n, {})) as running:

        def status(shown: str) -> int:
            return running.post("/v1/rotated", x_vigie_secret=shown).status_code

        assert [status("before"), status("open sesame")] == [204, 401]
        (folder / "DOOR").write_text("open sesame\n")
        assert [status("before"), status("open sesame")] == [204, 204]
        (folder / "DOOR_BEFORE").unlink()
        assert [status("before"), status("open sesame")] == [401, 204]


def test_a_signature_is_checked_with_the_whole_body_and_kept_nowhere(door: Served) -> None:
    shown = token(SECRET["X-Vigie-Secret"], NOW, b"device")
    path = f"/v1/signed?at={NOW}&Token={shown}"
    with capture_logs() as told:
        answer = door.post(path, b"device", x_vigie_secret="wrong")
        forged = door.post(path, b"devise")
        late = token(SECRET["X-Vigie-Secret"], NOW - AGE_MAX - 1, b"device")
        replayed = door.post(f"/v1/signed?at={NOW - AGE_MAX - 1}&Token={late}", b"device")
    assert (answer.status_code, forged.status_code, replayed.status_code) == (204, 401, 401)
    message, record = door.kept(answer.headers["x-request-id"])
    assert record["query"] == {"at": str(NOW)}
    assert shown.encode() not in message.value()
    assert shown not in repr(told)


def test_a_signed_body_is_asked_for_only_where_there_is_a_token(door: Served) -> None:
    head = b"POST /v1/signed?at=1%s HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
    heard, _ = _talk(door.port, [head % b""], 0.1)
    assert heard.startswith(b"HTTP/1.1 401")
    with capture_logs() as told:
        heard, _ = _talk(door.port, [head % b"&token=forged"], 0.1)
        assert heard.startswith(b"HTTP/1.1 408")
        assert door.post("/v1/signed?token=a", content_type="a/b").status_code == 415
    assert [t["log_level"] for t in told if t["event"] == "refused"] == ["debug"] * 2


def test_a_secret_beyond_ascii_is_compared_as_utf_8(servers: Settings, wire: Wire) -> None:
    with served(servers, wire, {"DOOR": "sésame"}.get) as running:
        for shown, status in (("sésame".encode(), 204), (b"s\xe9same", 401)):
            headers = {b"x-vigie-secret": shown}
            answer = httpx.post(running.url + "/v1/ttn", content=BODY, headers=headers)
            assert answer.status_code == status


def test_a_stranger_is_told_how_to_authenticate_and_led_nowhere(door: Served) -> None:
    assert door.post("/v1/ttn", x_vigie_secret="wrong").headers["www-authenticate"] == "Bearer"
    answer = httpx.get(door.url + "/healthz/", headers={"host": "elsewhere.example"})
    assert (answer.status_code, "location" in answer.headers) == (404, False)


def test_headers_have_a_bound_even_in_one_piece(door: Served) -> None:
    assert door.post("/v1/ttn", x_padding="p" * (HEADERS_MAX - 1000)).status_code == 204
    before = door.ends
    assert door.post("/v1/ttn", x_padding="p" * HEADERS_MAX).status_code == 431
    assert door.post("/v1/ttn?a=" + "b" * HEADERS_MAX).status_code == 431
    assert door.ends == before


def test_health_and_metrics(door: Served) -> None:
    assert httpx.get(door.url + "/healthz").json() == {"status": "ok", "sources": len(SOURCES)}
    door.post("/v1/nobody")
    metrics = httpx.get(door.url + "/metrics").text
    assert 'vigie_webhook_requests_total{source="",status="404"}' in metrics
    assert "nobody" not in metrics


def _talk(port: int, parts: list[bytes], pause: float) -> tuple[bytes, float]:
    """What a slow client hears, and after how many seconds the door hangs up."""
    start = time.monotonic()
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.settimeout(pause)
        for part in parts:
            try:
                client.sendall(part)
                heard += (said := client.recv(4096))
                if not said:
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        client.settimeout(10)
        while said := client.recv(4096):
            heard += said
    return heard, time.monotonic() - start


def test_a_body_that_trickles_is_cut(door: Served) -> None:
    head = (
        b"POST /v1/ttn HTTP/1.1\r\nHost: x\r\nX-Vigie-Secret: open sesame\r\n"
        b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    )
    heard, seconds = _talk(door.port, [head] + [b" "] * 30, 0.1)
    assert heard.startswith(b"HTTP/1.1 408")
    assert seconds < 5


@pytest.mark.parametrize("first", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_headers_that_trickle_are_cut(
    door: Served, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    monkeypatch.setattr(impatient, "HEADERS_WITHIN", 0.6)
    parts = [first] if first else []
    heard, seconds = _talk(
        door.port, [*parts, b"POST /v1/ttn HTTP/1.1\r\n"] + [b"A: b\r\n"] * 40, 0.1
    )
    assert heard.count(b"HTTP/1.1 200") == len(parts)
    assert b"204" not in heard
    assert seconds < 4


def test_answers_that_nobody_takes_are_cut(door: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impatient, "TAKEN_WITHIN", 0.3)
    asked = 4000
    heard = 0
    with socket.create_connection(("127.0.0.1", door.port), timeout=30) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sender = threading.Thread(
            target=_sent, args=(client, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * asked)
        )
        sender.start()
        time.sleep(2.0)
        with suppress(ConnectionError):
            while said := client.recv(1 << 20):
                heard += said.count(b"HTTP/1.1 200")
        sender.join()
    assert heard < asked
    assert door.post("/v1/ttn").status_code == 204


def _sent(client: socket.socket, content: bytes) -> None:
    with suppress(OSError):
        client.sendall(content)


def test_slow_clients_keep_nobody_waiting(servers: Settings, wire: Wire) -> None:
    half = b"POST /v1/ttn HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
    whole = half + b"X-Vigie-Secret: open sesame\r\n\r\n{"
    with served(servers, wire) as running, ExitStack() as stack:
        for n in range(100):
            address = ("127.0.0.1", running.port)
            client = stack.enter_context(socket.create_connection(address, timeout=5))
            client.sendall(half if n % 2 else whole)
        assert {running.post("/v1/ttn").status_code for _ in range(20)} == {204}
        assert httpx.get(running.url + "/healthz").status_code == 200


def test_connections_have_a_bound_and_come_back(servers: Settings, wire: Wire) -> None:
    few = servers.model_copy(update={"webhook_connections_max": 4})
    with served(few, wire) as running:
        with ExitStack() as stack:
            for _ in range(4):
                address = ("127.0.0.1", running.port)
                client = stack.enter_context(socket.create_connection(address, timeout=5))
                client.sendall(b"P")
            _until(lambda: running.post("/v1/ttn").status_code == 503)
        _until(lambda: running.post("/v1/ttn").status_code == 204)


@pytest.mark.parametrize(
    "rest",
    [
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"Content-Length: 99999999999999999999\r\n\r\n",
        b"A: \x00\r\n\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_breaks_the_rules_of_http_is_refused_and_nothing_is_written(
    door: Served, rest: bytes
) -> None:
    before = door.ends
    head = b"POST /v1/ttn HTTP/1.1\r\nHost: x\r\nX-Vigie-Secret: open sesame\r\n"
    heard, _ = _talk(door.port, [head + rest], 0.2)
    assert heard.split(b" ")[1][:1] in (b"4", b"5")
    assert door.ends == before


def test_headers_without_end_are_refused(door: Served) -> None:
    heard, _ = _talk(door.port, [b"GET / HTTP/1.1\r\nA: " + b"b" * 100_000], 0.5)
    assert heard.startswith(b"HTTP/1.1 4")


def test_a_client_that_leaves_harms_nobody(door: Served) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=5) as client:
        client.sendall(b"POST /v1/ttn HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n")
        client.sendall(b"X-Vigie-Secret: open sesame\r\n\r\n{")
    assert door.post("/v1/ttn").status_code == 204


@contextmanager
def without_kafka(settings: Settings, **other: Any) -> Iterator[Settings]:
    """Settings whose Kafka accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        url = f"127.0.0.1:{nobody.getsockname()[1]}"
        yield settings.model_copy(update={"kafka_url": url, "spool_after": 0.2, **other})


def test_without_kafka_an_uplink_waits_on_the_disk(
    servers: Settings, wire: Wire, tmp_path: Path
) -> None:
    with without_kafka(servers) as away, served(away, wire, folder=tmp_path) as running:
        ids = [running.post("/v1/ttn").headers["x-request-id"] for _ in range(3)]
        metrics = httpx.get(running.url + "/metrics").text
        assert "vigie_webhook_kafka_away 1.0" in metrics
        assert "vigie_webhook_spooled_total 3.0" in metrics
    with served(servers, wire, folder=tmp_path) as running:
        _until(
            lambda: "vigie_webhook_drained_total 3.0" in httpx.get(running.url + "/metrics").text
        )
        for request_id in ids:
            message, record = running.kept(request_id)
            assert (record["arrival"], message.timestamp()[1]) == (NOW, NOW // 1000)
            assert (record["body"], message.key()) == (BODY, b"0004A30B001C0530")
    assert list(tmp_path.glob("*.segment")) == []


def test_only_a_full_spool_is_a_503(servers: Settings, wire: Wire, tmp_path: Path) -> None:
    with (
        without_kafka(servers, spool_max=1000) as away,
        served(away, wire, folder=tmp_path) as running,
    ):
        statuses = [(answer := running.post("/v1/ttn")).status_code for _ in range(6)]
        assert statuses == sorted(statuses)
        assert set(statuses) == {204, 503}
        assert int(answer.headers["retry-after"]) > 0
        full = f"vigie_webhook_refused_full_total {float(statuses.count(503))}"
        assert full in httpx.get(running.url + "/metrics").text


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


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
