"""A destination's lists go together: none keeps another back, and another attempt sends what is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from activation_night import NIGHT, Lists

from rapport.activation.sending import deliver_all, finish_sending
from rapport.activation.transports import LocalDrop, PlaceUnreachable
from rapport.errors import DeliveryError


class Away(LocalDrop):
    """A place that stops answering after so many files."""

    files_left = 3

    def put(self, path: str, content: bytes) -> None:
        if self.files_left == 0:
            raise PlaceUnreachable("It does not answer.", where="the drop")
        super().put(path, content)
        self.files_left -= 1


def send(lists: Lists, transport: LocalDrop | None = None) -> dict[str, str]:
    place = transport or LocalDrop(lists.drop)
    found = deliver_all(lists.conn, lists.business, NIGHT, "drop", place, dry_run=False)
    return {one.segment: one.outcome for one in found}


def csv_files(folder: Path) -> list[str]:
    return sorted(path.name.partition("_2026")[0] for path in folder.rglob("*.csv"))


def test_all_lists_of_a_destination_are_delivered_and_close_the_night(lists: Lists) -> None:
    lists.prepare()
    assert not finish_sending(lists.conn, NIGHT)
    assert send(lists) == {"quiet": "delivered", "vip": "delivered"}
    assert csv_files(lists.drop) == ["quiet", "vip"]
    assert finish_sending(lists.conn, NIGHT)


def test_a_list_that_cannot_go_keeps_no_other_back(lists: Lists) -> None:
    lists.prepare()
    (lists.drop / f"{NIGHT}").mkdir(parents=True)
    (lists.drop / f"{NIGHT}" / "quiet_20261121_full.csv").write_text("somebody else's")
    with pytest.raises(DeliveryError, match="Another file has this list's name"):
        send(lists)
    assert lists.ledger() == [("quiet", "failed", 0), ("vip", "delivered", 2)]
    assert not finish_sending(lists.conn, NIGHT)


def test_lists_that_cannot_go_are_named_together(lists: Lists) -> None:
    lists.prepare()
    (lists.drop / f"{NIGHT}").mkdir(parents=True)
    for name in ("quiet", "vip"):
        (lists.drop / f"{NIGHT}" / f"{name}_20261121_full.csv").write_text("somebody else's")
    with pytest.raises(DeliveryError, match="2 lists were not delivered") as failure:
        send(lists)
    assert "- quiet: Another file" in failure.value.what
    assert "- vip: Another file" in failure.value.what
    assert "destination drop" in failure.value.where
    assert failure.value.fix


def test_a_place_that_goes_away_gets_the_rest_with_the_next_attempt(lists: Lists) -> None:
    lists.prepare()
    with pytest.raises(PlaceUnreachable):
        send(lists, Away(lists.drop))
    assert lists.ledger() == [("quiet", "delivered", 0), ("vip", "failed", 2)]
    assert send(lists) == {"quiet": "already_delivered", "vip": "delivered"}
    assert csv_files(lists.drop) == ["quiet", "vip"]
