"""Every topic: its key, how long it is kept, how it is compacted.

Partition count is one setting, fixed for life: state, inputs and outputs of a device must share
a partition number. Only what one reader must see whole has a partition count of its own.
"""

from dataclasses import dataclass

from streams.settings import Settings

DAY_MS = 86_400_000
FOR_EVER = -1
RECORD_MAX = 8 << 20
"""Bytes of a batch: a body of the largest size that the webhook takes, and its envelope."""


@dataclass(frozen=True)
class Topic:
    """``retention_ms`` of -1 keeps for ever; a compacted topic keeps the last value of a key.

    ``stamp`` is who stamps a record: CreateTime the producer, LogAppendTime the broker.
    ``partitions`` is how many it has, None as many as the setting says.
    """

    short: str
    key: str
    retention_ms: int
    compacted: bool = False
    stamp: str = "CreateTime"
    partitions: int | None = None

    def name(self, prefix: str) -> str:
        """The full name: ``<prefix>.<short>.v1``."""
        return f"{prefix}.{self.short}.v1"

    def count(self, settings: Settings) -> int:
        """How many partitions it has."""
        return settings.partitions if self.partitions is None else self.partitions

    def config(self) -> dict[str, str]:
        """Topic settings for its creation.

        The record timestamp is the arrival that the producer stamped. Compacted topics roll
        segments every minute so that a restart reads little that is superseded.
        """
        base = {
            "message.timestamp.type": self.stamp,
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(RECORD_MAX),
        }
        if not self.compacted:
            return base | {"cleanup.policy": "delete"}
        return base | {
            "cleanup.policy": "compact",
            "segment.ms": "60000",
            "min.cleanable.dirty.ratio": "0.1",
            "delete.retention.ms": str(7 * DAY_MS),
        }

    def config_for_ever(self) -> dict[str, str]:
        """Settings without an end: on a simulated clock the wall would make old what is new."""
        return self.config() | {"retention.ms": str(FOR_EVER)}


UPLINKS = Topic("uplinks", "the device if the body names exactly one, else the source", FOR_EVER)
READINGS = Topic("readings", "device", 30 * DAY_MS)
EVENTS = Topic("events", "device", 90 * DAY_MS)
OBSERVATIONS = Topic("observations", "device", 7 * DAY_MS)
WINDOWS = Topic("windows", "device", 7 * DAY_MS)
CONDITIONS = Topic("conditions", "device", 7 * DAY_MS, partitions=1)
"""One partition: what befalls a gateway is seen where the devices of all partitions meet. A tick on
it has the number of the partition that it speaks for as its key."""
ALERTS = Topic("alerts", "alert id", FOR_EVER, compacted=True)
"""The last word on each, until it has been closed for a fortnight: then its key is removed."""
NOTIFICATIONS = Topic("notifications", "notifier", 7 * DAY_MS, partitions=1)
"""What was sent to whom, private to the process that sends; older than an hour nothing is sent."""
PENDING = Topic("pending", "device + UTC day", FOR_EVER, compacted=True)
REGISTRY = Topic("registry", "kind + id", FOR_EVER, compacted=True)
AUTHOR = "vigie.author"
"""Header of a tombstone on it: who removed the object."""
STATE = Topic("state", "device + hour chunk, position per partition", FOR_EVER, compacted=True)
DEAD_LETTERS = Topic("dead-letters", "as received", 90 * DAY_MS)
CLOCK = Topic("clock", "none", DAY_MS, stamp="LogAppendTime")
"""What is on it means nothing: the door reads there what time it is for the broker."""

ALL = (
    UPLINKS,
    READINGS,
    EVENTS,
    OBSERVATIONS,
    WINDOWS,
    CONDITIONS,
    ALERTS,
    NOTIFICATIONS,
    PENDING,
    REGISTRY,
    STATE,
    DEAD_LETTERS,
    CLOCK,
)


def leader_topic(settings: Settings) -> str:
    """The topic in which Faust's members agree on their leader; one partition."""
    return f"{settings.application}-__assignor-__leader"


def partitions(settings: Settings, name: str) -> int:
    """How many partitions the topic of a full name has."""
    of = {topic.name(settings.topic_prefix): topic.count(settings) for topic in ALL}
    return of.get(name, settings.partitions)
