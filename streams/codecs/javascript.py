"""The process in which codecs run: JavaScript in, JSON text out, nothing else within reach.

Started by :mod:`streams.codecs.sandbox` as a file of its own, so that it loads the engine and
nothing of ours, but for a codec in Python that is asked for. Its standard input is a socket to
whoever started it. A frame comes in with many calls, the answers go out as they come, some of them
together where the frame allows it. Where it does not, one goes out after each call: when this
process dies, those that are missing say during which.

Time and chance are arguments here too: ``new Date()`` and ``Date.now()`` are the time of the
frame, ``Math.random()`` gives the same sequence at every call, ``performance`` is absent. The
script's own variables are made anew at every call, and globals that it left are removed. So a
codec that is run again next year, in any order, says the same.

Source: LoRa Alliance TS013-1.0.0 "Payload Codec API", function decodeUplink; the older
``Decoder(bytes, port)`` of The Things Network's first version is accepted where there is no other.
"""

import json
import resource
import signal
import socket
import struct
import sys
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import quickjs

HOME = Path(__file__).resolve().parents[2]
"""Where our packages lie, for a codec in Python."""

FRAME = struct.Struct(">I")
ANSWER = struct.Struct(">BI")
READY = b"R"
REASONS = (
    "",
    "codec_throws",
    "codec_timeout",
    "codec_memory",
    "codec_output",
    "codec_syntax",
)
"""The first byte of an answer counts in this list; the empty one is followed by JSON."""

HELD, HELD_MAX = 0.02, 1 << 15
"""Seconds and bytes of answers that wait for each other."""

STACK_MAX = 256 << 10
CONTEXTS_MAX = 64
CALLS_MAX = 1000
"""A context is made anew after so many calls: what a codec does to the built-in objects stays."""

_HARNESS = """
(function () {
  "use strict";
  const D = Date, F = Function, stringify = JSON.stringify, text = String, parse = parseInt;
  const names = Object.getOwnPropertyNames, remove = Reflect.deleteProperty, world = globalThis;
  let now = 0, seed = 0;
  globalThis.Date = new Proxy(D, {
    construct: (target, args, self) =>
      Reflect.construct(target, args.length ? args : [now], self === Date ? target : self),
    apply: () => new D(now).toString(),
  });
  D.now = () => now;
  D.prototype.constructor = globalThis.Date;
  Math.random = () => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return seed / 4294967296;
  };
  delete globalThis.performance;
  const quiet = () => undefined;
  globalThis.console = { log: quiet, info: quiet, debug: quiet, warn: quiet, error: quiet };

  const known = { __proto__: null };
  for (const name of names(world)) known[name] = true;
  function forget() {
    const found = names(world);
    for (let i = 0; i < found.length; i++) if (!known[found[i]]) remove(world, found[i]);
  }

  function described(error) {
    try { return text(error); } catch { return "an error that cannot be shown"; }
  }
  function load(script) {
    return new F(script + "\\n;" +
      "return typeof decodeUplink === 'function' ? [decodeUplink, false]" +
      " : typeof Decoder === 'function' ? [Decoder, true] : [undefined, false];");
  }
  function call(codec, port, hex, at, outputMax) {
    now = at;
    seed = 1;
    const bytes = [];
    for (let i = 0; i < hex.length; i += 2) bytes.push(parse(hex.slice(i, i + 2), 16));
    try {
      const [decode, legacy] = codec();
      if (!decode) return "?";
      const said = legacy
        ? { data: decode(bytes, port) }
        : decode({ bytes, fPort: port, recvTime: new D(at) });
      const { data, warnings, errors } = said;
      const out = stringify({ data, warnings, errors });
      return out.length > outputMax ? ">" : out;
    } catch (error) {
      return "!" + described(error);
    } finally {
      forget();
    }
  }
  world.__vigie = [load, call];
})()
"""


class Limits(NamedTuple):
    """Seconds of CPU of a call, bytes of a context, bytes of JSON that a call may return."""

    time: float
    memory: int
    output: int


