"""Who is told of alerts, and how."""

from typing import Annotated, Literal

from pydantic import Field

from streams.inventory.declared import Declared, Id, Ref, Text

Told = Literal["opened", "updated", "closed", "withdrawn"]


class Notifier(Declared):
    """Somebody who is told of alerts: by a ``webhook`` at an https address, or by mail (``smtp``)
    through ``smtp://host:port`` (STARTTLS) or ``smtps://host:port``, from ``sender`` to ``to``.

    The secret itself stays in the environment (``VIGIE_SECRET_<NAME>``) or in a file of the
    secrets folder: the key that signs a webhook's body, or the password of ``user``. What is
    empty wants all: ``rules`` are kinds of conditions and ``gateway_outage``, ``network_outage``;
    ``use_cases`` and ``groups`` are those of the devices that the alert covers.
    """

    kind: Id
    where: str = Field(pattern=r"^(https?|smtps?)://[^@\s]+$", max_length=2048)
    sender: str = Field("", max_length=320, pattern=r"^[^\r\n]*$")
    to: tuple[Annotated[str, Field(max_length=320, pattern=r"^[^\s,]+@[^\s,]+$")], ...] = Field(
        (), max_length=100
    )
    user: Text = ""
    secret: str | None = Field(None, pattern=r"^[A-Z0-9_]{1,64}$")
    least_level: int = Field(1, ge=1, le=4)
    rules: tuple[Id, ...] = Field((), max_length=100)
    use_cases: Annotated[tuple[Id, ...], Ref("use_case")] = ()
    groups: Annotated[tuple[Id, ...], Ref("group")] = ()
    transitions: tuple[Told, ...] = ("opened", "updated", "closed", "withdrawn")
