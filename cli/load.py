"""Settings for a command, and what they say when they are wrong."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from streams.errors import Stop
from streams.settings import Settings

Home = Annotated[
    Path | None,
    typer.Option(help="The home folder; else VIGIE_HOME, else ~/.vigie.", show_default=False),
]


class Shape(StrEnum):
    """How a command prints its data."""

    table = "table"
    json = "json"


Output = Annotated[Shape, typer.Option(help="For people or for machines.")]


def load(**given: object) -> Settings:
    """The settings; arguments that are None were not given.

    Raises:
        Stop: one is invalid; the message names it, never its value, which may be a secret.
    """
    from pydantic import ValidationError

    from embedded.home import with_password

    try:
        told = Settings.model_validate({k: v for k, v in given.items() if v is not None})
    except ValidationError as e:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}"
            for one in e.errors(include_url=False, include_input=False, include_context=False)
        )
        raise Stop(f"a setting is wrong: {wrong} (see `vigie config show`)") from None
    home = told.home.expanduser().absolute()
    return with_password(told.model_copy(update={"home": home}))
