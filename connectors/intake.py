"""The process of what is not posted: files of the inbox, and sources that are asked."""

import fcntl
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from prometheus_client import Counter

from connectors.files.inbox import Inbox
from connectors.files.report import Report
from connectors.files.session import Session, session, wall
from connectors.pull import Puller
from connectors.secrets import secret
from streams.errors import Retry, Stop
from streams.settings import Settings

log = structlog.get_logger()
_PAUSE = 1.0
_WAIT = 5.0
_ROWS = Counter(
    "vigie_import_rows", "Rows of files by source and what became of them.", ("source", "outcome")
)


def main(settings: Settings) -> None:
    """Import and ask until SIGTERM or SIGINT; what is cut off is gone on with at the next start.

    Raises:
        Retry: Kafka or the schema registry does not answer at the start.
        Stop: another process has the inbox, or it or the journal cannot be used.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    if settings.clock == "simulated":
        log.info("nothing is imported on a simulated clock")
        threading.Event().wait()
    folder = settings.home / "inbox"
    with alone(folder), session(settings) as opened:
        inbox = Inbox(folder, opened.importer, settings.inbox_rest)
        puller = Puller(
            settings,
            opened.importer.journal,
            lambda name: secret(settings.home, name, os.environ),
            wall,
        )
        log.info("watching", folder=str(folder))
        while True:
            time.sleep(_PAUSE if once(opened, inbox, puller) else _WAIT)


def once(opened: Session, inbox: Inbox, puller: Puller) -> bool:
    """Ask what is due and take what rests; whether Kafka and the journal took it."""
    try:
        for source in opened.registry().all("source").values():
            if source.pull:
                puller.pull(source, source.pull)
        for report in inbox.look(opened.registry(), time.monotonic()):
            _count(report)
    except Retry as e:
        log.warning("import_waits", reason=str(e))
        return False
    return True


def _count(report: Report) -> None:
    for outcome in ("kept", "duplicate", "refused"):
        _ROWS.labels(report.source, outcome).inc(getattr(report, outcome))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only one that takes from an inbox for the length of the block.

    Raises:
        Stop: another process does, or the folder cannot be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (folder / ".lock").open("ab")
    except OSError as e:
        raise Stop(f"the inbox {folder} cannot be used: {e.strerror}") from e
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stop(f"another process takes the files of {folder}: end it first") from None
        yield
