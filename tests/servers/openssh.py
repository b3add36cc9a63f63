"""A real OpenSSH server on 127.0.0.1, as an ordinary process, for tests of delivery by SFTP.

The server program comes from the machine or, if it has none, from Debian's packages, unpacked into a
folder of our own: nothing is installed and no right beyond an ordinary user's is needed.
"""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PACKAGES = ("openssh-server", "libnss-wrapper")


class NoServer(RuntimeError):
    """OpenSSH's server is neither on this machine nor to be had from its package registry."""


@dataclass(frozen=True)
class OpenSSHServer:
    """A running server: where it listens, who may log in, and the folder the user can write to."""

    host: str
    port: int
    user: str
    key_file: Path
    private_key: str
    host_key: str  # "ssh-ed25519 AAAA…", as a known_hosts line has it after the host
    folder: Path
    log_file: Path

    def log(self) -> str:
        """What the server said so far."""
        return self.log_file.read_text(errors="replace")


@contextlib.contextmanager
def run_openssh_server(programs: Path) -> Iterator[OpenSSHServer]:
    """Run `sshd` until the block ends. `programs` is the folder that keeps unpacked packages between runs.

    Raises NoServer when there is no way to get one.
    """
    root = server_programs(programs)
    # A folder of its own under /tmp: the server's user may not look into a closed home or pytest's folders.
    home = Path(tempfile.mkdtemp(prefix="rapport-sshd-"))
    process = None
    try:
        tree = home / "programs"
        shutil.copytree(root, tree, symlinks=True)
        user = "nobody" if os.geteuid() == 0 else getpass.getuser()
        server = _configure(home, user)
        log = server.log_file.open("wb")
        if os.geteuid() == 0:
            _give_to(home, user)
        process = subprocess.Popen(
            [str(_sshd_in(tree)), "-D", "-e", "-f", str(home / "sshd_config")],
            env=_environment(tree, home),
            stdin=subprocess.DEVNULL,
            stderr=log,
            stdout=log,
            # sshd as root wants a user and folders of its own in the system; as `nobody` it wants nothing.
            **({"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}),
        )
        _wait_until_listening(process, server)
        yield server
    finally:
        if process is not None:
            process.terminate()
            process.wait(timeout=10)
        shutil.rmtree(home, ignore_errors=True)


def server_programs(cache: Path) -> Path:
    """Folder with Debian's openssh-server unpacked (usr/sbin/sshd and the libraries it lacks here)."""
    root = cache / "openssh"
    if not (root / "usr/sbin/sshd").is_file():
        fresh = cache / f"openssh.{os.getpid()}"
        try:
            _unpack_from_debian(cache, fresh)
            with contextlib.suppress(OSError):  # another process was first
                fresh.rename(root)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return root


def _unpack_from_debian(cache: Path, target: Path) -> None:
    apt = cache / f"apt.{os.getpid()}"
    for folder in ("lists/partial", "archives/partial", "log"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    options = {
        "Dir::State": apt,
        "Dir::State::lists": apt / "lists",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": apt,
        "Dir::Cache::archives": apt / "archives",
        "Dir::Log": apt / "log",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "0",
    }
    command = [
        "apt-get",
        "-q",
        "-y",
        *(part for key, value in options.items() for part in ("-o", f"{key}={value}")),
    ]
    try:
        _run([*command, "update"])
        # download-only asks apt for exactly what this machine lacks, dependencies included
        _run([*command, "install", "--reinstall", "--download-only", *PACKAGES])
        target.mkdir(parents=True)
        for package in sorted((apt / "archives").glob("*.deb")):
            _run(["dpkg", "-x", str(package), str(target)])
    finally:
        shutil.rmtree(apt, ignore_errors=True)


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    except FileNotFoundError as error:
        raise NoServer(f"{command[0]} is not on this machine; install openssh-server by hand") from error
    except subprocess.CalledProcessError as error:
        raise NoServer(f"{' '.join(command[-3:])} failed: {error.stderr.strip()[-500:]}") from error


def _sshd_in(tree: Path) -> Path:
    return tree / "usr/sbin/sshd"


def _environment(tree: Path, home: Path) -> dict[str, str]:
    libraries = sorted({str(path.parent) for path in tree.rglob("*.so*")})
    environment = {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": ":".join(libraries)}
    wrapper = next(tree.rglob("libnss_wrapper.so"), None)
    if wrapper is not None:
        # sshd refuses accounts without a password ("locked"); it is shown a passwd file where ours is open.
        environment |= {
            "LD_PRELOAD": str(wrapper),
            "NSS_WRAPPER_PASSWD": str(home / "passwd"),
            "NSS_WRAPPER_GROUP": str(home / "group"),
        }
    return environment


def _configure(home: Path, user: str) -> OpenSSHServer:
    account = pwd.getpwnam(user)
    group = grp.getgrgid(account.pw_gid).gr_name
    folder = home / "upload"
    folder.mkdir()
    (home / "passwd").write_text(f"{user}:x:{account.pw_uid}:{account.pw_gid}::{folder}:/bin/sh\n")
    (home / "group").write_text(f"{group}:x:{account.pw_gid}:\n")
    host_public = _new_key(home / "host_key")
    user_public = _new_key(home / "user_key")
    (home / "authorized_keys").write_text(user_public + "\n")
    port = _free_port()
    (home / "sshd_config").write_text(
        f"""\
Port {port}
ListenAddress 127.0.0.1
HostKey {home}/host_key
AuthorizedKeysFile {home}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
Subsystem sftp internal-sftp
"""
    )
    return OpenSSHServer(
        host="127.0.0.1",
        port=port,
        user=user,
        key_file=home / "user_key",
        private_key=(home / "user_key").read_text(),
        host_key=host_public,
        folder=folder,
        log_file=home / "sshd.log",
    )


def _new_key(path: Path) -> str:
    key = Ed25519PrivateKey.generate()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    )
    path.chmod(0o600)
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode("ascii")
    )


def _give_to(home: Path, user: str) -> None:
    account = pwd.getpwnam(user)
    for path in (home, *home.glob("*")):
        shutil.chown(path, account.pw_uid, account.pw_gid)
    home.chmod(0o700)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_listening(process: subprocess.Popen[bytes], server: OpenSSHServer, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection((server.host, server.port), timeout=1):
            return
        time.sleep(0.05)
    raise NoServer(f"sshd did not start: {server.log()[-500:]}")
