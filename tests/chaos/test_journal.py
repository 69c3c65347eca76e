"""What was in flight when a process died, from its own log."""

import json
from pathlib import Path
from random import Random

from tests.chaos import journal


def test_a_batch_is_in_flight_until_it_is_committed(tmp_path: Path) -> None:
    hook = journal.writer(tmp_path / "w.jsonl", Random(1), 0.0)
    here = {"handler": "decode", "partition": 1, "first": 3, "last": 5}
    there = {**here, "partition": 2}
    for phase, info in (("begin", here), ("begin", there), ("judged", here), ("committed", here)):
        hook(phase, info)
    (pid,) = {line["pid"] for line in _lines(tmp_path)}
    struck = journal.in_flight(journal.read(tmp_path / "w.jsonl", pid))
    assert [(p["phase"], p["info"]) for p in struck] == [("begin", there)]


def test_a_line_that_a_kill_cut_short_and_other_processes_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    path.write_text('{"pid": 1, "phase": "begin", "info": {}}\n{"pid": 2, "ph')
    assert list(journal.read(path, 2)) == []
    assert len(journal.in_flight(journal.read(path, 1))) == 1


def _lines(folder: Path) -> list[dict[str, int]]:
    return [json.loads(line) for line in (folder / "w.jsonl").read_text().splitlines()]
