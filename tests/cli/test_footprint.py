"""The footprint counts what was started, not only who started it."""

import subprocess
import sys

from cli.footprint import Footprint

_HOLDS = "import sys; b = bytearray(64 << 20); print('held', flush=True); sys.stdin.read()"


def test_a_childs_memory_is_counted_and_the_peak_stays() -> None:
    with Footprint(every=0.05) as footprint:
        footprint.look()
        alone = footprint.peak
        command = [sys.executable, "-c", _HOLDS]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdout
        assert child.stdout.readline() == "held\n"
        footprint.look()
        child.communicate("")
        held = footprint.peak
        footprint.look()
    assert alone > 5
    assert held >= alone + 60
    assert footprint.peak == held
