"""What the door counts."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram


@dataclass(frozen=True)
class Meters:
    """Prometheus metrics of one door; sources are those that are declared, so they are few."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    requests: Counter = field(init=False)
    received: Counter = field(init=False)
    unreadable: Counter = field(init=False)
    arrivals_ignored: Counter = field(init=False)
    acknowledged: Histogram = field(init=False)

    def __post_init__(self) -> None:
        requests = Counter(
            "vigie_webhook_requests",
            "Requests by source (empty: none declared) and status.",
            ("source", "status"),
            registry=self.registry,
        )
        received = Counter(
            "vigie_webhook_bytes", "Bytes of bodies kept.", ("source",), registry=self.registry
        )
        unreadable = Counter(
            "vigie_webhook_unreadable",
            "Bodies kept that decode will make dead letters, by reason.",
            ("source", "reason"),
            registry=self.registry,
        )
        ignored = Counter(
            "vigie_webhook_arrivals_ignored",
            "Requests with an arrival of their own from a source that may not have one.",
            ("source",),
            registry=self.registry,
        )
        acknowledged = Histogram(
            "vigie_webhook_acknowledged_seconds",
            "From a complete body to Kafka's acknowledgement.",
            registry=self.registry,
        )
        object.__setattr__(self, "requests", requests)
        object.__setattr__(self, "received", received)
        object.__setattr__(self, "unreadable", unreadable)
        object.__setattr__(self, "arrivals_ignored", ignored)
        object.__setattr__(self, "acknowledged", acknowledged)
