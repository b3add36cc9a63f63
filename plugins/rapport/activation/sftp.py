"""Delivery to an SFTP server, whose host key is known beforehand."""

from __future__ import annotations

import contextlib
import hashlib
import io
import socket
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import paramiko  # type: ignore[import-untyped]

from rapport.activation.transports import PlaceUnreachable, is_part_of, temporary_name
from rapport.errors import DeliveryError

_SECONDS = 30
_PASSING = (
    socket.gaierror,
    TimeoutError,
    ConnectionError,
    EOFError,
    paramiko.SSHException,
    paramiko.ssh_exception.NoValidConnectionsError,
)


@dataclass(frozen=True)
class SftpTarget:
    """A folder on an SFTP server, and how to log in; passwords and keys stay out of its repr."""

    host: str
    user: str
    port: int = 22
    folder: str = "."
    password: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)  # the key itself, PEM or OpenSSH
    key_file: str | None = None
    passphrase: str | None = field(default=None, repr=False)
    host_key: str | None = None  # "ssh-ed25519 AAAA…", as in known_hosts after the host
    check_host_key: bool = True  # False trusts whoever answers: only ever by an explicit setting


class SftpDrop:
    """A transport over one SFTP session, opened on entering and closed on leaving."""

    encrypt_to: Path | None = None

    def __init__(self, target: SftpTarget) -> None:
        self.target = target
        self._client: paramiko.SSHClient | None = None
        self._session: paramiko.SFTPClient | None = None

    def __enter__(self) -> Self:
        client = _client_for(self.target)
        try:
            client.connect(
                self.target.host,
                port=self.target.port,
                username=self.target.user,
                password=self.target.password,
                pkey=_key_of(self.target),
                key_filename=self.target.key_file,
                passphrase=self.target.passphrase,
                look_for_keys=False,
                allow_agent=False,
                timeout=_SECONDS,
                banner_timeout=_SECONDS,
                auth_timeout=_SECONDS,
            )
            self._session = client.open_sftp()
            channel = self._session.get_channel()
            if channel is not None:
                channel.settimeout(_SECONDS)
        except (OSError, EOFError, paramiko.SSHException) as error:
            client.close()
            raise self._explained(error, "") from None
        self._client = client
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()
        self._client = self._session = None

    def digest(self, path: str) -> str | None:
        try:
            with self._open.open(self._remote(path), "rb") as file:
                file.prefetch()
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._explained(error, path) from None

    def put(self, path: str, content: bytes) -> None:
        part = self._remote(temporary_name(path))
        try:
            self._make_folders(path)
            try:
                # confirm=True asks the server for the size it holds now
                self._open.putfo(io.BytesIO(content), part, file_size=len(content), confirm=True)
                # Plain rename, not posix_rename: a server refuses it when the final name is taken.
                self._open.rename(part, self._remote(path))
            except BaseException:
                with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                    self._open.remove(part)
                raise
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._explained(error, path) from None

    def forget_parts(self, path: str) -> None:
        folder = self._remote(path).rpartition("/")[0] or "."
        try:
            for name in self._open.listdir(folder):
                if is_part_of(name, path):
                    self._open.remove(f"{folder}/{name}")
        except FileNotFoundError:
            return
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise self._explained(error, path) from None

    def location(self, path: str) -> str:
        target = self.target
        return f"sftp://{target.user}@{target.host}:{target.port}/{self._remote(path).removeprefix('./').lstrip('/')}"

    @property
    def _open(self) -> paramiko.SFTPClient:
        if self._session is None:
            raise RuntimeError("SftpDrop is used outside its `with` block")
        return self._session

    def _remote(self, path: str) -> str:
        return f"{self.target.folder.rstrip('/')}/{path}" if self.target.folder not in ("", ".") else path

    def _make_folders(self, path: str) -> None:
        remote = self._remote(path)
        parts = remote.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            folder = "/".join(parts[:depth])
            if not folder:
                continue
            try:
                self._open.stat(folder)
            except FileNotFoundError:
                self._open.mkdir(folder)

    def _explained(self, error: BaseException, path: str) -> DeliveryError:
        where = self.location(path)
        if isinstance(error, DeliveryError):
            return error
        if isinstance(error, paramiko.BadHostKeyException):
            return DeliveryError(
                "The SFTP server showed another host key than the one we know: it may not be that server.",
                where=where,
                fix="ask its owner for the present key; set `host_key` in the connection's extra only then",
            )
        if isinstance(error, paramiko.AuthenticationException):
            return DeliveryError(
                "The SFTP server refused the login.",
                where=where,
                fix="check user and key or password of the connection",
            )
        if isinstance(error, paramiko.SSHException) and "known_hosts" in str(error):
            return DeliveryError(
                "The SFTP server's host key is not known.",
                where=where,
                fix="ask its owner for it, and set it as `host_key` in the extra of the connection",
            )
        if isinstance(error, PermissionError):
            return DeliveryError(
                "The SFTP server does not let us write there.",
                where=where,
                fix="ask its owner for the right to write",
            )
        if isinstance(error, _PASSING):
            return PlaceUnreachable(
                f"The SFTP server cannot be reached ({type(error).__name__}).",
                where=where,
                fix="check host, port and network; the attempt is repeated",
            )
        return DeliveryError(
            f"The SFTP server could not take the file ({type(error).__name__}).",
            where=where,
            fix="check the folder, its free space, and whether the final name is taken",
        )


def _client_for(target: SftpTarget) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    if not target.check_host_key:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    elif target.host_key:
        host = target.host if target.port == 22 else f"[{target.host}]:{target.port}"
        entry = paramiko.hostkeys.HostKeyEntry.from_line(f"{host} {target.host_key.strip()}")
        if entry is None or entry.key is None:
            raise DeliveryError(
                "`host_key` is not a host key.",
                where=f"sftp://{target.host}:{target.port}",
                fix="expected type and key, such as `ssh-ed25519 AAAA…`",
            )
        client.get_host_keys().add(host, entry.key.get_name(), entry.key)
    return client


def _key_of(target: SftpTarget) -> paramiko.PKey | None:
    if target.private_key is None:
        return None
    passphrase = target.passphrase
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(target.private_key), password=passphrase)
        except (paramiko.SSHException, ValueError, IndexError):
            continue
    raise DeliveryError(
        "The connection's private key cannot be read.",
        where=f"sftp://{target.user}@{target.host}:{target.port}",
        fix="expected an Ed25519, ECDSA or RSA key in OpenSSH or PEM form, with its passphrase if it has one",
    )
