"""The real command in a process of its own, without this shell's settings."""

import os
import subprocess
import sys


def vigie(
    *arguments: str, given: bytes = b"", within: float = 60, **environment: str
) -> "subprocess.CompletedProcess[bytes]":
    """What came of a command; ``given`` is its standard input, ``within`` seconds."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("VIGIE_")}
    return subprocess.run(
        (sys.executable, "-m", "cli", *arguments),
        input=given,
        capture_output=True,
        timeout=within,
        env=own | environment,
        check=False,
    )
