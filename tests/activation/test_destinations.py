"""A destination is one mapping file; a fault in it names the file and the key."""

from __future__ import annotations

from pathlib import Path

import pytest
from activation_night import segment

from rapport.activation.destinations import check_destinations, declared_destinations, parse_destination
from rapport.errors import DeliveryError

GOOD = """\
title: Service desk
owner: customer-service
schema_version: 1
folder: desk
columns:
  - {header: Customer, from: customer_id}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD + "colour: red\n", "colour: Extra inputs"),
        (GOOD.replace("owner: customer-service\n", ""), "owner: Field required"),
        (
            GOOD.replace("from: customer_id", "from: shoe_size"),
            "columns.0.from: Input should be 'business_date'",
        ),
        (GOOD.replace("customer_id}", "customer_id, form: shout}"), "columns.0.form: Input should be 'text'"),
        (GOOD.replace("folder: desk", "folder: ../elsewhere"), "folder: String should match"),
        (GOOD + "  - {header: Customer, from: contact}\n", "expected each header once"),
        ("- a list", "Expected a mapping"),
        ("title: [", "This is not YAML"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_faulty_mapping_names_file_and_key(text: str, expected: str) -> None:
    with pytest.raises(DeliveryError) as failure:
        parse_destination(text, "desk", "desk.yml")
    assert expected in failure.value.what
    assert failure.value.where.startswith("destinations/desk.yml")


def test_two_destinations_may_not_share_a_folder(tmp_path: Path) -> None:
    (tmp_path / "desk.yml").write_text(GOOD)
    (tmp_path / "other.yml").write_text(GOOD)
    with pytest.raises(DeliveryError, match=r"'desk' is desk\.yml's already"):
        declared_destinations(tmp_path)


def test_the_own_drop_is_there() -> None:
    drop = declared_destinations()["drop"]
    assert drop.folder == ""
    assert drop.headers[:5] == ["customer_id", "segment", "reason", "channel", "contact"]


def test_a_list_goes_nowhere_that_its_purpose_does_not_cover() -> None:
    destinations = declared_destinations()
    check_destinations([segment("vip", destinations=["drop", "klaviyo"])], destinations)
    with pytest.raises(DeliveryError, match="takes lists under advertising, this one is under marketing") as failure:
        check_destinations([segment("vip", destinations=["meta"])], destinations)
    assert failure.value.where == "models/activation/segments/seg_vip.sql"
    check_destinations([segment("vip", destinations=["meta"], consent_purpose="advertising")], destinations)
