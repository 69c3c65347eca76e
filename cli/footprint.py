"""How much memory this process and all that it started hold together."""

import threading
from contextlib import suppress
from types import TracebackType

import psutil

MIB = 1 << 20


class Footprint:
    """Watches the resident memory of the process tree while the block runs; ``peak`` in MiB.

    Pages that processes share are counted once for each, so the sum errs on the high side.
    """

    def __init__(self, every: float = 1.0) -> None:
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="footprint", daemon=True)
        self.peak = 0.0

    def __enter__(self) -> "Footprint":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def look(self) -> None:
        """Measure once, now."""
        me = psutil.Process()
        total = 0
        for process in (me, *me.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        self.peak = max(self.peak, total / MIB)

    def _watch(self) -> None:
        while not self._stop.wait(self._every):
            self.look()
