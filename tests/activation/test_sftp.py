"""Delivery to a real OpenSSH server."""

from __future__ import annotations

import shutil
import socket
import stat
from dataclasses import replace

import pytest
from activation_night import Lists
from servers.openssh import OpenSSHServer

from rapport.activation.sftp import SftpDrop, SftpTarget
from rapport.activation.transports import PlaceUnreachable
from rapport.errors import DeliveryError

VIP = "2026-11-21/vip_20261121_full"


@pytest.fixture
def target(openssh_server: OpenSSHServer) -> SftpTarget:
    """A login to the server, whose upload folder is emptied first."""
    for path in openssh_server.folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return SftpTarget(
        host=openssh_server.host,
        port=openssh_server.port,
        user=openssh_server.user,
        folder=str(openssh_server.folder),
        private_key=openssh_server.private_key,
        host_key=openssh_server.host_key,
    )


def test_lists_arrive_on_the_server_once_and_whole(
    lists: Lists, target: SftpTarget, openssh_server: OpenSSHServer
) -> None:
    assert [item.outcome for item in lists.send(SftpDrop(target))] == ["delivered", "delivered"]
    night = openssh_server.folder / "2026-11-21"
    assert sorted(path.name for path in night.iterdir()) == [
        f"{name}_20261121_full{ending}"
        for name in ("quiet", "vip")
        for ending in (".csv", ".csv.sha256", ".manifest.json")
    ]
    assert len((openssh_server.folder / f"{VIP}.csv").read_text().splitlines()) == 3
    before = (openssh_server.folder / f"{VIP}.csv").stat().st_mtime_ns
    assert [item.outcome for item in lists.send(SftpDrop(target))] == [
        "already_delivered",
        "already_delivered",
    ]
    assert (openssh_server.folder / f"{VIP}.csv").stat().st_mtime_ns == before


def test_the_ledger_names_the_server_without_any_secret(lists: Lists, target: SftpTarget) -> None:
    (first, _) = lists.send(SftpDrop(replace(target, password="hunter2")))
    assert first.location.startswith(f"sftp://{target.user}@127.0.0.1:{target.port}/")
    assert first.location.endswith(f"{VIP}.csv")
    assert "hunter2" not in first.location + repr(replace(target, password="hunter2"))
    assert "PRIVATE KEY" not in repr(target)


def test_what_is_on_the_server_after_a_crash_is_recognised(lists: Lists, target: SftpTarget) -> None:
    lists.send(SftpDrop(target))
    lists.conn.execute("truncate activation.deliveries, activation.delivery_members")
    lists.conn.commit()
    assert [item.outcome for item in lists.send(SftpDrop(target))] == ["delivered", "delivered"]
    assert len(lists.members()) == 2


def test_a_file_somebody_changed_on_the_server_is_not_overwritten(
    lists: Lists, target: SftpTarget, openssh_server: OpenSSHServer
) -> None:
    (openssh_server.folder / "2026-11-21").mkdir()
    (openssh_server.folder / f"{VIP}.csv").write_text("changed")
    (openssh_server.folder / "2026-11-21").chmod(0o777)
    with pytest.raises(DeliveryError, match="Another file has this list's name"):
        lists.send(SftpDrop(target))
    assert (openssh_server.folder / f"{VIP}.csv").read_text() == "changed"


def test_the_server_itself_refuses_to_rename_over_a_file(target: SftpTarget, openssh_server: OpenSSHServer) -> None:
    (openssh_server.folder / "taken.csv").write_text("first")
    with SftpDrop(target) as place, pytest.raises(DeliveryError, match="could not take the file"):
        place.put("taken.csv", b"second")
    assert [path.name for path in openssh_server.folder.iterdir()] == ["taken.csv"]
    assert (openssh_server.folder / "taken.csv").read_text() == "first"


def test_a_server_with_an_unknown_key_gets_nothing(target: SftpTarget) -> None:
    with (
        pytest.raises(DeliveryError, match="host key is not known"),
        SftpDrop(replace(target, host_key=None)),
    ):
        pass


def test_a_server_with_another_key_gets_nothing(target: SftpTarget) -> None:
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
    with pytest.raises(DeliveryError, match="another host key"), SftpDrop(replace(target, host_key=other)):
        pass


def test_the_check_of_the_host_key_is_left_out_only_when_told_so(target: SftpTarget) -> None:
    with SftpDrop(replace(target, host_key=None, check_host_key=False)) as place:
        assert place.digest("nothing-there") is None


def test_a_refused_login_is_not_worth_repeating(target: SftpTarget) -> None:
    stranger = replace(target, private_key=None, password="wrong")
    with pytest.raises(DeliveryError, match="refused the login") as failure, SftpDrop(stranger):
        pass
    assert not isinstance(failure.value, PlaceUnreachable)
    assert "wrong" not in str(failure.value)


def test_a_server_that_does_not_answer_is_worth_repeating(target: SftpTarget) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(PlaceUnreachable, match="cannot be reached"), SftpDrop(replace(target, port=port)):
        pass


def test_a_folder_we_may_not_write_to_says_so(target: SftpTarget, openssh_server: OpenSSHServer) -> None:
    closed = openssh_server.folder / "closed"
    closed.mkdir()
    closed.chmod(stat.S_IRUSR | stat.S_IXUSR)
    place = SftpDrop(replace(target, folder=str(closed)))
    with place, pytest.raises(DeliveryError, match="does not let us write"):
        place.put("list.csv", b"x")


def test_a_key_that_cannot_be_read_says_so(target: SftpTarget) -> None:
    with pytest.raises(DeliveryError, match="private key cannot be read"):
        SftpDrop(replace(target, private_key="-----BEGIN NONSENSE-----")).__enter__()
