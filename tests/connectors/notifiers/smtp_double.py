"""A mail server on this machine that takes mails, after RFC 5321: no TLS, no login."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class SmtpDouble:
    """``refusals`` are answers by command, such as ``{"RCPT": "550 nobody"}``; None hangs up."""

    url: str = ""
    mails: list[bytes] = field(default_factory=list)
    refusals: dict[str, str | None] = field(default_factory=dict)


@contextmanager
def mail_server() -> Iterator[SmtpDouble]:
    """A server until the block ends."""
    double = SmtpDouble()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 double")
            while line := self.rfile.readline().decode().strip():
                command = line.split()[0].upper()
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
                return
            double.mails.append(text)
            self.say("250 taken")

        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        double.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield double
        server.shutdown()
