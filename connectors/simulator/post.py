"""Plays a plan: posts over HTTP as the network servers do, then lets the minutes pass.

An hour of simulated time is posted side by side over connections that are kept; once all of it
is acknowledged, its ticks follow, one a minute. A longer step would look like a broken clock.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx
import stamina

from connectors.simulator.formats import request, rfc3339
from connectors.simulator.plan import Plan, Post
from streams.duration import MINUTE
from streams.errors import Retry, Stop

STEP = 60 * MINUTE
_AFTER_THE_END = 5
"""Minutes that go on passing when nothing more is sent."""

_CONNECTIONS = 8
_TIMEOUT = 15.0
_PATIENCE = 60.0
"""Seconds for one answer, and for all the tries of one request."""


@dataclass(frozen=True)
class Door:
    """Where the sources post; ``secrets`` by network."""

    url: str
    secrets: Mapping[str, str]


@dataclass(frozen=True)
class Played:
    """``sent`` requests that were acknowledged; ``last`` tick, UTC microseconds."""

    sent: int
    last: int


async def play(
    plan: Plan,
    door: Door,
    tick: Callable[[Sequence[int]], None],
    progress: Callable[[int], None],
    stopped: Callable[[], bool] = lambda: False,
) -> Played:
    """Post everything and let time pass.

    ``tick(minutes)`` sends the ticks of minutes and returns when they are acknowledged;
    ``progress(n)`` hears how many posts are acknowledged; ``stopped()`` is asked after each
    simulated hour and ends it early.

    Raises:
        Retry: the door does not take a request for a minute.
        Stop: it refuses one.
    """
    limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    async with httpx.AsyncClient(base_url=door.url, timeout=_TIMEOUT, limits=limits) as client:
        sent = 0
        for end, posts in plan.steps(STEP):
            await _all(client, plan.seed, door, posts)
            await asyncio.to_thread(tick, _minutes(end - STEP, end))
            sent += len(posts)
            progress(sent)
            if stopped():
                return Played(sent, end)
    last = plan.end + _AFTER_THE_END * MINUTE
    await asyncio.to_thread(tick, _minutes(plan.end, last))
    return Played(sent, last)


async def _all(client: httpx.AsyncClient, seed: int, door: Door, posts: Sequence[Post]) -> None:
    """Side by side, each connection with the next that nobody took; the first refusal ends it."""
    waiting = iter(posts)

    async def connection() -> None:
        for post in waiting:
            await _send(client, seed, door, post)

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_CONNECTIONS):
                tasks.create_task(connection())
    except ExceptionGroup as refused:
        raise refused.exceptions[0] from refused


def _minutes(since: int, until: int) -> range:
    """Every full minute after ``since`` up to ``until``."""
    return range(since + MINUTE, until + 1, MINUTE)


async def _send(client: httpx.AsyncClient, seed: int, door: Door, post: Post) -> None:
    """Post until it is acknowledged: a copy more does no harm, a frame less would."""
    network = post.frame.sensor.network
    made = request(seed, post.frame)
    headers = {
        "Content-Type": "application/json",
        "X-Vigie-Secret": door.secrets[network],
        "X-Vigie-Arrival": rfc3339(post.arrival),
    }
    url = f"/v1/simulated-{network}{made.suffix}"
    again = stamina.retry_context(
        on=(httpx.TransportError, Retry), attempts=None, timeout=_PATIENCE
    )
    try:
        async for attempt in again:
            with attempt:
                answer = await client.post(
                    url, params=made.query, content=made.body, headers=headers
                )
                _check(answer)
    except httpx.TransportError as e:
        raise Retry(f"the webhook at {door.url} does not answer: {e!r}") from e


def _check(answer: httpx.Response) -> None:
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise Retry(f"the webhook at {answer.url} cannot take uplinks now (503)")
    if not answer.is_success:
        raise Stop(f"the webhook refuses with {answer.status_code}: {answer.text[:200]}")
