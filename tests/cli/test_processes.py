"""What the supervisor is told about our own processes."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from cli.processes import gateway, ours
from streams.settings import Settings


def test_each_process_serves_its_metrics_on_a_port_of_its_own() -> None:
    servers = ours(Settings(workers=3, metrics_port=9100))
    ports = {s.name: s.environment["VIGIE_METRICS_PORT"] for s in servers}
    assert ports.pop("webhook") == "0"
    assert ports == {
        "sink": "9100",
        "worker-1": "9101",
        "worker-2": "9102",
        "worker-3": "9103",
        "scheduler": "9104",
        "intake": "9105",
        "notifier": "9106",
    }
    assert gateway(Settings(metrics_port=9100)).environment["VIGIE_METRICS_PORT"] == "0"


def test_no_process_serves_metrics_unless_asked() -> None:
    assert {s.environment["VIGIE_METRICS_PORT"] for s in ours(Settings())} == {"0"}


def test_every_worker_has_a_name_of_its_own() -> None:
    started = {s.name: s for s in ours(Settings(workers=3))}
    names = [started[f"worker-{n}"].environment["VIGIE_WORKER_NAME"] for n in (1, 2, 3)]
    assert names == ["1", "2", "3"]


def test_a_child_reads_exactly_its_parents_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = Settings(
        home=tmp_path, partitions=3, batch_within=0.25, clickhouse_password=SecretStr("p w")
    )
    for name, value in ours(parent)[0].environment.items():
        monkeypatch.setenv(name, value)
    assert Settings() == parent
