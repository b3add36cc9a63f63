"""Exports fetched from a real OpenSSH server and an S3-compatible store: whole files only, each once."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from s3fs import S3FileSystem
from servers.object_store import run_object_store
from servers.openssh import OpenSSHServer
from servers.small_disk import small_disk
from sshfs import SSHFileSystem

from rapport.businesses import Arrival
from rapport.errors import LandingError
from rapport.landing.fetching import fetch, new_files

CONTENT = b"Name,Email\n#1001,ada@example.org\n"
Put = Callable[[str, bytes], None]


def arrival(complete: str = "atomic") -> Arrival:
    return Arrival.model_validate({"from": "sftp://shop@/out", "complete": complete})


@pytest.fixture(scope="module", params=["sftp", "s3"])
def side(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A file system on the other side, and the folder in it that may be written to."""
    if request.param == "s3":
        with run_object_store() as store:
            options = {"endpoint_url": store.endpoint, "region_name": "eu-west-1"}
            remote = S3FileSystem(key=store.key, secret=store.secret, client_kwargs=options)
            remote.mkdir("exports")
            yield remote, "exports"
        return
    server: OpenSSHServer = request.getfixturevalue("openssh_server")
    asyncssh.set_log_level("WARNING")  # it says goodbye after the log has gone
    known = asyncssh.import_known_hosts(f"[{server.host}]:{server.port} {server.host_key}")
    yield (
        SSHFileSystem(
            server.host,
            port=server.port,
            username=server.user,
            client_keys=[server.private_key.encode()],
            known_hosts=known,
        ),
        str(server.folder),
    )


@pytest.fixture
def outside(side: Any, request: pytest.FixtureRequest) -> tuple[Any, str, Put]:
    remote, root = side
    folder = f"{root}/{request.node.name.split('[')[0]}"

    def put(name: str, content: bytes) -> None:
        remote.makedirs(f"{folder}/{name}".rsplit("/", 1)[0], exist_ok=True)
        remote.pipe_file(f"{folder}/{name}", content)

    return remote, folder, put


def fetched(outside: tuple[Any, str, Put], into: Path, complete: str = "atomic", settle: float = 0.0) -> list[str]:
    remote, folder, _ = outside
    return [str(path.relative_to(into)) for path in fetch(remote, folder, into, arrival(complete), settle)]


def test_a_new_file_lands_whole_and_once(outside: tuple[Any, str, Put], tmp_path: Path) -> None:
    outside[2]("shopify/orders_export_2026-03-01.csv", CONTENT)
    assert fetched(outside, tmp_path) == ["shopify/orders_export_2026-03-01.csv"]
    assert (tmp_path / "shopify/orders_export_2026-03-01.csv").read_bytes() == CONTENT
    assert fetched(outside, tmp_path) == []
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["orders_export_2026-03-01.csv"]


def test_a_corrected_file_is_fetched_again(outside: tuple[Any, str, Put], tmp_path: Path) -> None:
    outside[2]("orders.csv", CONTENT)
    fetched(outside, tmp_path)
    outside[2]("orders.csv", CONTENT + b"#1002,bo@example.org\n")
    assert fetched(outside, tmp_path) == ["orders.csv"]
    assert (tmp_path / "orders.csv").read_bytes().endswith(b"bo@example.org\n")


def test_a_file_without_its_marker_waits(outside: tuple[Any, str, Put], tmp_path: Path) -> None:
    outside[2]("orders.csv", CONTENT)
    assert fetched(outside, tmp_path, "marker") == []
    outside[2]("orders.csv.done", b"")
    assert fetched(outside, tmp_path, "marker") == ["orders.csv"]
    assert not (tmp_path / "orders.csv.done").exists()


def test_a_file_that_still_grows_is_left_alone(outside: tuple[Any, str, Put], tmp_path: Path) -> None:
    remote, folder, put = outside
    put("orders.csv", CONTENT)
    put("finished.csv", CONTENT)

    def meanwhile(_: float) -> None:
        put("orders.csv", CONTENT * 2)

    landed = fetch(remote, folder, tmp_path, arrival("settled"), 5, sleep=meanwhile)
    assert [path.name for path in landed] == ["finished.csv"]
    assert sorted(os.listdir(tmp_path)) == ["finished.csv"]


def test_names_of_unfinished_files_are_passed_over(outside: tuple[Any, str, Put], tmp_path: Path) -> None:
    for name in ("orders.csv.part", "orders.csv.filepart", ".orders.csv", "_SUCCESS"):
        outside[2](name, CONTENT)
    assert fetched(outside, tmp_path) == []


def test_a_folder_that_is_not_there_is_named(side: Any, tmp_path: Path) -> None:
    remote, root = side
    with pytest.raises(LandingError, match="no such folder"):
        new_files(remote, f"{root}/nowhere", tmp_path, arrival())


def test_time_of_the_last_change_comes_along(outside: tuple[Any, str, Put], tmp_path: Path) -> None:
    outside[2]("orders.csv", CONTENT)
    before = time.time()
    fetched(outside, tmp_path)
    assert abs((tmp_path / "orders.csv").stat().st_mtime - before) < 120


def test_a_full_disk_keeps_nothing_of_a_file_and_the_next_look_completes_it(
    outside: tuple[Any, str, Put], server: str
) -> None:
    content = os.urandom(3 << 20)
    outside[2]("orders.csv", content)
    with small_disk(server, megabytes=2) as disk:
        with pytest.raises(OSError, match="No space left") as told:
            fetched(outside, disk.folder)
        assert told.value.errno == errno.ENOSPC
        assert os.listdir(disk.folder) == []
        disk.resize(megabytes=20)
        assert fetched(outside, disk.folder) == ["orders.csv"]
        assert (disk.folder / "orders.csv").read_bytes() == content
