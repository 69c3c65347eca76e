"""The plan over real HTTP: everything arrives, a refusal stops, a busy door is tried again."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.simulator import formats
from connectors.simulator.plan import Plan, plan
from connectors.simulator.post import MINUTE, STEP, Door, play
from streams.errors import Stop

SECRETS = {"tts": "one", "chirpstack": "two"}
PLAN = plan(2, datetime(2026, 10, 23, tzinfo=UTC), 1, 8)


def _first(hours: int) -> Plan:
    end = PLAN.start + hours * 60 * MINUTE
    return replace(PLAN, end=end, posts=tuple(p for p in PLAN.posts if p.arrival < end))


SHORT, LONGER = _first(1), _first(3)


class Door503:
    """Keeps what it is sent; answers 503 to every seventh request, 401 to a wrong secret."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str, str, bytes]] = []
        self.asked = 0

    async def __call__(self, request: Request) -> Response:
        self.asked += 1
        network = request.path_params["source"].removeprefix("simulated-")
        if request.headers["x-vigie-secret"] != SECRETS[network]:
            return Response(status_code=401)
        if self.asked % 7 == 0:
            return Response(status_code=503)
        arrival = request.headers["x-vigie-arrival"]
        self.kept.append((network, request.url.query, arrival, await request.body()))
        return Response(status_code=204)


@contextmanager
def _serving(door: Door503) -> Iterator[str]:
    routes = [
        Route("/v1/{source}", door.__call__, methods=["POST"]),
        Route("/v1/{source}/uplink", door.__call__, methods=["POST"]),
    ]
    config = uvicorn.Config(Starlette(routes=routes), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            threading.Event().wait(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def _play(made: Plan, url: str, secrets: dict[str, str]) -> tuple[int, list[int], list[int]]:
    ticks: list[int] = []
    heard: list[int] = []
    played = asyncio.run(play(made, Door(url, secrets), ticks.extend, heard.append))
    assert played.last == ticks[-1]
    return played.sent, ticks, heard


def test_everything_is_sent_once_with_its_arrival_and_time_passes() -> None:
    door = Door503()
    with _serving(door) as url:
        sent, ticks, heard = _play(SHORT, url, SECRETS)
    assert sent == heard[-1] == len(SHORT.posts) == len(door.kept)
    assert door.asked > sent
    wanted = {
        (p.frame.sensor.network, formats.rfc3339(p.arrival), formats.request(2, p.frame).body)
        for p in SHORT.posts
    }
    assert {(network, arrival, body) for network, _, arrival, body in door.kept} == wanted
    assert {query for network, query, _, _ in door.kept if network == "chirpstack"} == {"event=up"}
    assert ticks == list(range(SHORT.start + MINUTE, SHORT.end + 5 * MINUTE + 1, MINUTE))


def test_it_ends_between_two_hours_when_told_to() -> None:
    heard: list[int] = []
    with _serving(Door503()) as url:
        door = Door(url, SECRETS)
        played = asyncio.run(play(LONGER, door, lambda _: None, heard.append, lambda: True))
    assert played.last == SHORT.start + STEP
    assert 0 < played.sent == heard[-1] < len(LONGER.posts)


def test_a_refusal_stops_the_run() -> None:
    with _serving(Door503()) as url, pytest.raises(Stop, match="401"):
        _play(SHORT, url, SECRETS | {"tts": "wrong"})
