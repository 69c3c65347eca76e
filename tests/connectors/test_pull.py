"""A source that is asked: without holes, within bounds, and its secret stays a secret."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from structlog.testing import capture_logs

from connectors.files.journal import Journal
from connectors.pull import Puller, address, window
from streams.inventory import Source, micros
from streams.inventory.sources import Pull
from streams.settings import Settings
from tests.connectors.partner_double import Partner, partner

SECRET = "the-partners-secret"
HOUR = 3_600_000_000


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text).replace(tzinfo=UTC))


NOON = at("2026-02-12T12:00:30")


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> int:
        return self.now


@pytest.fixture(scope="module")
def platform() -> Iterator[Partner]:
    with partner() as double:
        yield double


@pytest.fixture
def double(platform: Partner) -> Partner:
    platform.asked.clear()
    platform.answer = Partner(0).answer
    return platform


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def puller(tmp_path: Path, clock: Clock) -> Iterator[Puller]:
    settings = Settings(home=tmp_path, pull_body_max=10_000, pull_timeout=15.0)
    with Journal(tmp_path) as journal:
        yield Puller(settings, journal, {"PARTNER": SECRET}.get, clock)


def source(url: str, **other: Any) -> Source:
    return Source.model_validate(
        {
            "id": "station",
            "network": "csv",
            "table": {"time": "time", "format": "s", "device": "d"},
            "pull": {"url": url, "schedule": "0 * * * *"} | other,
        }
    )


def pull(puller: Puller, asked: Source) -> bool:
    assert asked.pull
    return puller.pull(asked, asked.pull)


def files(puller: Puller) -> dict[str, bytes]:
    folder = puller.settings.home / "inbox" / "station" / ".pulled"
    return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.startswith(".")}


def query(request: Request) -> dict[str, str]:
    return dict(request.query_params)


WINDOW = "/data?from={since}&to={until}"


def test_each_slot_asks_for_what_follows(puller: Puller, double: Partner, clock: Clock) -> None:
    asked = source(double.url + WINDOW)
    assert pull(puller, asked)
    assert not pull(puller, asked)
    clock.now += HOUR
    assert pull(puller, asked)
    assert [query(r) for r in double.asked] == [
        {"from": "2026-02-12T11:00:00Z", "to": "2026-02-12T12:00:00Z"},
        {"from": "2026-02-12T12:00:00Z", "to": "2026-02-12T13:00:00Z"},
    ]
    assert files(puller) == {
        "pulled-20260212T120000Z.csv": b"time,level\n1770909349,1\n",
        "pulled-20260212T130000Z.csv": b"time,level\n1770909349,1\n",
    }


def test_a_slot_that_was_missed_is_caught_up(puller: Puller, double: Partner, clock: Clock) -> None:
    asked = source(double.url + WINDOW)
    pull(puller, asked)
    clock.now += 50 * HOUR
    pull(puller, asked)
    assert query(double.asked[-1]) == {"from": "2026-02-12T12:00:00Z", "to": "2026-02-14T14:00:00Z"}


def test_history_is_asked_in_steps_from_its_beginning(puller: Puller, double: Partner) -> None:
    asked = source(double.url + WINDOW, first="2026-02-11T10:30:00+01:00", step=43_200)
    while pull(puller, asked):
        continue
    assert [query(r)["from"] for r in double.asked] == [
        "2026-02-11T09:30:00Z",
        "2026-02-11T21:30:00Z",
        "2026-02-12T09:30:00Z",
    ]
    assert query(double.asked[-1])["to"] == "2026-02-12T12:00:00Z"


@pytest.mark.parametrize("status", [401, 404, 429, 500, 301])
def test_what_fails_is_asked_for_again_at_the_next_slot(
    puller: Puller, double: Partner, clock: Clock, status: int
) -> None:
    answer, double.answer = double.answer, lambda _: Response("time,level\n", status)
    asked = source(double.url + WINDOW)
    assert not pull(puller, asked)
    tries = len(double.asked)
    assert tries == (4 if status in (429, 500) else 1)
    assert not pull(puller, asked)
    assert len(double.asked) == tries
    assert files(puller) == {}
    clock.now += HOUR
    double.answer = answer
    assert pull(puller, asked)
    assert query(double.asked[-1])["from"] == "2026-02-12T11:00:00Z"


def test_a_server_that_recovers_within_the_slot_is_asked_again_at_once(
    puller: Puller, double: Partner
) -> None:
    double.answer = lambda _: Response("1", 503 if len(double.asked) < 3 else 200)
    assert pull(puller, source(double.url + WINDOW))
    assert list(files(puller).values()) == [b"1"]


def test_nobody_there_is_said_and_nothing_is_lost(puller: Puller) -> None:
    with capture_logs() as logs:
        assert not pull(puller, source("http://127.0.0.1:9/"))
    assert logs[-1]["event"] == "not_pulled"
    assert puller.journal.pulled("station") == at("2026-02-12T11:00:00")


def test_an_empty_answer_is_no_file(puller: Puller, double: Partner) -> None:
    double.answer = lambda _: Response(status_code=204)
    assert pull(puller, source(double.url))
    assert files(puller) == {}
    assert puller.journal.pulled("station") == at("2026-02-12T12:00:00")


def test_an_answer_that_is_too_large_is_cut_off(puller: Puller, double: Partner) -> None:
    sent = []

    def endless() -> Iterator[bytes]:
        for n in range(10_000):
            sent.append(n)
            yield b"x" * 1000

    double.answer = lambda _: StreamingResponse(endless())
    with capture_logs() as logs:
        assert not pull(puller, source(double.url))
    assert "more than 10000 bytes" in logs[0]["why"]
    assert files(puller) == {}
    assert len(sent) < 10_000


@pytest.mark.parametrize("beginning", [b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_drips_is_given_up(puller: Puller, beginning: bytes) -> None:
    """Each byte comes in time; the whole never would."""
    puller.settings = puller.settings.model_copy(update={"pull_timeout": 1.0})

    def drip(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                with listener.accept()[0] as client, suppress(OSError):
                    client.sendall(beginning)
                    while True:
                        client.sendall(b"1")
                        time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        with capture_logs() as logs:
            assert not pull(puller, source(f"http://127.0.0.1:{listener.getsockname()[1]}/"))
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
    assert "not complete within 1.0 s" in logs[0]["why"]
    assert files(puller) == {}


def test_a_compressed_answer_is_undone_within_its_bound(puller: Puller, double: Partner) -> None:
    gzipped = {"content-encoding": "gzip"}
    double.answer = lambda _: Response(gzip.compress(b"time,level\n"), headers=gzipped)
    assert pull(puller, source(double.url))
    assert list(files(puller).values()) == [b"time,level\n"]


@pytest.mark.parametrize(
    ("body", "coding", "why"),
    [
        (gzip.compress(b"0" * 10_000_000), "gzip", "more than 10000 bytes"),
        (gzip.compress(gzip.compress(b"0" * 10_000_000)), "gzip, gzip", "not gzip"),
        (gzip.compress(b"time,level\n")[:-4], "gzip", "not one whole gzip member"),
        (b"time,level\n", "gzip", "cannot be read"),
        (b"time,level\n", "br", "not gzip"),
    ],
)
def test_a_compressed_bomb_or_what_is_none_is_refused(
    puller: Puller, double: Partner, body: bytes, coding: str, why: str
) -> None:
    double.answer = lambda _: Response(body, headers={"content-encoding": coding})
    with capture_logs() as logs:
        assert not pull(puller, source(double.url))
    assert why in logs[0]["why"]
    assert files(puller) == {}


def test_the_secret_goes_into_its_header_and_nowhere_else(puller: Puller, double: Partner) -> None:
    asked = source(double.url, secret="PARTNER", header="X-Key", prefix="")
    with capture_logs() as logs:
        assert pull(puller, asked)
        double.answer = lambda _: Response("no", 401)
        puller.clock = lambda: NOON + HOUR
        assert not pull(puller, asked)
    assert [r.headers["x-key"] for r in double.asked] == [SECRET, SECRET]
    assert SECRET not in str(logs)
    assert all(SECRET.encode() not in content for content in files(puller).values())


@pytest.mark.parametrize(
    ("secret", "remedy"),
    [
        (None, "VIGIE_SECRET_PARTNER"),
        ("a\nb", "no header"),
        ("é", "no header"),
        ("a ", "no header"),
    ],
)
def test_a_secret_that_cannot_be_used_is_not_sent(
    puller: Puller, double: Partner, secret: str | None, remedy: str
) -> None:
    puller.secret_of = lambda _: secret
    with capture_logs() as logs:
        assert not pull(puller, source(double.url, secret="PARTNER"))
    assert remedy in logs[0]["why"]
    assert double.asked == []
    assert secret is None or repr(secret)[1:-1] not in str(logs[0])


def test_a_redirect_on_the_same_host_is_followed(puller: Puller, double: Partner) -> None:
    double.answer = lambda r: (
        Response("1") if r.url.path == "/there" else RedirectResponse("/there")
    )
    assert pull(puller, source(double.url, secret="PARTNER"))
    assert [r.headers["authorization"] for r in double.asked] == [f"Bearer {SECRET}"] * 2


@pytest.mark.parametrize("where", ["http://localhost:{port}/", "https://127.0.0.1:{port}/", "/x"])
def test_a_redirect_elsewhere_or_without_end_is_not(
    puller: Puller, double: Partner, where: str
) -> None:
    url = where.format(port=httpx.URL(double.url).port)
    double.answer = lambda _: RedirectResponse(url)
    with capture_logs() as logs:
        assert not pull(puller, source(double.url, secret="PARTNER"))
    assert "redirects" in logs[0]["why"]
    assert len(double.asked) == (5 if url == "/x" else 1)


@pytest.mark.parametrize(
    ("media", "ending"),
    [("application/json", "json"), ("application/x-ndjson; charset=utf-8", "jsonl")],
)
def test_lines_of_json_are_known_by_their_media_type(
    puller: Puller, double: Partner, media: str, ending: str
) -> None:
    double.answer = lambda _: Response("{}", media_type=media)
    asked = Source.model_validate(
        {
            "id": "station",
            "network": "generic",
            "pull": {"url": double.url, "schedule": "0 * * * *"},
        }
    )
    assert pull(puller, asked)
    assert list(files(puller)) == [f"pulled-20260212T120000Z.{ending}"]


@given(
    st.lists(st.integers(0, 7 * 86_400), min_size=1, max_size=20),
    st.sampled_from(["*/5 * * * *", "0 * * * *", "30 3 * * *", "0 0 1 * *"]),
    st.integers(60, 40 * 86_400),
)
def test_the_answers_leave_no_hole(gaps: list[int], schedule: str, step: int) -> None:
    asking = Pull(url="http://x/{since}", schedule=schedule, step=step)
    now, asked = NOON, None
    reached: list[tuple[int, int]] = []
    for gap in gaps:
        now += gap * 1_000_000
        if (due := window(asking, asked, now)) is not None:
            reached.append(due)
            asked = due[1]
    for (_, until), (since, _) in pairwise(reached):
        assert since == until
    for since, until in reached:
        assert since < until <= now
        assert until - since <= step * 1_000_000


def test_an_address_without_times_is_asked_as_it_is() -> None:
    assert address("http://x/y?z={n}", 0, 1) == "http://x/y?z={n}"
    long_ago = Pull(url="http://x/y", schedule="0 * * * *", step=60)
    week = timedelta(days=7) // timedelta(microseconds=1)
    assert window(long_ago, NOON - week, NOON) == (NOON - week, at("2026-02-12T12:00:00"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://x/"},
        {"url": "https://user:password@x/"},
        {"schedule": "every hour"},
        {"schedule": "* * * * * *"},
        {"schedule": "0 0 30 2 *"},
        {"schedule": "R * * * *"},
        {"schedule": "H(0-5) 0 * * *"},
        {"header": "X Key"},
        {"prefix": "Bearer\n"},
        {"step": 0},
        {"first": "2026-01-01T00:00:00"},
    ],
)
def test_a_pull_that_cannot_work_is_refused_when_it_is_declared(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Pull.model_validate({"url": "https://x/", "schedule": "0 * * * *"} | wrong)
