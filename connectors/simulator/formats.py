"""Request bodies as the network servers send them.

Sources: The Things Stack, "Data Formats" (uplink messages) and "Webhooks"; ChirpStack v4,
"Event types" (up) and "HTTP integration". As there, The Things Stack leaves out fields whose
value is zero, ChirpStack does so in rxInfo and txInfo only.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from connectors.simulator.plan import Frame
from connectors.simulator.seeded import seeded

_FREQUENCIES = (868_100_000, 868_300_000, 868_500_000)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Request:
    """What is appended to the source's URL, and the body."""

    suffix: str
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class _Reception:
    gateway: str
    rssi: int
    snr: float
    spreading_factor: int
    frequency: int
    nanoseconds: int


def rfc3339(at: int, nanoseconds: int | None = None, zone: str = "Z") -> str:
    """An instant of UTC microseconds; with ``nanoseconds`` (0 to 999) nine decimals, else six."""
    text = (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return f"{text}{'' if nanoseconds is None else f'{nanoseconds:03d}'}{zone}"


def request(seed: int, frame: Frame) -> Request:
    """The request of a frame; the same for every copy of it."""
    rng = seeded(seed, "body", frame.sensor.eui, frame.counter)
    return FORMATS[frame.sensor.network](frame, rng)


def _reception(rng: Random, frame: Frame) -> _Reception:
    return _Reception(
        gateway=f"0216C001{int(frame.sensor.place.commune) << 8 | rng.randrange(2):08X}",
        rssi=rng.randrange(-119, -59),
        snr=rng.randrange(-40, 50) / 4,
        spreading_factor=rng.choice((7, 7, 7, 8, 9, 10, 12)),
        frequency=rng.choice(_FREQUENCIES),
        nanoseconds=rng.randrange(1000),
    )


def _session(frame: Frame) -> bytes:
    return bytes.fromhex(frame.sensor.eui) * 2


def _without_zeros(node: Any) -> Any:
    if isinstance(node, dict):
        kept = {key: _without_zeros(value) for key, value in node.items()}
        return {key: value for key, value in kept.items() if value not in (0, "", None, {}, [])}
    return [_without_zeros(item) for item in node] if isinstance(node, list) else node


def _the_things_stack(frame: Frame, rng: Random) -> Request:
    sensor, radio = frame.sensor, _reception(rng, frame)
    received = rfc3339(frame.observed_at, radio.nanoseconds)
    device = f"eui-{sensor.eui.lower()}"
    body = {
        "end_device_ids": {
            "device_id": device,
            "application_ids": {"application_id": f"amp-{sensor.model.use_case}"},
            "dev_eui": sensor.eui,
            "join_eui": "0200000000000001",
            "dev_addr": f"260B{sensor.eui[-4:]}",
        },
        "correlation_ids": [f"gs:uplink:{UUID(int=rng.getrandbits(128), version=4)}"],
        "received_at": rfc3339(frame.observed_at + 200_000, radio.nanoseconds),
        "uplink_message": {
            "session_key_id": b64encode(_session(frame)).decode(),
            "f_port": sensor.model.port,
            "f_cnt": frame.counter,
            "frm_payload": b64encode(frame.payload).decode(),
            "rx_metadata": [
                {
                    "gateway_ids": {
                        "gateway_id": f"gw-{radio.gateway.lower()}",
                        "eui": radio.gateway,
                    },
                    "time": received,
                    "timestamp": rng.getrandbits(32),
                    "rssi": radio.rssi,
                    "channel_rssi": radio.rssi,
                    "snr": radio.snr,
                    "received_at": received,
                }
            ],
            "settings": {
                "data_rate": {
                    "lora": {
                        "bandwidth": 125_000,
                        "spreading_factor": radio.spreading_factor,
                        "coding_rate": "4/5",
                    }
                },
                "frequency": str(radio.frequency),
            },
            "received_at": received,
            "consumed_airtime": "0.056576s",
            "network_ids": {"net_id": "000013", "tenant_id": "ttn", "cluster_id": "eu1"},
        },
    }
    return _json("/uplink", {}, _without_zeros(body))


def _chirpstack(frame: Frame, rng: Random) -> Request:
    sensor, radio = frame.sensor, _reception(rng, frame)
    time = rfc3339(frame.observed_at, radio.nanoseconds, "+00:00")
    lora = {
        "bandwidth": 125_000,
        "spreadingFactor": radio.spreading_factor,
        "codeRate": "CR_4_5",
    }
    body = {
        "deduplicationId": str(UUID(int=rng.getrandbits(128), version=4)),
        "time": time,
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
            "tenantName": "AMP",
            "applicationId": "ca739e26-7b67-4f14-b69e-d568c22a5a75",
            "applicationName": f"amp-{sensor.model.use_case}",
            "deviceProfileId": "605d08d4-65f5-4d2c-8a5a-3d2457662f79",
            "deviceProfileName": sensor.model.name,
            "deviceName": sensor.name,
            "devEui": sensor.eui.lower(),
            "deviceClassEnabled": "CLASS_A",
            "tags": {"commune": sensor.place.commune},
        },
        "devAddr": f"01{sensor.eui[-6:].lower()}",
        "adr": True,
        "dr": 12 - radio.spreading_factor,
        "fCnt": frame.counter,
        "fPort": sensor.model.port,
        "confirmed": False,
        "data": b64encode(frame.payload).decode(),
        "rxInfo": _without_zeros(
            [
                {
                    "gatewayId": radio.gateway.lower(),
                    "uplinkId": rng.getrandbits(32),
                    "nsTime": time,
                    "rssi": radio.rssi,
                    "snr": radio.snr,
                    "channel": _FREQUENCIES.index(radio.frequency),
                    "context": b64encode(rng.randbytes(4)).decode(),
                    "crcStatus": "CRC_OK",
                }
            ]
        ),
        "txInfo": {"frequency": radio.frequency, "modulation": {"lora": lora}},
        "regionConfigId": "eu868",
    }
    return _json("", {"event": "up"}, body)


def _json(suffix: str, query: Mapping[str, str], body: Mapping[str, Any]) -> Request:
    return Request(suffix, query, json.dumps(body, separators=(",", ":")).encode())


FORMATS: Mapping[str, Callable[[Frame, Random], Request]] = {
    "tts": _the_things_stack,
    "chirpstack": _chirpstack,
}
"""By network: the body of a frame."""
