"""A night's lists for one destination: one that cannot go holds up no other, and what is missing goes later, once."""

from __future__ import annotations

import socket

import pytest
from activation_night import NIGHT, Lists, segment

from rapport.activation.sending import Deliveries, deliver_all, finish_sending
from rapport.activation.sftp import SftpDrop, SftpTarget
from rapport.activation.transports import LocalDrop, PlaceUnreachable, Transport
from rapport.errors import DeliveryError
from rapport.nights import find_night


class WatchedDrop(LocalDrop):
    """A drop that remembers which lists were put, and stops answering before the file of that name."""

    def __init__(self, lists: Lists, gone_before: str = "") -> None:
        super().__init__(lists.drop)
        self.put_lists: list[str] = []
        self.is_asked = False
        self._gone_before = gone_before

    def __enter__(self) -> WatchedDrop:
        self.is_asked = True
        return self

    def put(self, path: str, content: bytes) -> None:
        name = path.rpartition("/")[2]
        if self._gone_before and name.startswith(self._gone_before):
            raise PlaceUnreachable("The place does not answer.", where="there", fix="wait")
        super().put(path, content)
        if name.endswith(".csv"):
            self.put_lists.append(name.removesuffix("_20261121_full.csv"))


@pytest.fixture
def night(lists: Lists) -> Lists:
    """Three lists for the drop, prepared: after, quiet (of nobody) and vip."""
    lists.segments.append(segment("after"))
    lists.add("after", "c_7", "grace@example.com")
    lists.prepare()
    return lists


def send(lists: Lists, transport: Transport, *, dry_run: bool = False) -> Deliveries:
    return deliver_all(lists.conn, lists.business, NIGHT, "drop", transport, dry_run=dry_run)


def spoil(lists: Lists, name: str, content: str = "somebody else's") -> None:
    (lists.drop / f"{NIGHT}").mkdir(parents=True, exist_ok=True)
    (lists.drop / f"{NIGHT}/{name}_20261121_full.csv").write_text(content)


def test_all_lists_of_a_destination_go_and_close_the_night(night: Lists) -> None:
    found = send(night, LocalDrop(night.drop))
    assert found.outcomes == dict.fromkeys(("after", "quiet", "vip"), "delivered")
    assert found.n_rows == 3
    assert night.ledger() == [("after", "delivered", 1), ("quiet", "delivered", 0), ("vip", "delivered", 2)]
    assert finish_sending(night.conn, NIGHT)


def test_a_list_that_cannot_go_is_named_and_holds_up_no_other(night: Lists) -> None:
    spoil(night, "quiet")
    with pytest.raises(DeliveryError) as failure:
        send(night, LocalDrop(night.drop))
    assert not failure.value.may_pass
    assert failure.value.what.startswith("1 of 3 lists did not go to drop. quiet: Another file has this list's name")
    assert failure.value.where.endswith("quiet_20261121_full.csv")
    assert "after" not in str(failure.value)
    assert night.ledger() == [("after", "delivered", 1), ("quiet", "failed", 0), ("vip", "delivered", 2)]
    assert night.members() == [("after", "c_7"), ("vip", "c_1"), ("vip", "c_2")]
    assert not finish_sending(night.conn, NIGHT)
    left = find_night(night.conn, NIGHT)
    assert left is not None
    assert left.state == "sending"


def test_the_next_attempt_sends_only_what_is_missing(night: Lists) -> None:
    spoil(night, "quiet")
    with pytest.raises(DeliveryError):
        send(night, LocalDrop(night.drop))
    (night.drop / f"{NIGHT}/quiet_20261121_full.csv").unlink()
    again = WatchedDrop(night)
    found = send(night, again)
    assert again.put_lists == ["quiet"]
    assert found.outcomes == {"after": "already_delivered", "quiet": "delivered", "vip": "already_delivered"}
    assert finish_sending(night.conn, NIGHT)


def test_a_place_with_nothing_left_to_get_is_not_asked(night: Lists) -> None:
    send(night, LocalDrop(night.drop))
    again = WatchedDrop(night)
    assert set(send(night, again).outcomes.values()) == {"already_delivered"}
    assert not again.is_asked


def test_a_delivered_list_whose_content_changed_is_told_and_holds_up_no_other(night: Lists) -> None:
    spoil(night, "quiet")
    with pytest.raises(DeliveryError):
        send(night, LocalDrop(night.drop))
    (night.drop / f"{NIGHT}/quiet_20261121_full.csv").unlink()
    night.add("after", "c_8", "new@example.com")
    with pytest.raises(DeliveryError, match=r"1 of 3 lists .* after: .*with other content"):
        send(night, LocalDrop(night.drop))
    assert night.ledger() == [("after", "delivered", 1), ("quiet", "delivered", 0), ("vip", "delivered", 2)]


def test_a_place_that_is_down_is_told_once_for_all_its_lists_and_tried_again(night: Lists) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(PlaceUnreachable) as failure:
        send(night, SftpDrop(SftpTarget(host="127.0.0.1", port=port, user="nobody")))
    assert failure.value.may_pass
    assert failure.value.what.startswith("3 of 3 lists did not go to drop. after, quiet, vip: The SFTP server cannot")
    assert str(failure.value).count("cannot be reached") == 1
    reasons = night.conn.execute("select distinct status, reason from activation.deliveries").fetchall()
    assert [(status, reason[:35]) for status, reason in reasons] == [("failed", "The SFTP server cannot be reached (")]
    send(night, LocalDrop(night.drop))
    assert {status for _, status, _ in night.ledger()} == {"delivered"}


def test_a_place_lost_on_the_way_keeps_what_it_has_and_gets_the_rest_later(night: Lists) -> None:
    lost = WatchedDrop(night, gone_before="quiet")
    with pytest.raises(PlaceUnreachable, match=r"2 of 3 lists did not go to drop. quiet, vip: The place does not"):
        send(night, lost)
    assert night.ledger() == [("after", "delivered", 1), ("quiet", "failed", 0), ("vip", "failed", 2)]
    again = WatchedDrop(night)
    send(night, again)
    assert again.put_lists == ["quiet", "vip"]


def test_a_list_that_failed_before_the_place_was_lost_is_told_with_the_rest(night: Lists) -> None:
    spoil(night, "after")
    with pytest.raises(PlaceUnreachable) as failure:
        send(night, WatchedDrop(night, gone_before="vip"))
    assert "2 of 3 lists" in failure.value.what
    assert "after: Another file has this list's name" in failure.value.what
    assert "vip: The place does not answer" in failure.value.what
    assert night.ledger() == [("after", "failed", 1), ("quiet", "delivered", 0), ("vip", "failed", 2)]


def test_rehearsed_lists_go_nowhere(night: Lists) -> None:
    found = send(night, LocalDrop(night.drop), dry_run=True)
    assert found.outcomes == dict.fromkeys(("after", "quiet", "vip"), "dry_run")
    assert not night.drop.exists()
    assert finish_sending(night.conn, NIGHT)


def test_what_goes_wrong_is_told_without_personal_data(night: Lists) -> None:
    spoil(night, "vip")
    with pytest.raises(DeliveryError) as failure:
        send(night, LocalDrop(night.drop))
    assert "example.com" not in str(failure.value)
