"""Who is let in, on a real Kafka, over real HTTP; and what strangers may not cause."""

from pathlib import Path

import httpx
from structlog.testing import capture_logs

from connectors import networks
from connectors.secrets import secret
from streams.discover import discover
from streams.inventory import Source
from streams.settings import Settings
from streams.uplinks import Network
from streams.wire import Wire
from tests.connectors.signed import AGE_MAX, token
from tests.connectors.webhook.served import BODY, NOW, SECRET, Served, served, talk


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


def test_a_stranger_writes_no_log_and_a_missing_secret_is_told_once(door: Served) -> None:
    with capture_logs() as told:
        for path in ("/v1/" + "n" * 3000, "/v1/ttn", "/v1/unprepared", "/v1/unprepared"):
            door.post(path, x_vigie_secret="wrong")
        door.post("/v1/ttn", content_type="text/plain")
    assert [t["log_level"] for t in told if t["event"] == "refused"] == ["debug"] * 4 + ["info"]
    assert [t["source"] for t in told if t["event"] == "refused"][:2] == ["n" * 64, "ttn"]
    assert sum(t["event"] == "no_secret" for t in told) <= 1


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
    heard, _ = talk(door.port, [head % b""], 0.1)
    assert heard.startswith(b"HTTP/1.1 401")
    with capture_logs() as told:
        heard, _ = talk(door.port, [head % b"&token=forged"], 0.1)
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
