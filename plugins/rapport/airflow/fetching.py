"""Remote folders of exports, by Airflow connections: what is new there, and bringing it into the landing folder."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.sdk import Connection, ObjectStoragePath
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

from rapport.businesses import Arrival, Business
from rapport.errors import LandingError
from rapport.landing.fetching import fetch, new_files
from rapport.warehouse import connect

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

log = logging.getLogger(__name__)


def fetch_arrivals(business: Business, landing: Path) -> list[Path]:
    """Bring what is new and whole on every remote side into the landing folder; returns where it lies.

    One task at a time does so. A side that cannot be reached is passed over with a warning: it may come back before
    the deadline, and the night goes on without it. Raises LandingError for a connection or folder that is not there.
    """
    if not business.arrivals:
        return []
    found: list[Path] = []
    with connect(business.name, autocommit=True) as conn:
        conn.execute("select pg_advisory_lock(hashtext('fetching exports'))")
        for arrival in business.arrivals:
            with _reaching(arrival):
                into = landing / arrival.into
                found += fetch(*_remote(business, arrival), into, arrival, business.settle_seconds)
    return found


def n_waiting(business: Business, landing: Path) -> int:
    """How many files on the remote sides are not in the landing folder yet; of those that can be reached."""
    waiting = 0
    for arrival in business.arrivals:
        with _reaching(arrival):
            waiting += len(new_files(*_remote(business, arrival), landing / arrival.into, arrival))
    return waiting


@contextmanager
def _reaching(arrival: Arrival) -> Iterator[None]:
    import asyncssh
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (OSError, asyncssh.Error, BotoCoreError, ClientError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            log.warning("the disk of the landing folder is full: nothing more is fetched from %s", arrival.source)
            return
        # Not its message: that may hold what the other side said of a file or a user.
        log.warning("%s cannot be read now (%s)", arrival.source, type(error).__name__)


def _remote(business: Business, arrival: Arrival) -> tuple[AbstractFileSystem, str]:
    connection_id = urlsplit(arrival.source).username or ""
    try:
        connection = Connection.get(connection_id)
    except (AirflowNotFoundException, AirflowRuntimeError):
        raise LandingError(
            f"There is no Airflow connection {connection_id}.",
            where=f"businesses/{business.name}.yml, arrivals",
            fix=f"add it in the UI, or set AIRFLOW_CONN_{connection_id.upper()}",
        ) from None
    options = _known_host(connection) if arrival.source.startswith("sftp:") else {}
    folder = ObjectStoragePath(arrival.source, **options)
    return folder.fs, folder.path


def _known_host(connection: Connection) -> dict[str, Any]:
    """The server's key, without which its file system would trust whoever answers."""
    import asyncssh

    extra = connection.extra_dejson
    if str(extra.get("no_host_key_check", "")).lower() == "true":
        return {}
    if not extra.get("host_key"):
        return {"known_hosts": str(Path("~/.ssh/known_hosts").expanduser())}
    return {
        "known_hosts": asyncssh.import_known_hosts(f"[{connection.host}]:{connection.port or 22} {extra['host_key']}")
    }
