"""What the door counts, in Prometheus' terms; sources are those that are declared, so few."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


@dataclass(frozen=True)
class SpoolMeters:
    """Of the spool and the way to Kafka."""

    spooled: Counter
    drained: Counter
    refused_full: Counter
    aside: Counter
    away: Gauge
    size: Gauge
    records: Gauge
    oldest: Gauge


@dataclass(frozen=True)
class Meters:
    """Of one door."""

    registry: CollectorRegistry
    requests: Counter
    received: Counter
    arrivals_ignored: Counter
    kept: Histogram
    remembered: Gauge
    spool: SpoolMeters


def meters() -> Meters:
    """All at zero, in a registry of their own."""
    registry = CollectorRegistry()

    def counter(name: str, what: str, *labels: str) -> Counter:
        return Counter(f"vigie_webhook_{name}", what, labels, registry=registry)

    def gauge(name: str, what: str) -> Gauge:
        return Gauge(f"vigie_webhook_{name}", what, registry=registry)

    spool = SpoolMeters(
        spooled=counter("spooled", "Uplinks that went to the spool."),
        drained=counter("drained", "Uplinks that went from the spool to Kafka."),
        refused_full=counter("refused_full", "Uplinks refused because the spool was full."),
        aside=counter("spool_aside", "What can never be drained, kept in the folder aside."),
        away=gauge("kafka_away", "1 while Kafka does not acknowledge."),
        size=gauge("spool_bytes", "Bytes of the spool, what is kept aside included."),
        records=gauge("spool_records", "Uplinks in the spool."),
        oldest=gauge("spool_oldest_seconds", "Age of the oldest uplink in the spool."),
    )
    return Meters(
        registry=registry,
        requests=counter(
            "requests", "Requests by source (empty: none declared) and status.", "source", "status"
        ),
        received=counter("bytes", "Bytes of bodies kept.", "source"),
        arrivals_ignored=counter(
            "arrivals_ignored",
            "Requests with an arrival of their own from a source that may not have one.",
            "source",
        ),
        kept=Histogram(
            "vigie_webhook_kept_seconds",
            "From a complete body to Kafka's acknowledgement, or the spool's.",
            registry=registry,
        ),
        remembered=gauge(
            "declarations_remembered",
            "1 while the sources are those of the last start, because Kafka does not answer.",
        ),
        spool=spool,
    )
