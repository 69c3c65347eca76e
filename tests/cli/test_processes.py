"""What the supervisor is told about our own processes."""

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
    }
    assert gateway(Settings(metrics_port=9100)).environment["VIGIE_METRICS_PORT"] == "0"


def test_no_process_serves_metrics_unless_asked() -> None:
    assert {s.environment["VIGIE_METRICS_PORT"] for s in ours(Settings())} == {"0"}
