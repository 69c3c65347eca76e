"""A SenML pack of any size as packs that can be read on their own.

Each begins with a record of the base fields that hold at that point; the records that follow are
as they came.

Source: RFC 8428, sections 4.1 and 4.6.
"""

import json
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any, BinaryIO

from streams.errors import Skip

RECORD_MAX = 64 << 10
RECORDS_MAX = 2000
_CHUNK = 64 << 10
_BASE = ("bver", "bn", "bt", "bu", "bv", "bs")
_BETWEEN = " \t\r\n,"


def packs(file: BinaryIO, most: int) -> Iterator[bytes]:
    """Packs of about ``most`` characters at most, in the order of the file.

    Raises:
        Skip: ``not_json``: it is no array of objects, or one is longer than 64 KiB.
    """
    base: dict[str, Any] = {}
    lead, texts, size = base.copy(), list[str](), 0
    for text, record in _records(file):
        texts.append(text)
        size += len(text)
        base |= {name: record[name] for name in _BASE if name in record}
        if size >= most or len(texts) == RECORDS_MAX:
            yield _pack(lead, texts)
            lead, texts, size = base.copy(), [], 0
    if texts:
        yield _pack(lead, texts)


def _pack(lead: dict[str, Any], texts: list[str]) -> bytes:
    before = [json.dumps(lead)] if lead else []
    return f"[{','.join(before + texts)}]".encode()


def _records(file: BinaryIO) -> Iterator[tuple[str, dict[str, Any]]]:
    """The text and the content of every object of an array."""
    decode = json.JSONDecoder().raw_decode
    reader = TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        text = reader.read(_CHUNK).lstrip()
        at = 1
        while text[:1] == "[":
            while at < len(text) and text[at] in _BETWEEN:
                at += 1
            if text[at : at + 1] == "]":
                return
            try:
                record, end = decode(text, at)
            except ValueError as e:
                more = reader.read(_CHUNK) if len(text) - at < RECORD_MAX else ""
                if not more:
                    raise Skip("not_json", f"a record of the pack cannot be read: {e}") from e
                text, at = f"[{text[at:]}{more}", 1
                continue
            if not isinstance(record, dict):
                break
            yield text[at:end], record
            at = end
        raise Skip("not_json", "a SenML pack is an array of objects")
    except RecursionError as e:
        raise Skip("not_json", "a record of the pack is nested too deeply") from e
    except UnicodeDecodeError as e:
        raise Skip("not_json", "the file is not UTF-8") from e
    finally:
        reader.detach()