class Failure(Exception):
    """A call that gave no result; ``reason`` is one of :data:`REASONS`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def failure(error: Exception) -> Failure:
    """What an exception of the engine means."""
    message = str(error).strip()
    if message.startswith("InternalError: interrupted"):
        return Failure("codec_timeout", "more CPU than a call may take")
    full = message.startswith(("InternalError: out of memory", "InternalError: string too long"))
    if full or isinstance(error, MemoryError):
        return Failure("codec_memory", "more memory than a codec may use")
    if message.startswith("SyntaxError"):
        return Failure("codec_syntax", message)
    return Failure("codec_throws", message)


class Loaded:
    """One codec in a context of its own."""

    def __init__(self, script: str, limits: Limits) -> None:
        self.calls = 0
        self._output_max = limits.output
        self._context = quickjs.Context()
        self._context.set_time_limit(limits.time)
        self._context.set_memory_limit(limits.memory)
        self._context.set_max_stack_size(STACK_MAX)
        try:
            self._context.eval(_HARNESS)
            load, self._call = (self._context.eval(f"__vigie[{i}]") for i in range(2))
            self._context.eval("delete globalThis.__vigie")
            self._codec = load(script)
        except (quickjs.JSException, MemoryError) as e:
            raise failure(e) from e

    def __call__(self, port: int | None, payload: str, at: int) -> bytes:
        """The JSON that the codec returned; ``payload`` in hexadecimal, ``at`` in microseconds.

        Raises:
            Failure: it returned none.
        """
        self.calls += 1
        try:
            now = float(at // 1000)  # the engine's bridge cuts an int to 32 bits
            said = self._call(self._codec, port, payload, now, self._output_max)
        except (quickjs.JSException, MemoryError, UnicodeError) as e:
            raise failure(e) from e
        out = said.encode("utf-8", "replace") if isinstance(said, str) else b""
        if out[:1] == b"!":
            raise failure(Exception(out[1:].decode()))
        if out == b"?":
            raise Failure("codec_syntax", "it declares neither decodeUplink nor Decoder")
        if out[:1] != b"{" or len(out) > self._output_max:
            raise Failure("codec_output", f"more than {self._output_max} bytes, or no JSON")
        return out


class Codecs:
    """The codecs of this process by the number that the parent gave each."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._texts: dict[str, tuple[str, str]] = {}
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()

    def learn(self, codecs: dict[str, tuple[str, str]]) -> None:
        """What calls will name: a script, or the name of a codec in Python."""
        self._texts |= codecs

    def answer(self, name: str, port: int | None, payload: str, at: int) -> tuple[int, bytes]:
        """Reason and result of a call.

        What fails in a context that was used before is judged again in a fresh one, with no
        other beside it: a codec answers for itself, not for what earlier calls have left. A
        timeout is not: it would cost twice.
        """
        # The engine looks at its clock between its own instructions only: what loops inside one
        # of them is ended by the kernel, with a signal that nobody catches.
        signal.setitimer(signal.ITIMER_PROF, 3 * self._limits.time + 0.2)
        used = name in self._loaded
        try:
            return 0, self._call(name, port, payload, at)
        except Failure as e:
            self._loaded.pop(name, None)
            if used and e.reason != "codec_timeout":
                self._loaded.clear()
                return self.answer(name, port, payload, at)
            return REASONS.index(e.reason), str(e).encode("utf-8", "replace")

    def _call(self, name: str, port: int | None, payload: str, at: int) -> bytes:
        script, python = self._texts[name]
        if python:
            return in_python(python, port, payload, at, self._limits.output)
        loaded = self._loaded.get(name)
        if loaded is None or loaded.calls >= CALLS_MAX:
            loaded = self._loaded[name] = Loaded(script, self._limits)
        self._loaded.move_to_end(name)
        if len(self._loaded) > CONTEXTS_MAX:
            self._loaded.popitem(last=False)
        return loaded(port, payload, at)


def in_python(name: str, port: int | None, payload: str, at: int, output_max: int) -> bytes:
    """The JSON of what a codec in Python says; its CPU is bounded by the kernel alone.

    Raises:
        Failure: it said none.
    """
    if str(HOME) not in sys.path:
        sys.path.insert(0, str(HOME))
    from streams.codecs.payload import python_codecs

    codec = python_codecs().get(name)
    if codec is None:
        raise Failure("codec_syntax", f"no codec in Python is called {name!r}")
    try:
        said = codec.decode(port, bytes.fromhex(payload), at)
    except MemoryError as e:
        raise Failure("codec_memory", "more memory than a codec may use") from e
    except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError) as e:
        raise Failure("codec_throws", f"{type(e).__name__}: {e}") from e
    try:
        out = json.dumps({"data": said}, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError) as e:
        raise Failure("codec_output", f"no JSON: {e}") from e
    if len(out) > output_max:
        raise Failure("codec_output", f"more than {output_max} bytes")
    return out


def confine(limits: Limits) -> None:
    """Give up what decoding does not need: files, processes, memory without end."""
    bounds = {resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0, resource.RLIMIT_NOFILE: 8}
    if sys.platform == "linux":  # macOS accepts the limit and ignores it
        bounds |= {
            resource.RLIMIT_AS: 8 * limits.memory + (256 << 20),
            resource.RLIMIT_NPROC: 0,
        }
    for bound, most in bounds.items():
        resource.setrlimit(bound, (most, most))


def _exactly(channel: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = channel.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def serve(channel: socket.socket, limits: Limits) -> None:
    """Answer calls until the parent closes its end."""
    codecs = Codecs(limits)
    channel.sendall(READY)
    while True:
        (size,) = FRAME.unpack(_exactly(channel, FRAME.size))
        frame: dict[str, Any] = json.loads(_exactly(channel, size))
        codecs.learn(frame["codecs"])
        answered(channel, codecs, frame["calls"], HELD if frame["together"] else 0.0)


def answered(
    channel: socket.socket,
    codecs: Codecs,
    calls: list[tuple[str, int | None, str, int]],
    held: float,
) -> None:
    """Answer calls in order; an answer waits for others for ``held`` seconds: to send each by
    itself costs as much as a short codec."""
    waiting, since = bytearray(), time.monotonic()
    for name, port, payload, at in calls:
        reason, out = codecs.answer(name, port, payload, at)
        waiting += ANSWER.pack(reason, len(out)) + out
        if len(waiting) > HELD_MAX or time.monotonic() - since >= held:
            channel.sendall(waiting)
            waiting, since = bytearray(), time.monotonic()
    signal.setitimer(signal.ITIMER_PROF, 0)
    channel.sendall(waiting)


if __name__ == "__main__":
    given = Limits(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    try:
        with socket.socket(fileno=0) as parent:
            confine(given)
            serve(parent, given)
    except (EOFError, ConnectionError):
        sys.exit(0)
