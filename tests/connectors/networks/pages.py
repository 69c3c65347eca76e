"""What the pages of the networks say: a source to declare, a request to post."""

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import yaml

from streams.inventory import Source

FOLDER = Path(__file__).parents[3] / "docs" / "networks"
SECRET = "the-secret-of-a-page"
_CURL = "curl() { printf '%s\\0' \"$@\"; }\n"


@dataclass(frozen=True)
class Posted:
    """A request as the page's curl makes it."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


def block(name: str, language: str) -> str:
    """The one block of a language on a page."""
    page = (FOLDER / f"{name}.md").read_text("utf-8")
    (found,) = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return str(found)


@cache
def source(name: str) -> Source:
    """The source that the page declares."""
    (found,) = yaml.safe_load(block(name, "yaml"))["source"]
    return Source.model_validate(found)


@cache
def posted(name: str) -> Posted:
    """What curl is given when bash runs the page's block, with the secret set."""
    script = _CURL + block(name, "sh")
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
        env={"SECRET": SECRET, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
        timeout=30,
    )
    words = done.stdout.decode().split("\0")[:-1]
    url = urlsplit(words[words.index("-i") + 1])
    headers = [words[i + 1].split(": ") for i, word in enumerate(words) if word == "-H"]
    body = words[words.index("-d") + 1].encode()
    return Posted(url.path, dict(parse_qsl(url.query)), {k.lower(): v for k, v in headers}, body)
