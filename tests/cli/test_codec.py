"""``vigie codec run --batch`` as a script meets it."""

import json
from pathlib import Path

from tests.cli.command_line import vigie


def test_calls_are_answered_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "sum.js").write_text(
        "function decodeUplink(i) { return { data: { sum: i.bytes.reduce((a, b) => a + b, 0) } } }"
    )
    (tmp_path / "loop.js").write_text("function decodeUplink() { for (;;); }")
    call = {"port": 1, "bytes": "01ff", "time": "2026-01-31T12:00:00Z"}
    names = ("loop.js", "sum.js", "absent.js", "sum.js")
    lines = [json.dumps(call | {"script": str(tmp_path / name)}) for name in names]
    done = vigie("codec", "run", "--batch", given="\n".join([*lines, "nonsense"]).encode())
    assert (done.returncode, done.stderr) == (0, b"")
    loop, first, absent, second, bad = map(json.loads, done.stdout.splitlines())
    assert first == second == {"data": {"sum": 256}, "warnings": [], "errors": []}
    assert loop["errors"][0].startswith("codec_timeout: ")
    assert absent["errors"] == [f"script: {tmp_path / 'absent.js'}: no such file"]
    assert bad["errors"][0].startswith("bad_line: Invalid JSON")


def test_nothing_given_is_nothing_said() -> None:
    done = vigie("codec", "run", "--batch")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_without_batch_it_says_what_to_do() -> None:
    done = vigie("codec", "run", given=b"{}")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"--batch" in done.stderr
