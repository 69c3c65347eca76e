"""Apache Kafka, one KRaft node that is broker and controller.

Sources: Apache Kafka 4.3 documentation, "Broker Configs" and "KRaft"; the jars are those of
Maven Central's ``org.apache.kafka:kafka_2.13``.
"""

import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path
from uuid import uuid4

from embedded.downloads import Download, jars, obtain
from embedded.java import classpath, java
from embedded.progress import Progress
from embedded.server import Server
from streams.errors import Stop
from streams.settings import Settings
from streams.topics import RECORD_MAX

VERSION = "4.3.1"
DOWNLOAD = Download(
    name=f"kafka-{VERSION}",
    digest="9b241538730d32e890117f2362eee3ff6ed60f753d73e6a46652b547a64df32f",
    fetch=jars(f"org.apache.kafka:kafka_2.13:{VERSION}+org.slf4j:slf4j-simple:1.7.36"),
)
HEAP = 384
_QUIET = "--sun-misc-unsafe-memory-access=allow"
"""Kafka still unmaps its index files by ``Unsafe``; Java 24 and later warn of it otherwise."""


def kafka(settings: Settings, progress: Progress) -> Server:
    """The embedded broker, its jars fetched where this user never had them.

    Raises:
        Stop: the jars cannot be had.
    """
    folder = settings.home / "data" / "kafka"
    libraries = obtain(DOWNLOAD, settings.cache, progress)
    properties = settings.home / "run" / "kafka.properties"

    def prepare() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        properties.parent.mkdir(parents=True, exist_ok=True)
        properties.write_text(_properties(settings, folder), "utf-8")
        if not (folder / "meta.properties").exists():
            _format(libraries, properties)

    return Server(
        name="kafka",
        command=_jvm(libraries, *_compiler(settings), "kafka.Kafka", str(properties)),
        prepare=prepare,
        ready=lambda: answers(settings),
        host=settings.host,
        ports={
            "kafka_port": settings.kafka_port,
            "kafka_controller_port": settings.kafka_controller_port,
        },
        patience=120.0,
        grace=30.0,
    )


def answers(settings: Settings) -> bool:
    """A broker takes part in the cluster."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    try:
        return bool(admin.list_topics(timeout=1.0).brokers)
    except KafkaException:
        return False


def _jvm(libraries: Path, *run: str) -> tuple[str, ...]:
    log = "org.slf4j.simpleLogger."
    properties = {
        f"{log}defaultLogLevel": "warn",
        f"{log}showDateTime": "true",
        f"{log}dateTimeFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    }
    return java(HEAP, properties=properties, run=(_QUIET, "-cp", classpath(libraries), *run))


def _compiler(settings: Settings) -> tuple[str, ...]:
    """A simulated run lasts a minute: compiling for speed would cost it more than it gives."""
    return ("-XX:TieredStopAtLevel=1",) if settings.clock == "simulated" else ()


def _format(libraries: Path, properties: Path) -> None:
    """Give an empty folder its cluster id; a formatted one is never touched again."""
    cluster = urlsafe_b64encode(uuid4().bytes).rstrip(b"=").decode()
    arguments = ("format", f"--cluster-id={cluster}", "--config", str(properties))
    command = _jvm(libraries, "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", *arguments)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise Stop(f"Kafka cannot format its folder: {(done.stdout + done.stderr).strip()[-500:]}")


def _properties(settings: Settings, folder: Path) -> str:
    """One replica of everything, few threads, small buffers, nothing that waits for others.

    Transactions that time out are aborted within a second, not ten, because readers of
    committed records wait for that when a worker is killed.
    """
    host, port, control = settings.host, settings.kafka_port, settings.kafka_controller_port
    values = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{host}:{control}",
        "listeners": f"PLAINTEXT://{host}:{port},CONTROLLER://{host}:{control}",
        "advertised.listeners": f"PLAINTEXT://{host}:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": folder,
        "auto.create.topics.enable": "false",
        "message.max.bytes": RECORD_MAX,
        "replica.fetch.max.bytes": RECORD_MAX,
        "group.initial.rebalance.delay.ms": 0,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 8,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 8,
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 1,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 2,
        "num.recovery.threads.per.data.dir": 2,
        "log.cleaner.dedupe.buffer.size": 16 << 20,
        "log.cleaner.backoff.ms": 5000,
        "log.index.size.max.bytes": 2 << 20,
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())
