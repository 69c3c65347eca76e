"""A mail server on this machine that takes mails, after RFC 5321: no TLS, no login."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.connectors.notifiers.receiver import DRIPS, PAUSE


@dataclass
class SmtpDouble:
    """``refusals`` are answers by command, such as ``{"RCPT": "550 nobody"}``; None hangs up.

    Who has sent a command of ``drips`` gets lines that announce another one, and the answer only
    after ``DRIPS`` of them; a mail's is ``END``.
    """

    url: str = ""
    mails: list[bytes] = field(default_factory=list)
    refusals: dict[str, str | None] = field(default_factory=dict)
    drips: set[str] = field(default_factory=set)


@contextmanager
def mail_server() -> Iterator[SmtpDouble]:
    """A server until the block ends."""
    double = SmtpDouble()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 double")
            while line := self.rfile.readline().decode().strip():
                command = line.split()[0].upper()
                self.drip(command)
                if command in double.refusals:
                    answer = double.refusals[command]
                    if answer is None:
                        return
                    self.say(answer)
                elif command == "DATA":
                    self.say("354 go on")
                    self.mail()
                elif command == "STARTTLS":
                    self.say("502 no TLS here")
                else:
                    self.say("221 bye" if command == "QUIT" else "250 ok")

        def mail(self) -> None:
            lines = iter(self.rfile.readline, b".\r\n")
            text = b"".join(lines)
            if "END" in double.refusals:
                self.request.shutdown(socket.SHUT_RDWR)
                return
            double.mails.append(text)
            self.drip("END")
            self.say("250 taken")

        def drip(self, command: str) -> None:
            with suppress(OSError):  # the other side has had enough
                for _ in range(DRIPS if command in double.drips else 0):
                    self.say("250-wait")
                    time.sleep(PAUSE)

        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        double.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield double
        server.shutdown()
