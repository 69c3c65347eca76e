"""A change of a folder's names that outlives a crash of the machine."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """A file that is new, renamed or gone is so after a crash as well."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
