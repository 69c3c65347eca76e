"""Codecs that work, codecs that do harm, and the neighbours of both."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.codecs.call import Call, Outcome
from streams.codecs.javascript import CALLS_MAX, CONTEXTS_MAX
from streams.codecs.sandbox import SCRIPTS_MAX, Limits, Sandbox, outcome_of, sandbox
from streams.settings import Settings

LIMITS = Limits(time=0.1, wall=20.0, memory=16 << 20, output=4096)
AT = 1_780_000_000_123_456
SUM = """
function decodeUplink(input) {
  return { data: { sum: input.bytes.reduce((a, b) => a + b, 0), port: input.fPort } };
}
"""


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(LIMITS) as running:
        yield running


def call(script: str, payload: bytes = b"\x01\x02", port: int | None = 1) -> Call:
    return Call(script, port, payload, AT)


def returning(expression: str) -> Call:
    return call(f"function decodeUplink(input) {{ {expression} }}")


GOOD = call(SUM, b"\x01\xff", 7)
GOOD_OUTCOME = Outcome({"sum": 256, "port": 7})


def test_uplink_is_decoded_with_port_and_bytes(box: Sandbox) -> None:
    assert box.run([GOOD, call(SUM, b"", None)]) == [
        GOOD_OUTCOME,
        Outcome({"sum": 0, "port": None}),
    ]


def test_settings_open_a_sandbox(tmp_path: Path) -> None:
    with sandbox(Settings(home=tmp_path)) as run:
        assert run([GOOD]) == [GOOD_OUTCOME]


def test_no_calls_start_no_process() -> None:
    with Sandbox(LIMITS) as idle:
        assert idle.run([]) == []
        assert idle.pid is None


def test_older_decoder_is_accepted(box: Sandbox) -> None:
    script = "function Decoder(bytes, port) { return { first: bytes[0], port: port }; }"
    assert box.run([call(script, b"\x09", 3)]) == [Outcome({"first": 9, "port": 3})]


def test_a_codec_declared_by_const_is_found(box: Sandbox) -> None:
    script = "'use strict'; const decodeUplink = (i) => ({ data: { n: i.bytes.length } });"
    assert box.run([call(script)]) == [Outcome({"n": 2})]


def test_warnings_and_errors_of_the_codec(box: Sandbox) -> None:
    warned = returning("return { data: { a: null }, warnings: ['low', { x: 1 }] };")
    failed = returning("return { data: { a: 1 }, errors: ['short frame'] };")
    assert box.run([warned, failed]) == [
        Outcome({"a": None}, ("low", '{"x": 1}')),
        Outcome(None, (), ("short frame",)),
    ]


def test_what_is_not_a_number_is_null(box: Sandbox) -> None:
    script = "return { data: { a: NaN, b: 1 / 0, c: -0, d: 0.1 + 0.2 } };"
    assert box.run([returning(script)])[0].data == {"a": None, "b": None, "c": 0, "d": 0.1 + 0.2}


def test_time_and_chance_are_arguments(box: Sandbox) -> None:
    script = """return { data: {
      received: input.recvTime.toISOString(), isDate: input.recvTime instanceof Date,
      fresh: new Date().toISOString(), now: Date.now(), text: Date(),
      back: new (input.recvTime.constructor)().getTime(), given: new Date(5).getTime(),
      zone: new Date(0).getTimezoneOffset(), clock: typeof performance, random: Math.random(),
    } };"""
    first, again = box.run([returning(script)] * 2)
    assert first == again
    assert first.data is not None
    assert 0 <= first.data.pop("random") < 1
    assert first.data == {
        "received": "2026-05-28T20:26:40.123Z",
        "isDate": True,
        "fresh": "2026-05-28T20:26:40.123Z",
        "now": AT // 1000,
        "text": "Thu May 28 2026 20:26:40 GMT+0000",
        "back": AT // 1000,
        "given": 5,
        "zone": 0,
        "clock": "undefined",
    }


def test_nothing_of_the_machine_is_within_reach(box: Sandbox) -> None:
    names = "process require module fetch std os print load scriptArgs setTimeout WebAssembly"
    seen = ", ".join(f"{n}: typeof {n}" for n in names.split())
    (outcome,) = box.run([returning(f"console.log('x'); return {{ data: {{ {seen} }} }};")])
    assert outcome.data == dict.fromkeys(names.split(), "undefined")


def test_process_sees_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_SECRET_TTS", "do-not-inherit")
    with Sandbox(LIMITS) as running:
        running.run([GOOD])
        environment = psutil.Process(running.pid).environ()
    assert environment == {"TZ": "UTC"}


def test_prototypes_are_not_shared_between_codecs(box: Sandbox) -> None:
    polluter = call(
        "Object.prototype.sum = 'stolen'; Array.prototype.reduce = () => 'stolen';"
        "JSON.stringify = () => 'stolen'; Date.now = () => 'stolen';"
        "function decodeUplink() { return { data: { own: 1 } }; }"
    )
    assert box.run([polluter, GOOD]) == [Outcome({"own": 1}), GOOD_OUTCOME]


HOSTILE = {
    "throws": ("throw new Error('boom')", "codec_throws", "boom"),
    "throws_null": ("throw null", "codec_throws", "null"),
    "throws_what_cannot_be_shown": (
        "throw { toString() { throw 1; } }",
        "codec_throws",
        "cannot be shown",
    ),
    "throwing_getter": ("return { get data() { throw new Error('got'); } }", "codec_throws", "got"),
    "throwing_to_json": ("return { data: { toJSON() { throw 5; } } }", "codec_throws", "5"),
    "cycle": ("const a = {}; a.a = a; return { data: a };", "codec_throws", "circular"),
    "big_integer": ("return { data: { a: 1n } };", "codec_throws", "BigInt"),
    "recursion": ("return decodeUplink(input);", "codec_throws", "stack size"),
    "throws_what_loops": ("throw { toString() { for (;;); } }", "codec_timeout", "CPU"),
    "loop": ("for (;;);", "codec_timeout", "CPU"),
    "catching_loop": ("for (;;) { try { for (;;); } catch {} }", "codec_timeout", "CPU"),
    "looping_getter": ("return { get data() { for (;;); } }", "codec_timeout", "CPU"),
    "regex_bomb": ("/^(a+)+$/.test('a'.repeat(40) + 'b')", "codec_timeout", "CPU"),
    "loop_within_the_engine": ("new Array(4294967295).sort();", "codec_timeout", "CPU"),
    "array_bomb": ("const a = []; for (;;) a.push(new Array(9999).fill(1));", "codec_memory", ""),
    "buffer_bomb": ("const a = []; for (;;) a.push(new Uint8Array(1e6));", "codec_memory", ""),
    "string_bomb": ("let s = 'x'; for (;;) s = s + s + 'y';", "codec_memory", ""),
    "nothing": ("", "codec_throws", "undefined"),
    "no_data": ("return {};", "codec_output", "NoneType"),
    "array": ("return { data: [1] };", "codec_output", "list"),
    "promise": ("return Promise.resolve({ data: {} });", "codec_output", "NoneType"),
    "huge_output": ("return { data: { a: 'x'.repeat(5000) } };", "codec_output", "4096"),
    "ten_megabytes": ("return { data: { a: 'x'.repeat(1e7) } };", "codec_memory", ""),
    "ten_million_numbers": ("return { data: { a: new Array(1e7).fill(1) } };", "codec_memory", ""),
    "wide_output": ("return { data: { a: '\\u20ac'.repeat(2000) } };", "codec_output", "4096"),
    "deep_output": (
        "let a = {}; for (let i = 0; i < 99; i++) a = { a }; return { data: a };",
        "codec_output",
        "deeper",
    ),
    "half_a_character": ("return { data: { a: '\\ud800' } };", "codec_output", "not JSON"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_harm_is_named_and_neighbours_are_unharmed(box: Sandbox, name: str) -> None:
    body, reason, message = HOSTILE[name]
    before, outcome, after = box.run([GOOD, returning(body), GOOD])
    assert (before, after) == (GOOD_OUTCOME, GOOD_OUTCOME)
    assert outcome.reason == reason
    assert outcome.data is None
    assert message in outcome.errors[0]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("this is no script", "codec_syntax"),
        ("var x = 1;", "codec_syntax"),
        ("throw new Error('at load')", "codec_throws"),
        ("for (;;);", "codec_timeout"),
        ("throw { toString() { for (;;); } }", "codec_timeout"),
        ("InternalError.prototype.toString = () => { for (;;); }; for (;;);", "codec_timeout"),
        ("var a = []; for (;;) a.push(new Array(9999).fill(1));", "codec_memory"),
    ],
)
def test_scripts_that_do_not_load(box: Sandbox, script: str, reason: str) -> None:
    assert [o.reason for o in box.run([call(script), GOOD])] == [reason, None]


@pytest.mark.parametrize(
    "count",
    [
        "var n = 0; function decodeUplink() { return { data: { n: ++n } }; }",
        "let n = 0; const decodeUplink = () => ({ data: { n: ++n } });",
        "function decodeUplink() { try { n += 1; } catch { n = 1; } return { data: { n } }; }",
        "function decodeUplink() { this.n = (this.n || 0) + 1; return { data: { n: this.n } }; }",
    ],
)
def test_a_call_knows_nothing_of_the_one_before(box: Sandbox, count: str) -> None:
    """Else what is computed again in other batches would differ."""
    assert [o.data for o in box.run([call(count)] * 3)] == [{"n": 1}] * 3


def test_what_earlier_calls_left_condemns_nobody(box: Sandbox) -> None:
    hoarder = """var kept = [];
    function decodeUplink() { kept.push(new Array(1e5).fill(1)); return { data: { ok: 1 } }; }
    """
    assert {o.reason for o in box.run([call(hoarder)] * 40)} == {None}


def test_what_is_done_to_built_in_objects_ends_with_the_context(box: Sandbox) -> None:
    counting = """function decodeUplink() {
      Math.n = (Math.n || 0) + 1;
      return { data: { n: Math.n } };
    }"""
    outcomes = box.run([call(counting)] * (CALLS_MAX + 1))
    assert [o.data["n"] for o in outcomes if o.data][-2:] == [CALLS_MAX, 1]


def test_more_codecs_than_are_kept(box: Sandbox) -> None:
    for count in (CONTEXTS_MAX + 5, SCRIPTS_MAX + 5):
        calls = [returning(f"return {{ data: {{ n: {n} }} }};") for n in range(count)]
        assert [o.data for o in box.run(calls)] == [{"n": n} for n in range(count)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_somebody_else_ends_condemns_nobody(number: signal.Signals) -> None:
    slow = returning("const t = []; for (let i = 0; i < 2e5; i++) t.push(i); return {data: {}};")
    with Sandbox(replace(LIMITS, time=1.0, wall=2.0)) as running:
        running.run([GOOD])
        pid = running.pid
        assert pid is not None
        killer = threading.Timer(0.1, os.kill, (pid, number))
        killer.start()
        outcomes = running.run([slow] * 60)
        killer.join()
        assert running.pid != pid
    assert {o.reason for o in outcomes} == {None}


def test_threads_take_turns(box: Sandbox) -> None:
    batches = [[call(SUM, bytes([n]), n)] * 50 for n in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        for n, outcomes in enumerate(pool.map(box.run, batches), 1):
            assert outcomes == [Outcome({"sum": n, "port": n})] * 50


def test_closing_ends_the_process() -> None:
    with Sandbox(LIMITS) as running:
        running.run([GOOD])
        pid = running.pid
    assert pid is not None
    assert not psutil.pid_exists(pid)


def test_a_process_without_a_parent_ends() -> None:
    """A worker that is killed leaves no sandbox behind, not even a looping one."""
    script = f"""
import sys
from streams.codecs.sandbox import *
box = Sandbox(Limits(0.5, 60.0, 16 << 20, 4096))
box.run([Call({SUM!r}, 1, b"", 0)])
print(box.pid, flush=True)
box.run([Call("function decodeUplink() {{ new Array(4294967295).sort(); }}", 1, b"", 0)])
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid):
        assert time.monotonic() < deadline, "the sandbox outlives its parent"
        time.sleep(0.05)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["data", "warnings", "errors", "x"]), JSON))
@settings(deadline=None)
def test_any_result_is_data_or_says_why_not(result: dict[str, object]) -> None:
    outcome = outcome_of(result)
    assert (outcome.data is None) == bool(outcome.errors)
