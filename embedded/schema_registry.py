"""Apicurio Registry, spoken to by Confluent's API (ccompat v7).

Its H2 database writes behind by half a second unless told otherwise; ``WRITE_DELAY=0`` makes
what it acknowledged survive a kill. Sources: Apicurio Registry 3.3 configuration reference;
H2 "Database URL overview".
"""

from embedded.downloads import Download, archive, obtain
from embedded.java import java
from embedded.progress import Progress
from embedded.server import Server
from streams.settings import Settings

VERSION = "3.3.3"
DOWNLOAD = Download(
    name=f"apicurio-registry-{VERSION}",
    digest="aa719adc8977d7663f8162955cfb02ad58230a9ffbb214430b2e779fbc0eb88b",
    fetch=archive("io.apicurio", "apicurio-registry-app", VERSION, "all"),
)
HEAP = 192


def schema_registry(settings: Settings, progress: Progress) -> Server:
    """The embedded registry, fetched where this user never had it.

    Raises:
        Stop: it cannot be had.
    """
    data = settings.home / "data" / "schema-registry"
    program = obtain(DOWNLOAD, settings.cache, progress)
    properties = {
        "quarkus.http.host": settings.host,
        "quarkus.http.port": str(settings.schema_registry_port),
        "quarkus.management.host": settings.host,
        "quarkus.management.port": str(settings.schema_registry_management_port),
        "quarkus.http.access-log.enabled": "false",
        "quarkus.log.level": "WARN",
        "apicurio.storage.sql.kind": "h2",
        "apicurio.datasource.url": f"jdbc:h2:file:{data.resolve()}/registry;WRITE_DELAY=0",
    }
    run = ("-XX:TieredStopAtLevel=1", "-jar", "quarkus-run.jar")
    return Server(
        name="schema-registry",
        command=java(HEAP, properties=properties, run=run),
        prepare=lambda: data.mkdir(parents=True, exist_ok=True),
        ready=lambda: answers(settings),
        host=settings.host,
        ports={
            "schema_registry_port": settings.schema_registry_port,
            "schema_registry_management_port": settings.schema_registry_management_port,
        },
        folder=program,
        patience=120.0,
    )


def answers(settings: Settings) -> bool:
    """The registry lists its subjects."""
    import httpx

    try:
        return httpx.get(f"{settings.schema_registry}/subjects", timeout=2.0).is_success
    except httpx.HTTPError:
        return False
