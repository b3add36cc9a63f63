"""Lists encrypted for their recipient: nobody else reads them, twice is once, and an unfit key gets nothing."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from activation_night import NIGHT, Lists
from pysequoia import Tsk, decrypt, encrypt
from pysequoia.packet import PacketPile, Tag
from servers.https_receiver import Receiver, run_receiver

from rapport import settings
from rapport.activation.delivery import deliver
from rapport.activation.encryption import read_seal
from rapport.activation.https import HttpsReceiver, HttpsTarget
from rapport.activation.recall import recall
from rapport.activation.sending import Deliveries, deliver_all
from rapport.activation.transports import LocalDrop, MayHaveArrived
from rapport.airflow.connections import transport_for
from rapport.businesses import Business
from rapport.errors import DeliveryError
from rapport.privacy.other_files import erase_from_files
from rapport.privacy.person import Person

VIP = "2026-11-21/vip_20261121_full"
KEYS = Path(__file__).parent / "openpgp_keys"
RECIPIENT = Tsk.generate(user_id="Receiver <lists@receiver.example>")


class Killed(BaseException):
    """Stands for kill -9."""


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "recipient.asc"
    path.write_text(str(RECIPIENT.extract_certificate()))
    return path


def send(lists: Lists, key_file: Path, place: Any = None, *, dry_run: bool = False) -> Deliveries:
    transport = place or LocalDrop(lists.drop)
    transport.encrypt_to = key_file
    return deliver_all(lists.conn, lists.business, NIGHT, "drop", transport, dry_run=dry_run)


def drop_of(lists: Lists, key_file: Path) -> LocalDrop:
    place = LocalDrop(lists.drop)
    place.encrypt_to = key_file
    return place


def opened(ciphertext: bytes) -> bytes:
    content = decrypt(bytes=ciphertext, decryptor=RECIPIENT.decryptor()).bytes
    assert content is not None
    return content


def customers_in(ciphertext: bytes) -> list[str]:
    return [line.split(",")[0] for line in opened(ciphertext).decode().splitlines()[1:]]


def kept(lists: Lists) -> list[Path]:
    return sorted((settings.work_dir(lists.business) / "lists").rglob("*.pgp"))


def test_lists_go_encrypted_and_their_manifest_tells_of_both_forms(lists: Lists, key_file: Path) -> None:
    (vip, _) = lists.prepare()
    assert set(send(lists, key_file).outcomes.values()) == {"delivered"}
    names = sorted(f"{path.relative_to(lists.drop)}" for path in lists.drop.rglob("vip*"))
    assert names == [f"{VIP}{ending}" for ending in (".csv.pgp", ".csv.pgp.sha256", ".manifest.json")]
    ciphertext = (lists.drop / f"{VIP}.csv.pgp").read_bytes()
    content = opened(ciphertext)
    assert b"example.com" not in ciphertext
    assert customers_in(ciphertext) == ["c_1", "c_2"]
    said = json.loads((lists.drop / f"{VIP}.manifest.json").read_text())
    assert (said["sha256"], said["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert said["sha256"] == vip.sha256
    digest = hashlib.sha256(ciphertext).hexdigest()
    assert said["encrypted"] == {
        "file": "vip_20261121_full.csv.pgp",
        "to": RECIPIENT.extract_certificate().fingerprint,
        "bytes": len(ciphertext),
        "sha256": digest,
    }
    assert (lists.drop / f"{VIP}.csv.pgp.sha256").read_text() == f"{digest}  vip_20261121_full.csv.pgp\n"
    assert lists.members() == [("vip", "c_1"), ("vip", "c_2")]


def test_an_encrypted_night_twice_is_once_and_nothing_more_is_kept(lists: Lists, key_file: Path) -> None:
    lists.prepare()
    send(lists, key_file)
    before = {path: path.stat().st_mtime_ns for path in lists.drop.rglob("*")}
    assert set(send(lists, key_file).outcomes.values()) == {"already_delivered"}
    assert {path: path.stat().st_mtime_ns for path in lists.drop.rglob("*")} == before
    assert kept(lists) == []


def test_what_a_killed_attempt_put_is_recognised_and_nobody_is_taken_off_it(
    lists: Lists, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    lists.prepare()
    lists.withdraw("c_1")
    with monkeypatch.context() as patched:
        patched.setattr("rapport.activation.delivery.keep_members", die)
        with pytest.raises(Killed):
            deliver(lists.conn, lists.prepare()[0], drop_of(lists, key_file))
    lists.conn.rollback()
    put = (lists.drop / f"{VIP}.csv.pgp").read_bytes()
    lists.withdraw("c_2")
    assert set(send(lists, key_file).outcomes.values()) == {"delivered"}
    assert (lists.drop / f"{VIP}.csv.pgp").read_bytes() == put
    assert customers_in(put) == ["c_2"]
    assert lists.members() == [("vip", "c_2")]


def test_who_withdraws_after_an_attempt_that_put_nothing_is_not_on_the_list(
    lists: Lists, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    vip, _ = lists.prepare()
    with monkeypatch.context() as patched:
        patched.setattr(LocalDrop, "put", die)
        with pytest.raises(Killed):
            deliver(lists.conn, vip, drop_of(lists, key_file))
    lists.conn.rollback()
    assert len(kept(lists)) == 1
    lists.withdraw("c_1")
    send(lists, key_file)
    assert customers_in((lists.drop / f"{VIP}.csv.pgp").read_bytes()) == ["c_2"]
    assert kept(lists) == []


def test_another_encrypted_file_under_the_final_name_is_not_overwritten(lists: Lists, key_file: Path) -> None:
    lists.prepare()
    (lists.drop / "2026-11-21").mkdir(parents=True)
    other = encrypt(bytes=b"customer_id\r\n", recipients=[RECIPIENT.extract_certificate()])
    (lists.drop / f"{VIP}.csv.pgp").write_bytes(other)
    with pytest.raises(DeliveryError, match="Another file has this list's name"):
        send(lists, key_file)
    assert (lists.drop / f"{VIP}.csv.pgp").read_bytes() == other


def test_a_rehearsal_is_encrypted_too_and_a_real_run_takes_its_place(lists: Lists, key_file: Path) -> None:
    lists.prepare()
    assert set(send(lists, key_file, dry_run=True).outcomes.values()) == {"dry_run"}
    assert not lists.drop.exists()
    rehearsed = settings.work_dir(lists.business) / "dry_run" / f"{VIP}.csv.pgp"
    assert customers_in(rehearsed.read_bytes()) == ["c_1", "c_2"]
    assert set(send(lists, key_file).outcomes.values()) == {"delivered"}


def expired() -> str:
    key = Tsk.generate(user_id="Receiver", validity_seconds=1).extract_certificate()
    time.sleep(1.1)
    return str(key)


def revoked() -> bytes:
    owner = Tsk.generate(user_id="Receiver")
    key = owner.extract_certificate()
    return bytes(key) + bytes(key.revoke(owner.certifier()))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (expired, "expired on"),
        (revoked, "was revoked"),
        ((KEYS / "without_fit_subkey.asc").read_text, "neither expired nor revoked"),
        (lambda: str(Tsk.generate(user_id="Receiver")), "is a private key"),
        (lambda: "no key at all", "is not one OpenPGP certificate"),
        (lambda: bytes(RECIPIENT.extract_certificate()) * 2, "is not one OpenPGP certificate"),
        (lambda: "", "is not one OpenPGP certificate"),
    ],
)
def test_a_key_that_is_not_fit_gets_nothing(lists: Lists, tmp_path: Path, make: Any, told: str) -> None:
    lists.prepare()
    path, content = tmp_path / "key", make()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DeliveryError, match=told) as failure:
        send(lists, path)
    assert not failure.value.may_pass
    assert "lists@" not in str(failure.value)
    assert not lists.drop.exists()
    assert lists.ledger() == [("quiet", "failed", 0), ("vip", "failed", 2)]


def test_a_key_that_is_not_there_is_asked_for(lists: Lists, tmp_path: Path) -> None:
    lists.prepare()
    with pytest.raises(DeliveryError, match="cannot be read"):
        send(lists, tmp_path / "nowhere.asc")


def test_subkeys_that_are_expired_or_revoked_cannot_open_what_is_encrypted() -> None:
    key = read_seal(KEYS / "with_unfit_subkeys.asc").key
    assert sum(packet.tag == Tag.PublicSubkey for packet in PacketPile.from_bytes(bytes(key))) == 1
    ciphertext = encrypt(bytes=b"a list", recipients=[key], armor=False)
    assert sum(packet.tag == Tag.PKESK for packet in PacketPile.from_bytes(ciphertext)) == 1


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with run_receiver(tmp_path) as running:
        yield running


def place_at(receiver: Receiver, key_file: Path) -> HttpsReceiver:
    place = HttpsReceiver(HttpsTarget(receiver.url, ca_file=str(receiver.ca_file), pause=0.01, attempts=2))
    place.encrypt_to = key_file
    return place


def test_after_doubt_the_same_ciphertext_goes_again(lists: Lists, receiver: Receiver, key_file: Path) -> None:
    lists.prepare()
    receiver.next = [200, "hang up", "hang up"]
    with pytest.raises(MayHaveArrived), place_at(receiver, key_file) as place:
        for item in lists.prepare()[::-1]:
            deliver(lists.conn, item, place)
    assert len(kept(lists)) == 1
    lists.withdraw("c_1")
    assert send(lists, key_file, place_at(receiver, key_file)).outcomes == {
        "quiet": "already_delivered",
        "vip": "delivered",
    }
    *_, vip = receiver.posts
    assert len(receiver.posts) == 4
    assert len({(post.key, post.body) for post in receiver.posts}) == 2
    assert customers_in(vip.body) == ["c_1", "c_2"]
    assert vip.headers["Content-Disposition"] == 'attachment; filename="vip_20261121_full.csv.pgp"'
    assert vip.headers["Content-Type"] == "application/octet-stream"
    assert kept(lists) == []


def test_after_doubt_nothing_else_goes_where_the_ciphertext_is_gone(
    lists: Lists, receiver: Receiver, key_file: Path
) -> None:
    vip, _ = lists.prepare()
    receiver.next = ["hang up", "hang up"]
    with pytest.raises(MayHaveArrived), place_at(receiver, key_file) as place:
        deliver(lists.conn, vip, place)
    (path,) = kept(lists)
    path.unlink()
    with pytest.raises(DeliveryError, match="not kept any more"), place_at(receiver, key_file) as place:
        deliver(lists.conn, vip, place)
    assert ("vip", "unknown", 2) in lists.ledger()
    assert len(receiver.taken) == 1


def business(lists: Lists, **drop: Any) -> Business:
    return Business.model_validate(
        {
            "name": lists.business,
            "title": "Kaffe",
            "vendors": ["shopify"],
            "reporting_currency": "EUR",
            "time_zone": "Europe/Copenhagen",
            "default_country": "DK",
            "legal_regime": "gdpr",
            "drop": f"{lists.drop}",
            "destinations": {"drop": drop},
        }
    )


def test_the_business_file_names_the_key(lists: Lists) -> None:
    assert business(lists).key_file_of("drop") is None
    assert business(lists, encrypt_to="keys/it.asc").key_file_of("drop") == settings.BUSINESSES / "keys/it.asc"
    named = business(lists, encrypt_to="/etc/it.asc")
    assert named.key_file_of("drop") == transport_for(named, "drop").encrypt_to == Path("/etc/it.asc")


def test_a_recall_of_an_encrypted_list_is_encrypted(lists: Lists, key_file: Path) -> None:
    vip, _ = lists.prepare()
    send(lists, key_file)
    recalled = recall(lists.conn, lists.business, vip.which, drop_of(lists, key_file), reason="the wrong offer")
    assert recalled.location.endswith("vip_20261121_recall_remove.csv.pgp")
    assert customers_in(Path(recalled.location).read_bytes()) == ["c_1", "c_2"]
    assert list(lists.drop.rglob("*.csv")) == []
    assert kept(lists) == []


def test_what_was_delivered_stays_so_when_the_key_expires(lists: Lists, key_file: Path) -> None:
    lists.prepare()
    send(lists, key_file)
    key_file.write_text(expired())
    assert set(send(lists, key_file).outcomes.values()) == {"already_delivered"}


def test_who_is_erased_is_in_no_encrypted_list_that_is_kept_or_delivered_here(lists: Lists, key_file: Path) -> None:
    lists.prepare()
    send(lists, key_file, dry_run=True)
    send(lists, key_file)
    # As a night that was given up leaves it.
    left = lists.prepare()[0].path.with_name("vip_20261121_full.csv.0123456789abcdef.0123456789abcdef.pgp")
    left.write_bytes((lists.drop / f"{VIP}.csv.pgp").read_bytes())
    counts = erase_from_files(lists.conn, business(lists), Person(customer_ids={"c_1"}), [])
    assert counts["delivered lists"] == 1
    assert sorted(path.name for path in lists.drop.rglob("*") if path.is_file()) == [
        f"quiet_20261121_full{ending}" for ending in (".csv.pgp", ".csv.pgp.sha256", ".manifest.json")
    ]
    assert list(settings.work_dir(lists.business).rglob("*.pgp")) == []
