"""``vigie calibration``: a sensor beside a reference."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from cli import calibration_choice as choice
from cli.calibration_telling import show, show_fit, write
from cli.command import Command
from cli.comparison import Asked, How, compared
from cli.load import Home, Output, Shape
from cli.options import spread

calibration = typer.Typer(help="A sensor beside a reference.", no_args_is_help=True)


@calibration.callback()
def _group() -> None:
    """A sensor beside a reference: fit what corrects it, and see how good it is.

    Both read pairs as CSV on standard input, with the columns sensor and reference; with
    --reference, or with --session, they are those of the store, of values flagged 1 or 2.
    """


@calibration.command()
@spread
def fit(
    *,
    method: choice.Method = "ols",
    error_ratio: choice.ErrorRatio = 1.0,
    intercept: choice.Intercept = "separate",
    confidence: choice.Confidence = 0.95,
    interaction: choice.Interaction = False,
    temperature: choice.Temperature = None,
    humidity: choice.Humidity = None,
    bounds: choice.Range = None,
    asked: Asked,
    calibrated: choice.Calibrated = False,
    plot: choice.Plot = None,
    output: Output = Shape.table,
    home: Home = None,
) -> None:
    """Fit what corrects a sensor: the reference as a function of it.

    Reads CSV sensor,reference and, if they are there, time, temperature and humidity; with
    --reference or --session, the raw values of the device in the store, and for multilinear its own
    temperature and humidity then. Prints the coefficients with their errors, how well they hold on
    days that were left out, and the calibration as the inventory declares it. Ends with 1 when the
    pairs say too little.
    """
    from streams.fit.co_location import co_locate
    from streams.fit.scatter import drawn

    options = choice.options(error_ratio, intercept, confidence, interaction)
    estimator, limits = choice.estimator(method), choice.limits(bounds)
    around = choice.around(estimator.multiple, temperature, humidity)
    with _saying_enough():
        of = compared(asked, home, How(not calibrated, around))
        found = co_locate(of.pairs, estimator, options, limits)
    if plot is not None:
        write(plot, drawn(found))
    show_fit(found, of, asked, around, method, output)


@calibration.command()
@spread
def evaluate(
    *,
    pollutant: choice.Pollutant = None,
    counts: choice.Counts = False,
    interval: choice.Interval = 3600,
    peak: choice.Peak = None,
    asked: Asked,
    record: choice.Recorded = False,
    tolerance: choice.Tolerance = None,
    protocol: choice.Protocol = None,
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
    from streams.fit import evaluation

    choice.targets(pollutant, counts)
    with _saying_enough():
        of = compared(asked, home, How())
        lasts = of.counted or (interval if counts else None)
        found = evaluation.of_pairs(of.pairs, pollutant, lasts, peak)
        if record:
            found["reliability"] = told(of, found, asked, lasts, tolerance, protocol)
    show(found, output)


@contextmanager
def _saying_enough() -> Iterator[None]:
    """Pairs that say too little end the command with the reason."""
    from streams.errors import Skip, Stop

    try:
        yield
    except Skip as why:
        raise Stop(str(why)) from why


COMMAND = Command("calibration", calibration)
