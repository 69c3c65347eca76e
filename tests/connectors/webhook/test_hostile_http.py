"""Slow, large and broken HTTP, on a door that goes on serving the others."""

import gzip
import socket
import threading
import time
from contextlib import ExitStack, suppress

import httpx
import pytest

from connectors.webhook import impatient
from connectors.webhook.door import SIGNED_MAX
from connectors.webhook.server import HEADERS_MAX
from streams.settings import Settings
from streams.wire import Wire
from tests.connectors.webhook.served import BODY, Served, served, talk, until


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


def test_who_has_signed_nothing_yet_makes_the_door_hold_little(
    servers: Settings, wire: Wire
) -> None:
    with served(servers, wire) as running:
        for size, status in ((SIGNED_MAX, 401), (SIGNED_MAX + 1, 413)):
            answer = running.post("/v1/signed?at=1&Token=forged", b"x" * size)
            assert answer.status_code == status


def test_what_is_no_http_writes_no_log(door: Served, caplog: pytest.LogCaptureFixture) -> None:
    heard, _ = talk(door.port, [b"\x16\x03\x01 no HTTP at all\r\n\r\n"], 0.5)
    assert heard.startswith(b"HTTP/1.1 400")
    assert [r.name for r in caplog.records if r.name.startswith("uvicorn")] == []


def test_headers_have_a_bound_even_in_one_piece(door: Served) -> None:
    assert door.post("/v1/ttn", x_padding="p" * (HEADERS_MAX - 1000)).status_code == 204
    before = door.ends
    assert door.post("/v1/ttn", x_padding="p" * HEADERS_MAX).status_code == 431
    assert door.post("/v1/ttn?a=" + "b" * HEADERS_MAX).status_code == 431
    assert door.ends == before


def test_a_body_that_trickles_is_cut(door: Served) -> None:
    head = (
        b"POST /v1/ttn HTTP/1.1\r\nHost: x\r\nX-Vigie-Secret: open sesame\r\n"
        b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    )
    heard, seconds = talk(door.port, [head] + [b" "] * 30, 0.1)
    assert heard.startswith(b"HTTP/1.1 408")
    assert seconds < 5


@pytest.mark.parametrize("first", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_headers_that_trickle_are_cut(
    door: Served, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    monkeypatch.setattr(impatient, "HEADERS_WITHIN", 0.6)
    parts = [first] if first else []
    heard, seconds = talk(
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
            until(lambda: running.post("/v1/ttn").status_code == 503)
        until(lambda: running.post("/v1/ttn").status_code == 204)


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
    heard, _ = talk(door.port, [head + rest], 0.2)
    assert heard.split(b" ")[1][:1] in (b"4", b"5")
    assert door.ends == before


def test_headers_without_end_are_refused(door: Served) -> None:
    heard, _ = talk(door.port, [b"GET / HTTP/1.1\r\nA: " + b"b" * 100_000], 0.5)
    assert heard.startswith(b"HTTP/1.1 4")


def test_a_client_that_leaves_harms_nobody(door: Served) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=5) as client:
        client.sendall(b"POST /v1/ttn HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n")
        client.sendall(b"X-Vigie-Secret: open sesame\r\n\r\n{")
    assert door.post("/v1/ttn").status_code == 204
