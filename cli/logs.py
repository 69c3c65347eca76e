"""Logs go to stderr: lines of JSON for a process, plain lines for a person."""

import logging
import re
import sys

import stamina
import structlog
from structlog.typing import EventDict, WrappedLogger

_SECRET = re.compile(r"secret|password|token|authorization|cookie|api_?key", re.IGNORECASE)


def configure(level: str, *, plain: bool = False) -> None:
    """Say how this process logs; once, before the first line.

    A person is told when the last try has failed, not at each.
    """
    stamina.instrumentation.set_on_retry_hooks([] if plain else None)
    shown: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if plain
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redacted,
            *shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def redacted(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Blank what goes by the name of a secret, whoever logged it."""
    return {k: "…" if _SECRET.search(k) else v for k, v in event.items()}
