"""An answer a line, in order, whatever stands in the line or in the script that it names."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.codecs.batch import LINE_MAX, SCRIPT_MAX, answers, bounded_lines, script_at
from streams.codecs.call import Call, Outcome
from streams.codecs.sandbox import Limits, Sandbox
from streams.errors import Skip

LIMITS = Limits(time=0.1, wall=1.5, memory=16 << 20, output=4096)
SCRIPTS = {
    "good": "function decodeUplink(i) { return { data: { b: i.bytes, p: i.fPort, t: i.recvTime }}}",
    "loops": "function decodeUplink() { for (;;); }",
    "throws": "function decodeUplink() { throw new Error('too short'); }",
    "reports": "function decodeUplink() { return { errors: ['bad'], warnings: ['w'] }; }",
    "broken": "function decodeUplink( {",
}
GOOD = {"script": "good", "port": 7, "bytes": "01fF", "time": "2026-01-01T01:00:00.5+01:00"}
RESULT = {
    "data": {"b": [1, 255], "p": 7, "t": "2026-01-01T00:00:00.500Z"},
    "warnings": [],
    "errors": [],
}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with Sandbox(LIMITS) as running:
        yield running


def read(name: str) -> str:
    try:
        return SCRIPTS[name]
    except KeyError as e:
        raise Skip("script", f"{name}: no such file") from e


def ran(box: Sandbox, *asked: dict[str, Any] | bytes) -> list[dict[str, Any]]:
    lines = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in asked)
    return list(answers(lines, read, box.run))


def test_a_bad_script_harms_no_neighbour(box: Sandbox) -> None:
    bad = ["loops", "throws", "reports", "broken", "absent"]
    asked = [one for name in bad for one in (GOOD | {"script": name}, GOOD)]
    told = ran(box, *asked)
    assert told[1::2] == [RESULT] * len(bad)
    assert [(a["data"], a["warnings"]) for a in told[::2]] == [
        (None, ["w"] if name == "reports" else []) for name in bad
    ]
    starts = ["codec_timeout: ", "codec_throws: ", "bad", "codec_syntax: ", "script: absent"]
    for answer, start in zip(told[::2], starts, strict=True):
        assert answer["errors"][0].startswith(start)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"", "Invalid JSON"),
        (b"nonsense\n", "Invalid JSON"),
        (b"\xff\xfe\n", "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b"[]", "object"),
        ({k: v for k, v in GOOD.items() if k != "script"}, "script: Field required"),
        (GOOD | {"port": 256}, "port"),
        (GOOD | {"port": "7"}, "port"),
        (GOOD | {"bytes": "0"}, "bytes"),
        (GOOD | {"bytes": [1, 2]}, "bytes"),
        (GOOD | {"time": "2026-01-01T00:00:00"}, "time"),
        (GOOD | {"time": 5}, "time"),
        (b" " * (LINE_MAX + 1), f"more than {LINE_MAX} bytes"),
    ],
)
def test_a_bad_line_is_answered_in_its_place(
    box: Sandbox, line: dict[str, Any] | bytes, says: str
) -> None:
    first, answer, last = ran(box, GOOD, line, GOOD)
    assert first == last == RESULT
    assert answer["data"] is None
    assert answer["errors"][0].startswith("bad_line: ")
    assert says in answer["errors"][0]


def test_an_answer_comes_before_the_next_line_is_read(box: Sandbox) -> None:
    def lines() -> Iterator[bytes]:
        yield json.dumps(GOOD).encode()
        raise AssertionError("read too early")

    assert next(answers(lines(), read, box.run)) == RESULT


@given(st.lists(st.binary()))
def test_as_many_answers_as_lines(lines: list[bytes]) -> None:
    told = list(answers(lines, read, lambda calls: [Outcome({}) for _ in calls]))
    assert len(told) == len(lines)
    json.dumps(told, allow_nan=False)


def test_no_port_is_none_and_times_are_exact_to_the_microsecond() -> None:
    seen: list[Call] = []

    def keep(calls: Any) -> list[Outcome]:
        seen.extend(calls)
        return [Outcome({})]

    line = GOOD | {"port": None, "time": "2026-01-01T00:00:00.123456789Z"}
    list(answers([json.dumps(line).encode()], read, keep))
    assert seen == [Call(SCRIPTS["good"], None, b"\x01\xff", 1_767_225_600_123_456)]


def test_lines_are_bounded_and_what_follows_a_long_one_is_whole() -> None:
    exact, much = b"x" * (LINE_MAX - 1) + b"\n", b"y" * (3 * LINE_MAX) + b"\n"
    one, long, last = bounded_lines(io.BytesIO(exact + much + b"last"))
    assert (one, last) == (exact, b"last")
    assert len(long) == LINE_MAX + 1


def test_scripts_are_read_from_regular_files_of_bounded_size(tmp_path: Path) -> None:
    good = tmp_path / "good.js"
    good.write_text("// é\n", "utf-8-sig")
    assert script_at(str(good)) == "// é\n"
    (tmp_path / "latin.js").write_bytes(b"\xe9")
    (tmp_path / "large.js").write_bytes(b" " * (SCRIPT_MAX + 1))
    for bad in ("latin.js", "large.js", "absent.js", "", "nul\0"):
        with pytest.raises(Skip):
            script_at(str(tmp_path / bad))
    with pytest.raises(Skip, match="no such file"):
        script_at("/dev/zero")
