"""``vigie calibration``: a sensor beside a reference."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from cli.calibration_telling import show, show_fit, write
from cli.command import Command
from cli.comparison import Asked, Compared, compared
from cli.load import Home, Output, Shape

if TYPE_CHECKING:
    from streams.fit import Estimator
    from streams.fit.pairs import Pairs

MOST = 64 * 2**20
"""Bytes of standard input."""
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

calibration = typer.Typer(help="A sensor beside a reference.", no_args_is_help=True)


@calibration.callback()
def _group() -> None:
    """A sensor beside a reference: fit what corrects it, and see how good it is.

    Both read pairs as CSV on standard input, with the columns sensor and reference; with
    --reference, or with --session, they are those of the store, of values flagged 1 or 2.
    """


@calibration.command()
def fit(
    method: Annotated[
        str, typer.Option(help="ols, deming, rma, theil-sen or multilinear.")
    ] = "ols",
    error_ratio: Annotated[
        float,
        typer.Option(
            "--lambda", help="Deming: variance of the reference's errors over the sensor's."
        ),
    ] = 1.0,
    intercept: Annotated[
        str, typer.Option(help="Theil–Sen: separate (of medians) or joint (of residuals).")
    ] = "separate",
    confidence: Annotated[
        float, typer.Option(min=0.5, max=0.999, help="Of the interval of the slope.")
    ] = 0.95,
    interaction: Annotated[
        bool, typer.Option("--interaction", help="Multilinear: temperature times humidity too.")
    ] = False,
    bounds: Annotated[
        str | None,
        typer.Option("--range", help="LOW,HIGH: only pairs whose sensor value lies within."),
    ] = None,
    device: DeviceName = None,
    observed: PropertyName = None,
    channel: Channel = "",
    reference: Reference = None,
    since: Since = None,
    until: Until = None,
    within: Within = None,
    hourly: Hourly = False,
    calibrated: Annotated[
        bool, typer.Option("--calibrated", help="Fit what corrects calibrated values further.")
    ] = False,
    plot: Annotated[Path | None, typer.Option(help="Write a scatter plot there, as SVG.")] = None,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """Fit what corrects a sensor: the reference as a function of it.

    Reads CSV sensor,reference and, if they are there, time, temperature and humidity; with
    --reference, the raw values of the device beside those of another in the store. Prints the
    coefficients with their errors, how well they hold on days that were left out, and the
    calibration as the inventory declares it. Ends with 1 when the pairs say too little.
    """
    from streams.errors import Skip, Stop
    from streams.fit import Options
    from streams.fit.co_location import co_locate
    from streams.fit.scatter import drawn

    if not 0 < error_ratio < float("inf"):
        raise typer.BadParameter("--lambda must be a number above 0")
    if intercept not in ("separate", "joint"):
        raise typer.BadParameter(f"--intercept {intercept!r} is neither separate nor joint")
    chosen = cast("Literal['separate', 'joint']", intercept)
    options = Options(error_ratio, chosen, confidence, interaction)
    estimator, limits = _estimator(method), _range(bounds)
    asked = Asked(
        device, observed, channel, reference, (), since, until, within, hourly, not calibrated, home
    )
    try:
        found = co_locate(_compared(asked).pairs, estimator, options, limits)
    except Skip as why:
        raise Stop(str(why)) from why
    if plot is not None:
        write(plot, drawn(found))
    show_fit(found, _described(device, observed, channel, method), output)


@calibration.command()
def evaluate(
    pollutant: Annotated[
        str | None, typer.Option(help="PM2.5, PM10, O3, NO2, SO2 or CO: compare with its targets.")
    ] = None,
    counts: Annotated[
        bool, typer.Option("--counts", help="Automatic against manual counts of each interval.")
    ] = False,
    interval: Annotated[
        float, typer.Option(min=1, max=86_400, help="With --counts: seconds of an interval.")
    ] = 3600,
    peak: Annotated[
        bool | None,
        typer.Option("--peak/--no-peak", help="With --counts: whether the peak hour is there."),
    ] = None,
    device: DeviceName = None,
    observed: PropertyName = None,
    channel: Channel = "",
    reference: Reference = None,
    session: Annotated[
        list[str] | None, typer.Option(help="A declared session to compare with; several.")
    ] = None,
    since: Since = None,
    until: Until = None,
    within: Within = None,
    hourly: Hourly = False,
    record: Annotated[
        bool, typer.Option("--record", help="Make a reliability that the inventory declares.")
    ] = False,
    tolerance: Annotated[
        str | None,
        typer.Option(help="With --record: how near is near enough, 2.5 in the unit or 10%."),
    ] = None,
    protocol: Annotated[str | None, typer.Option(help="With --record: by which rules.")] = None,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """How good a sensor is: slope, intercept, errors, spread between units, EPA's targets.

    Reads CSV sensor,reference and, for several units side by side, unit and time; with --reference
    or --session, the values of the device in the store. With --counts, or a session of manual
    counts: GEH, MAPE, WAPE and a correction factor, sensor being the automatic count. --record
    adds the reliability, dated and with its protocol, as the inventory declares it. Ends with 1
    when the pairs say too little.
    """
    from cli.reliability import told
    from streams.errors import Skip, Stop
    from streams.fit import evaluation
    from streams.fit.counts import compare_pairs
    from streams.fit.targets import TARGETS

    if pollutant is not None and pollutant not in TARGETS:
        raise typer.BadParameter(f"--pollutant {pollutant!r} is none of {', '.join(TARGETS)}")
    if counts and pollutant is not None:
        raise typer.BadParameter("--counts and --pollutant are two different evaluations")
    asked = Asked(
        device,
        observed,
        channel,
        reference,
        tuple(session or ()),
        since,
        until,
        within,
        hourly,
        home=home,
    )
    try:
        of = _compared(asked)
        lasts = of.counted or (interval if counts else None)
        if lasts is not None:
            found = compare_pairs(of.pairs, lasts / 3600.0, peak).as_dict()
        else:
            found = evaluation.evaluate(of.pairs, pollutant).as_dict()
        if record:
            found["reliability"] = told(of, found, asked, lasts, tolerance, protocol)
    except Skip as why:
        raise Stop(str(why)) from why
    show(found, output)


def _estimator(name: str) -> "Estimator":
    from streams import fit
    from streams.discover import discover

    known = discover(fit, fit.Estimator)
    name = name.lower().replace("_", "-")
    if name not in known:
        raise typer.BadParameter(f"--method {name!r} is none of {', '.join(sorted(known))}")
    return known[name]


def _range(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        raise typer.BadParameter(f"--range {text!r} is not LOW,HIGH, such as 0,150") from None
    if not low < high:
        raise typer.BadParameter(f"--range {text!r}: the first must be smaller")
    return low, high


def _pairs() -> "Pairs":
    """What stands on standard input.

    Raises:
        Skip: it is no CSV of pairs, or too much.
    """
    import io

    from streams.errors import Skip
    from streams.fit.pairs import read

    given = sys.stdin.buffer.read(MOST + 1)
    if len(given) > MOST:
        raise Skip("bad_csv", f"more than {MOST >> 20} MiB: take means of an hour, or of a day")
    return read(io.StringIO(given.decode("utf-8", "replace"), newline=""))


def _compared(asked: Asked) -> Compared:
    """From the store, if that is asked, else from standard input."""
    return compared(asked) if asked.stored else Compared(_pairs(), {})


def _described(
    device: str | None, observed: str | None, channel: str, method: str
) -> dict[str, str]:
    named = {"device": device, "property": observed}
    known = {name: value for name, value in named.items() if value is not None}
    if channel:
        known["channel"] = channel
    if device is not None and observed is not None:
        name = "-".join(filter(None, (device, observed, channel, method)))
        return {"id": name, **known}
    return known


COMMAND = Command("calibration", calibration)
