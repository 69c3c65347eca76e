"""``python -m tests.chaos --seed N --scenario NAME`` and ``python -m tests.chaos soak --runs N``.

The outcome is JSON on stdout, a table on stderr; exits 1 where a row is not the oracle's.
"""

import argparse
import json
import sys
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chaos.faults import SCENARIOS
from tests.chaos.run import Outcome, run
from tests.chaos.world import Notes, servers


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("mode", nargs="?", choices=("one", "soak"), default="one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", choices=tuple(SCENARIOS), default="kills")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--report", type=Path, help="where the JSON goes instead of stdout")
    return parser.parse_args()


def _outcomes(arguments: argparse.Namespace) -> Iterator[Outcome]:
    """Each run on servers of its own; one that breaks is an outcome too."""
    names = tuple(SCENARIOS)
    runs = arguments.runs if arguments.mode == "soak" else 1
    for number in range(runs):
        scenario = names[number % len(names)] if arguments.mode == "soak" else arguments.scenario
        seed, notes = arguments.seed + number, Notes()
        try:
            with servers(notes) as (settings, keeper):
                yield run(settings, keeper, scenario, seed, notes)
        except Exception:  # noqa: BLE001 - the other runs go on, this one counts as wrong
            yield Outcome(
                scenario, seed, 0, wrong=[traceback.format_exc()], notes=list(notes.lines)
            )


def _table(outcomes: list[Outcome]) -> Table:
    table = Table("scenario", "seed", "posts", "seconds", "drained", "exits", "wrong")
    for o in outcomes:
        exits = sum(note["what"] == "exit" for note in o.notes)
        figures = (o.seed, o.posts, o.seconds, o.drained, exits, len(o.wrong))
        table.add_row(o.scenario, *map(str, figures))
    return table


def main() -> int:
    """Run, report, and say by the exit code whether all was well."""
    arguments, outcomes = _arguments(), []
    console = Console(stderr=True)
    for outcome in _outcomes(arguments):
        outcomes.append(outcome)
        console.print(_table([outcome]))
        console.print(*outcome.wrong[:10], sep="\n")
    console.print(_table(outcomes))
    report = json.dumps([asdict(o) for o in outcomes], indent=1, default=str)
    if arguments.report:
        arguments.report.write_text(report, "utf-8")
    else:
        sys.stdout.write(report + "\n")
    return 1 if any(o.wrong for o in outcomes) else 0


if __name__ == "__main__":
    raise SystemExit(main())
