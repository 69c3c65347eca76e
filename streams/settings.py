"""Every setting, validated once at the start and printed by ``vigie config show``.

Read from, first wins: arguments, environment (``VIGIE_…``), ``vigie.toml`` in the home folder.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

MASK = "********"
_CREDENTIALS = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)?.*@", re.DOTALL)


def masked(address: str) -> str:
    """An address fit to be shown: everything before its last ``@`` is a mask, its scheme stays."""
    return _CREDENTIALS.sub(lambda found: f"{found[1] or ''}{MASK}@", address)


class Settings(BaseSettings):
    """Durations are seconds unless the name says otherwise; sizes are bytes."""

    model_config = SettingsConfigDict(env_prefix="VIGIE_", extra="forbid", frozen=True)

    home: Path = Field(
        Path.home() / ".vigie", description="All data, logs, secrets and locks of this vigie."
    )
    cache: Path = Field(
        Path.home() / ".cache" / "vigie",
        description="The embedded servers' downloads, shared by every home of a user.",
    )
    application: str = Field(
        "vigie", pattern=r"^[a-z0-9-]+$", description="Consumer groups and transactional ids."
    )
    topic_prefix: str = Field("vigie", pattern=r"^[a-z0-9-]+$", description="First part of topics.")
    partitions: int = Field(8, ge=1, le=512, description="Of every topic; fixed for life.")
    replication: int = Field(1, ge=1, le=5, description="Replicas of every topic.")
    workers: int = Field(1, ge=1, le=64, description="Worker processes under `vigie up`.")

    kafka_url: str = Field("", description="host:port,…; empty starts the embedded broker.")
    schema_registry_url: str = Field("", description="ccompat v7 URL; empty: embedded.")
    clickhouse_url: str = Field("", description="http(s)://host:port; empty: embedded.")
    clickhouse_database: str = Field("vigie", pattern=r"^[a-z][a-z0-9_]*$", description="Database.")
    clickhouse_user: str = Field("vigie", description="User that writes.")
    clickhouse_password: SecretStr = Field(
        SecretStr(""), description="Empty with embedded: made at first start, kept in the home."
    )

    kafka_port: int = Field(19092, ge=1, le=65535, description="Embedded broker.")
    kafka_controller_port: int = Field(
        19093, ge=1, le=65535, description="Embedded KRaft controller."
    )
    schema_registry_port: int = Field(
        19081, ge=1, le=65535, description="Embedded schema registry."
    )
    schema_registry_management_port: int = Field(
        19082, ge=1, le=65535, description="Its health and metrics."
    )
    clickhouse_port: int = Field(
        19123, ge=1, le=65535, description="Embedded ClickHouse gateway (HTTP)."
    )
    host: str = Field("127.0.0.1", description="Address on which embedded servers listen.")

    webhook_host: str = Field("127.0.0.1", description="Address of the webhook.")
    webhook_port: int = Field(19080, ge=1, le=65535, description="Port of the webhook.")
    webhook_body_max: int = Field(
        1 << 20, ge=1024, le=4 << 20, description="Larger bodies get 413."
    )
    webhook_body_timeout: float = Field(10.0, gt=0, description="To receive a whole body.")
    webhook_connections_max: int = Field(512, ge=1, description="Open at once.")
    inbox_rest: float = Field(
        5.0, gt=0, description="A file of the inbox is taken when it has not changed for so long."
    )
    pull_timeout: float = Field(60.0, gt=0, description="For a whole answer to a pull.")
    pull_body_max: int = Field(64 << 20, ge=1024, description="Larger answers are refused.")
    produce_timeout: float = Field(8.0, gt=0, description="For Kafka to acknowledge.")
    spool_after: float = Field(
        2.0, gt=0, description="Kafka's silence after which an uplink goes to the webhook's spool."
    )
    spool_max: int = Field(1 << 30, ge=1 << 20, description="Of the spool; then 503.")
    spool_reserve: int = Field(
        256 << 20, ge=0, description="Free disk that the spool leaves to others."
    )

    clock: Literal["wall", "simulated"] = Field(
        "wall", description="simulated: ticks come from the simulator, never from the wall."
    )
    notifies: bool = Field(
        True, description="Whether anybody is told of alerts; a world beside the live one does not."
    )
    horizon_hours: int = Field(48, ge=1, le=240, description="Live owns this; older is batch's.")
    settle_at: str = Field(
        "03:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="When the scheduler settles what came late, each night in Europe/Paris.",
    )
    worker_name: str = Field("1", pattern=r"^[A-Za-z0-9_-]+$", description="Static member id.")
    batch_max: int = Field(8000, ge=1, description="Records of a micro-batch, in a backlog.")
    batch_within: float = Field(0.05, gt=0, description="Longest wait for a micro-batch to fill.")
    transaction_timeout: float = Field(
        60.0,
        gt=0,
        description="Broker aborts an open one after; more than a broker takes to start, which "
        "has been seen to lose the markers of what it aborts before it serves.",
    )
    session_timeout: float = Field(6.0, ge=6, description="A silent worker loses its partitions.")
    watchdog_timeout: float = Field(60.0, gt=0, description="Lag without progress: exit.")
    metrics_port: int = Field(
        0,
        ge=0,
        le=65535 - 67,  # with 64 workers the notifier's is 67 further
        description="Prometheus; under `vigie up` the first of one each; 0 is off.",
    )

    codec_time_max: float = Field(0.1, gt=0, description="CPU of one codec call.")
    codec_wall_max: float = Field(2.0, gt=0, description="Wall clock of one codec call.")
    codec_memory_max: int = Field(32 << 20, ge=1 << 20, description="Memory of a context.")
    codec_output_max: int = Field(64 << 10, ge=1024, description="JSON a codec may return.")

    sink_batch_max: int = Field(20_000, ge=1, description="Records of an insert.")
    sink_within: float = Field(0.5, gt=0, description="Longest wait for an insert to fill.")

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Logs.")

    @field_validator("clickhouse_url")
    @classmethod
    def _no_credentials(cls, url: str) -> str:
        if "@" in url:
            raise ValueError(
                "no user and password in the URL: set VIGIE_CLICKHOUSE_USER and "
                "VIGIE_CLICKHOUSE_PASSWORD"
            )
        return url

    @property
    def horizon(self) -> timedelta:
        """How far back live judges; everything older belongs to the batch."""
        return timedelta(hours=self.horizon_hours)

    @property
    def kafka(self) -> str:
        """Bootstrap servers: the cluster that is set, else the embedded broker."""
        return self.kafka_url or f"{self.host}:{self.kafka_port}"

    @property
    def schema_registry(self) -> str:
        """The Confluent-compatible API of the schema registry."""
        return self.schema_registry_url or (
            f"http://{self.host}:{self.schema_registry_port}/apis/ccompat/v7"
        )

    @property
    def clickhouse(self) -> str:
        """ClickHouse's HTTP interface."""
        return self.clickhouse_url or f"http://{self.host}:{self.clickhouse_port}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file: an operator's one-off wins over what is written down."""
        home = _home(init_settings, env_settings)
        toml = TomlConfigSettingsSource(settings_cls, home / "vigie.toml")
        return init_settings, env_settings, toml


def _home(*sources: PydanticBaseSettingsSource) -> Path:
    for source in sources:
        if value := source().get("home"):
            return Path(value)
    return Path.home() / ".vigie"
