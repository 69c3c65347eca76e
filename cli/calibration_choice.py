"""What ``vigie calibration`` can be asked: its options, and what is made of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

if TYPE_CHECKING:
    from streams.fit import Estimator, Options

DeviceName = Annotated[str | None, typer.Option("--device", help="Whose values these are.")]
PropertyName = Annotated[str | None, typer.Option("--property", help="Which of its values.")]
Channel = Annotated[str, typer.Option(help="Which channel of them.")]
Reference = Annotated[
    str | None, typer.Option(help="A device of the store to compare with, not standard input.")
]
Since = Annotated[str | None, typer.Option("--from", help="With --reference: since, RFC 3339.")]
Until = Annotated[str | None, typer.Option("--to", help="With --reference: until, RFC 3339.")]
Within = Annotated[
    float | None,
    typer.Option(min=0, help="Seconds between two values of a pair; else half a period."),
]
Hourly = Annotated[bool, typer.Option("--hourly", help="With --reference: compare means of hours.")]
Sessions = Annotated[
    list[str] | None,
    typer.Option("--session", help="A declared session to compare with; several."),
]

Method = Annotated[str, typer.Option(help="ols, deming, rma, theil-sen or multilinear.")]
ErrorRatio = Annotated[
    float,
    typer.Option("--lambda", help="Deming: variance of the reference's errors over the sensor's."),
]
Intercept = Annotated[
    str, typer.Option(help="Theil–Sen: separate (of medians) or joint (of residuals).")
]
Confidence = Annotated[
    float, typer.Option(min=0.5, max=0.999, help="Of the interval of the slope.")
]
Interaction = Annotated[
    bool, typer.Option("--interaction", help="Multilinear: temperature times humidity too.")
]
Temperature = Annotated[
    str | None,
    typer.Option(help="Multilinear: the device's property that says it, if not air_temperature."),
]
Humidity = Annotated[
    str | None,
    typer.Option(help="Multilinear: the device's property that says it, if not relative_humidity."),
]
Range = Annotated[
    str | None,
    typer.Option("--range", help="LOW,HIGH: only pairs whose sensor value lies within."),
]
Calibrated = Annotated[
    bool, typer.Option("--calibrated", help="Fit what corrects calibrated values further.")
]
Plot = Annotated[Path | None, typer.Option(help="Write a scatter plot there, as SVG.")]

Pollutant = Annotated[
    str | None, typer.Option(help="PM2.5, PM10, O3, NO2, SO2 or CO: compare with its targets.")
]
Counts = Annotated[
    bool, typer.Option("--counts", help="Automatic against manual counts of each interval.")
]
Interval = Annotated[
    float, typer.Option(min=1, max=86_400, help="With --counts: seconds of an interval.")
]
Peak = Annotated[
    bool | None,
    typer.Option("--peak/--no-peak", help="With --counts: whether the peak hour is there."),
]
Recorded = Annotated[
    bool, typer.Option("--record", help="Make a reliability that the inventory declares.")
]
Tolerance = Annotated[
    str | None,
    typer.Option(help="With --record: how near is near enough, 2.5 in the unit or 10%."),
]
Protocol = Annotated[str | None, typer.Option(help="With --record: by which rules.")]


def estimator(name: str) -> "Estimator":
    """By its name, as people or as code write it."""
    from streams import fit
    from streams.discover import discover

    known = discover(fit, fit.Estimator)
    name = name.lower().replace("_", "-")
    if name not in known:
        raise typer.BadParameter(f"--method {name!r} is none of {', '.join(sorted(known))}")
    return known[name]


def options(error_ratio: float, intercept: str, confidence: float, interaction: bool) -> "Options":
    """What an estimator is told."""
    from streams.fit import Options

    if not 0 < error_ratio < float("inf"):
        raise typer.BadParameter("--lambda must be a number above 0")
    if intercept not in ("separate", "joint"):
        raise typer.BadParameter(f"--intercept {intercept!r} is neither separate nor joint")
    chosen = cast("Literal['separate', 'joint']", intercept)
    return Options(error_ratio, chosen, confidence, interaction)


def around(multiple: bool, temperature: str | None, humidity: str | None) -> dict[str, str]:
    """By column the property of the device that an estimator of several columns fits on."""
    from streams.fit.co_location import USUALLY

    named = {"temperature": temperature, "humidity": humidity}
    given = {name: said for name, said in named.items() if said is not None}
    if given and not multiple:
        raise typer.BadParameter("--temperature and --humidity go with --method multilinear")
    return {**USUALLY, **given} if multiple else {}


def limits(text: str | None) -> tuple[float, float] | None:
    """Of ``--range``: the sensor's values that count."""
    if text is None:
        return None
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise typer.BadParameter(f"--range {text!r} is not LOW,HIGH, such as 0,150") from None
    if not low < high:
        raise typer.BadParameter(f"--range {text!r}: the first must be smaller")
    return low, high


def targets(pollutant: str | None, counts: bool) -> None:
    """Refuse a pollutant that has none, or that is counted."""
    from streams.fit.targets import TARGETS

    if pollutant is not None and pollutant not in TARGETS:
        raise typer.BadParameter(f"--pollutant {pollutant!r} is none of {', '.join(TARGETS)}")
    if counts and pollutant is not None:
        raise typer.BadParameter("--counts and --pollutant are two different evaluations")
