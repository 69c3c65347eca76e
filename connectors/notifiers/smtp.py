"""A mail in plain text, French then English, over TLS unless the relay is on this machine.

Sources: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 5322 (Message-ID), RFC 3834 (Auto-Submitted).
"""

import ipaddress
import smtplib
import ssl
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import SplitResult, urlsplit

from connectors import rfc3339
from connectors.notifiers import Destination, Notifier, Transition
from streams.errors import Retry, Skip

CALL = 15.0
"""Seconds that the server may take for each answer."""

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
    with ExitStack() as stack:
        try:
            server = _connected(where)
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


def _connected(where: SplitResult) -> smtplib.SMTP:
    host, port = where.hostname or "", where.port or _PORTS[where.scheme]
    if where.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, timeout=CALL, context=context)
    return smtplib.SMTP(host, port, timeout=CALL)


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
