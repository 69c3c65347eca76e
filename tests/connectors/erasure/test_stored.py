"""What of the store an erasure finds, by the store itself."""

from collections.abc import Callable

from connectors.erasure.stored import count_rows, erase_rows
from connectors.store import migrations
from connectors.store.client import connect
from streams.settings import Settings

LETTER = (
    "INSERT INTO dead_letters (topic, partition, offset, stage, reason, message, at) "
    "VALUES ('t', 0, {}, 'decode', 'x', '{}', '2026-05-28 00:00:00')"
)
EVER = (0, 4_000_000_000_000_000)


def test_a_letter_of_a_device_whose_id_begins_alike_stays(
    apart: Callable[..., Settings],
) -> None:
    settings = apart()
    migrations.apply(settings)
    client = connect(settings)
    for offset, message in enumerate(["meter-71 is not declared", "no codec of METER-7: q"]):
        client.command(LETTER.format(offset, message))
    assert count_rows(client, "meter-7", EVER)["dead_letters"] == 1
    assert erase_rows(client, "meter-7", EVER)["dead_letters"] == 1
    left = client.query("SELECT message FROM dead_letters").result_rows
    client.close()
    assert left == [("meter-71 is not declared",)]
