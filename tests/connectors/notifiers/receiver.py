"""A web server on this machine that takes what notifiers send, and answers as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DRIPS, PAUSE = 200, 0.02
"""How often, and how many seconds lie between two: each is in time, all together are not."""


@dataclass
class Receiver:
    """``answers`` are the next statuses, then 204; while ``held`` is set none is given.

    ``before`` is said again and again ahead of an answer that otherwise comes only after
    ``DRIPS`` of them, ``after`` likewise in its body.
    """

    url: str = ""
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    before: bytes = b""
    after: bytes = b""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver until the block ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.taken.append((dict(self.headers), body))
            if receiver.held.is_set():
                receiver.released.wait(60)
            self.drip(receiver.before)
            self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
            self.send_header("Location", f"{receiver.url}/elsewhere")
            self.end_headers()
            self.drip(receiver.after)

        def drip(self, said: bytes) -> None:
            with suppress(OSError):  # the other side has had enough
                for _ in range(DRIPS if said else 0):
                    self.wfile.write(said)
                    receiver.released.wait(PAUSE)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield receiver
    receiver.released.set()
    server.shutdown()
    server.server_close()
