"""What an operator asks to be judged again: the options that the commands share."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from connectors.reprocess.planning import Question


class What(StrEnum):
    """What is computed again."""

    judge = "judge"
    decode = "decode"
    verify = "verify"


class Why(StrEnum):
    """Why a day is pending."""

    late = "late"
    declared = "declared"


Device = Annotated[list[str] | None, typer.Option(help="This device; may be repeated.")]
Area = Annotated[
    str | None,
    typer.Option(
        help="Where devices stood: a commune's INSEE code, west,south,east,north, "
        "longitude,latitude,500m, or a polygon of longitude,latitude corners with spaces between."
    ),
]
UseCase = Annotated[str | None, typer.Option(help="The devices of this use case.")]
Property = Annotated[
    list[str] | None, typer.Option("--property", help="This property; may be repeated.")
]
From = Annotated[
    str | None,
    typer.Option("--from", help="First instant: RFC 3339, or a date, its midnight in Paris."),
]
To = Annotated[str | None, typer.Option("--to", help="First instant after, likewise.")]
Kind = Annotated[
    What,
    typer.Option(
        help="judge: raw values again; decode: uplinks again, by today's codecs and mappings; "
        "verify: judge, write nothing, and end with 3 if anything differs."
    ),
]
Pending = Annotated[
    bool, typer.Option("--pending", help="The days that wait, each as it needs; see --why.")
]
Because = Annotated[Why | None, typer.Option("--why", help="Only days that wait for this.")]


@dataclass(frozen=True)
class Choice:
    """The options."""

    device: Device = None
    area: Area = None
    use_case: UseCase = None
    observed: Property = None
    since: From = None
    until: To = None
    what: Kind = What.judge
    pending: Pending = False
    why: Because = None

    def question(self) -> "Question":
        """The options as one question.

        Raises:
            BadParameter: nothing is asked, or what is asked contradicts itself.
        """
        from connectors.reprocess.asked import LEAST, MOST
        from connectors.reprocess.planning import Question

        span = _instant("--from", self.since, LEAST), _instant("--to", self.until, MOST)
        self._refuse(span)
        decode, reason = self.what is What.decode, self.why.value if self.why else None
        device, observed = tuple(self.device or ()), tuple(self.observed or ())
        named = device, self.area or "", self.use_case or "", observed
        return Question(*named, span, decode, self.pending, reason)

    def _refuse(self, span: tuple[int, int]) -> None:
        from connectors.reprocess import area

        where = self.device or self.area or self.use_case or self.observed
        when = self.since or self.until
        if not (self.pending or where or when):
            raise typer.BadParameter("say what: --pending, --device, --area, --use-case, --from, …")
        if self.pending and (when or self.what is What.decode or self.observed):
            raise typer.BadParameter("--pending takes whole days as they need: no dates with it")
        if self.what is What.decode and not self.since:
            raise typer.BadParameter("--what decode needs --from: uplinks are read from there on")
        if self.why and not self.pending:
            raise typer.BadParameter("--why is for --pending")
        if span[0] >= span[1]:
            raise typer.BadParameter("--from must lie before --to")
        try:
            area.area(self.area or "13201")
        except ValueError as e:
            raise typer.BadParameter(str(e)) from e


def _instant(option: str, text: str | None, default: int) -> int:
    from connectors.reprocess.asked import instant

    if text is None:
        return default
    try:
        return instant(text)
    except ValueError as e:
        raise typer.BadParameter(f"{option}: {e}") from e
