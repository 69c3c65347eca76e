"""Brings a database to the schema of this version: numbered files, applied once, in order.

Every statement is idempotent, so that two processes that start at once may both run it, and a
process that dies between a statement and its record leaves nothing to repair. What was applied
is never edited: a change is a new file.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from clickhouse_connect.driver.client import Client

from connectors.store import indicators
from connectors.store.client import answered, connect
from streams.errors import Stop
from streams.resources import CLICKHOUSE
from streams.settings import Settings

FOLDER = CLICKHOUSE / "migrations"
_FILE = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
_ENGINE = re.compile(r"\{engine:(\w+\([^}]*\))\}")
_POLICY = "hotcold"

_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations
(version UInt32, name String, checksum FixedString(64), applied_at DateTime64(6, 'UTC'))
ENGINE = {engine:ReplacingMergeTree(applied_at)} ORDER BY version
"""


@dataclass(frozen=True)
class Migration:
    """One file; ``checksum`` is the SHA-256 of its text as it lies there, hexadecimal."""

    version: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """What tells an edited file from the applied one."""
        return sha256(self.text.encode()).hexdigest()


def load(folder: Path = FOLDER) -> tuple[Migration, ...]:
    """The migrations of a folder in their order.

    Raises:
        Stop: a file name without number, or numbers that do not run 1, 2, 3, …
    """
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE.match(path.name)
        if not match:
            raise Stop(f"{path}: name it NNNN_what_it_does.sql")
        found.append(Migration(int(match[1]), path.stem, path.read_text("utf-8")))
    if [m.version for m in found] != list(range(1, len(found) + 1)):
        raise Stop(f"{folder}: the numbers of the files must run from 0001 without a gap")
    return tuple(found)


def statements(text: str, *, replicated: bool, policy: str) -> Iterator[str]:
    """The statements of a file; ``{engine:…}`` and ``{storage_policy}`` are put in.

    With ``replicated`` the tables get the Replicated engine of the same name, whose paths come
    from the server's own defaults.
    """
    text = _ENGINE.sub(lambda m: ("Replicated" if replicated else "") + m[1], text)
    for statement in text.replace("{storage_policy}", policy).split(";\n"):
        if any(line and not line.startswith("--") for line in statement.splitlines()):
            yield statement.strip()


def unapplied(migrations: tuple[Migration, ...], applied: Mapping[int, str]) -> list[Migration]:
    """Those not yet applied; ``applied`` maps versions to checksums.

    Raises:
        Stop: an applied file was changed since, or the database is newer than these files.
    """
    known = {m.version: m for m in migrations}
    for version, checksum in sorted(applied.items()):
        if version not in known:
            raise Stop(
                f"the database has migration {version:04} and this vigie ends at "
                f"{max(known, default=0):04}: start the newer version"
            )
        if known[version].checksum != checksum:
            raise Stop(
                f"{known[version].name}.sql was changed after it was applied: put the file back "
                "as it was and write the change as a new migration"
            )
    return [m for m in migrations if m.version not in applied]


def apply(settings: Settings, folder: Path = FOLDER, *, replicated: bool = False) -> list[str]:
    """Apply what is missing, then install the indicators; returns the names applied.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: see :func:`unapplied`.
    """
    client = connect(settings)
    try:
        policy = _policy(client)
        for statement in statements(_LEDGER, replicated=replicated, policy=policy):
            _command(client, statement)
        todo = unapplied(load(folder), _applied(client))
        for migration in todo:
            for statement in statements(migration.text, replicated=replicated, policy=policy):
                _command(client, statement)
            _record(client, migration)
        indicators.install(client, indicators.load())
    finally:
        client.close()
    return [m.name for m in todo]


def _command(client: Client, statement: str) -> None:
    answered(lambda: client.command(statement))


def _applied(client: Client) -> dict[int, str]:
    sql = "SELECT version, toString(checksum) FROM schema_migrations FINAL"
    return {row[0]: row[1] for row in answered(lambda: client.query(sql)).result_rows}


def _record(client: Client, migration: Migration) -> None:
    sql = (
        "INSERT INTO schema_migrations SELECT {version:UInt32}, {name:String}, "
        "{checksum:String}, now64(6, 'UTC')"
    )
    values = {
        "version": migration.version,
        "name": migration.name,
        "checksum": migration.checksum,
    }
    answered(lambda: client.command(sql, parameters=values))


def _policy(client: Client) -> str:
    """Hot and cold volumes where the server has them; one disk otherwise."""
    sql = "SELECT count() FROM system.storage_policies WHERE policy_name = {name:String}"
    found = answered(lambda: client.query(sql, parameters={"name": _POLICY})).result_rows[0][0]
    return _POLICY if found else "default"
