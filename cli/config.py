"""``vigie config``: what is set, by whom, and what it means."""

import json

import typer

from cli.command import Command
from cli.load import Home, Output, Shape, load
from streams.settings import MASK, Settings, masked

config = typer.Typer(help="Settings.", no_args_is_help=True)


@config.callback()
def _group() -> None:
    """Settings: every one has a default; environment and vigie.toml override it."""


@config.command()
def show(home: Home = None, output: Output = Shape.table) -> None:
    """Every setting with its value, where that comes from, and what it means.

    Secrets are masked; an empty one is shown as empty.
    """
    rows = described(load(home=home), given={"home"} if home else set())
    if output is Shape.json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))  # noqa: T201
        return
    from cli.tables import table

    table(rows)


def described(settings: Settings, given: set[str]) -> list[dict[str, str]]:
    """Rows of setting, value, source and description, in the order of their definition."""
    from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource

    environment = EnvSettingsSource(Settings)()
    file = TomlConfigSettingsSource(Settings, settings.home / "vigie.toml")()

    def source(name: str) -> str:
        if name in given:
            return "argument"
        if name in environment:
            return f"environment VIGIE_{name.upper()}"
        return "vigie.toml" if name in file else "default"

    return [
        {
            "setting": name,
            "value": shown(getattr(settings, name)),
            "source": source(name),
            "description": field.description or "",
        }
        for name, field in Settings.model_fields.items()
    ]


def shown(value: object) -> str:
    """A value as text, without secrets: neither our own nor credentials within a URL."""
    from pydantic import SecretStr

    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    return masked(str(value))


COMMAND = Command("config", config)
