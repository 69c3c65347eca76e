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


_WINDOW = "INSERT INTO windows (device, start, duration, revision, is_deleted, held) VALUES "


def test_a_window_goes_in_which_an_erased_value_held(apart: Callable[..., Settings]) -> None:
    """10:00 to 11:00 is erased; a value may hold for three hours."""
    settings = apart()
    migrations.apply(settings)
    client = connect(settings)
    held = {"09:45": 900, "10:15": 900, "11:00": 10, "13:45": 900, "11:15": 0, "14:00": 900}
    rows = (f"('D', '2026-05-27 {at}:00', 900, 1, 0, {n})" for at, n in held.items())
    client.command(_WINDOW + ", ".join(rows))
    client.command("INSERT INTO parameters VALUES ('horizon_seconds', 0, now64())")
    client.command("INSERT INTO frontier VALUES ('windows', 0, '2026-06-01 00:00:00')")
    ten = 1_779_876_000_000_000
    assert erase_rows(client, "D", (ten, ten + 3_600_000_000))["windows"] == 3
    left = client.query("SELECT formatDateTime(start, '%H:%i') FROM window ORDER BY 1").result_rows
    client.close()
    assert left == [("09:45",), ("11:15",), ("14:00",)]


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


_SUPERSEDED = (
    "INSERT INTO observation_history (run, device, property, observed_at) "
    "VALUES ('r', {device:String}, 'p', {at:String})"
)
_SUPERSEDED_WINDOW = (
    "INSERT INTO window_history (run, device, property, start, duration) "
    "VALUES ('r', {device:String}, 'p', {at:String}, 900)"
)


def test_what_a_run_of_the_batch_superseded_goes_as_well(apart: Callable[..., Settings]) -> None:
    settings = apart()
    migrations.apply(settings)
    client = connect(settings)
    for device, hour in (("D", 10), ("D", 12), ("E", 10)):
        bound = {"device": device, "at": f"2026-05-27 {hour}:30:00"}
        client.command(_SUPERSEDED, parameters=bound)
        client.command(_SUPERSEDED_WINDOW, parameters=bound)
    ten = 1_779_876_000_000_000
    gone = erase_rows(client, "D", (ten, ten + 3_600_000_000))
    assert (gone["observation_history"], gone["window_history"]) == (1, 1)
    left = client.query("SELECT device, toHour(observed_at) FROM observation_history ORDER BY ALL")
    windows = client.query("SELECT device, toHour(start) FROM window_history ORDER BY ALL")
    client.close()
    assert left.result_rows == windows.result_rows == [("D", 12), ("E", 10)]
