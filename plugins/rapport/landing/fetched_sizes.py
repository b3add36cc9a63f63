"""The size that a fetched file had on the remote side: one that was rewritten here is not fetched again."""

from __future__ import annotations

from pathlib import Path


def keep_fetched_size(path: Path) -> None:
    """Note a landed file's size and time before it is rewritten or deleted; what was noted first counts."""
    note = _note_of(path)
    if not note.exists():
        status = path.stat()
        note.write_text(f"{status.st_size} {int(status.st_mtime)}\n")


def forget_fetched_size(path: Path) -> None:
    """What lies there now is as it was fetched."""
    _note_of(path).unlink(missing_ok=True)


def fetched_version(path: Path) -> tuple[int, int] | None:
    """Size and time (whole seconds since 1970) of the version that was fetched; None where there is none."""
    try:
        size, modified_at = _note_of(path).read_text().split()
        return int(size), int(modified_at)
    except FileNotFoundError:
        pass
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, int(status.st_mtime)


def _note_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.fetched")
