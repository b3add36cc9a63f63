"""Lists are delivered once, whole, and written into the ledger, whatever happens on the way."""

from __future__ import annotations

import hashlib
import json
import stat
from datetime import date

import pytest
from activation_night import Lists, segment

from rapport import settings
from rapport.activation.delivery import deliver
from rapport.activation.transports import LocalDrop
from rapport.errors import DeliveryError

VIP = "2026-11-21/vip_20261121_full"


class Killed(BaseException):
    """Stands for kill -9: nothing in the code under test may catch it and tidy up."""


class KilledAfter(LocalDrop):
    """A drop whose process dies when so many files have been put."""

    files_left = 1

    def put(self, path: str, content: bytes) -> None:
        if self.files_left == 0:
            raise Killed
        super().put(path, content)
        self.files_left -= 1


def files_in(lists: Lists) -> dict[str, bytes]:
    return {str(path.relative_to(lists.drop)): path.read_bytes() for path in lists.drop.rglob("*") if path.is_file()}


def test_a_list_arrives_whole_with_its_checksum_and_manifest(lists: Lists) -> None:
    lists.send()
    content = (lists.drop / f"{VIP}.csv").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    assert content.decode().splitlines()[1].startswith("c_1,vip,because,email,soren@example.com,tr,Søren,")
    assert (lists.drop / f"{VIP}.csv.sha256").read_text() == f"{sha256}  vip_20261121_full.csv\n"
    manifest = json.loads((lists.drop / f"{VIP}.manifest.json").read_text())
    assert manifest["sha256"] == sha256
    assert (manifest["rows"], manifest["night"], manifest["schema_version"]) == (2, "2026-11-21", 2)
    assert manifest["columns"] == content.decode().splitlines()[0].split(",")


def test_an_empty_list_is_delivered_and_says_that_it_is_empty(lists: Lists) -> None:
    lists.send()
    content = (lists.drop / "2026-11-21/quiet_20261121_full.csv").read_text()
    manifest = json.loads((lists.drop / "2026-11-21/quiet_20261121_full.manifest.json").read_text())
    assert len(content.splitlines()) == 1
    assert (manifest["rows"], manifest["is_empty"]) == (0, True)


def test_the_ledger_knows_who_was_on_the_list_but_not_their_address(lists: Lists) -> None:
    lists.send()
    assert lists.ledger() == [("quiet", "delivered", 0), ("vip", "delivered", 2)]
    assert lists.members() == [("vip", "c_1"), ("vip", "c_2")]
    hashes = [row[0] for row in lists.conn.execute("select contact_hash from activation.delivery_members")]
    plain = {hashlib.sha256(point).hexdigest() for point in (b"soren@example.com", b"ayse@example.com")}
    assert len(set(hashes)) == 2
    assert not plain & set(hashes)
    key = settings.state_dir() / "secrets/contact_hash.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_same_night_twice_sends_once(lists: Lists) -> None:
    assert [item.outcome for item in lists.send()] == ["delivered", "delivered"]
    before = {path: path.stat().st_mtime_ns for path in lists.drop.rglob("*")}
    assert [item.outcome for item in lists.send()] == ["already_delivered", "already_delivered"]
    assert {path: path.stat().st_mtime_ns for path in lists.drop.rglob("*")} == before
    assert len(lists.members()) == 2


def test_a_list_that_its_reader_took_away_is_not_sent_again(lists: Lists) -> None:
    lists.send()
    (lists.drop / f"{VIP}.csv").unlink()
    lists.send()
    assert f"{VIP}.csv" not in files_in(lists)


@pytest.mark.parametrize("files_put", [0, 1, 2, 3])
def test_a_crash_between_any_two_files_ends_as_an_undisturbed_night(lists: Lists, files_put: int) -> None:
    drop = KilledAfter(lists.drop)
    drop.files_left = files_put
    with pytest.raises(Killed):
        lists.send(drop)
    lists.conn.rollback()
    lists.send()
    interrupted = files_in(lists)
    lists.drop = lists.drop.with_name("undisturbed")
    lists.conn.execute("truncate activation.deliveries, activation.delivery_members")
    lists.send()
    assert interrupted == files_in(lists)
    assert len(interrupted) == 6


def test_what_a_killed_attempt_left_half_written_is_cleared_away(lists: Lists) -> None:
    folder = lists.drop / "2026-11-21"
    folder.mkdir(parents=True)
    left = [folder / f".vip_20261121_full{end}.3f2a.part" for end in (".csv", ".csv.sha256", ".manifest.json")]
    other = folder / ".vip_2_20261121_full.csv.3f2a.part"
    for path in (*left, other):
        path.write_text("customer_id,segm")
    lists.send()
    assert len(files_in(lists)) == 7
    assert other.exists()


