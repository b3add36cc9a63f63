"""Delivery to an S3-compatible store: an object is there whole or not at all, and is never written over."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError

from rapport.activation.transports import PlaceUnreachable
from rapport.errors import DeliveryError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


class ObjectDrop:
    """A folder of a bucket, `<bucket>/<prefix>`, over a file system of fsspec's that is logged in.

    The store shows an object when it has all of it, so no temporary name is needed; it is put on the condition
    (`If-None-Match: *`) that nothing bears its name, which the store decides.
    """

    encrypt_to: Path | None = None

    def __init__(self, remote: AbstractFileSystem, folder: str) -> None:
        self._remote: Any = remote
        self._folder = folder.strip("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def digest(self, path: str) -> str | None:
        try:
            self._remote.invalidate_cache()  # another attempt may have put it since
            with self._remote.open(self._key(path), "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None
        except (OSError, BotoCoreError) as error:
            raise self._explained(error, path) from None

    def put(self, path: str, content: bytes) -> None:
        try:
            self._remote.pipe_file(self._key(path), content, mode="create")
        except FileExistsError:
            raise DeliveryError(
                "Another process wrote this list at the same moment.",
                where=self.location(path),
                fix="send the night again; what is there will be compared",
            ) from None
        except (OSError, BotoCoreError) as error:
            raise self._explained(error, path) from None

    def forget_parts(self, path: str) -> None:
        """Nothing to do: what an attempt began and did not end was never an object."""

    def location(self, path: str) -> str:
        return f"s3://{self._key(path)}"

    def _key(self, path: str) -> str:
        return f"{self._folder}/{path}"

    def _explained(self, error: Exception, path: str) -> DeliveryError:
        where = self.location(path)
        if isinstance(error, PermissionError):
            return DeliveryError(
                "The object store refused the login, or does not let it write there.",
                where=where,
                fix="check key and secret of the connection, and what they may do in that bucket",
            )
        if isinstance(error, FileNotFoundError):
            return DeliveryError(
                "There is no such bucket.", where=where, fix="check `folder` in the business's file: <bucket>/<prefix>"
            )
        return PlaceUnreachable(
            f"The object store cannot be reached, or did not answer as one ({type(error).__name__}).",
            where=where,
            fix="check endpoint and network; the attempt is repeated",
        )
