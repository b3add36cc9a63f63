"""An S3-compatible object store on 127.0.0.1 (moto's server, in a process of its own), for tests."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

KEY, SECRET = "testing", "testing-secret"


@dataclass(frozen=True)
class ObjectStore:
    """A running store and how to log in."""

    endpoint: str
    key: str = KEY
    secret: str = SECRET


@contextlib.contextmanager
def run_object_store() -> Iterator[ObjectStore]:
    """Run the store until the block ends; it keeps nothing."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"NO_PROXY": "127.0.0.1"},
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, "the object store stopped"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert time.monotonic() < deadline, "the object store does not listen"
            time.sleep(0.1)
        yield ObjectStore(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()
