"""What the names of landed files say before anybody opens them."""

from __future__ import annotations

# A file of this name beside an export says that it is whole.
MARKER = ".done"
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial", "~")


def is_temporary(name: str) -> bool:
    """Whether a file name is one that programs use while they are still writing."""
    return name.startswith((".", "_")) or name.lower().endswith(_UNFINISHED)
