"""What reading back a state took for a moment, back to the system.

glibc keeps what a thread has freed for that thread, and those that read are gone: with eight of
them a tenth of what a worker holds. Source: malloc_trim(3).
"""

import ctypes
from contextlib import suppress


def trim() -> None:
    """Give back what is free; where the C library has no such call, nothing."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
