"""The job on quixstreams (Apache-2.0) with its defaults: RocksDB state, a changelog, at least once.

Run in an environment of its own: it wants another confluent-kafka than vigie.
"""

import os
from typing import Any

from quixstreams import Application  # type: ignore[import-not-found]

from bench.peers.job import Codec, step


def main() -> None:
    """Run until a signal ends it."""
    prefix = os.environ["VIGIE_TOPIC_PREFIX"]
    done = step(Codec({"observation": 4, "window": 5}))
    app = Application(
        broker_address=os.environ["BENCH_KAFKA"],
        consumer_group=prefix,
        auto_offset_reset="earliest",
        state_dir=f"{os.environ['VIGIE_HOME']}/quix-{prefix}",
    )
    frames = app.dataframe(
        app.topic(f"{prefix}.readings.v1", key_deserializer="bytes", value_deserializer="bytes")
    )

    def judged(message: bytes, state: Any) -> list[tuple[str, bytes]]:
        kept = state.get("series", {})
        out = done(message, kept)
        state.set("series", kept)
        return out

    said = frames.apply(judged, stateful=True, expand=True)
    for name in ("observations", "windows"):
        only = said.filter(lambda pair, name=name: pair[0] == name).apply(lambda pair: pair[1])
        only.to_topic(
            app.topic(f"{prefix}.{name}.v1", key_serializer="bytes", value_serializer="bytes")
        )
    app.run()


if __name__ == "__main__":
    main()