def test_a_crash_between_rename_and_ledger_is_recorded_by_the_next_attempt(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("rapport.activation.delivery.keep_contacted", die)
        with pytest.raises(Killed):
            lists.send()
    lists.conn.rollback()
    written = (lists.drop / f"{VIP}.csv").stat().st_mtime_ns
    assert lists.ledger() == [("quiet", "prepared", 0), ("vip", "prepared", 2)]
    assert lists.members() == []
    lists.send()
    assert (lists.drop / f"{VIP}.csv").stat().st_mtime_ns == written
    assert lists.ledger() == [("quiet", "delivered", 0), ("vip", "delivered", 2)]
    assert lists.members() == [("vip", "c_1"), ("vip", "c_2")]


def test_another_file_under_the_final_name_is_never_overwritten(lists: Lists) -> None:
    (lists.drop / "2026-11-21").mkdir(parents=True)
    (lists.drop / f"{VIP}.csv").write_text("somebody else's")
    with pytest.raises(DeliveryError, match="Another file has this list's name") as failure:
        lists.send()
    assert failure.value.where.endswith("vip_20261121_full.csv")
    assert (lists.drop / f"{VIP}.csv").read_text() == "somebody else's"
    assert ("vip", "failed", 2) in lists.ledger()
    assert lists.members() == []
    (lists.drop / f"{VIP}.csv").unlink()
    lists.send()
    assert ("vip", "delivered", 2) in lists.ledger()


def test_a_delivered_list_is_not_replaced_by_other_content(lists: Lists) -> None:
    lists.send()
    lists.add("vip", "c_3", "new@example.com")
    with pytest.raises(DeliveryError, match="delivered already, with other content"):
        lists.send()
    assert ("vip", "delivered", 2) in lists.ledger()


def test_a_list_that_changed_after_it_was_checked_does_not_go(lists: Lists) -> None:
    vip, _ = lists.prepare()
    lists.add("vip", "c_3", "new@example.com")
    with pytest.raises(DeliveryError, match="changed between preparation and delivery"):
        deliver(lists.conn, vip, LocalDrop(lists.drop))
    assert files_in(lists) == {}


def test_a_dry_run_delivers_nothing_and_a_real_run_takes_its_place(lists: Lists) -> None:
    rehearsed = lists.send(dry_run=True)
    assert files_in(lists) == {}
    assert lists.members() == []
    assert lists.ledger() == [("quiet", "dry_run", 0), ("vip", "dry_run", 2)]
    copy = settings.work_dir(lists.business) / "dry_run" / f"{VIP}.csv"
    assert copy.is_file()
    assert rehearsed[0].location == str(copy)
    lists.send()
    assert lists.ledger() == [("quiet", "delivered", 0), ("vip", "delivered", 2)]
    assert (lists.drop / f"{VIP}.csv").read_bytes() == copy.read_bytes()


def test_a_dry_run_after_delivery_leaves_the_ledger_as_it_is(lists: Lists) -> None:
    lists.send()
    lists.send(dry_run=True)
    assert lists.ledger() == [("quiet", "delivered", 0), ("vip", "delivered", 2)]
    assert len(lists.members()) == 2


def test_lists_of_another_night_are_not_prepared(lists: Lists) -> None:
    lists.conn.execute("update build_activation.lists set business_date = %s", [date(2026, 11, 20)])
    with pytest.raises(DeliveryError, match="belong to the night of 2026-11-20"):
        lists.prepare()


def test_rows_of_a_segment_nobody_declares_stop_the_night(lists: Lists) -> None:
    lists.add("ghost", "c_1", "soren@example.com")
    with pytest.raises(DeliveryError, match="'ghost'"):
        lists.prepare()


def test_a_list_whose_segment_is_gone_is_forgotten_unless_it_went_out(lists: Lists) -> None:
    lists.prepare()
    lists.segments = [segment("vip")]
    lists.prepare()
    assert lists.ledger() == [("vip", "prepared", 2)]


def test_lists_that_were_never_built_are_asked_for(lists: Lists) -> None:
    lists.conn.execute("drop table build_activation.lists")
    with pytest.raises(DeliveryError, match="have not been built"):
        lists.prepare()


def test_what_is_prepared_shows_no_personal_data(lists: Lists) -> None:
    shown = repr(lists.prepare())
    assert "example.com" not in shown
    assert "vip" in shown
