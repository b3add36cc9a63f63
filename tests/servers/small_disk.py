"""A small disk for tests: a file system in memory of limited size, which Postgres can have a tablespace on."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest


class SmallDisk:
    """A mounted file system; `resize` makes it larger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, megabytes: int) -> None:
        self._call("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(self.folder))

    def resize(self, megabytes: int) -> None:
        self._call("mount", "-o", f"remount,size={megabytes}m", str(self.folder))

    def unmount(self) -> None:
        self._call("umount", str(self.folder))

    def _call(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)


@contextmanager
def small_disk(server: str, megabytes: int) -> Iterator[SmallDisk]:
    """A disk that the embedded server's user owns; skips where this user may not mount one."""
    with psycopg.connect(server) as conn:
        row = conn.execute("select current_setting('data_directory')").fetchone()
    assert row is not None
    if not Path(row[0]).is_dir():
        pytest.skip("Postgres runs elsewhere: its disk cannot be made small")
    owner = os.stat(row[0])
    folder = Path(tempfile.mkdtemp(prefix="small_disk_", dir="/tmp"))
    folder.chmod(0o755)
    disk = SmallDisk(folder)
    try:
        disk.mount(megabytes)
    except (OSError, subprocess.CalledProcessError):
        folder.rmdir()
        pytest.skip("mounting a file system is not permitted here (it takes root)")
    try:
        os.chown(folder, owner.st_uid, owner.st_gid)
        yield disk
    finally:
        disk.unmount()
        folder.rmdir()
