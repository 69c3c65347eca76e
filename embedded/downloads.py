"""What the servers are made of: fetched once per user, checked, then found without any network.

A folder in the cache appears whole or not at all: it is filled beside its place and renamed, so
neither a cut connection nor two first starts at once leave half of one.
"""

import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import stamina

from embedded.progress import Progress
from streams.errors import Stop

if TYPE_CHECKING:
    from jgo import MavenContext

ATTEMPTS = 3
TIMEOUT = 60
"""Seconds that a repository may stay silent."""


@dataclass(frozen=True)
class Download:
    """``fetch`` fills an empty folder; ``digest`` is :func:`digest_of` what it must then hold."""

    name: str
    digest: str
    fetch: Callable[[Path, Progress], None]


def obtain(download: Download, cache: Path, progress: Progress) -> Path:
    """The folder that holds the download, fetched if this user never did.

    Raises:
        Stop: it cannot be fetched, or is not what this release was tested with.
    """
    place = cache / download.name
    if place.is_dir():
        return place
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=f".{download.name}-") as staging:
        filled = _fetch(download, Path(staging), progress)
        if (found := digest_of(filled)) != download.digest:
            raise Stop(
                f"{download.name} as fetched has digest {found}, this release expects "
                f"{download.digest}: something on the way from Maven Central serves other files"
            )
        try:
            filled.rename(place)
        except OSError:
            if not place.is_dir():
                raise
    return place


def _fetch(download: Download, staging: Path, progress: Progress) -> Path:
    try:
        for attempt in stamina.retry_context(on=OSError, attempts=ATTEMPTS, wait_initial=1.0):
            with attempt:
                filled = staging / f"attempt-{attempt.num}"
                filled.mkdir()
                download.fetch(filled, progress)
    except (OSError, RuntimeError) as e:
        raise Stop(
            f"{download.name} cannot be fetched ({e}): the first start needs the network "
            "(Maven Central or its mirror); check proxy and disk, then start again"
        ) from e
    return filled


def digest_of(folder: Path) -> str:
    """SHA-256 over the sorted lines ``<sha256 of a file>  <its relative path>``."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            one = hashlib.file_digest(file, "sha256").hexdigest()
        total.update(f"{one}  {path.relative_to(folder).as_posix()}\n".encode())
    return total.hexdigest()


def jars(endpoint: str) -> Callable[[Path, Progress], None]:
    """Fetch a Maven artifact and all that it needs at run time as a flat folder of jars."""

    def fetch(folder: Path, progress: Progress) -> None:
        from jgo import EnvironmentBuilder, LinkStrategy

        with _maven(folder, progress) as context:
            builder = EnvironmentBuilder(
                context=context,
                cache_dir=context.repo_cache / "environment",
                link_strategy=LinkStrategy.HARD,
            )
            for jar in builder.from_endpoint(endpoint).all_jars:
                shutil.move(jar, folder / jar.name)

    return fetch


def archive(group: str, artifact: str, version: str, classifier: str) -> Callable[..., None]:
    """Fetch a ``tar.gz`` of Maven and unpack it."""

    def fetch(folder: Path, progress: Progress) -> None:
        with _maven(folder, progress) as context:
            component = context.project(group, artifact).at_version(version)
            packed = component.artifact(classifier=classifier, packaging="tar.gz").resolve()
            progress(f"unpacking {artifact} {version}", 0, 0)
            with tarfile.open(packed) as tar:
                tar.extractall(folder, filter="data")

    return fetch


@contextmanager
def _maven(folder: Path, progress: Progress) -> Iterator["MavenContext"]:
    """A resolver with a repository of its own: a file cut short must not outlive its attempt."""
    from jgo import MavenContext
    from jgo.maven import PythonResolver

    @contextmanager
    def told(filename: str, total: int) -> Iterator[Callable[[int], None]]:
        done = 0

        def more(count: int) -> None:
            nonlocal done
            done += count
            progress(filename, done, total)

        yield more

    with tempfile.TemporaryDirectory(dir=folder.parent) as repository:
        yield MavenContext(
            resolver=PythonResolver(progress_callback=told),
            repo_cache=Path(repository),
            timeout=TIMEOUT,
        )
