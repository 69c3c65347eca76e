"""Uplinks decoded again: whose, which of them, and which go to live; with the real sandbox."""

from collections.abc import Sequence
from dataclasses import replace

from connectors.reprocess.reading import Decoding, again
from streams.codecs.call import Call, Outcome
from streams.codecs.sandbox import sandbox
from streams.handler import Record
from streams.settings import Settings
from tests.streams.test_decode import EUI, NETWORKS, NOW, WIRE, body, declared, uplink

OTHER = "70B3D57ED0005678"
AT = 1_790_000_000_123_456
"""When all of them were received."""


def test_only_frames_of_wanted_devices_and_spans_are_decoded_and_live_gets_its_own() -> None:
    registry = declared()
    registry = registry.having("device", OTHER, registry.get("device", EUI))
    records = [uplink(body(counter=1)), uplink(body(port=67), 1)]
    records.append(replace(uplink(body(eui=OTHER, counter=2), 2), key=OTHER.encode()))
    records.append(replace(uplink(body(eui=OTHER, counter=3), 3), key=b"a source"))
    asked: list[Call] = []
    sent: list[tuple[bytes, bytes, int]] = []

    def found(span: tuple[int, int], live_since: int) -> list[tuple[str, int, int]]:
        how.live_since = live_since
        placed = again(WIRE, records, {EUI: [span]}, how)
        return [(device, first, len(frame["measures"])) for device, first, _, frame in placed]

    with sandbox(Settings()) as sandboxed:

        def run(calls: Sequence[Call]) -> Sequence[Outcome]:
            asked.extend(calls)
            return sandboxed(calls)

        def send(key: bytes, message: bytes, at: int) -> None:
            sent.append((key, message, at))

        how = Decoding(registry, NETWORKS, run, 5, 0, send, {EUI: [(AT, AT + 1)]})
        assert found((AT, AT + 1), AT + 1) == [(EUI, AT, 2), (EUI, AT, 0)]
        assert (len(asked), how.dead, how.sent, sent) == (2, 1, 0, [])
        assert found((AT + 1, AT + 9), AT) == []
        assert (len(asked), how.dead, how.sent) == (4, 2, 2)
    frames = [WIRE.decode(message)[1] for _, message, _ in sent]
    assert [(key, at) for key, _, at in sent] == [(EUI.encode(), NOW // 1000)] * 2
    assert [(f["decode_version"], len(f["measures"])) for f in frames] == [(5, 2), (5, 0)]


def test_what_names_no_device_may_be_of_any() -> None:
    how = Decoding(declared(), NETWORKS, lambda _: [], 5, 0, lambda *_: None)
    wanted = {OTHER: [(0, 1)]}
    keys = (EUI.encode(), OTHER.encode(), b"a source", b"\xff")
    assert [how.concerns(key, wanted) for key in keys] == [False, True, True, True]
    unnamed = Record("uplinks", 0, 0, None, uplink(body()).value)
    assert list(again(WIRE, [unnamed], wanted, how)) == []
