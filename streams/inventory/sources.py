"""Who delivers: a network server that posts, a folder of files, an address to ask."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from streams.inventory.declared import Declared, DeviceId

Encoding = Literal["hex", "base64", "text"]
TimeUnit = Literal["rfc3339", "s", "ms", "us"]
FrequencyUnit = Literal["Hz", "kHz", "MHz"]


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Secrets = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[A-Z0-9_]{1,64}$")], ...],
    BeforeValidator(_names),
    Field(max_length=2),
]
"""The names of the secrets that count: one, or the old and the new one while they change."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Place = Annotated[str, Field(max_length=256, pattern=r"^([^.]+(\.[^.]+)*)?$")]
"""A path into JSON: names and places in lists (``samples.0.t``), joined by dots."""


class UplinkMapping(_Part):
    """Where a JSON body of no known format says what; every entry but the units is a path.

    A path is made of names, and of digits for a place in a list, joined by dots (``radio.0.rssi``).
    ``each`` leads to a list of messages, or to the only one; empty to the body itself. The other
    paths start at a message or, with ``$.`` before them, at the body. ``decoded`` leads to an
    object of values, empty to the message itself. Without ``time`` the arrival is the time, and a
    body has one message of a device at most.
    """

    each: Place = ""
    device: Place = Field(min_length=1)
    payload: Place | None = None
    encoding: Encoding = "hex"
    decoded: Place | None = None
    port: Place | None = None
    counter: Place | None = None
    time: Place | None = None
    time_unit: TimeUnit = "rfc3339"
    message_id: Place | None = None
    session: Place | None = None
    gateway: Place | None = None
    rssi: Place | None = None
    snr: Place | None = None
    spreading_factor: Place | None = None
    frequency: Place | None = None
    frequency_unit: FrequencyUnit = "Hz"

    @model_validator(mode="after")
    def _says_something(self) -> "UplinkMapping":
        if self.payload is None and self.decoded is None:
            raise ValueError("at least one of payload and decoded")
        return self


Column = Annotated[str, Field(min_length=1, max_length=256)]


class TableMapping(_Part):
    """How a CSV file of a logger is to be read: one line is one row.

    ``time`` names the column, or the columns, of the instant, read by ``format`` in ``timezone``;
    ``device`` is the id of the one device of the file, ``device_column`` the column that names it.
    All other columns are values under their own name or, with ``columns``, those that it lists,
    under the name that it gives them.
    """

    separator: str = Field(",", pattern=r'^[^\r\n"]$')
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    encoding: Literal["utf-8", "latin-1", "utf-16"] = "utf-8"
    skip: int = Field(0, ge=0, le=1000, description="Lines before the one of the column names.")
    skip_after: int = Field(0, ge=0, le=1000, description="Lines after it, such as units.")
    names: tuple[Column, ...] = Field((), max_length=1000, description="Where no line names them.")
    time: Annotated[tuple[Column, ...], BeforeValidator(_names), Field(min_length=1, max_length=6)]
    format: str = Field(
        "rfc3339",
        max_length=64,
        description="rfc3339; s, ms or us since 1970; or as for datetime.strptime.",
    )
    timezone: str = Field("UTC", max_length=64, description="IANA name; of times without offset.")
    ambiguous: Literal["refuse", "earlier", "later"] = Field(
        "refuse", description="Which of the two, when clocks go back."
    )
    device: DeviceId | None = None
    device_column: Column | None = None
    columns: Mapping[Column, Column] = Field(default_factory=dict, max_length=1000)
    missing: tuple[str, ...] = Field(("", "NA", "NaN", "null"), max_length=100)

    @field_validator("format")
    @classmethod
    def _readable(cls, text: str) -> str:
        if text in get_args(TimeUnit):
            return text
        if "%" not in text:
            raise ValueError("rfc3339, s, ms, us, or a format such as %d/%m/%Y %H:%M")
        if "%Z" in text.replace("%%", ""):
            raise ValueError("%Z reads the name of a zone and forgets it: set timezone, or use %z")
        try:
            datetime.strptime(datetime(2001, 2, 3, tzinfo=UTC).strftime(text), text)  # noqa: DTZ007
        except (ValueError, re.error) as e:
            raise ValueError(f"{text!r} cannot be read: {e}") from e
        return text

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as e:
            raise ValueError(
                f"{name!r} is no IANA time zone such as Europe/Paris, or Etc/GMT-1 for French "
                "winter time all year"
            ) from e
        return name

    @model_validator(mode="after")
    def _one(self) -> "TableMapping":
        if (self.device is None) == (self.device_column is None):
            raise ValueError("exactly one of device and device_column")
        if len({self.separator, self.decimal, self.thousands}) < 3:
            raise ValueError("separator, decimal and thousands must be different characters")
        if self.names and self.skip_after:
            raise ValueError("with names there is no line of names: write skip, not skip_after")
        return self


def _comes(schedule: str) -> bool:
    try:
        croniter(schedule, datetime(2026, 1, 1, tzinfo=UTC)).get_prev(datetime)
    except ValueError:
        return False
    return True


class Pull(_Part):
    """An address that is asked on a schedule (cron, UTC), with a secret header if it wants one.

    ``{since}`` and ``{until}`` in the address become RFC 3339 times: together the answers cover
    all time from ``first`` on, in steps of at most ``step`` seconds.
    """

    url: str = Field(pattern=r"^https?://[^@\s]+$", max_length=2048)
    schedule: str = Field(max_length=128)
    first: AwareDatetime | None = None
    step: float = Field(31 * 86_400.0, ge=60, description="Longest time asked for at once.")
    header: str = Field("Authorization", pattern=r"^[A-Za-z0-9-]{1,64}$")
    prefix: str = Field("Bearer ", pattern=r"^[ -~]{0,64}$")
    secret: str | None = Field(None, pattern=r"^[A-Z0-9_]{1,64}$")

    @field_validator("schedule")
    @classmethod
    def _cron(cls, text: str) -> str:
        # H and R would stand for a time of chance; 30 February never comes.
        if len(text.split()) != 5 or re.search(r"\b[HhRr]\b", text) or not _comes(text):
            raise ValueError(f"{text!r} is no cron expression of five fields, such as 5 * * * *")
        return text


class Source(Declared):
    """Who delivers: one URL ``/v1/{id}`` each, or files, or an address that is asked.

    A secret itself stays in the environment (``VIGIE_SECRET_<NAME>``) or in a file of the
    secrets folder; the inventory names it. ``secret`` is what the network server's own way of
    authentication uses; ``header_secret`` is wanted in ``X-Vigie-Secret`` beside it, where that
    way does not cover the whole request. Only a ``simulated`` source may carry its arrival.
    """

    network: str
    secret: Secrets = ()
    header_secret: Secrets = ()
    simulated: bool = False
    mapping: UplinkMapping | None = None
    table: TableMapping | None = None
    pull: Pull | None = None
