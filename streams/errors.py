"""Errors named by what the caller does next.

A flat list of causes tells nobody what to do. These three do: dead-letter it, try again, or
leave the process to its supervisor.
"""


class Skip(Exception):
    """This record can never be processed: keep its bytes as a dead letter and go on.

    ``reason`` is a short stable code (``codec_timeout``); the message says what, where and
    what to do.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Retry(Exception):
    """The same call may succeed later: nothing was lost, nothing was written."""


class Stop(Exception):
    """Going on would do harm; the message says what to do before the next start."""
