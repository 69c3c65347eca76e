"""A double of a partner's platform: a local server that answers as a test tells it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from embedded.ports import free_ports

Answer = Callable[[Request], Response]


class Partner:
    """``answer`` may be changed between two requests; ``asked`` are those that came."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[Request] = []
        self.answer: Answer = lambda _: Response("time,level\n1770909349,1\n")

    async def get(self, request: Request) -> Response:
        self.asked.append(request)
        return self.answer(request)


@contextmanager
def partner() -> Iterator[Partner]:
    """A running one."""
    port = free_ports()["webhook_port"]
    double = Partner(port)
    application = Starlette(routes=[Route("/{path:path}", double.get)])
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield double
    finally:
        server.should_exit = True
        thread.join()
