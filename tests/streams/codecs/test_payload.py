"""Codecs in Python: found, identified by their text, and held within the limits of any codec."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import streams
from streams.codecs import payload, sandbox
from streams.codecs.call import Call, Outcome
from streams.codecs.payload import fingerprint, python_codecs
from streams.codecs.sandbox import Limits, Sandbox
from streams.errors import Skip

LIMITS = Limits(time=0.1, wall=20.0, memory=16 << 20, output=4096)
GOOD = Call("", 1, bytes.fromhex("03670110"), 0, "cayenne_lpp")
GOOD_OUTCOME = Outcome({"temperature_3": 27.2})
HOSTILE = {
    "throws": ("raise ValueError('short frame')", "codec_throws", "short frame"),
    "index": ("return {'a': payload[9]}", "codec_throws", "IndexError"),
    "recursion": ("return decode(port, payload, at)", "codec_throws", "RecursionError"),
    "loop": ("while True: pass", "codec_timeout", "CPU"),
    "regex": ("return {'a': bool(re.match('(a+)+$', 'a' * 40 + 'b'))}", "codec_timeout", "CPU"),
    "memory": ("return {'a': len(bytearray(1 << 33))}", "codec_memory", "memory"),
    "not_a_number": ("return {'a': float('nan')}", "codec_output", "no JSON"),
    "cycle": ("a = {}; a['a'] = a; return a", "codec_output", "no JSON"),
    "bytes": ("return {'a': payload}", "codec_output", "no JSON"),
    "list": ("return [1]", "codec_output", "list"),
    "ten_megabytes": ("return {'a': 'x' * 10**7}", "codec_output", "4096"),
    "leaves": ("os._exit(3)", "codec_crash", "3"),
}


def test_every_codec_is_found_by_its_name() -> None:
    assert {"cayenne_lpp"} <= set(python_codecs())


def test_a_codec_is_identified_by_its_name_and_the_text_of_its_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = fingerprint("cayenne_lpp")
    monkeypatch.setattr(payload.inspect, "getsource", lambda _: "another text")
    fingerprint.cache_clear()
    try:
        assert fingerprint("cayenne_lpp") != before
    finally:
        fingerprint.cache_clear()
    with pytest.raises(Skip, match="no codec in Python is called 'unheard'"):
        fingerprint("unheard")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox whose package of codecs holds those above as well."""
    home = tmp_path_factory.mktemp("tree") / "streams"
    shutil.copytree(Path(streams.__file__).parent, home, ignore=shutil.ignore_patterns("__pyc*"))
    for name, (body, _, _) in HOSTILE.items():
        (home / "codecs" / "python" / f"{name}.py").write_text(
            "import os, re\nfrom streams.codecs.payload import PayloadCodec\n"
            f"def decode(port, payload, at):\n    {body}\n"
            f"CODEC = PayloadCodec({name!r}, decode)\n"
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "__file__", str(home / "codecs" / "sandbox.py"))
        with Sandbox(LIMITS) as running:
            yield running


@pytest.mark.parametrize("name", HOSTILE)
def test_harm_is_named_and_neighbours_are_unharmed(hostile: Sandbox, name: str) -> None:
    _, reason, message = HOSTILE[name]
    before, outcome, after = hostile.run([GOOD, Call("", 1, b"\1", 0, name), GOOD])
    assert (before, after) == (GOOD_OUTCOME, GOOD_OUTCOME)
    assert outcome.reason == reason
    assert outcome.data is None
    assert message in outcome.errors[0]


def test_both_kinds_of_codecs_in_one_batch() -> None:
    script = "function decodeUplink(input) { return { data: { port: input.fPort } }; }"
    with Sandbox(LIMITS) as running:
        assert running.run([GOOD, Call(script, 7, b"", 0), GOOD]) == [
            GOOD_OUTCOME,
            Outcome({"port": 7}),
            GOOD_OUTCOME,
        ]
        (unheard,) = running.run([Call("", 1, b"", 0, "unheard")])
    assert unheard.reason == "codec_syntax"
