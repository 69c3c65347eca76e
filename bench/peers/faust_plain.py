"""The job as in Faust's guide: an agent, an event at a time, a table with a changelog."""

import os

import faust
from faust.worker import Worker

from bench.peers.job import Codec, step


def main() -> None:
    """Run until a signal ends it."""
    prefix = os.environ["VIGIE_TOPIC_PREFIX"]
    partitions = int(os.environ["VIGIE_PARTITIONS"])
    done = step(Codec({"observation": 4, "window": 5}))
    app = faust.App(
        prefix,
        broker=f"kafka://{os.environ['BENCH_KAFKA']}",
        store="memory://",
        datadir=f"{os.environ['VIGIE_HOME']}/faust-{prefix}",
        web_enabled=False,
        topic_partitions=partitions,
        consumer_auto_offset_reset="earliest",
    )
    kept = app.Table("series", partitions=partitions)
    bare = {n: {f"{n}_type": bytes, f"{n}_serializer": "raw"} for n in ("key", "value")}
    readings, *both = (
        app.topic(f"{prefix}.{name}.v1", **bare["key"], **bare["value"])
        for name in ("readings", "observations", "windows")
    )
    out = dict(zip(("observations", "windows"), both, strict=True))

    @app.agent(readings)  # type: ignore[untyped-decorator]
    async def judge(stream: faust.Stream) -> None:
        async for key, message in stream.items():
            name = key.decode()
            state = kept.get(name) or {}
            for topic, said in done(message, state):
                await out[topic].send(key=key, value=said)
            kept[name] = state

    Worker(app, loglevel="error", redirect_stdouts=False, quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main()
