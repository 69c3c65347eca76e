"""Settings for a command, and what they say when they are wrong."""

import os
import sys
from collections.abc import Iterable, Sequence
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
PREFIX = "VIGIE_"


class Shape(StrEnum):
    """How a command prints its data."""

    table = "table"
    json = "json"


Output = Annotated[Shape, typer.Option(help="For people or for machines.")]


def load(**given: object) -> Settings:
    """The settings; a variable that looks like one and is none is named on stderr.

    Arguments that are None were not given.

    Raises:
        Stop: one is invalid; the message names it, never its value, which may be a secret.
    """
    for said in unknown(os.environ):
        print(f"vigie: {said}", file=sys.stderr)  # noqa: T201
    return read(**given)


def read(**given: object) -> Settings:
    """The settings as :func:`load` has them, with nothing said of other variables."""
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
    if home.exists() and not home.is_dir():
        raise Stop(f"the home {home} is no folder: name one with --home or VIGIE_HOME")
    return with_password(told.model_copy(update={"home": home}))


def unknown(variables: Iterable[str]) -> list[str]:
    """What to say of variables that start like a setting and are none."""
    asked = {v: v.upper().removeprefix(PREFIX) for v in sorted(variables)}
    known = [name.upper() for name in Settings.model_fields]
    return [
        f"{variable} is no setting{_meant(name, known)}"
        for variable, name in asked.items()
        if variable.upper().startswith(PREFIX)
        and name not in known
        and not name.startswith("SECRET_")
    ]


def _meant(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    return f": did you mean {PREFIX}{near[0]}?" if near else " (see `vigie config show`)"
