"""chDB in this process: one process owns a folder, each request has a connection of its own.

A connection costs under a millisecond, carries its own settings and runs beside the others; one
that stays open keeps the engine alive. Source: chDB documentation, "Python connection API";
ClickHouse documentation, "Server settings" and "Table engines: multiple volumes".
"""

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape

from embedded.clickhouse.refusal import Code, Refusal, refusing
from streams.errors import Stop

MEMORY_MAX = 2 << 30
"""Bytes that all queries together may take."""
CLOSING = 10.0
"""Seconds that running queries get to end once they are told to."""
MERGES = 4
QUOTE = "'"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PATH = re.compile(r"[^?&%#+=;]*\Z")

# What is acknowledged is on the disk: without fsync a power cut takes back what a kill does not.
# The merge pool is a quarter of the default, so its free-slot thresholds must be as well.
_CONFIG = """<clickhouse>
    <max_server_memory_usage>{memory}</max_server_memory_usage>
    <mark_cache_size>67108864</mark_cache_size>
    <background_pool_size>{merges}</background_pool_size>
    <merge_tree>
        <fsync_after_insert>1</fsync_after_insert>
        <fsync_part_directory>1</fsync_part_directory>
        <number_of_free_entries_in_pool_to_execute_mutation>{merges}</number_of_free_entries_in_pool_to_execute_mutation>
        <number_of_free_entries_in_pool_to_lower_max_size_of_merge>2</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    </merge_tree>
    <storage_configuration>
        <disks><cold><type>local</type><path>{cold}/</path></cold></disks>
        <policies>
            <hotcold>
                <volumes>
                    <hot><disk>default</disk></hot>
                    <cold><disk>cold</disk></cold>
                </volumes>
            </hotcold>
        </policies>
    </storage_configuration>
</clickhouse>
"""


@dataclass(frozen=True)
class Engine:
    """The open engine; ``formats`` has every format's name by its lower-case name, ``scratch``
    is a folder for what does not fit into memory."""

    address: str
    version: str
    formats: Mapping[str, str]
    scratch: Path

    @contextmanager
    def session(self, database: str, settings: Mapping[str, str]) -> Iterator[Any]:
        """A chDB connection with its database and settings; a name is a word, a value a string.

        Raises:
            Refusal: no such database or setting.
        """
        with refusing():
            connection = _connection(self.address)
            try:
                if database:
                    connection.query(f"USE {quoted(database, '`')}")
                if settings:
                    connection.query(f"SET {_assignments(settings)}")
                yield connection
            finally:
                connection.close()

    def interrupt(self) -> None:
        """End what is running; returns when nothing runs any more, or after ``CLOSING`` seconds."""
        others = "FROM system.processes WHERE query NOT LIKE '%system.processes%'"
        deadline = time.monotonic() + CLOSING
        with self.session("", {}) as connection:
            while connection.query(f"SELECT 1 {others} LIMIT 1", "TSV").bytes():
                connection.query("KILL QUERY WHERE query NOT LIKE '%system.processes%' ASYNC")
                if time.monotonic() > deadline:
                    return
                time.sleep(0.05)


@contextmanager
def opened(folder: Path, database: str) -> Iterator[Engine]:
    """The engine over ``folder``, with the database made where it is missing.

    Closed at the end of the block: an interpreter that ends with the engine open may crash.

    Raises:
        Stop: another process has the folder, or the engine cannot open it; says what to do.
    """
    if not _PATH.match(str(folder.resolve())):
        raise Stop(f"{folder.resolve()} has one of ?&%#+=; in its name: choose another VIGIE_HOME")
    with _owned(folder):
        address = _laid_out(folder.resolve())
        keep = _first(address, folder)
        try:
            keep.query(f"CREATE DATABASE IF NOT EXISTS {quoted(database, '`')}")
            names = str(keep.query("SELECT name FROM system.formats", "TSV")).split()
            yield Engine(
                address=address,
                version=str(keep.query("SELECT version()", "TSV")).strip(),
                formats={name.lower(): name for name in names},
                scratch=folder.resolve() / "scratch",
            )
        finally:
            keep.close()


def quoted(text: str, quote: str) -> str:
    """A string literal or quoted name of ClickHouse's SQL."""
    return quote + text.replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote


def _assignments(settings: Mapping[str, str]) -> str:
    for name in settings:
        if not _NAME.match(name):
            raise Refusal(Code.BAD_ARGUMENTS, f"{name[:50]!r} is not the name of a setting.")
    return ", ".join(f"{name} = {quoted(value, QUOTE)}" for name, value in settings.items())


def _laid_out(folder: Path) -> str:
    """Folders and configuration, and chDB's address of them; scratch starts empty."""
    shutil.rmtree(folder / "scratch", ignore_errors=True)
    for name in ("hot", "cold", "scratch"):
        (folder / name).mkdir(mode=0o700, exist_ok=True)
    config = folder / "config.xml"
    cold = escape(str(folder / "cold"))
    config.write_text(_CONFIG.format(memory=MEMORY_MAX, merges=MERGES, cold=cold), "utf-8")
    return f"{folder / 'hot'}?config-file={config}"


def _connection(address: str) -> Any:
    # Not at the top: chDB reads TZ once, when it is loaded.
    from chdb.state.sqlitelike import Connection

    return Connection(address)


def _first(address: str, folder: Path) -> Any:
    try:
        return _connection(address)
    except RuntimeError as e:
        raise Stop(
            f"chDB cannot open {folder}: {e}; check that it is readable and has free space, and "
            "that no other program has it open"
        ) from e


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the kernel frees it however this process ends."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        _lock(lock, folder)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _lock(lock: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as e:
        lock.seek(0)
        raise Stop(
            f"process {lock.read().strip() or 'unknown'} already has {folder} open: stop it "
            "(`vigie down`), or give this one another VIGIE_HOME"
        ) from e
