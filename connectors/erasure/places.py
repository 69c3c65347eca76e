"""The folders of a home that may hold uplinks beside Kafka and the store."""

from pathlib import Path

from streams.errors import Stop

SPOOL, JOURNAL, INBOX, ARCHIVE = "data/spool", "data/import/journal.sqlite", "inbox", "data/archive"
RUNS = "data/reprocess"
SIDES = "sides"


def places(home: Path) -> dict[str, str]:
    """What each of them holds, for the receipt.

    Raises:
        Stop: uplinks lie where they cannot be erased now; says what to do.
    """
    if waiting := [p for p in _files(home / SPOOL) if p.suffix == ".segment"]:
        raise Stop(
            f"{home / SPOOL} holds uplinks that Kafka has not taken yet ({len(waiting)} files): "
            "wait until the webhook has sent them, then run it again"
        )
    if frames := _files(home / RUNS):
        raise Stop(
            f"{home / RUNS} holds the frames of a run of the batch ({len(frames)} files): let it "
            "end, or cancel it with `vigie reprocess cancel` (what a look left that was killed "
            "can be removed by hand), then run it again"
        )
    if archived := _files(home / ARCHIVE):
        raise Stop(
            f"{home / ARCHIVE} holds {len(archived)} files, and this version erases nothing from "
            "an archive: take them out of it, or restore and erase with the version that wrote them"
        )
    if worlds := sorted(p.name for p in (home / SIDES).glob("*") if p.is_dir()):
        raise Stop(
            f"the side worlds {', '.join(worlds)} hold copies of uplinks: remove each with "
            "`vigie replay drop NAME`, then run it again"
        )
    dropped = len(_files(home / INBOX))
    journal = (home / JOURNAL).is_file()
    return {
        SPOOL: "holds no uplink",
        RUNS: "holds no frame",
        ARCHIVE: "is empty: no archive exists",
        INBOX: f"holds {dropped} files: remove those of the device by hand" if dropped else "empty",
        JOURNAL: "holds hashes of frames, no values" if journal else "does not exist",
    }


def _files(folder: Path) -> list[Path]:
    """The files below a folder that hold anything: a lock is none."""
    found = folder.rglob("*") if folder.is_dir() else ()
    return [p for p in found if p.is_file() and p.stat().st_size]
