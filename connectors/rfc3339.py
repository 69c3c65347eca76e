"""RFC 3339 instants, exactly: network servers write nine decimals, we keep six and round none."""

import re
from datetime import UTC, datetime, timedelta, timezone

_FORM = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?"
    r"(?:([Zz])|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(text: str) -> int:
    """Microseconds since 1970, UTC; what is finer is cut off, a leap second is the next one.

    Raises:
        ValueError: not an RFC 3339 date-time with an offset (section 5.6).
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not an RFC 3339 time with an offset")
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
    leap = second == 60
    at = datetime(year, month, day, hour, minute, second - leap, tzinfo=_offset(match))
    since = at - _EPOCH
    whole = since.days * 86_400 + since.seconds + leap
    return whole * 1_000_000 + int((match[7] or "").ljust(6, "0")[:6])


def text(at: int) -> str:
    """The RFC 3339 time of microseconds since 1970, in UTC, always with six decimals.

    Raises:
        ValueError: before the year 1 or after 9999, which the format cannot write.
    """
    try:
        moment = _EPOCH + timedelta(microseconds=at)
    except OverflowError as e:
        raise ValueError(f"{at} microseconds since 1970 lie outside the years 1 to 9999") from e
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _offset(match: re.Match[str]) -> timezone:
    if match[8]:
        return UTC
    minutes = int(match[10]) * 60 + int(match[11])
    if int(match[11]) > 59:
        raise ValueError(f"{match[0]!r}: an offset has at most 59 minutes")
    return timezone(timedelta(minutes=-minutes if match[9] == "-" else minutes))
