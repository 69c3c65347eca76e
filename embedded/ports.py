"""Ports nobody else has at this moment, for scratch homes and tests."""

import socket

FIELDS = (
    "kafka_port",
    "kafka_controller_port",
    "schema_registry_port",
    "schema_registry_management_port",
    "clickhouse_port",
    "webhook_port",
)
"""The settings that are ports on which something of ours listens."""


def free_ports(host: str = "127.0.0.1") -> dict[str, int]:
    """A free port for each setting of :data:`FIELDS`.

    All are held until all are chosen; between that and their use another process may take one,
    in which case the start says so.
    """
    sockets = [socket.socket() for _ in FIELDS]
    try:
        for one in sockets:
            one.bind((host, 0))
        return {name: one.getsockname()[1] for name, one in zip(FIELDS, sockets, strict=True)}
    finally:
        for one in sockets:
            one.close()
