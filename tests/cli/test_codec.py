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


SCRIPT = """function decodeUplink(input) {
  return { data: { level: (input.bytes[0] << 8) | input.bytes[1], at: input.recvTime } };
}"""
INVENTORY = """
property:
  - {id: depth, title_fr: Profondeur, title_en: Depth, unit: m, resolution: 0.001}
codec:
  - id: gauge
    file: gauge.js
    mapping: [{path: level, property: depth, unit: mm}]
  - id: lpp
    python: cayenne_lpp
    mapping: [{path: temperature_3, property: air_temperature}]
"""


def test_one_frame_gives_data_and_what_the_mapping_makes_of_it(tmp_path: Path) -> None:
    script, codecs = tmp_path / "gauge.js", tmp_path / "codecs.yaml"
    script.write_text(SCRIPT)
    codecs.write_text(INVENTORY)
    frame = ("--port", "1", "--bytes", "05dc", "--time", "2026-01-31T12:00:00")
    plain = vigie("codec", "run", str(script), *frame)
    assert (plain.returncode, plain.stderr) == (0, b"")
    data = {"level": 1500, "at": "2026-01-31T12:00:00.000Z"}
    assert json.loads(plain.stdout) == {"data": data, "warnings": [], "errors": []}
    done = vigie("codec", "run", str(script), *frame, "--mapping", str(codecs))
    assert done.returncode == 0
    (measure,) = json.loads(done.stdout)["measures"]
    assert (measure["property"], measure["value"], measure["unit"]) == ("depth", 1.5, "m")


def test_a_port_that_carries_no_measures_is_told(tmp_path: Path) -> None:
    script, codecs = tmp_path / "gauge.js", tmp_path / "codecs.yaml"
    script.write_text(SCRIPT)
    codecs.write_text(INVENTORY.replace("file: gauge.js", "file: gauge.js\n    ports: [1]"))
    run = ("codec", "run", str(script), "--bytes", "05dc", "--mapping", str(codecs), "--port")
    told = json.loads(vigie(*run, "2").stdout)
    assert told["measures"] == []
    assert told["warnings"] == ["port 2 is none of ports: its frames are not decoded"]
    assert len(json.loads(vigie(*run, "1").stdout)["measures"]) == 1


def test_what_a_mapping_refuses_is_an_error_with_its_reason(tmp_path: Path) -> None:
    codecs = tmp_path / "codecs.yaml"
    codecs.write_text(
        INVENTORY.partition("  - id: gauge")[0] + INVENTORY[INVENTORY.index("  - id: lpp") :]
    )
    for payload, status, reason in (
        ("03670110", 0, ""),
        ("02670110", 1, "nothing_mapped: "),
        ("0367", 1, "codec_throws: "),
    ):
        done = vigie("codec", "run", "--bytes", payload, "--mapping", str(codecs))
        assert (done.returncode, done.stderr) == (status, b"")
        assert [e[: len(reason)] for e in json.loads(done.stdout)["errors"]] == [reason] * status


def test_a_mapping_that_is_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    codecs = tmp_path / "codecs.yaml"
    codecs.write_text("codec:\n  - id: c\n    python: cayenne_lpp\n    mapping: [{path: 1}]\n")
    done = vigie("codec", "run", "--bytes", "00", "--mapping", str(codecs))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"codecs.yaml:4: mapping.0.property: Field required" in done.stderr
    codecs.write_text("codec: []\n")
    done = vigie("codec", "run", "--bytes", "00", "--mapping", str(codecs))
    assert b"one codec expected" in done.stderr
