"""Who delivers: a network server that posts, a folder of files, an address to ask."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from streams.inventory.declared import Declared, Id

Encoding = Literal["hex", "base64", "text"]
TimeUnit = Literal["rfc3339", "s", "ms", "us"]


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


class UplinkMapping(_Part):
    """Where a JSON body of no known format says what; every entry is a path (dots, as in ``a.b``).

    ``each`` leads to a list of messages, empty to the body itself; the other paths start at a
    message. ``decoded`` leads to an object of values, empty to the message itself.
    """

    each: str = ""
    device: str
    payload: str | None = None
    encoding: Encoding = "hex"
    decoded: str | None = None
    port: str | None = None
    counter: str | None = None
    time: str | None = None
    time_unit: TimeUnit = "rfc3339"
    message_id: str | None = None
    session: str | None = None
    gateway: str | None = None
    rssi: str | None = None
    snr: str | None = None
    spreading_factor: str | None = None
    frequency: str | None = None


class TableMapping(_Part):
    """How a CSV file of a logger is to be read.

    ``time`` names the column, or the columns, of the instant, read by ``format`` (as in
    :meth:`datetime.datetime.strptime`; ``rfc3339`` else) in ``timezone``; ``device`` is the id of
    the one device of the file, ``device_column`` the column that names it.
    """

    separator: str = Field(",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    encoding: Literal["utf-8", "latin-1", "utf-16"] = "utf-8"
    skip: int = Field(0, ge=0, le=1000, description="Lines before the one of the column names.")
    time: Annotated[tuple[str, ...], BeforeValidator(_names), Field(min_length=1, max_length=2)]
    format: str = "rfc3339"
    timezone: str = "UTC"
    device: Id | None = None
    device_column: str | None = None
    missing: tuple[str, ...] = ("", "NA", "NaN", "null")

    @model_validator(mode="after")
    def _one(self) -> "TableMapping":
        if (self.device is None) == (self.device_column is None):
            raise ValueError("exactly one of device and device_column")
        if self.separator == self.decimal:
            raise ValueError("separator and decimal cannot be the same")
        return self


class Pull(_Part):
    """An address that is asked on a schedule (cron, UTC), with a secret header if it wants one."""

    url: str = Field(pattern=r"^https?://", max_length=2048)
    schedule: str
    header: str = "Authorization"
    prefix: str = "Bearer "
    secret: str | None = Field(None, pattern=r"^[A-Z0-9_]{1,64}$")


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
