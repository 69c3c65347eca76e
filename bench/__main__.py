"""``python -m bench [NAME …] [--output json]``: every ``bench/NAME.py`` that has a ``run()``."""

import argparse
import json
import sys
from importlib import import_module
from pkgutil import iter_modules

import bench
from cli.logs import configure


def names() -> list[str]:
    """The benchmarks that exist."""
    return sorted(m.name for m in iter_modules(bench.__path__) if not m.name.startswith("_"))


def main() -> None:
    """Run those that are asked for, or all; figures on standard output."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    parser.add_argument("--output", choices=("text", "json"), default="text")
    asked = parser.parse_args()
    configure("error")
    if unknown := set(asked.names) - set(names()):
        parser.error(f"no benchmark {sorted(unknown)}; there are {names()}")
    for name in asked.names or names():
        figures = import_module(f"bench.{name}").run()
        if asked.output == "json":
            line = json.dumps({"name": name, **figures})
        else:
            line = f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items())
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
