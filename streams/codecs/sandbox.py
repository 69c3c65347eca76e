"""Runs codecs in a process that may hang, swell or die without harm to this one.

The engine's own limits stop nearly everything; a loop inside one of its built-in functions is
ended by the kernel (CPU) or from here (wall clock), and the process is started again. Only the
call during which it happened is condemned; its neighbours are run again.
"""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from streams.bounded_json import loads
from streams.codecs.call import Call, Outcome, Reason
from streams.codecs.javascript import ANSWER, FRAME, READY, REASONS
from streams.errors import Retry, Skip
from streams.settings import Settings

START_MAX = 30.0
"""Seconds until a new process must be ready."""

SCRIPTS_MAX = 256
"""Codecs that a process has seen before it is replaced: it never forgets one."""

MESSAGE_MAX = 1000


@dataclass(frozen=True)
class Limits:
    """Of one call: seconds of CPU, seconds of wall clock, bytes of a context, bytes of JSON."""

    time: float
    wall: float
    memory: int
    output: int

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """Those of the settings ``codec_…``."""
        return cls(
            settings.codec_time_max,
            settings.codec_wall_max,
            settings.codec_memory_max,
            settings.codec_output_max,
        )


class _Broken(Exception):
    """The process no longer answers; ``proven`` where it cannot be somebody else's doing."""

    def __init__(self, reason: Reason, message: str, proven: bool = False) -> None:
        super().__init__(message)
        self.reason, self.proven = reason, proven


class Sandbox:
    """One process for codecs, started at the first call; threads take turns."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._names: dict[tuple[str, str], str] = {}
        self._received = bytearray()
        self._turn = threading.Lock()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The process that runs now, for measurements."""
        return self._process.pid if self._process else None

    def run(self, calls: Sequence[Call]) -> list[Outcome]:
        """The outcomes in the order of the calls.

        A process that dies or stalls takes with it what it had not sent yet, so what it left
        unanswered is asked again with an answer at a time, and we know during which call it ends.
        It may have been killed by somebody else: that call is tried twice before it is condemned,
        unless the kernel itself says that it used up its CPU.

        Raises:
            Retry: the process cannot be started.
        """
        with self._turn:
            return self._outcomes(calls)

    def _outcomes(self, calls: Sequence[Call]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        together, suspect = True, -1
        while len(outcomes) < len(calls):
            try:
                self._exchange(calls[len(outcomes) :], outcomes, together)
            except _Broken as e:
                self.close()
                if not together and (e.proven or suspect == len(outcomes)):
                    outcomes.append(Outcome(errors=(str(e),), reason=e.reason))
                suspect = -1 if together else len(outcomes)
                together = False
        return outcomes

    def close(self) -> None:
        """End the process; a later call starts another."""
        if self._channel:
            self._channel.close()
        if self._process:
            with suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()
        self._process = self._channel = None
        self._names.clear()
        self._received.clear()

    def _exchange(self, calls: Sequence[Call], outcomes: list[Outcome], together: bool) -> None:
        if len(self._names.keys() | {_text(c) for c in calls}) > SCRIPTS_MAX and self._names:
            self.close()
        channel = self._channel or self._start()
        deadline = self._clock() + START_MAX
        try:
            self._wait(channel, deadline)
            channel.sendall(self._frame(calls, together))
        except OSError as e:
            raise self._died(e) from e
        for _ in calls:
            deadline = self._clock() + self._limits.wall
            reason, size = ANSWER.unpack(self._read(ANSWER.size, deadline))
            if size > self._limits.output + (64 << 10):
                raise _Broken("codec_crash", f"an answer of {size} bytes")
            outcomes.append(self._outcome(reason, self._read(size, deadline)))

    def _frame(self, calls: Sequence[Call], together: bool) -> bytes:
        new: dict[str, tuple[str, str]] = {}
        for text in {_text(call) for call in calls} - self._names.keys():
            name = self._names[text] = str(len(self._names))
            new[name] = text
        rows = [(self._names[_text(c)], c.port, c.payload.hex(), c.at) for c in calls]
        frame = json.dumps({"codecs": new, "calls": rows, "together": together}).encode()
        return FRAME.pack(len(frame)) + frame

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        most = self._limits
        script = Path(__file__).with_name("javascript.py")
        command = [sys.executable, "-I", str(script), str(most.time), str(most.memory)]
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [*command, str(most.output)],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    env={"TZ": "UTC"},
                    cwd="/",
                    start_new_session=True,
                )
            self._channel = ours
            if self._read(len(READY), self._clock() + START_MAX) != READY:
                raise _Broken("codec_crash", "it does not speak our protocol")
        except (_Broken, OSError) as e:
            ours.close()
            self.close()
            raise Retry(
                f"the codec sandbox does not start: {e}; see the log of this process"
            ) from e
        return ours

    def _wait(self, channel: socket.socket, deadline: float) -> None:
        left = deadline - self._clock()
        if left <= 0:
            raise _Broken("codec_timeout", f"no answer within {self._limits.wall} s")
        channel.settimeout(left)

    def _read(self, size: int, deadline: float) -> bytes:
        channel = cast(socket.socket, self._channel)
        while len(self._received) < size:
            self._wait(channel, deadline)
            try:
                part = channel.recv(1 << 16)
            except OSError as e:
                raise self._died(e) from e
            if not part:
                raise self._died(EOFError("it closed its end"))
            self._received += part
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _died(self, cause: Exception) -> _Broken:
        if isinstance(cause, TimeoutError):
            return _Broken("codec_timeout", f"no answer within {self._limits.wall} s")
        process = cast("subprocess.Popen[bytes]", self._process)
        process.kill()
        if process.wait() == -signal.SIGPROF:
            return _Broken("codec_timeout", "ended by the kernel: it used up its CPU", proven=True)
        return _Broken("codec_crash", f"its process ended ({process.returncode}): {cause}")

    def _outcome(self, code: int, said: bytes) -> Outcome:
        if code:
            reason = cast(Reason, REASONS[code]) if code < len(REASONS) else "codec_crash"
            return Outcome(errors=(said.decode("utf-8", "replace")[:MESSAGE_MAX],), reason=reason)
        try:
            return outcome_of(loads(said))
        except Skip as e:
            return Outcome(errors=(str(e),), reason="codec_output")


def _text(call: Call) -> tuple[str, str]:
    return call.script, call.python


@contextmanager
def sandbox(settings: Settings) -> Iterator[Callable[[Sequence[Call]], list[Outcome]]]:
    """:meth:`Sandbox.run` within the limits of the settings; the process ends with the block."""
    with Sandbox(Limits.of(settings)) as running:
        yield running.run


def outcome_of(result: Any) -> Outcome:
    """A codec's result, checked against TS013: ``{data, warnings, errors}``."""
    errors = _texts(result.get("errors"))
    warnings = _texts(result.get("warnings"))
    data = result.get("data")
    if errors:
        return Outcome(None, warnings, errors)
    if not isinstance(data, dict):
        said = f"data must be an object, not {type(data).__name__}"
        return Outcome(None, warnings, (said,), "codec_output")
    return Outcome(data, warnings)


def _texts(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    items = value if isinstance(value, list) else [value]
    texts = (item if isinstance(item, str) else json.dumps(item) for item in items if item)
    return tuple(text[:MESSAGE_MAX] for text in texts)
