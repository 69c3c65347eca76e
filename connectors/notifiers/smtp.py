"""A mail in plain text, French then English, over TLS unless the relay is on this machine.

Sources: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 5322 (Message-ID), RFC 3834 (Auto-Submitted).
"""

import io
import ipaddress
import smtplib
import socket
import ssl
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from connectors import rfc3339
from connectors.notifiers import DELIVERY, Destination, Notifier, Transition
from streams.errors import Retry, Skip

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CALL = 15.0
"""Seconds that the server may take for each part of an answer."""

_PORTS = {"smtp": 587, "smtps": 465}
_PERMANENT = 500
_FRENCH = {
    "opened": "ouverte",
    "updated": "mise à jour",
    "closed": "close",
    "withdrawn": "retirée",
}
_SHOWN = 50
_NAME = 100


def mail(transition: Transition, to: Destination) -> EmailMessage:
    """The message; its id is the transition's, so that a copy is known for one."""
    alert, declared = transition.alert, to.declared
    message = EmailMessage()
    happened = f"{_FRENCH[transition.name]} / {transition.name}"
    subject = f"[vigie {alert.level}/4] {alert.rule} {alert.subject[:_NAME]}: {happened}"
    message["Subject"] = "".join(c if c.isprintable() else " " for c in subject)
    message["From"], message["To"] = declared.sender, ", ".join(declared.to)
    message["Date"] = format_datetime(datetime.fromtimestamp(to.now // 1_000_000, UTC))
    message["Message-ID"] = f"<{transition.key.replace(':', '.')}.{declared.id}@vigie.invalid>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_text(transition), cte="quoted-printable")
    return message


def _text(transition: Transition) -> str:
    alert = transition.alert
    since, until = (
        rfc3339.text(at) if at is not None else "–" for at in (alert.opened_at, alert.closed_at)
    )
    about = " ".join(part for part in (alert.subject, alert.property, alert.channel) if part)
    names = ", ".join(alert.devices[:_SHOWN])
    more = len(alert.devices) - _SHOWN
    names += f" … +{more}" if more > 0 else ""
    return (
        f"Alerte {_FRENCH[transition.name]} : {alert.rule}, {about}\n"
        f"Niveau : {alert.level} sur 4\nDepuis : {since}\nJusqu'à : {until}\n"
        f"Capteurs ({len(alert.devices)}) : {names}\nDétail : {alert.reason}\n"
        f"\n-- \nAlert {transition.name}: {alert.rule}, {about}\n"
        f"Level: {alert.level} of 4\nSince: {since}\nUntil: {until}\n"
        f"Devices ({len(alert.devices)}): {names}\nReason: {alert.reason}\n"
        f"Id: {alert.id}\n"
    )


def _send(transition: Transition, to: Destination) -> str:
    declared, where = to.declared, urlsplit(to.declared.where)
    if where.scheme not in _PORTS or not declared.sender or not declared.to:
        raise Skip("refused", f"notifier {declared.id}: declare smtp:// or smtps://, sender and to")
    if declared.secret and not to.secret:
        raise Retry(f"the secret {declared.secret} is nowhere: set it, or write its file")
    ends = time.monotonic() + DELIVERY
    with ExitStack() as stack:
        try:
            server = _connected(where, ends)
            stack.callback(_left, server)
            _secured(server, where, to)
        except (OSError, smtplib.SMTPException) as e:
            raise Retry(f"{declared.where} takes no mail now: {e}") from e
        except ValueError as e:
            why = f"{declared.where}: its port, user or secret is none that SMTP can say"
            raise Skip("refused", why) from e
        return _handed_over(server, mail(transition, to), declared.where)


def _left(server: smtplib.SMTP) -> None:
    """Good-bye; what was taken stays so, whatever is answered."""
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _connected(where: SplitResult, ends: float) -> smtplib.SMTP:
    host, port = where.hostname or "", where.port or _PORTS[where.scheme]
    if where.scheme == "smtps":
        return _SmtpTls(host, port, ends, context=ssl.create_default_context())
    return _Smtp(host, port, ends)


class _Answers(io.RawIOBase):
    """What a server says, until an instant of the monotonic clock and no longer."""

    def __init__(self, sock: socket.socket, ends: float) -> None:
        self._sock, self._ends = sock, ends

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for one delivery is over")
        self._sock.settimeout(min(left, CALL))
        return self._sock.recv_into(buffer)


class _Smtp(smtplib.SMTP):
    """One whose every answer comes before ``ends``; smtplib bounds the wait for a part of it."""

    def __init__(self, host: str, port: int, ends: float, **more: Any) -> None:
        self._ends = ends
        super().__init__(host, port, timeout=CALL, **more)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Answers(self.sock, self._ends))
        return super().getreply()


class _SmtpTls(_Smtp, smtplib.SMTP_SSL):
    """The same, with TLS from the start."""


def _secured(server: smtplib.SMTP, where: SplitResult, to: Destination) -> None:
    """Nothing leaves this machine in the clear, and no password at all."""
    server.ehlo()
    if where.scheme == "smtp" and (to.secret or not local(where.hostname or "")):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    if to.secret:
        server.login(to.declared.user, to.secret)


def local(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _handed_over(server: smtplib.SMTP, message: EmailMessage, where: str) -> str:
    try:
        refused = server.send_message(message)
    except smtplib.SMTPRecipientsRefused as e:
        codes = [code for code, _ in e.recipients.values()]
        if min(codes) >= _PERMANENT:
            raise Skip("refused", f"{where} refuses every recipient: {e.recipients}") from e
        raise Retry(f"{where} takes no mail for them now: {e.recipients}") from e
    except smtplib.SMTPNotSupportedError as e:
        raise Skip("refused", f"{where} takes no such addresses: {e}") from e
    except smtplib.SMTPResponseException as e:
        if e.smtp_code >= _PERMANENT:
            raise Skip("refused", f"{where} refuses: {e.smtp_code} {e.smtp_error!r}") from e
        raise Retry(f"{where} answers {e.smtp_code} {e.smtp_error!r}") from e
    except (OSError, smtplib.SMTPException) as e:
        raise Skip("in_doubt", f"{where} broke off ({e!r}): it may have been taken") from e
    return f"taken, not for {sorted(refused)}" if refused else "taken"


SMTP = Notifier("smtp", _send)
